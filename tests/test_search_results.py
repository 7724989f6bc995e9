"""What a search found, judged once it is over: verdicts, ranks, and rows of a manifest."""

import csv
import io
import itertools
import json

import numpy as np
import pytest
import torch

from disgen.energies.hull import shipped_tables
from disgen.evaluation.judging import judge_crystals
from disgen.judge import credible as headline
from disgen.judge.search_manifest import manifest_columns, manifest_values
from disgen.judge.search_results import Energy, credible_points, results_of, with_energies
from disgen.judge.verdict import CorpusFacts, verdict
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run
from disgen.search.conditions import Checker
from disgen.search.settings import Settings, Step
from disgen.search.targets import AllowedElements, DisorderedSites, RequiredElements, Targets

TARGETS = Targets((RequiredElements(("O",)), DisorderedSites(0, 3)))
N = 80
SETTINGS = Settings(n=N, seed=5)


@pytest.fixture(scope="module")
def run(prior_run):
    torch.set_num_threads(1)
    return load_run(prior_run)


@pytest.fixture(scope="module")
def checker(run):
    return Checker.of(run, TARGETS)


@pytest.fixture(scope="module")
def step(run):
    """Real crystals that the small run does not know, some of them twice, as if a search had found them."""
    z = run.split_latents("test")[: N - 5]
    z = np.concatenate([z, z[:5]])
    return Step(3, {}, z, np.zeros(N, dtype=int), np.arange(N))


@pytest.fixture(scope="module")
def results(run, checker, step):
    return results_of(checker, step, checker.check(step.z), fitted_estimator(run, "prior"), SETTINGS)


def test_hits_of_the_benchmark_are_what_the_judges_call_credible(checker, step, results):
    checked = checker.check(step.z)
    expected, _ = headline.credible(judge_crystals(checked.decoded.crystals, checker.known))
    by_latent = sorted(results, key=lambda result: result.latent)
    met = np.array([result.meets_all for result in by_latent])
    assert 0.2 < expected.mean() < 1.0
    assert credible_points(checker, checked).tolist() == (expected & met).tolist()


def test_the_verdict_is_the_one_of_the_crystal(run, results):
    reference = CorpusFacts.of(run)
    for result in results:
        decoded = result.decoded
        if decoded.crystal is None:
            assert (result.credible, result.new, result.good) == (False, False, False)
        else:
            assert result.credible == verdict(decoded.crystal, decoded.checks, reference).credible
    assert 0.2 < np.mean([result.credible for result in results]) < 1.0
    new = [result.new for result in results if result.decoded.crystal is not None]
    assert 0.0 < np.mean(new) < 0.3, "all are of the test split, and few are decoded as another crystal"


def test_of_several_alike_the_best_is_no_twin(results):
    keys = {}
    for result in results:
        keys.setdefault(result.decoded.checks.key, []).append(result.twin)
    for key, twins in keys.items():
        if key:
            assert sum(not twin for twin in twins) == 1
            assert not twins[0]
    assert any(len(twins) > 1 for twins in keys.values())


def test_results_are_ranked(results):
    def rank(result):
        verdicts = (result.meets_all, result.credible, not result.twin, result.new, not result.foreign)
        checks = result.decoded.checks
        return (
            *verdicts,
            checks.valid_split_aware,
            checks.neutral_mixed,
            -result.imbalance,
            result.near,
            checks.neutral,
        )

    ranks = [rank(result) for result in results]
    assert ranks == sorted(ranks, reverse=True)
    credible = [result for result in results if result.meets_all and result.credible and result.foreign]
    alike = {}
    for result in credible:
        checks = result.decoded.checks
        rest = (result.imbalance, result.near, checks.neutral, result.new, result.twin)
        alike.setdefault(rest, []).append(result.log_probability)
    assert all(best == sorted(best, reverse=True) for best in alike.values())
    assert max(map(len, alike.values())) > 3


def test_the_log_probability_is_that_of_symmetry_and_contents(run, results):
    prior = fitted_estimator(run, "prior")
    crystals = [result.decoded.crystal for result in results[:4]]
    assert [result.log_probability for result in results[:4]] == pytest.approx(prior.log_prob_parts(crystals)[0], abs=1)
    assert prior.log_prob_parts(crystals).sum(axis=0) == pytest.approx(prior.log_prob_of(crystals))


def test_volumes_and_foreign_elements(run, results):
    volumes = fitted_estimator(run, "prior").volumes
    from disgen.crystal import ATOMIC_NUMBER

    for result in results[:10]:
        amounts = result.decoded.crystal.composition
        expected = sum(volumes[ATOMIC_NUMBER[e]] * amount for e, amount in amounts.items()) / sum(amounts.values())
        assert result.expected_volume == pytest.approx(expected, rel=1e-4)
        assert set(result.foreign) == set(amounts) - {"O"}


def _results(run, targets, step, estimator):
    checker = Checker.of(run, targets)
    return results_of(checker, step, checker.check(step.z), estimator, SETTINGS)


def test_what_may_be_there_is_not_foreign(run, step):
    targets = Targets((RequiredElements(("O",)), AllowedElements(("O", "Si", "Al"))))
    kde = fitted_estimator(run, "kde")
    found = _results(run, targets, step, kde)
    for result in found:
        if result.decoded.crystal is not None:
            assert set(result.foreign) == set(result.decoded.crystal.composition) - {"O", "Si", "Al"}
        assert np.isnan(result.expected_volume), "a density of latents expects no volume"
    nothing_named = _results(run, Targets((DisorderedSites(0, 9),)), step, kde)
    assert not any(result.foreign for result in nothing_named)


class Table:
    """Stands for the potentials."""

    class Said:
        potential = "quick"
        drop = np.array([0.01, np.nan])
        above_hull = np.array([0.2, np.nan])

    energies = (Said,)


def test_energies_are_of_the_best_and_change_no_rank(results, monkeypatch):
    asked = []

    def judge(crystals, **settings):
        asked.append((crystals, settings))
        return Table

    monkeypatch.setattr("disgen.judge.energies.judge_energies", judge)
    found = with_energies(results, 2, ("quick",), seed=7)
    settings = {"seed": 7, "potentials": ("quick",), "references": {"quick": shipped_tables("quick")}}
    assert asked == [([result.decoded.crystal for result in results[:2]], settings)]
    assert found[0].energies == {"quick": Energy(0.01, 0.2)}
    assert [result.latent for result in found] == [result.latent for result in results]
    assert not found[2].energies
    columns = manifest_columns(("quick",))
    rows = [dict(zip(columns, manifest_values(result, ("quick",)), strict=True)) for result in found[:3]]
    assert [row["drop_quick"] for row in rows] == [0.01, None, None]
    assert [row["above_hull_quick"] for row in rows] == [0.2, None, None]


def test_manifest_rows_are_plain(results):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(manifest_columns())
    writer.writerows(manifest_values(result) for result in results)
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    for row, result in itertools.islice(zip(rows, results, strict=True), 10):
        assert row["formula"] == result.decoded.crystal.formula
        assert row["credible"] == str(int(result.credible))
        assert bool(row["why_not"]) is not result.credible
        assert float(row["log_probability"]) == pytest.approx(result.log_probability, abs=1e-3)
    assert json.loads(json.dumps([manifest_values(result) for result in results], allow_nan=False))
