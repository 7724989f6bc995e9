"""The command line, from CIFs to a trained run, samples and back; and how it fails."""

import csv
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import gemmi
import pytest

from disgen.cif import CifReason, read
from disgen.cli import main
from disgen.corpus import amcsd
from disgen.generation.checks import CHECK_COLUMNS, CHECKS
from disgen.generation.outcome import Outcome
from disgen.judge.verdict_columns import VERDICT_COLUMNS
from disgen.model.checkpoint import load_run

DATA = Path(__file__).parent / "data"
CONFIG = """
[model]
filters = 2
latent = 8
log_lengths = true
[loss]
occupancy = "cross_entropy"
[training]
epochs = 2
batch_size = 32
threads = 1
"""
LATTICE = {"a", "b", "c", "alpha", "beta", "gamma"}


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


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with CIFs, a configuration, a corpus built from the first and a run trained by the second."""
    folder = tmp_path_factory.mktemp("cli")
    minerals = folder / "minerals"
    minerals.mkdir()
    for number, (code, text) in enumerate(amcsd.cifs()):
        if number % 60 == 0:
            (minerals / f"{code}.cif").write_text(text, encoding="utf-8")
    others = folder / "others"
    others.mkdir()
    for path in DATA.glob("*.cif"):
        shutil.copy(path, others)
    (folder / "tiny.toml").write_text(CONFIG)
    corpus, run = str(folder / "corpus"), str(folder / "run")
    sources = ["--source", str(others), "--source", str(minerals)]
    assert main(["corpus", "build", *sources, "--out", corpus, "--workers", "1", "--seed", "1"]) == 0
    assert main(["train", "--corpus", corpus, "--config", str(folder / "tiny.toml"), "--out", run]) == 0
    return folder


@pytest.fixture
def run_folder(place) -> str:
    return str(place / "run")


# --- what works -------------------------------------------------------------------------------------------------------


def test_corpus_build(place, tmp_path, run_json):
    result = run_json(
        "corpus", "build", "--source", str(DATA), "--out", str(tmp_path / "c"), "--workers", "1", "--seed", "4"
    )
    files = len(list(DATA.rglob("*.cif")))
    start, left = result["filters"]["start"]["data"], result["filters"]["left"]["data"]
    dropped = result["filters"]["dropped"]["data"]
    assert start >= files, "a file may hold several structures"
    assert start == left + sum(dropped.values())
    assert result["kept"] == left == sum(result["splits"]["split_key"].values())
    assert "reading broke down" not in dropped
    assert "reading took too long" not in dropped
    assert len(result["fingerprint"]) == 64


def test_corpus_build_for_people(place, tmp_path, capsys):
    folder = tmp_path / "few"
    folder.mkdir()
    for path in sorted((place / "minerals").iterdir())[:12]:
        shutil.copy(path, folder)
    assert main(["corpus", "build", "--source", str(folder), "--out", str(tmp_path / "c"), "--workers", "1"]) == 0
    said = capsys.readouterr().out
    assert "dropped because" in said
    assert "more than 9 Wyckoff sites" in said
    assert "crystals kept, split by crystal into" in said


def test_corpus_stats(place, run_json, capsys):
    statistics = run_json("corpus", "stats", str(place / "corpus"))
    assert statistics["totals"]["crystals"] > 140
    assert main(["corpus", "stats", str(place / "corpus")]) == 0
    assert f"crystals {statistics['totals']['crystals']}" in capsys.readouterr().out


def test_train_leaves_a_whole_run(place, run_folder, run_json):
    run = load_run(run_folder)
    assert run.config["training"]["finished"]
    assert len(run.history) == 2
    assert {"validation", "test"} <= run.metrics.keys()
    assert (run.maps_path / "tsne.json").is_file()
    again = run_json(
        "train", "--corpus", str(place / "corpus"), "--config", str(place / "tiny.toml"), "--out", run_folder
    )
    assert again["run"] == run.name == "tiny"
    assert len(load_run(run_folder).history) == 2, "a finished training is left alone"


@pytest.mark.parametrize("split", ["test", "validation", "train"])
def test_evaluate(place, run_folder, run_json, split):
    result = run_json("evaluate", "--run", run_folder, "--corpus", str(place / "corpus"), "--split", split)
    assert result["split"] == split
    assert result["n"] == len(load_run(run_folder).split_index(split))
    assert result["lattice_mae"].keys() == LATTICE
    assert 0.0 <= result["space_group_accuracy"] <= 1.0
    assert 0.0 <= result["disordered_flag_accuracy"] <= 1.0
    disordered = {"occupancy_mae", "multiplicity_accuracy", "letter_accuracy", "coordinate_mae"}
    assert result["disordered_sites"].keys() >= disordered
    assert result["ordered_sites"].keys() >= (disordered - {"occupancy_mae"}) | {"element_accuracy"}
    assert result["sma"]["exact"] == 1.0
    assert 0.0 <= result["sma"]["free"] <= 1.0


def test_map(run_folder, run_json):
    result = run_json("map", "--run", run_folder, "--seed", "3")
    assert set(result["maps"]) == {"tsne", "pca"}
    assert result["points"] == sum(map(len, load_run(run_folder).latents.values()))
    assert Path(result["folder"]).is_dir()
    stored = json.loads((Path(result["folder"]) / "purity.json").read_text())
    assert run_json("map", "--run", run_folder, "--purity") == stored
    assert stored["purity"].keys() >= {"tsne_map", "pca_map", "latent", "likeness", "chance", "ceiling"}


def test_the_purity_of_maps_is_a_table_for_people(capsys):
    assert main(["map", "--run", "open", "--purity"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "What 18,955 crystals (test, train, validation) share with their 10 nearest"
    assert [line.split()[0] for line in lines[2:]] == ["tsne_map", "pca_map", "latent", "likeness", "chance", "ceiling"]


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_holds_the_last_samples_and_what_others_put_there(run_folder, tmp_path, run_json):
    folder = tmp_path / "samples"
    folder.mkdir()
    (folder / "mine.cif").write_text("data_mine")
    (tmp_path / "outside.cif").write_text("data_outside")
    for seed in ("1", "2"):
        run_json("sample", "--run", run_folder, "-n", "30", "--seed", seed, "--out", str(folder))
        listed = {row["file"] for row in manifest(folder) if row["file"]}
        assert listed
        assert {path.name for path in folder.iterdir()} == listed | {"manifest.csv", "mine.cif"}
    (folder / "manifest.csv").write_text("file\n../outside.cif\n")
    run_json("sample", "--run", run_folder, "-n", "1", "--out", str(folder))
    assert (tmp_path / "outside.cif").exists()


@pytest.mark.parametrize("estimator", ["kde", "gmm", "gaussian"])
@pytest.mark.parametrize("decoding", ["exact", "free"])
def test_sample(run_folder, tmp_path, run_json, estimator, decoding):
    options = ["--run", run_folder, "--estimator", estimator, "--decoding", decoding, "-n", "40", "--seed", "7"]
    results = [run_json("sample", *options, "--out", str(tmp_path / name)) for name in ("one", "two")]
    first, second = ({key: value for key, value in result.items() if key != "seconds"} for result in results)
    assert first == second
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    said = {"run", "estimator", "decoding", "n", "seed", "temperature", "polished", "outcomes", "written"}
    assert first.keys() == said
    assert first["polished"] is (decoding == "exact")
    assert (first["run"], first["estimator"], first["decoding"]) == ("tiny", estimator, decoding)
    assert (first["n"], first["seed"]) == (40, 7)
    assert results[0]["seconds"] >= 0.0
    assert sum(first["outcomes"].values()) == 40
    assert set(first["outcomes"]) <= {str(outcome) for outcome in Outcome}
    cifs = sorted((tmp_path / "one").glob("*.cif"))
    assert len(cifs) == first["written"] == first["outcomes"].get("ok", 0)
    if decoding == "exact":
        assert set(first["outcomes"]) <= {"ok", "degenerate cell", "pseudo-symmetric"}

    rows = manifest(tmp_path / "one")
    assert list(rows[0]) == ["file", "formula", "space_group", "symbol", "outcome", "latent_index"]
    assert [int(row["latent_index"]) for row in rows] == list(range(40))
    assert Counter(row["outcome"] for row in rows) == first["outcomes"]
    assert sorted(row["file"] for row in rows if row["file"]) == [path.name for path in cifs]
    for row in rows:
        assert bool(row["file"]) is (row["outcome"] == "ok")
        if row["file"]:
            assert re.fullmatch(r"[A-Za-z0-9_.-]+\.cif", row["file"])
            block = gemmi.cif.read(str(tmp_path / "one" / row["file"])).sole_block()
            assert block.find_value("_space_group_IT_number") == row["space_group"]
            assert read((tmp_path / "one" / row["file"]).read_bytes()).crystal.sites


def test_samples_differ_by_seed_and_are_screened(run_folder, tmp_path, run_json):
    options = ["sample", "--run", run_folder, "-n", "25", "--out"]
    run_json(*options, str(tmp_path / "a"), "--seed", "0")
    run_json(*options, str(tmp_path / "b"), "--seed", "1")
    formulas = [[row["formula"] for row in manifest(tmp_path / name)] for name in ("a", "b")]
    assert formulas[0] != formulas[1]
    screened = run_json(*options, str(tmp_path / "c"), "--seed", "0", "--screen")
    assert sum(screened["outcomes"].values()) == 25
    assert screened["written"] == len(list((tmp_path / "c").glob("*.cif"))) == screened["outcomes"].get("ok", 0)
    rows = manifest(tmp_path / "c")
    assert list(rows[0])[6:] == [*VERDICT_COLUMNS, *CHECK_COLUMNS]
    for check in CHECKS:
        assert screened["checks"][check.key] == sum(row[check.key] == "1" for row in rows)
    assert all(row["valid_split_aware"] == row["neutral_mixed"] == row["novel"] == "1" for row in rows if row["file"])
    kept = {path.name: path.read_bytes() for path in (tmp_path / "c").glob("*.cif")}
    assert kept.items() <= files_of(tmp_path / "a").items(), "screening takes away, it changes nothing"


def test_samples_differ_by_temperature(run_folder, tmp_path, run_json):
    options = ["sample", "--run", run_folder, "--estimator", "gaussian", "-n", "25", "--out"]
    plain = run_json(*options, str(tmp_path / "a"))
    same = run_json(*options, str(tmp_path / "b"), "--temperature", "1.0")
    hot = run_json(*options, str(tmp_path / "c"), "--temperature", "3.5")
    assert (plain["temperature"], same["temperature"], hot["temperature"]) == (1.0, 1.0, 3.5)
    assert manifest(tmp_path / "a") == manifest(tmp_path / "b") != manifest(tmp_path / "c")


def test_sample_for_people(run_folder, tmp_path, capsys):
    assert main(["sample", "--run", run_folder, "-n", "3", "--out", str(tmp_path)]) == 0
    assert re.fullmatch(r"3 samples: .*\d+ CIFs in .*\.\n", capsys.readouterr().out)


def test_encode_and_reconstruct(run_folder, run_json, capsys):
    cif = str(DATA / "lsco.cif")
    encoded = run_json("encode", cif, "--run", run_folder)
    assert len(encoded["mean"]) == len(encoded["log_variance"]) == 8
    assert (encoded["formula"], encoded["space_group"]) == ("Sr0.15La1.85CuO4", 139)
    result = run_json("reconstruct", cif, "--run", run_folder)
    assert result["accepted"] is True
    assert (result["formula"], result["space_group"]) == ("Sr0.15La1.85CuO4", 139)
    assert [site["letter"] for site in result["sites"]] == ["a", "c", "e", "e"]
    assert result["sites"][-1]["occupancies"] == {"Sr": 0.075, "La": 0.925}
    assert isinstance(result["matches"], bool)
    assert result["outcome"] == "ok"
    assert {"formula", "space_group", "cell", "sites"} <= result["reconstruction"].keys()
    assert main(["encode", cif, "--run", run_folder]) == 0
    assert len(capsys.readouterr().out.split()) == 8
    assert main(["reconstruct", cif, "--run", run_folder]) == 0
    assert capsys.readouterr().out.startswith("Sr0.15La1.85CuO4 (139) becomes ")


def test_an_ordered_cell(run_json, capsys, tmp_path):
    cif, out = str(DATA / "lgps.cif"), tmp_path / "cell"
    command = ("order", cif, "--repeats", "2", "2", "2", "--out", str(out))
    plain = run_json(*command)
    assert (plain["left_out"], plain["moved"], plain["atoms"]["Li"]) == ({"Li": 25}, {}, 137)
    assert "25 of 162 Li left out" in out.read_text()
    complete = run_json(*command, "--complete", "--format", "poscar")
    assert (complete["left_out"], complete["moved"], complete["atoms"]["Li"]) == ({"Li": 2}, {"Li": 23}, 160)
    assert "2 of 162 Li left out" in out.read_text().splitlines()[0]
    assert main([*command, "--seed", "1", "--format", "xyz"]) == 0
    assert "25 of 162 Li left out" in capsys.readouterr().out
    assert out.read_text().splitlines()[0] == "377"
    assert main(["order", str(DATA / "bad_overfull.cif"), "--out", str(tmp_path / "none")]) == 1
    assert not (tmp_path / "none").exists()


# --- what fails -------------------------------------------------------------------------------------------------------

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


def test_another_corpus_is_not_the_runs(failure, run_folder, tmp_path):
    few = tmp_path / "few"
    few.mkdir()
    for name in ("lsco", "spinel", "rock_salt", "olivine_amcsd"):
        shutil.copy(DATA / f"{name}.cif", few)
    assert main(["corpus", "build", "--source", str(few), "--out", str(tmp_path / "c"), "--workers", "1"]) == 0
    assert "corpus" in failure("evaluate", "--run", run_folder, "--corpus", str(tmp_path / "c"))


def test_wrong_configurations(failure, place, tmp_path):
    corpus = str(place / "corpus")
    (tmp_path / "odd.toml").write_text("[model]\ndepth = 3\n")
    (tmp_path / "broken.toml").write_text("[model\n")
    for name, sentence in (("odd", "model.depth"), ("broken", "is not valid TOML"), ("none", "cannot be read")):
        said = failure(
            "train", "--corpus", corpus, "--config", str(tmp_path / f"{name}.toml"), "--out", str(tmp_path / "r")
        )
        assert sentence in said
    assert not (tmp_path / "r").exists()


def test_where_nothing_can_be_written(failure, place, run_folder, tmp_path):
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
