"""One family of errors: what a person can mend is a sentence, a mistake in the program keeps its traceback."""

import ast
import builtins
import importlib
import inspect
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import disgen
from disgen.cli import main
from disgen.corpus.sharing import column_shares
from disgen.corpus.split import split_by_key
from disgen.crystal import lattice_vectors
from disgen.errors import DisgenError
from disgen.generation.geometry.polish import polish_and_measure
from disgen.generation.neutrality import neutrality
from disgen.generation.sampling import KEYS_BESIDE, known_keys
from disgen.model.checkpoint import load_run
from disgen.model.training.history import HISTORY_FILE, read_history
from disgen.ui.base.jobs import StopError
from disgen.wyckoff import parse_triplet, row, symbol

ROOT = Path(__file__).parents[1]
_PYTHON = [error for error in vars(builtins).values() if isinstance(error, type) and issubclass(error, BaseException)]


def test_every_error_that_people_see_is_of_the_family():
    seen = []
    for module in pkgutil.walk_packages(disgen.__path__, "disgen."):
        if module.name.endswith("__main__"):
            continue
        for name, error in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if error is StopError:  # tells a job to end, and nobody sees it
                continue
            if issubclass(error, Exception) and error.__module__.startswith("disgen.") and not name.startswith("_"):
                assert issubclass(error, DisgenError), f"{module.name}.{name}"
                seen.append(error)
    assert len(set(seen)) > 30


def test_the_family_is_light():
    script = "import sys, disgen.errors; print(len([m for m in sys.modules if m.split('.')[0] in ('numpy', 'torch')]))"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


def _caught(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            yield node, {ast.unparse(kind) for kind in kinds}


@pytest.mark.parametrize("path", [*(ROOT / "pages").glob("*.py"), ROOT / "app.py"], ids=lambda path: path.name)
def test_a_page_catches_nothing_broader(path):
    assert not [kinds for _, kinds in _caught(ast.parse(path.read_text())) if kinds - {"DisgenError"}]


def test_no_sentence_of_a_page_comes_from_a_mistake_in_the_program():
    """Whoever shows `str(error)` to people has caught the family, or one of it."""
    for path in (ROOT / "disgen" / "ui").rglob("*.py"):
        for node, kinds in _caught(ast.parse(path.read_text())):
            if "str(error)" in ast.unparse(node):
                assert not kinds & {error.__name__ for error in _PYTHON}, f"{path}: {ast.unparse(node)}"


def test_a_mistake_in_the_program_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr("disgen.cli.corpus.stats", lambda _arguments: np.ones(3) + np.ones(4))
    with pytest.raises(ValueError, match="could not be broadcast") as error:
        main(["corpus", "stats", "anything"])
    assert not isinstance(error.value, DisgenError)


def test_the_program_ends_with_that_traceback(tmp_path):
    script = (
        "import numpy as np, disgen.cli.corpus as corpus\n"
        "def mistaken(arguments): np.ones(3) + np.ones(4)\n"
        "corpus.stats = mistaken\n"
        "import sys, disgen.cli\n"
        "sys.exit(disgen.cli.main(['corpus', 'stats', 'anything']))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "in mistaken" in done.stderr


def test_what_a_person_can_mend_is_a_sentence(monkeypatch, capsys):
    def mendable(_arguments):
        msg = "There is nothing here: look elsewhere."
        raise DisgenError(msg)

    monkeypatch.setattr("disgen.cli.corpus.stats", mendable)
    assert main(["corpus", "stats", "anything"]) == 1
    assert capsys.readouterr().err == "There is nothing here: look elsewhere.\n"


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: lattice_vectors((1.0, 1.0, 1.0, 10.0, 10.0, 120.0)),
        lambda: symbol(231),
        lambda: row(1, "z"),
        lambda: parse_triplet("x,y"),
        lambda: neutrality({"Xx": 1.0}),
        lambda: split_by_key(["a"], seed=-1),
        lambda: column_shares("", ["a"], np.zeros(1, bool)),
        lambda: polish_and_measure([], steps=0),
    ],
)
def test_what_a_caller_chose_wrongly_is_of_the_family(mistake):
    with pytest.raises(DisgenError, match=r"\.$"):
        mistake()


def test_a_damaged_history_is_told(tmp_path):
    (tmp_path / HISTORY_FILE).write_bytes(b"\x00\x01nothing")
    with pytest.raises(DisgenError, match="is damaged"):
        read_history(tmp_path, 3)


def test_damaged_keys_are_told(tmp_path, small_run):
    copy = Path(shutil.copytree(small_run, tmp_path / "copy"))
    (copy / "estimators").mkdir(exist_ok=True)
    (copy / "estimators" / KEYS_BESIDE).write_bytes(b"nothing")
    with pytest.raises(DisgenError, match="is damaged"):
        known_keys(load_run(copy))
