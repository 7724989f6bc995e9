"""Files that are there completely or not at all."""

import errno
import os

import pytest

from disgen.files import write_file, write_files


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_full_disk_leaves_all_old_files_of_a_whole(failing, tmp_path, monkeypatch):
    paths = [tmp_path / name for name in ("weights", "index", "config")]
    write_files(dict.fromkeys(paths, b"old"))
    calls = iter(range(1, 4))

    def sync(_):
        if next(calls) == failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(OSError, match="No space left"):
        write_files(dict.fromkeys(paths, b"new"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {path.name: b"old" for path in paths}


def test_what_ends_between_the_files_leaves_no_mixture_that_counts(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in ("weights", "index", "config")]
    write_files(dict.fromkeys(paths, b"old"))
    replace = type(tmp_path).replace

    def first_only(part, target):
        if target.name == "index":
            raise KeyboardInterrupt
        return replace(part, target)

    monkeypatch.setattr(type(tmp_path), "replace", first_only)
    with pytest.raises(KeyboardInterrupt):
        write_files(dict.fromkeys(paths, b"new"))
    assert [path.exists() for path in paths] == [True, True, False]


def test_one_file_is_never_gone(tmp_path, monkeypatch):
    path = tmp_path / "metrics"
    write_file(path, b"old")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(tmp_path), "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
