"""The comparison of samplers on the released model: rates that can be counted again, and rows that can be stopped."""

import json
import multiprocessing
import shutil

import numpy as np
import pytest

from disgen.evaluation import comparison as comparisons
from disgen.evaluation.comparison import VARIANTS, comparison, comparison_rows, load_comparison, store_comparison
from disgen.evaluation.comparison_rows import row
from disgen.evaluation.distributions import wasserstein
from disgen.evaluation.judging import ComparisonError, Variant, judge_crystals
from disgen.evaluation.rates import wilson
from disgen.evaluation.reference import (
    FILE,
    OWN,
    RECONSTRUCTED,
    find_reference,
    own_reference,
    store_reference,
)
from disgen.generation.outcome import Decoding, Outcome
from disgen.generation.sampling import crystals_of, draw, known_keys
from disgen.generation.screening import outcomes, screen
from disgen.latent.estimators import EstimatorError
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import RunError, load_run

RATES = {
    "generation",
    "sma",
    "fixed_site_reuse",
    "legal",
    "validity",
    "validity_split_aware",
    "plausible",
    "neutrality",
    "neutrality_mixed",
    "alloy",
    "reads_back",
    "sound",
    "unique",
    "novel",
    "yield",
}
N, SEED = 120, 4


@pytest.fixture(scope="module")
def run(small_run):
    return load_run(small_run)


@pytest.fixture(scope="module")
def reference(run, minerals):
    return own_reference(run, minerals[:60])


@pytest.fixture(scope="module")
def rows(run, reference):
    return list(comparison_rows(run, reference, n=N, seed=SEED, estimators=("kde", "gaussian-fit"), workers=1))


def timeless(values):
    """The same without seconds."""
    if isinstance(values, list):
        return [timeless(value) for value in values]
    if isinstance(values, dict):
        return {name: timeless(value) for name, value in values.items() if name != "seconds"}
    return values


def test_a_row_for_each_estimator_and_variant(rows, run):
    names = [(found["estimator"], found["decoding"], found["polished"]) for found in rows]
    ways = [("free", False), ("exact", False), ("exact", True)]
    assert names == [(name, *way) for name in ("test", "kde", "gaussian-fit") for way in ways]
    assert [found["n"] for found in rows] == 3 * [len(run.latents["test"])] + 6 * [N]
    assert json.loads(json.dumps(rows)) == rows
    for found in rows:
        assert found.keys() >= RATES
        assert found["counts"].keys() == found["denominators"].keys() == found["intervals"].keys() == RATES
        assert found["seconds"] >= 0.0
        assert (found["log_likelihood"] is None) is (found["estimator"] == "test")
    assert rows[3]["settings"] == {"bandwidth": 0.25}


def test_every_rate_has_its_count_denominator_and_interval(rows):
    for found in rows:
        for group, whole in ((found, found["n"]), (found["of_crystals"], found["counts"]["legal"])):
            for name, hits in group["counts"].items():
                assert group["denominators"][name] == whole
                assert group[name] == hits / whole
                assert group["intervals"][name] == list(wilson(hits, whole))
                assert group["intervals"][name][0] <= group[name] <= group["intervals"][name][1]
        paper, left = found["paper"], found["counts"]["legal"]
        assert paper["denominators"] == {
            "generation": found["n"],
            "sma": found["n"],
            "validity": left,
            "neutrality": left,
        }
        assert paper["validity"] == found["counts"]["validity"] / left
        assert sum(found["outcomes"].values()) == found["n"]
        assert found["outcomes"]["ok"] == found["counts"]["yield"]


@pytest.mark.parametrize("decoding", Decoding)
@pytest.mark.parametrize("name", ["kde", "gaussian-fit"])
def test_rates_can_be_counted_again(run, rows, decoding, name):
    made = draw(run, fitted_estimator(run, name), N, SEED, decoding).reconstructions
    checks = screen(made.crystals, known_keys(run))
    sound = checks.valid_split_aware & checks.neutral_mixed & checks.reads_back
    reasons = outcomes(checks, made.outcomes)
    expected = {
        "generation": made.generation_success,
        "sma": made.symmetry_matched,
        "legal": checks.present,
        "validity": checks.valid,
        "validity_split_aware": checks.valid_split_aware,
        "plausible": checks.plausible,
        "neutrality": checks.neutral,
        "neutrality_mixed": checks.neutral_mixed,
        "alloy": checks.alloy,
        "reads_back": checks.reads_back,
        "sound": sound,
        "unique": checks.unique,
        "novel": checks.novel,
        "yield": np.array([reason is Outcome.OK for reason in reasons]),
    }
    found = next(r for r in rows if (r["estimator"], r["decoding"], r["polished"]) == (name, decoding, False))
    assert {rate: found["counts"][rate] for rate in expected} == {
        rate: int(hits.sum()) for rate, hits in expected.items()
    }
    good = {checks.key[index] for index in np.flatnonzero(sound & checks.novel)}
    assert found["counts"]["yield"] == len(good), "of several alike one counts"


def test_exact_decoding_is_legal_and_polishing_helps(rows):
    for free, exact, polished in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        assert exact["sma"] == polished["sma"] == 1.0
        assert exact["fixed_site_reuse"] == 0.0
        assert free["sma"] <= 1.0
        assert polished["plausible"] > exact["plausible"]
        for name in ("neutrality", "neutrality_mixed", "unique", "novel", "legal"):
            assert polished[name] == exact[name]


