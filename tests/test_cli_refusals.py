"""What cannot be done is said before the work begins, in a sentence and, for programs, in an object."""

import json
import os
import threading
from pathlib import Path

import pytest

from disgen.cli import main

DATA = Path(__file__).parent / "data"


@pytest.fixture(autouse=True)
def _no_work(monkeypatch):
    """Nothing that takes time may be reached."""

    def reached(*_arguments, **_options):
        pytest.fail("the work began")

    monkeypatch.setattr("disgen.model.checkpoint.build_vae", reached)
    monkeypatch.setattr("disgen.corpus.build.judge_all", reached)


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "-n", "1000000000"],
        ["compare", "--workers", "1000000"],
        ["sample", "-n", "1000001", "--out", "x"],
        ["sample", "-n", "9" * 5000, "--out", "x"],
        ["sample", "--seed", "9" * 30, "--out", "x"],
        ["judge", "-n", "1000000000", "--estimator", "gaussian"],
        ["condition", "-n", "1000000000", "--elements", "Li"],
        ["train", "--config", "x", "--out", "x", "--max-minutes", "-1"],
        ["train", "--config", "x", "--out", "x", "--max-minutes", "nan"],
        ["app", "--port", "65536"],
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_absurd_numbers_are_wrong_use(arguments, capsys):
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "give a" in said
    assert len(said) < 250


def outs(command):
    return {
        "sample": ["sample", "-n", "1", "--out"],
        "build": ["corpus", "build", "--source", "amcsd", "--out"],
        "condition": ["condition", "--elements", "Li", "--out"],
        "order": ["order", str(DATA / "lsco.cif"), "--out"],
    }[command]


@pytest.mark.parametrize("command", ["sample", "build", "condition"])
def test_a_file_where_a_folder_should_be(command, tmp_path, capsys):
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert main([*outs(command), str(taken)]) == 1
    assert str(taken) in capsys.readouterr().err
    assert taken.read_text() == "mine"


def test_a_folder_where_a_file_should_be(tmp_path, capsys):
    assert main([*outs("order"), str(tmp_path)]) == 1
    assert "Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["sample", "build", "condition", "order"])
def test_a_full_disk_is_noticed_before_the_work(command, tmp_path, capsys, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert main([*outs(command), str(tmp_path / "folder" / "new"), "--json"]) == 1
    said = capsys.readouterr()
    assert "No space left on device" in said.err
    assert json.loads(said.out)["error"] == said.err.strip().splitlines()[-1]
    assert str(tmp_path) in said.err


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to the superuser")
def test_a_folder_that_cannot_be_written(tmp_path, capsys):
    tmp_path.chmod(0o500)
    assert main([*outs("sample"), str(tmp_path / "new")]) == 1
    assert "Permission denied" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sample", "-n", "1", "--run", "nowhere", "--out", "x"], "nowhere"),
        (["corpus", "stats", "nowhere"], "There is no corpus"),
        (["corpus", "build", "--source", "", "--out", "x"], "The name of a source is empty"),
        (["corpus", "build", "--source", "/", "--out", "x"], "is the whole disk"),
        (["order", "nowhere.cif", "--out", "cell.cif"], "cannot be read"),
    ],
)
def test_programs_get_an_object(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([*arguments, "--json"]) == 1
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert words in result["error"]
    assert result["error"] == said.err.strip()


@pytest.mark.parametrize("command", ["encode", "reconstruct"])
def test_a_cif_that_is_refused_says_more(command, capsys):
    assert main([command, str(DATA / "bad_heavy_element.cif"), "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert result["accepted"] is False
    assert result["error"] == result["sentence"]
    assert result["reason"] == "atomic number > 100"


@pytest.mark.parametrize("name", ["pipe", "device"])
def test_what_is_no_file_is_not_waited_for(name, tmp_path, capsys):
    path = Path(os.devnull)
    if name == "pipe":
        path = tmp_path / "pipe.cif"
        os.mkfifo(path)
    found = []
    thread = threading.Thread(target=lambda: found.append(main(["encode", str(path)])), daemon=True)
    thread.start()
    thread.join(60)
    assert found == [1]
    assert "it is no file" in capsys.readouterr().err
