"""The tray as a zip: it comes back as it was, and nothing else is taken."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from disgen.cif import read_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.ui.crystal import tray_archive
from disgen.ui.crystal.tray import Item, Origin
from disgen.ui.crystal.tray_archive import ArchiveError, pack, unpack

ZIRCONIA = WyckoffCrystal(
    225,
    (5.14, 5.14, 5.14, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.16), ("Zr", 0.84))),
        WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.92),)),
    ),
)
SAMPLED = Origin("open", "kde-n300-seed7-12", "kde", 7, (0.25, -1.5, 3e-05), "not neutral", novel=True)
ITEMS = (
    Item(ZIRCONIA, SAMPLED, "=cmd|' /C calc'!A0", 'a note, with "quotes" and ä'),
    Item(ZIRCONIA, Origin("other", "kde-n300-seed7-12", "kde", 7), compared=False),
    Item(ZIRCONIA, Origin("", "original"), "'quoted"),
)


def rows(content):
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        return list(csv.DictReader(io.StringIO(bundle.read("manifest.csv").decode())))


def changed(content, **files):
    """The zip with some files replaced, added or (None) left out."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        names = {name.replace("/", "_"): name for name in old.namelist()}
        for name in [*names, *(name for name in files if name not in names)]:
            text = files.get(name, old.read(names[name]) if name in names else None)
            if text is not None:
                new.writestr(name, text)
    return result.getvalue()


def with_cell(content, row, column, value):
    """The zip with one cell of its manifest replaced."""
    table = rows(content)
    table[row][column] = value
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]))
    writer.writeheader()
    writer.writerows(table)
    return changed(content, **{"manifest.csv": text.getvalue()})


def packed(items):
    return pack(items, [None] * len(items))


PACKED = packed(ITEMS)


def test_a_tray_comes_back_as_it_was():
    assert unpack(PACKED) == ITEMS
    assert packed(unpack(PACKED)) == PACKED
    assert unpack(packed(())) == ()


@pytest.mark.parametrize("name", ["lsco", "olivine_amcsd", "rock_salt", "spinel", "two_structures"])
def test_crystals_of_cifs_come_back(name):
    crystal = read_cif((Path(__file__).parent / "data" / f"{name}.cif").read_bytes())
    items = (Item(crystal, Origin("", name), compared=False),)
    assert unpack(packed(items)) == items


def test_what_a_cif_would_not_give_back_is_left_out():
    nearly = WyckoffCrystal(
        99,
        (3.91, 3.91, 3.92, 90.0, 90.0, 90.0),
        (
            WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Sr", 1.0),)),
            WyckoffSite("b", 1, (0.5, 0.5, 0.505), (("Ti", 1.0),)),
            WyckoffSite("b", 1, (0.5, 0.5, 0.0), (("O", 1.0),)),
            WyckoffSite("c", 2, (0.5, 0.0, 0.5), (("O", 1.0),)),
        ),
    )
    assert unpack(packed([Item(nearly, SAMPLED), ITEMS[1]])) == (ITEMS[1],)


def test_the_manifest_says_what_each_file_is():
    first, second, third = rows(PACKED)
    assert first["file"] == "Y0.16Zr0.84O1.84_225_kde-n300-seed7-12.cif"
    assert second["file"] == "Y0.16Zr0.84O1.84_225_kde-n300-seed7-12_2.cif"
    assert (first["run"], first["estimator"], first["seed"]) == ("open", "kde", "7")
    assert (first["outcome"], first["novel"], first["neutral"]) == ("not neutral", "1", "1")
    assert first["latent"] == "0.25 -1.5 3e-05"
    assert float(first["min_distance_split_aware"]) == pytest.approx(5.14 * 3**0.5 / 4, abs=1e-3)
    assert first["name"].startswith("'=")  # no formula for a spreadsheet
    assert (third["run"], third["seed"], third["latent"]) == ("", "", "")
    with zipfile.ZipFile(io.BytesIO(PACKED)) as bundle:
        assert "Petersen" in bundle.read("README.txt").decode()
        assert read_cif(bundle.read(first["file"])) == ZIRCONIA


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04", PACKED[:-30], PACKED[:40] + PACKED[60:]])
def test_what_is_no_zip_is_one_sentence(content):
    with pytest.raises(ArchiveError, match=r"\.$"):
        unpack(content)


def test_a_zip_with_a_flipped_bit_is_one_sentence_or_as_it_was():
    for place in range(30, len(PACKED), 37):
        damaged = bytearray(PACKED)
        damaged[place] ^= 16
        try:
            found = unpack(bytes(damaged))
        except ArchiveError as error:
            assert str(error).endswith(".")  # noqa: PT017
            assert "\n" not in str(error)  # noqa: PT017
        else:
            assert [item.crystal for item in found] == [ZIRCONIA] * 3


CIF = "Y0.16Zr0.84O1.84_225_original.cif"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"manifest.csv": None}, "has no manifest.csv"),
        ({"manifest.csv": ""}, "columns"),
        ({"manifest.csv": b"\xff\xfe"}, "UTF-8"),
        ({"manifest.csv": "file,name\nx,y\n"}, "columns"),
        ({CIF: None}, "list exactly"),
        ({"more.cif": "data_x"}, "list exactly"),
        ({"../evil.cif": "data_x"}, "list exactly"),
        ({CIF: "data_x\n"}, "cannot be read"),
        ({CIF: b"\x00" * 100}, "cannot be read"),
        ({CIF: "#" * 1_100_000}, "larger than 1 MB"),
        ({"big.txt": "0" * 21_000_000}, "Unpacked"),
    ],
)
def test_changed_files_are_one_sentence(files, sentence):
    with pytest.raises(ArchiveError, match=sentence) as caught:
        unpack(changed(PACKED, **files))
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("formula", "ZrO2"),
        ("space_group", "227"),
        ("seed", "-1"),
        ("seed", "1.5"),
        ("seed", "9" * 30),
        ("outcome", "splendid"),
        ("novel", "maybe"),
        ("latent", "1 2 x"),
        ("latent", "nan"),
        ("latent", "1e999"),
        ("latent", "1 " * 5000),
        ("run", "x" * 300),
        ("origin", "a\nb"),
        ("file", "../../etc/passwd"),
    ],
)
def test_changed_cells_are_one_sentence(column, value):
    with pytest.raises(ArchiveError, match=r"\.$"):
        unpack(with_cell(PACKED, 0, column, value))


def test_names_and_notes_may_be_changed_outside():
    found = unpack(with_cell(PACKED, 0, "name", "mine\n" + "x" * 500))
    assert found[0].name.startswith("mine xx")
    assert len(found[0].name) == 60


def test_too_many_crystals_or_bytes_are_refused(monkeypatch):
    many = {f"{number}.txt": "x" for number in range(200)}
    with pytest.raises(ArchiveError, match="more than the 100"):
        unpack(changed(PACKED, **many))
    monkeypatch.setattr(tray_archive, "LARGEST", 100)
    with pytest.raises(ArchiveError, match="larger than"):
        unpack(PACKED)


def test_other_ways_of_packing_are_refused():
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w", zipfile.ZIP_LZMA) as bundle:
        bundle.writestr("manifest.csv", "x")
    with pytest.raises(ArchiveError, match="ordinary zip"):
        unpack(other.getvalue())


def test_an_encrypted_zip_is_one_sentence():
    locked = bytearray(PACKED)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = locked.find(mark)
        while start >= 0:
            locked[start + offset] |= 1
            start = locked.find(mark, start + 4)
    with pytest.raises(ArchiveError, match="damaged"):
        unpack(bytes(locked))
