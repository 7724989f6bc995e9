"""How the command line fails: a sentence and an exit status, and nothing is left behind."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from disgen.cif import CifReason
from disgen.cli import main

DATA = Path(__file__).parent / "data"


@pytest.fixture
def run_folder(small_run) -> str:
    return str(small_run)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> str:
    """Of four crystals, and thus not that of the run."""
    folder = tmp_path_factory.mktemp("few")
    for name in ("lsco", "spinel", "rock_salt", "olivine_amcsd"):
        shutil.copy(DATA / f"{name}.cif", folder)
    built = str(tmp_path_factory.mktemp("corpora") / "few")
    assert main(["corpus", "build", "--source", str(folder), "--out", built, "--workers", "1"]) == 0
    return built


WRONG_USE = [
    [],
    ["paint"],
    ["corpus"],
    ["corpus", "build", "--out", "x"],
    ["corpus", "build", "--source", "amcsd"],
    ["corpus", "build", "--source", "amcsd", "--out", "x", "--workers", "0"],
    ["train", "--out", "x"],
    ["sample", "-n", "0", "--out", "x"],
    ["sample", "-n", "many", "--out", "x"],
    ["sample", "-n", "2.5", "--out", "x"],
    ["sample", "--seed", "-1", "--out", "x"],
    ["sample", "--temperature", "0", "--out", "x"],
    ["sample", "--temperature", "inf", "--out", "x"],
    ["sample", "--temperature", "hot", "--out", "x"],
    ["sample", "--estimator", "magic", "--out", "x"],
    ["sample", "--decoding", "magic", "--out", "x"],
    ["sample"],
    ["evaluate", "--split", "all"],
    ["encode"],
    ["reconstruct", "a.cif", "b.cif"],
    ["order", "a.cif"],
    ["order", "a.cif", "--repeats", "0", "1", "1", "--out", "x"],
]


@pytest.mark.parametrize("arguments", WRONG_USE, ids=" ".join)
def test_wrong_use(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "error: " in said.err.splitlines()[-1]
    assert "Traceback" not in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sample", "--run", "nowhere", "-n", "1", "--out", "x"], "nowhere"),
        (["evaluate", "--run", "nowhere"], "nowhere"),
        (["corpus", "stats", "nowhere"], "There is no corpus 'nowhere'"),
        (["corpus", "build", "--source", "nowhere", "--out", "x"], "There is no source 'nowhere'"),
        (["corpus", "build", "--source", "amcsd", "--source", "amcsd", "--out", "x"], "is given twice"),
        (["train", "--corpus", "nowhere", "--config", "none.toml", "--out", "x"], "There is no corpus 'nowhere'"),
        (["encode", "nowhere.cif"], "The file nowhere.cif cannot be read (No such file or directory)"),
        (["reconstruct", "nowhere.cif"], "nowhere.cif cannot be read"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_not_there(failure, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    assert sentence in failure(*arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("bad_p1", "The crystal has no symmetry (space group P1)"),
        ("bad_no_atoms", "The CIF lists no atoms with fractional coordinates"),
        ("bad_overfull", "sum to 1.2, more than 1.02"),
        ("bad_unknown_element", "which is no element"),
        ("bad_heavy_element", "an element beyond fermium"),
        ("bad_charges", "with different charges"),
        ("bad_unterminated", "The file is not a valid CIF"),
    ],
)
@pytest.mark.parametrize("command", ["encode", "reconstruct"])
def test_bad_cifs(failure, run_folder, capsys, name, sentence, command):
    path = str(DATA / f"{name}.cif")
    assert sentence in failure(command, path, "--run", run_folder)
    assert main([command, path, "--run", run_folder, "--json"]) == 1
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert (result["accepted"], result["sentence"]) == (False, said.err.strip())
    assert sentence in result["sentence"]
    assert result["reason"] in set(CifReason)


@pytest.mark.parametrize("command", ["encode", "reconstruct"])
def test_doubts_are_told(run_folder, run_json, capsys, command):
    path = str(DATA / "cases" / "64-slightly-off-special.cif")
    told = "The stated formula is TiO2, but the listed atoms come to Ti0.9V0.1O2."
    assert run_json(command, path, "--run", run_folder)["notes"] == [{"kind": "formula", "sentence": told}]
    assert main([command, path, "--run", run_folder]) == 0
    said = capsys.readouterr()
    assert told in said.out + said.err
    assert run_json(command, str(DATA / "lsco.cif"), "--run", run_folder)["notes"] == []


def test_a_folder_is_no_cif(failure, run_folder):
    assert "cannot be read (Is a directory)" in failure("encode", str(DATA), "--run", run_folder)


@pytest.mark.parametrize("name", ["weights.safetensors", "config.json", "scaler.json", "latents.safetensors"])
def test_a_damaged_run_names_the_file(failure, run_folder, tmp_path, name):
    copy = Path(shutil.copytree(run_folder, tmp_path / "copy"))
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[: len(content) // 2])
    assert name in failure("sample", "--run", str(copy), "-n", "1", "--out", str(tmp_path / "x"))
    (copy / name).unlink()
    assert name in failure("evaluate", "--run", str(copy))


def test_another_corpus_is_not_the_runs(failure, run_folder, corpus):
    assert "corpus" in failure("evaluate", "--run", run_folder, "--corpus", corpus)


def test_wrong_configurations(failure, corpus, tmp_path):
    (tmp_path / "odd.toml").write_text("[model]\ndepth = 3\n")
    (tmp_path / "broken.toml").write_text("[model\n")
    for name, sentence in (("odd", "model.depth"), ("broken", "is not valid TOML"), ("none", "cannot be read")):
        said = failure(
            "train", "--corpus", corpus, "--config", str(tmp_path / f"{name}.toml"), "--out", str(tmp_path / "r")
        )
        assert sentence in said
    assert not (tmp_path / "r").exists()


def test_where_nothing_can_be_written(failure, run_folder, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("a file")
    sentence = failure("sample", "--run", run_folder, "-n", "1", "--out", str(taken))
    assert "taken" in sentence
    assert "Errno" not in sentence
    assert "taken" in failure("corpus", "build", "--source", str(DATA), "--out", str(taken))
    assert taken.read_text() == "a file"


def test_stopping_is_not_a_failure_of_the_program(monkeypatch, capsys):
    def stopped(_arguments) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("disgen.cli.corpus.stats", stopped)
    assert main(["corpus", "stats", "anything"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


HELP = [
    [],
    ["corpus"],
    ["corpus", "build"],
    ["corpus", "stats"],
    ["train"],
    ["evaluate"],
    ["map"],
    ["sample"],
    ["compare"],
    ["encode"],
]


@pytest.mark.parametrize("command", [*HELP, ["reconstruct"], ["bench"]], ids=" ".join)
def test_help(command, capsys):
    with pytest.raises(SystemExit) as error:
        main([*command, "--help"])
    assert error.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: python -m disgen")
    assert len(said.splitlines()) > 5


def test_the_module_can_be_run(tmp_path):
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "disgen", "encode", str(tmp_path / "nowhere.cif")],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert (
        done.stderr
        == f"The file {tmp_path / 'nowhere.cif'} cannot be read (No such file or directory): check its name.\n"
    )
