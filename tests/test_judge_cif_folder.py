"""Folders of strangers' CIFs: what can be read is, what cannot is said, and nothing hangs."""

from pathlib import Path

import pytest

from disgen.cif import write_cif
from disgen.cif.bundle import CifFile
from disgen.cif.isolated import IsolatedReading
from disgen.judge import cif_folder
from disgen.judge.cif_folder import CifFolderError, read_files, read_folder

LSCO = Path(__file__).parent / "data" / "lsco.cif"


def test_good_and_bad_files_are_kept_apart(minerals, tmp_path, monkeypatch):
    monkeypatch.setattr(cif_folder, "_MOST_BYTES", 100_000)
    for number, crystal in enumerate(minerals[:3]):
        (tmp_path / f"{number}.cif").write_text(write_cif(crystal))
    (tmp_path / "broken.cif").write_text("data_x\nloop_\n_atom_site_label\n")
    (tmp_path / "empty.cif").write_bytes(b"")
    (tmp_path / "huge.cif").write_bytes(b"#" * 100_001)
    (tmp_path / "notes.txt").write_text("no crystal")
    seen = []
    found = read_folder(tmp_path, lambda *now: seen.append(now))
    assert found.names == ("0.cif", "1.cif", "2.cif", "broken.cif", "empty.cif", "huge.cif")
    assert [crystal is None for crystal in found.crystals] == [False, False, False, True, True, True]
    assert [crystal.key for crystal in found.crystals[:3]] == [crystal.key for crystal in minerals[:3]]
    assert found.problems.keys() == {"broken.cif", "empty.cif", "huge.cif"}
    assert all(problem.endswith(".") for problem in found.problems.values())
    assert "more than 0 MB" in found.problems["huge.cif"]
    assert seen == [(6, 6)]


def test_a_file_that_brings_the_reader_down_does_not_take_others_with_it(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / f"{name}.cif").write_bytes(LSCO.read_bytes())
    (tmp_path / "bomb.cif").write_bytes(b"bomb")
    sent = []

    def read(contents, **_):
        sent.append(len(contents))
        if b"bomb" in contents:
            return (IsolatedReading(None, "Reading broke down."),) * len(contents)
        return real(contents)

    real = cif_folder.read_together
    monkeypatch.setattr(cif_folder, "read_together", read)
    found = read_folder(tmp_path)
    assert sent == [3, 1, 1, 1]
    assert found.problems == {"bomb.cif": "Reading broke down."}


def test_very_large_cells_are_not_judged(tmp_path, monkeypatch):
    (tmp_path / "lsco.cif").write_bytes(LSCO.read_bytes())
    monkeypatch.setattr(cif_folder, "_MOST_POSITIONS", 5)
    assert "more than 5" in read_folder(tmp_path).problems["lsco.cif"]


def test_nothing_to_read(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(CifFolderError, match=r"no \.cif files"):
            read_folder(folder)


def test_files_that_were_handed_over_are_read_as_those_of_a_folder(minerals):
    text = write_cif(minerals[0]).encode()
    handed = [CifFile("one.cif", text), CifFile("bad.cif", problem="It is too large."), CifFile("one.cif", b"nonsense")]
    seen = []
    found = read_files(handed, lambda *now: seen.append(now))
    assert found.names == ("one.cif", "bad.cif", "one.cif (2)")
    assert found.crystals[0].key == minerals[0].key
    assert found.crystals[1:] == (None, None)
    assert found.problems.keys() == {"bad.cif", "one.cif (2)"}
    assert found.problems["bad.cif"] == "It is too large."
    assert seen == [(3, 3)]
    with pytest.raises(CifFolderError):
        read_files([])
