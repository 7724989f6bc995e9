"""The command line, from CIFs to a trained run, samples and back."""

import csv
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import gemmi
import pytest

from disgen.cif import read
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


def test_the_purity_of_maps_is_a_table_for_people(run_folder, capsys):
    assert main(["map", "--run", run_folder, "--purity"]) == 0
    lines = capsys.readouterr().out.splitlines()
    n = sum(map(len, load_run(run_folder).latents.values()))
    assert lines[0] == f"What {n:,} crystals (test, train, validation) share with their 10 nearest"
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
