"""The released model: its folder keeps the contract, its figures are those of the model, and latents decode alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from disgen.cif import CifError
from disgen.corpus import amcsd
from disgen.corpus.filters import read_entry
from disgen.evaluation.comparison import load_comparison
from disgen.generation.outcome import Outcome
from disgen.generation.sampling import crystals_of, draw, known_keys
from disgen.generation.screening import screen
from disgen.judge.conditioning_benchmark import draw_targets, load_benchmark
from disgen.latent.fitted import available_estimators, fitted_estimator
from disgen.model.checkpoint import RunError, load_run
from disgen.representation import SiteArrays

ASSETS = Path(__file__).parent.parent / "assets"


@pytest.fixture(scope="module")
def run():
    return load_run(ASSETS / "models" / "open")


@pytest.fixture(scope="module")
def known_test_crystals(run):
    """Some crystals of the test split that any machine can rebuild, with their rows among the split's latents."""
    rows = run.split_index("test")
    wanted = {name: row for row, name in enumerate(rows["id"]) if rows["source"][row] == "amcsd"}
    found = []
    for name, text in amcsd.cifs():
        if name in wanted and len(found) < 300:
            try:
                found.append((wanted[name], read_entry(text).crystal))
            except CifError:
                continue
    return found


def test_the_folder_keeps_the_contract(run):
    files = {path.name for path in run.path.iterdir()}
    contract = {"config.json", "weights.safetensors", "scaler.json", "latents.safetensors", "index.parquet"}
    assert contract | {"metrics.json", "history.csv", "maps", "estimators"} <= files
    assert {"source", "id", "formula", "space_group", "n_sites", "disordered_sites", "split"} <= set(run.index.columns)
    assert {"train", "validation", "test"} == set(run.latents)
    assert run.config["training"]["wall_time_s"] > 0
    assert run.config["versions"]["torch"]


def test_assets_are_small_and_hold_no_pickles():
    files = [path for path in ASSETS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 60_000_000
    allowed = {".json", ".safetensors", ".parquet", ".csv", ".md", ".png"}
    assert {path.suffix for path in files} <= allowed


def test_it_is_as_good_as_it_says(run, known_test_crystals):
    metrics = json.loads((run.path / "metrics.json").read_text())
    validation = metrics["validation"]
    assert validation["space_group_accuracy"] >= 0.96
    assert min(validation[kind]["letter_accuracy"] for kind in ("disordered_sites", "ordered_sites")) >= 0.97

    truth = SiteArrays.from_crystals([crystal for _, crystal in known_test_crystals])
    mean, _ = run.encode(*truth.dense())
    output = run.decode(mean)
    assert len(truth) == 300
    assert np.mean(output.space_group.argmax(axis=1) + 1 == truth.space_group) >= 0.97
    assert np.mean((output.letter.argmax(axis=2) == truth.letter)[truth.real]) >= 0.97


def test_stored_latents_are_the_encoded_crystals(run, known_test_crystals):
    rows = [row for row, _ in known_test_crystals]
    truth = SiteArrays.from_crystals([crystal for _, crystal in known_test_crystals])
    mean, _ = run.encode(*truth.dense())
    np.testing.assert_allclose(run.latents["test"][rows], mean, atol=5e-3)  # stored in half precision


@pytest.mark.parametrize("name", ["open-random", "paper"])
def test_the_runs_for_comparison_stand_on_a_random_split_and_are_light(name):
    other = load_run(ASSETS / "models" / name)
    assert set(other.latents) == {"test"}
    assert other.metrics["test"]["split_kind"] == "random"
    assert other.metrics["test"]["n"] == len(other.latents["test"]) == other.config["corpus"]["sizes"]["test"]
    with pytest.raises(RunError, match="train"):
        other.split_latents("train")


def errors(figures: dict) -> dict[str, float]:
    """All figures of Tables 1 and 2 as errors: distances as they are, shares of right answers as what is wrong."""
    disordered, ordered = figures["disordered_sites"], figures["ordered_sites"]
    found = dict(figures["lattice_mae"])
    found |= {"occupancy": disordered["occupancy_mae"], "element": 1.0 - ordered["element_accuracy"]}
    found |= {name: 1.0 - figures[f"{name}_accuracy"] for name in ("space_group", "disordered_flag")}
    for kind, sites in (("disordered", disordered), ("ordered", ordered)):
        found[f"{kind} coordinates"] = sites["coordinate_mae"]
        found |= {f"{kind} {name}": 1.0 - sites[f"{name}_accuracy"] for name in ("letter", "multiplicity")}
    return found


def test_errors_are_at_most_half_of_those_of_the_papers_network():
    ours, theirs = (errors(load_run(ASSETS / "models" / name).metrics["test"]) for name in ("open-random", "paper"))
    for name, error in ours.items():
        assert error <= 0.5 * theirs[name], name


def test_the_stored_comparison_is_of_this_model(run):
    stored = load_comparison(run.path)
    assert stored["run"] == run.name
    assert {row["estimator"] for row in stored["rows"]} == {"test", *available_estimators(run)}
    free = {row["estimator"]: row["sma"] for row in stored["rows"] if row["decoding"] == "free"}
    assert min(free["gmm"], free["gaussian"]) >= 0.9
    exact = [row for row in stored["rows"] if row["decoding"] == "exact"]
    assert all(row["sma"] == 1.0 for row in exact)
    assert {row["polished"] for row in exact} == {True, False}


def test_the_stored_searches_are_for_the_test_splits_own_combinations(run):
    stored = load_benchmark(run.path)
    assert stored["run"] == run.name
    drawn = draw_targets(run.split_index("test"), stored["seed"])
    assert [record["targets"] for record in stored["targets"]] == [targets.to_dict() for _, targets in drawn]
    for (kind, part), goal in zip(stored["kinds"].items(), (0.9, 0.8, 0.65), strict=True):
        records = [record for record in stored["targets"] if record["kind"] == kind]
        assert part["targets"] == len(records) == 20
        assert part["credible"] == sum(record["credible"] > 0 for record in records) >= 20 * goal
        assert part["reached"] == sum(record["distinct_valid"] > 0 for record in records) >= part["credible"]
        assert part["median_seconds"] <= 30.0


def test_the_learned_prior_samples_new_crystals_that_are_as_disordered_as_real_ones(run):
    samples = draw(run, fitted_estimator(run, "prior"), 200, 0)
    crystals = samples.reconstructions.crystals
    screened = screen(crystals, known_keys(run))
    assert screened.novel.mean() > 0.75
    assert screened.valid_split_aware.mean() > 0.85
    assert screened.neutral_mixed.mean() > 0.75
    real = (run.split_index("test")["disorder"] != "ordered").mean()
    assert abs(np.mean([crystal.disordered_sites > 0 for crystal in crystals]) - real) < 0.15
    again = crystals_of(run, samples.z).crystals
    assert np.mean([one.space_group == other.space_group for one, other in zip(crystals, again, strict=True)]) > 0.95


def test_a_latent_decodes_to_the_same_crystal_alone_and_in_a_batch(run):
    z = run.latents["test"][:40]
    together = crystals_of(run, z)
    shuffled = crystals_of(run, z[::-1])
    assert together.crystals == shuffled.crystals[::-1]
    for index in (0, 7, 39):
        assert crystals_of(run, z[index : index + 1]).crystals[0] == together.crystals[index]


def test_every_test_latent_gives_a_legal_crystal(run):
    decoded = crystals_of(run, run.latents["test"][::10])
    assert decoded.symmetry_matched.all()
    assert np.mean([outcome is Outcome.OK for outcome in decoded.outcomes]) > 0.99
