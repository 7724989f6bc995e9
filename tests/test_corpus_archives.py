"""Archives from anywhere: entries or a sentence come out, and neither memory nor time without bounds is spent."""

import bz2
import gzip
import io
import lzma
import os
import random
import tarfile
import time
import zipfile
from functools import partial
from pathlib import Path

import pytest

from disgen.corpus import archives
from disgen.corpus.errors import CorpusError
from disgen.corpus.sources import open_source

SALT = (Path(__file__).parent / "data" / "rock_salt.cif").read_bytes()


def zipped(path, *members, packing=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def tarred(path, *members, mode="w:xz"):
    with tarfile.open(path, mode) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def entries(path):
    source = open_source(str(path))
    return source.count(), list(source.entries())


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tars_of_any_packing(tmp_path, mode):
    path = tarred(tmp_path / "some.tar", ("a/one.cif", SALT), ("notes.txt", b"-"), ("._one.cif", b"-"), mode=mode)
    count, found = entries(path)
    assert (count, [entry.id for entry in found]) == (1, ["a/one"])
    assert found[0].text.encode() == SALT


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_with_its_table_of_contents_damaged(tmp_path, packing):
    path = zipped(tmp_path / "some.zip", ("one.cif", SALT), ("two.cif", SALT), packing=packing)
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\x01\x02")
    content[start : start + 4] = b"nope"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"is damaged or ends early .*: fetch it again\.$"):
        entries(path)


@pytest.mark.parametrize("unpack", [lzma, gzip, bz2], ids=lambda module: module.__name__)
@pytest.mark.parametrize("cut", [0.3, 0.97])
def test_a_tar_that_ends_early_or_has_wrong_bytes(tmp_path, unpack, cut):
    members = [(f"{number}.cif", random.Random(number).randbytes(150_000)) for number in range(20)]
    plain = tarred(tmp_path / "plain.tar", *members, mode="w").read_bytes()
    packed = bytearray(unpack.compress(plain))
    path = tmp_path / "some.tar.xz"
    path.write_bytes(packed[: int(cut * len(packed))])
    with pytest.raises(CorpusError, match="damaged or ends early"):
        entries(path)
    for place in range(len(packed) // 2, len(packed) // 2 + 40):
        packed[place] ^= 0x55
    path.write_bytes(packed)
    with pytest.raises(CorpusError, match="damaged or ends early"):
        entries(path)


def test_bombs_are_refused_before_they_are_unpacked(tmp_path):
    blocks = b"".join(b"data_%d\n_a '%s'\n" % (number, b"x" * 2_000_000) for number in range(20))
    paths = [
        zipped(tmp_path / "bomb.zip", ("bomb.cif", blocks)),
        tarred(tmp_path / "bomb.tar.xz", ("bomb.cif", blocks)),
        tarred(tmp_path / "bomb.tar.bz2", ("notes.txt", bytes(40_000_000)), mode="w:bz2"),
        tmp_path / "bomb.csv.xz",
    ]
    paths[3].write_bytes(lzma.compress(b"id,cif\n" + b"1,data_x\n" * 5_000_000))
    for path in paths:
        start = time.process_time()
        with pytest.raises(CorpusError, match="unpacks to far more than text does"):
            entries(path)
        assert time.process_time() - start < 5.0


def test_a_zip_that_lies_about_sizes_is_an_entry_without_text(tmp_path):
    path = zipped(tmp_path / "some.zip", ("one.cif", SALT * 50))
    size, content = (50 * len(SALT)).to_bytes(4, "little"), path.read_bytes()
    assert content.count(size) == 2  # beside the file, and in the table of contents
    path.write_bytes(content.replace(size, (7).to_bytes(4, "little")))
    assert [entry.text for entry in entries(path)[1]] == [""]


def test_a_block_that_no_reader_takes_is_not_carried_about(tmp_path):
    path = tmp_path / "long.cif"
    path.write_bytes(SALT.replace(b"data_", b"data_one\n_note '" + b"x" * 6_000_000 + b"'\ndata_", 1) + b"\n" + SALT)
    assert all(len(entry.text) <= 5_000_000 for entry in entries(path)[1])


@pytest.mark.parametrize("location", ["", "   "])
def test_an_empty_name_is_not_the_folder_one_is_in(location, tmp_path, monkeypatch):
    (tmp_path / "one.cif").write_bytes(SALT)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorpusError, match="The name of a source is empty"):
        open_source(location)


@pytest.mark.parametrize("location", ["/", "//", os.sep, "/../.."])
def test_the_whole_disk_is_no_source(location):
    with pytest.raises(CorpusError, match="is the whole disk"):
        open_source(location)


def test_a_stream_is_bounded_however_it_is_read(tmp_path):
    path = tmp_path / "zeros.gz"
    path.write_bytes(gzip.compress(bytes(30_000_000)))
    for size in (-1, 1000, 2**24):
        with archives.unpacked(path) as stream, pytest.raises(CorpusError, match="far more than text"):
            list(iter(partial(stream.read, size), b""))
