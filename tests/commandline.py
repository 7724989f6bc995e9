"""What tests of the command line share: one that works gives one JSON object, one that fails says one sentence.

A plugin of the tests' (see ``conftest.py``), so that its fixtures need no import.
"""

import json

import pytest

from disgen.cli import main


@pytest.fixture
def run_json(capsys):
    """Runs a command with --json: its one JSON object, having checked that there is nothing else."""

    def run(*arguments: str) -> dict:
        capsys.readouterr()
        assert main([*arguments, "--json"]) == 0
        result = json.loads(capsys.readouterr().out)
        assert isinstance(result, dict)
        return result

    return run


@pytest.fixture
def failure(capsys):
    """Runs a command that fails: its one sentence, having checked status and standard output."""

    def run(*arguments: str) -> str:
        capsys.readouterr()
        assert main(list(arguments)) == 1
        said = capsys.readouterr()
        assert said.out == ""
        sentence = said.err.strip()
        assert "\n" not in sentence, sentence
        assert sentence.endswith("."), sentence
        assert "Traceback" not in sentence
        return sentence

    return run
