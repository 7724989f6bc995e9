"""A folder of CIFs holds all of one command's or all of another's, whatever the moment at which one is stopped."""

import csv
from itertools import count
from pathlib import Path

import pytest

from disgen.cli.crystal_folder import write_crystals
from disgen.crystal import WyckoffCrystal, WyckoffSite

SALT = WyckoffCrystal(
    225,
    (5.64, 5.64, 5.64, 90.0, 90.0, 90.0),
    (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 1.0),)), WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Cl", 1.0),))),
)
OLD, NEW = ("a.cif", "b.cif", "c.cif"), ("b.cif", "d.cif")
CHANGES = ("mkdir", "write_text", "write_bytes", "rename", "replace", "unlink", "rmdir")


class KilledError(BaseException):
    """Stands for the end of the process: nothing is done after it."""


def write(folder, names, said):
    rows = [(name, said) for name in names]
    write_crystals(folder, [(name, SALT) for name in names], ("file", "said"), rows, {"targets.json": said.encode()})


def seen(folder):
    """What the folder says it holds: the manifest's word, once it has been seen that all it lists is there."""
    manifest = folder / "manifest.csv"
    if not manifest.exists():
        return None
    with manifest.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["file"] for row in rows} == {path.name for path in folder.glob("*.cif")} - {"mine.cif"}
    assert (folder / "targets.json").read_text() == rows[0]["said"]
    return rows[0]["said"]


def stopped_at(monkeypatch, which, error, *, dead):
    """Raise an error instead of the nth change to the disk; the dead do nothing afterwards either."""
    calls = count(1)

    def watched(change):
        def do(path, *arguments, **options):
            number = next(calls)
            if number == which or (dead and number > which):
                raise error
            return change(path, *arguments, **options)

        return do

    for name in CHANGES:
        monkeypatch.setattr(Path, name, watched(getattr(Path, name)))
    if dead:
        monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
    return calls


@pytest.mark.parametrize("error", [KilledError, KeyboardInterrupt, OSError])
def test_whatever_the_moment(error, tmp_path, monkeypatch):
    ended = []
    for which in count(1):
        folder = tmp_path / str(which)
        write(folder, OLD, "old")
        (folder / "mine.cif").write_text("of somebody else")
        with monkeypatch.context() as patch:
            stopped_at(patch, which, error("stopped"), dead=error is KilledError)
            try:
                write(folder, NEW, "new")
                break
            except error:
                ended.append(seen(folder))
        assert ended[-1] in ({"old", "new", None} if error is KilledError else {"old", "new"})
        write(folder, NEW[:1], "newest")
        assert seen(folder) == "newest"
        assert {path.name for path in folder.iterdir()} == {"b.cif", "manifest.csv", "targets.json", "mine.cif"}
    assert {"old", "new"} <= set(ended)
    assert ended == sorted(ended, key=["old", None, "new"].index)


def test_what_is_no_table_lists_nothing(tmp_path):
    (tmp_path / "manifest.csv").write_bytes(b"file\n" + b'"' + b"x" * 200_000 + b"\xff.cif\n../outside.cif\n")
    write(tmp_path, OLD, "old")
    assert seen(tmp_path) == "old"
