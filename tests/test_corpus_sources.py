"""Sources of entries: the embedded AMCSD, folders, archives, single files."""

import io
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import gemmi
import pytest

from disgen.cif import read_cif
from disgen.corpus import CorpusError, amcsd
from disgen.corpus.sources import open_source, open_sources, split_blocks

DATA = Path(__file__).parent / "data"
GOOD = ("lsco", "olivine_amcsd", "rock_salt", "spinel")


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "cifs"
    (target / "deeper").mkdir(parents=True)
    for name in GOOD:
        text = (DATA / f"{name}.cif").read_text(encoding="utf-8")
        (target / ("deeper" if name == "spinel" else ".") / f"{name}.cif").write_text(text, encoding="utf-8")
    (target / "notes.txt").write_text("no crystal")
    return target


def pairs(location):
    return [(entry.id, entry.text) for entry in open_source(str(location)).entries()]


def test_amcsd_is_complete_and_readable():
    source = open_source("amcsd")
    entries = list(source.entries())
    assert source.count() == len(entries) == len({entry.id for entry in entries}) == 9275
    assert all("_atom_site_label" in entry.text for entry in entries)
    galena = next(entry for entry in entries if entry.id == "0000003")
    crystal = read_cif(galena.text)
    assert (crystal.formula, crystal.space_group, crystal.cell[0]) == ("PbS", 225, 5.93)


def test_amcsd_text_holds_what_larixite_decodes():
    from larixite.amcsd_utils import get_optarray

    entries = dict(amcsd.cifs())
    with sqlite3.connect(f"{amcsd.database_path().as_uri()}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT id, atoms_x, atoms_z, atoms_occupancy FROM cif WHERE id % 97 = 0").fetchall()
    assert len(rows) > 50
    for identifier, x, z, occupancy in rows:
        block = gemmi.cif.read_string(entries[f"{identifier:07d}"]).sole_block()
        assert list(block.find_values("_atom_site_fract_x")) == get_optarray(x)
        assert list(block.find_values("_atom_site_fract_z")) == get_optarray(z)
        assert list(block.find_values("_atom_site_occupancy")) == ([] if occupancy == "0" else get_optarray(occupancy))


def test_amcsd_stray_commas_are_mended():
    entries = dict(amcsd.cifs())
    assert "_cell_length_a 6.4235\n" in entries["0019001"]
    assert "_cell_length_a 3.2518\n" in entries["0014130"]


def test_amcsd_is_neither_written_nor_imported(monkeypatch):
    before = amcsd.database_path().stat()
    assert amcsd.count() == 9275
    after = amcsd.database_path().stat()
    assert (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
    monkeypatch.setattr(amcsd, "find_spec", lambda _name: None)
    with pytest.raises(CorpusError, match="pip install larixite"):
        open_source("amcsd")


def test_damaged_amcsd_is_told(monkeypatch, tmp_path):
    (tmp_path / "db").write_text("no database")
    monkeypatch.setattr(amcsd, "database_path", lambda: tmp_path / "db")
    with pytest.raises(CorpusError, match="cannot be read"):
        amcsd.count()


def test_folder_and_archives_give_the_same_entries(folder, tmp_path):
    with tarfile.open(tmp_path / "set.tar.xz", "w:xz") as archive:
        archive.add(folder, arcname=".")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder).as_posix())
        archive.writestr("__MACOSX/._lsco.cif", "resource fork")
    expected = pairs(folder)
    assert [identifier for identifier, _ in expected] == ["deeper/spinel", "lsco", "olivine_amcsd", "rock_salt"]
    for archive in ("set.tar.xz", "set.zip"):
        assert sorted(pairs(tmp_path / archive)) == expected
        source = open_source(str(tmp_path / archive))
        assert (source.name, source.count()) == ("set", 4)
        assert source.version().startswith("sha256 ")


def test_single_file():
    source = open_source(str(DATA / "lsco.cif"))
    assert (source.name, source.kind, source.count()) == ("lsco", "cif", 1)
    assert [entry.id for entry in source.entries()] == ["lsco"]


def test_several_structures_in_one_file_are_several_entries():
    entries = list(open_source(str(DATA / "two_structures.cif")).entries())
    assert [entry.id for entry in entries] == ["two_structures#first", "two_structures#second"]
    assert [read_cif(entry.text).formula for entry in entries] == ["MgO", "CsCl"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data_a\n_atom_site_label x\n", [""]),
        ("data_a\n_cell 1\ndata_b\n_atom_site_label x\n", [""]),
        ("data_a\n_cell 1\ndata_b\n_cell 1\n", [""]),
        ("DATA_a\n_ATOM_SITE_label x\ndata_b\n_atom_site_label y\n", ["a", "b"]),
        ("", [""]),
    ],
)
def test_split_blocks(text, expected):
    assert [name for name, _ in split_blocks(text)] == expected


def test_unreadable_files_are_entries_without_text(tmp_path, monkeypatch):
    (tmp_path / "a.cif").write_bytes(b"\xef\xbb\xbfdata_x\n# \xc3\x85")
    (tmp_path / "b.cif").write_bytes(b"data_x # \xc5")  # Latin-1
    (tmp_path / "c.cif").write_bytes(b"x" * 100)
    monkeypatch.setattr("disgen.corpus.sources.MAX_BYTES", 50)
    assert pairs(tmp_path) == [("a", "data_x\n# Å"), ("b", "data_x # Å"), ("c", "")]


def test_damaged_zip_member_is_an_entry_without_text(tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.cif", "data_a " * 20)
    data = bytearray(path.read_bytes())
    data[60] ^= 255
    path.write_bytes(bytes(data))
    assert pairs(path) == [("a", "")]


def test_archive_that_ends_early_is_told(tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for number in range(50):
            info = tarfile.TarInfo(f"{number}.cif")
            text = f"data_{number} ".encode() * 500
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    path = tmp_path / "set.tar.gz"
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    with pytest.raises(CorpusError, match="ends early"):
        pairs(path)


def test_locations_that_cannot_be_used(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "noise.bin").write_bytes(b"noise")
    for location, sentence in (
        (tmp_path / "nowhere", "There is no source"),
        (tmp_path / "empty", "holds no file"),
        (tmp_path / "noise.bin", "is no CIF, folder, tar or zip archive"),
    ):
        with pytest.raises(CorpusError, match=sentence):
            open_source(str(location))
    with pytest.raises(CorpusError, match="at least one source"):
        open_sources([])
    with pytest.raises(CorpusError, match="given twice"):
        open_sources([str(DATA), f"{DATA}/."])


def test_sources_of_one_name_are_told_apart(folder, tmp_path):
    (tmp_path / "other" / "cifs").mkdir(parents=True)
    (tmp_path / "other" / "cifs" / "x.cif").write_text("data_x")
    assert [s.name for s in open_sources([str(folder), str(tmp_path / "other" / "cifs")])] == ["cifs", "cifs-2"]
