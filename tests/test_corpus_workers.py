"""No file stops or hangs a build: exceptions, endless Python code, endless compiled code, a dying process."""

import importlib
from pathlib import Path

import pytest

from disgen.corpus.filters import Failure
from disgen.corpus.sources import CifBlock
from disgen.corpus.workers import default_workers, judge_all

ROCK_SALT = (Path(__file__).parent / "data" / "rock_salt.cif").read_text(encoding="utf-8")

HOSTILE_READER = '''
import os, time
from disgen.cif import read

class PanicException(BaseException):
    """What pyo3 raises when Rust code panics."""

def reader(text):
    match text:
        case "raise":
            raise ZeroDivisionError("no luck")
        case "panic":
            raise PanicException("index out of bounds")
        case "die":
            os._exit(3)
        case "loop":
            while True:
                time.sleep(0.01)
        case "swallow":
            while True:
                try:
                    time.sleep(0.01)
                except Exception:
                    pass
        case "stuck":
            sum(range(10**12))  # compiled code that never looks at signals
    return read(text)
'''


@pytest.fixture
def reader(tmp_path, monkeypatch):
    (tmp_path / "hostile_reader.py").write_text(HOSTILE_READER)
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("hostile_reader").reader


def entries(*texts):
    return [CifBlock("here", str(number), text) for number, text in enumerate(texts)]


def test_results_come_in_order():
    given = entries(*[ROCK_SALT, "nonsense"] * 100)
    results = list(judge_all(given, workers=2))
    assert [result.id for result in results] == [entry.id for entry in given]
    assert [result.crystal is not None for result in results] == [True, False] * 100


def test_no_entries():
    assert list(judge_all([], workers=1)) == []
    assert default_workers() >= 1


def test_hostile_files_are_counted(reader):
    given = entries(ROCK_SALT, "raise", "loop", "swallow", "panic", "die", ROCK_SALT, "stuck", ROCK_SALT)
    results = list(judge_all(given, workers=1, seconds=2.0, reader=reader))
    assert [result.reason for result in results] == [
        "",
        Failure.BREAKDOWN,
        Failure.TIMEOUT,
        Failure.TIMEOUT,
        Failure.BREAKDOWN,
        Failure.BREAKDOWN,
        "",
        Failure.BREAKDOWN,
        "",
    ]
    assert "ZeroDivisionError: no luck" in results[1].sentence


def test_other_chunks_survive_a_dying_process(reader):
    texts = [ROCK_SALT] * 300
    texts[10] = texts[200] = "die"
    results = list(judge_all(entries(*texts), workers=2, reader=reader))
    assert [result.id for result in results] == [str(number) for number in range(300)]
    assert [number for number, result in enumerate(results) if result.crystal is None] == [10, 200]


def test_entries_are_taken_as_they_are_needed():
    taken = []

    def stream():
        for entry in entries(*["nonsense"] * 5000):
            taken.append(entry)
            yield entry

    results = judge_all(stream(), workers=1)
    next(results)
    assert len(taken) < 1000
    results.close()
