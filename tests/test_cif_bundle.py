"""Files and zips of CIFs: what is taken, what is refused, each refusal in one sentence."""

import io
import struct
import zipfile

import pytest

from disgen.cif import bundle
from disgen.cif.bundle import BundleError, CifFile, cif_files, shown_name


def zipped(files, packing=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_files_and_zips_come_in_their_order():
    packed = zipped({"folder/b.cif": "data_b", "c.CIF": "data_c"})
    found = cif_files([("a.cif", b"data_a"), ("some.zip", packed), ("d.txt", b"data_d")])
    assert found == (
        CifFile("a.cif", b"data_a"),
        CifFile("b.cif", b"data_b"),
        CifFile("c.CIF", b"data_c"),
        CifFile("d.txt", b"data_d"),
    )


def test_what_is_no_cif_in_a_zip_is_left_out():
    packed = zipped({"README.md": "x", ".DS_Store": "x", "__MACOSX/._a.cif": "x", "a.cif": "data_a", "empty/": ""})
    assert cif_files([("some.zip", packed)]) == (CifFile("a.cif", b"data_a"),)


def test_a_zip_is_known_by_its_content_whatever_it_is_called():
    assert cif_files([("some.cif", zipped({"a.cif": "data_a"}))]) == (CifFile("a.cif", b"data_a"),)


def test_archives_in_archives_and_of_other_kinds_are_told_of():
    inner = zipped({"a.cif": "data_a"})
    for name, content in {"inner.zip": inner, "inner.cif": inner, "inner.tar.gz": b"\x1f\x8bxx"}.items():
        (found,) = cif_files([("outer.zip", zipped({name: content}))])
        assert found.content == b""
        assert found.problem.endswith("unpack it first.")
    (found,) = cif_files([("a.cif", b"\x1f\x8bxx")])
    assert found.problem.endswith("unpack it first.")


def test_a_large_file_is_one_row_with_a_sentence():
    large = b"#" * (bundle.LARGEST_CIF + 1)
    (alone,) = cif_files([("a.cif", large)])
    packed, other = cif_files([("some.zip", zipped({"a.cif": large, "b.cif": "data_b"}))])
    assert alone.problem == packed.problem == "The file is larger than 1 MB: give one structure."
    assert other.content == b"data_b"


def bomb():
    """A megabyte of nothing, many times over."""
    return zipped({f"{number}.cif": b" " * 1_000_000 for number in range(31)})


def liar():
    """A zip whose table of contents says that a large file is small."""
    packed = bytearray(zipped({"a.cif": b" " * 5_000_000}))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = packed.index(mark) + place
        packed[start : start + 4] = struct.pack("<I", 100)
    return bytes(packed)


def locked():
    packed = bytearray(zipped({"a.cif": b"data_a"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(mark) + place] |= 1
    return bytes(packed)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no zip", "x.zip is no zip, or a damaged one"),
        (zipped({"a.cif": b"data_a" * 99})[:-40], "is no zip, or a damaged one"),
        (liar(), "is no zip, or a damaged one"),
        (bomb(), "Unpacked, x.zip is larger than 30 MB"),
        (locked(), "locked by a password"),
        (zipped({"a.cif": b"data_a"}, zipfile.ZIP_LZMA), "packed in an unusual way"),
        (zipped({"../../etc/a.cif": b""}), "holds 'a.cif' with a path that leads out of its folder"),
        (zipped({"/etc/a.cif": b""}), "leads out of its folder"),
        (zipped({"..\\a.cif": b""}), "leads out of its folder"),
        (zipped({"C:\\a.cif": b""}), "leads out of its folder"),
        (zipped({f"{number}.cif": b"" for number in range(101)}), "holds more than 100 CIFs"),
        (zipped({f"{number}.txt": b"" for number in range(1001)}), "more than 1000 files"),
        (zipped({"a.txt": b""}), "holds no file whose name ends with .cif"),
        (zipped({}), "holds no file whose name ends with .cif"),
        (b"PK\x03\x04" + b"\0" * (bundle.LARGEST_ZIP + 1), "x.zip is larger than 5 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "zip",  # bytes, which hold the time, are no names
)
def test_a_bad_zip_is_one_sentence(content, sentence):
    with pytest.raises(BundleError) as error:
        cif_files([("x.zip", content)])
    text = str(error.value)
    assert sentence in text
    assert text.endswith(".")
    assert "\n" not in text


def test_many_files_are_refused_together():
    with pytest.raises(BundleError, match="There are 101 CIFs; at most 100"):
        cif_files([(f"{number}.cif", b"data_x") for number in range(101)])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/b/c.cif", "c.cif"),
        ("C:\\temp\\c.cif", "c.cif"),
        ("\x00\x1b[31m.cif", "[31m.cif"),
        ("", "unnamed"),
        ("../", ".."),
        ("x" * 100 + ".cif", "x" * 55 + "….cif"),
    ],
)
def test_names_are_shown_safely(path, name):
    assert shown_name(path) == name