def test_the_test_split_is_its_own_reconstruction(run, rows):
    made = crystals_of(run, run.latents["test"])
    assert rows[1]["counts"]["validity"] == int(screen(made.crystals).valid.sum())


def test_log_likelihood_is_the_mean_over_the_test_split(run, rows):
    for found in rows[3:]:
        densities = fitted_estimator(run, found["estimator"]).log_prob(run.latents["test"])
        assert found["log_likelihood"] == pytest.approx(densities.mean(), rel=1e-9)


def test_rows_are_the_same_again_on_two_processes(run, reference, rows, monkeypatch):
    monkeypatch.setattr("disgen.evaluation.judging.CHUNK", 50)
    again = comparison_rows(run, reference, n=N, seed=SEED, estimators=("kde", "gaussian-fit"), workers=2)
    assert timeless(list(again)) == timeless(rows)


def test_seeds_count(run, reference, rows):
    way = [Variant(Decoding.EXACT)]
    other = list(comparison_rows(run, reference, n=N, seed=SEED + 1, estimators=("kde",), variants=way, workers=1))
    assert [found["estimator"] for found in other] == ["test", "kde"]
    assert timeless(other[0]) == timeless(rows[1])
    assert other[1]["counts"] != rows[4]["counts"]


def test_a_comparison_stops_half_way_and_leaves_no_process(run, reference):
    seen = []
    started = comparison_rows(
        run, reference, n=40, seed=0, estimators=("kde", "gmm"), workers=2, progress=lambda *now: seen.append(now)
    )
    rows = [next(started) for _ in range(4)]
    started.close()
    assert [found["estimator"] for found in rows] == ["test", "test", "test", "kde"]
    total = len(run.latents["test"]) + 80
    assert seen[-1] == (total - 40, total)
    assert not multiprocessing.active_children()
    assert len(comparison(run, reference, rows, n=40, seed=0)["rows"]) == 4


def test_impossible_wishes(run, reference):
    for wish in ({"n": 0, "seed": 0}, {"n": 5, "seed": -1}, {"n": 5, "seed": 0, "variants": ()}):
        with pytest.raises(ComparisonError, match="Nothing can be compared"):
            next(comparison_rows(run, reference, **wish))
    with pytest.raises(EstimatorError, match="no estimator 'magic'"):
        next(comparison_rows(run, reference, n=5, seed=0, estimators=("magic",)))


def test_a_run_without_training_split_cannot_be_compared(run, reference, monkeypatch):
    monkeypatch.delitem(run.latents, "train")
    with pytest.raises(RunError, match="train"):
        next(comparison_rows(run, reference, n=5, seed=0))


def test_samples_without_any_crystal_have_no_rates_of_crystals(reference):
    nothing = row(judge_crystals([], frozenset()), reference.properties)
    assert nothing["n"] == 0
    assert nothing["yield"] is None
    assert nothing["paper"]["validity"] is None
    assert nothing["intervals"]["yield"] is None
    assert nothing["wasserstein"]["density"] is None


def test_the_reference_is_stored_with_the_run(run, minerals, small_run, tmp_path):
    copy = load_run(shutil.copytree(small_run, tmp_path / "copy"))
    before = find_reference(copy)
    assert before.crystals == RECONSTRUCTED
    assert before.ceiling["n"] == len(run.latents["test"])
    own = own_reference(copy, minerals[:60])
    store_reference(copy, own)
    again = find_reference(copy)
    assert again.crystals == OWN
    assert again.ceiling == own.ceiling
    assert again.ceiling["legal"] == 1.0
    for name, distribution in own.properties.items():
        assert wasserstein(again.properties[name], distribution) == 0.0

    path = copy.path / FILE
    record = json.loads(path.read_text())
    for damaged, sentence in (
        (record | {"corpus": "another"}, "is of another corpus"),
        (record | {"ceiling": {}}, "is damaged"),
        (record | {"properties": {"density": {"values": [1.0], "counts": []}}}, "is damaged"),
    ):
        path.write_text(json.dumps(damaged))
        with pytest.raises(ComparisonError, match=sentence):
            find_reference(copy)


def test_a_comparison_is_stored_with_the_run(run, reference, rows, small_run, tmp_path):
    copy = load_run(shutil.copytree(small_run, tmp_path / "copy"))
    assert load_comparison(copy.path) is None
    result = comparison(copy, reference, rows, n=N, seed=SEED)
    store_comparison(copy, result)
    assert load_comparison(copy.path) == result
    assert result.keys() == {"run", "n", "seed", "rows", "ceiling"}
    assert result["ceiling"]["crystals"] == OWN
    assert result["ceiling"].keys() >= RATES
    path = copy.path / comparisons.FILE
    for damaged, sentence in (("[]", "is damaged"), ("{", "is damaged"), ("{}", "of another version")):
        path.write_text(damaged)
        with pytest.raises(ComparisonError, match=sentence):
            load_comparison(copy.path)


def test_all_variants_are_compared_by_default():
    assert {(variant.decoding, variant.polished) for variant in VARIANTS} == {
        (Decoding.FREE, False),
        (Decoding.EXACT, False),
        (Decoding.EXACT, True),
    }
