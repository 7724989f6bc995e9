"""What becomes of latents of the released model: as decoding and screening by hand say, on however many processes."""

from concurrent.futures.process import BrokenProcessPool
from dataclasses import fields, replace

import numpy as np
import pytest

from disgen.evaluation import judging
from disgen.evaluation.distributions import properties
from disgen.evaluation.judging import ComparisonError, Judged, Variant, judge_crystals, judge_latents, judges
from disgen.generation.geometry.polish import polish
from disgen.generation.outcome import Decoding, Outcome
from disgen.generation.sampling import crystals_of, known_keys
from disgen.generation.screening import Screening, screen
from disgen.model.checkpoint import load_run

VARIANTS = (Variant(Decoding.FREE), Variant(Decoding.EXACT), Variant(Decoding.EXACT, polished=True))


@pytest.fixture(scope="module")
def run(small_run):
    return load_run(small_run)


@pytest.fixture(scope="module")
def latents(run):
    noise = np.random.default_rng(0).standard_normal((50, run.model.latent)).astype(np.float32)
    return np.concatenate([run.latents["test"][:40], noise])


@pytest.fixture(scope="module")
def judged(run, latents):
    return dict(zip(VARIANTS, judge_latents(run, known_keys(run), VARIANTS, latents), strict=True))


def assert_same(one: Judged, other: Judged) -> None:
    for name in ("generated", "symmetry_matched", "fixed_site_reused"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert one.reconstructed == other.reconstructed
    for item in fields(Screening):
        mine, yours = getattr(one.screening, item.name), getattr(other.screening, item.name)
        assert np.array_equal(mine, yours, equal_nan=mine.dtype.kind == "f"), item.name
    for name, distribution in one.properties.items():
        assert np.array_equal(distribution.values, other.properties[name].values)
        assert np.array_equal(distribution.counts, other.properties[name].counts)


@pytest.mark.parametrize("variant", VARIANTS[:2])
def test_plain_variants_are_what_decoding_and_screening_give(run, latents, judged, variant):
    found, made = judged[variant], crystals_of(run, latents, variant.decoding)
    checks = screen(made.crystals, known_keys(run))
    assert found.reconstructed == made.outcomes
    assert np.array_equal(found.generated, made.generation_success)
    assert np.array_equal(found.symmetry_matched, made.symmetry_matched)
    assert np.array_equal(found.screening.key, checks.key)
    assert np.array_equal(found.screening.novel, checks.novel)
    there = [crystal for crystal in made.crystals if crystal is not None]
    expected = properties(there, checks.volume_per_atom[checks.present])["density"]
    assert np.array_equal(found.properties["density"].values, expected.values)
    assert found.seconds > 0.0


def test_reuse_is_seen_whatever_else_is_wrong(judged):
    free, exact = judged[VARIANTS[0]], judged[VARIANTS[1]]
    rejected = np.array([outcome is Outcome.FIXED_SITE_REUSED for outcome in free.reconstructed])
    assert free.fixed_site_reused[rejected].all()
    assert not exact.fixed_site_reused.any()


def test_polishing_changes_geometry_alone(run, latents, judged):
    exact, polished = judged[VARIANTS[1]], judged[VARIANTS[2]]
    assert polished.reconstructed == exact.reconstructed
    assert np.array_equal(polished.screening.key, exact.screening.key)
    crystals = polish([crystal for crystal in crystals_of(run, latents).crystals if crystal is not None])
    expected = screen(crystals).min_distance
    assert np.array_equal(polished.screening.min_distance[polished.screening.present], expected)
    assert polished.screening.plausible.sum() > exact.screening.plausible.sum()


@pytest.mark.parametrize("workers", [1, 2])
def test_neither_chunks_nor_processes_matter(run, latents, judged, workers, monkeypatch):
    monkeypatch.setattr(judging, "CHUNK", 32)
    again = np.concatenate([latents, latents[:5]])
    with judges(run, VARIANTS, workers) as judge:
        results = list(judge(again, None))
        assert [len(part) for _, (part, *_) in judge(latents[:3], None)] == [3]
    assert [size for size, _ in results] == [32, 32, 31]
    for variant, parts in zip(VARIANTS, zip(*(found for _, found in results), strict=True), strict=True):
        whole = Judged.concatenate(parts)
        assert len(whole) == 95
        assert not whole.screening.unique[90:].any(), "the same crystals once more"
        assert_same(whole, judge_latents(run, known_keys(run), [variant], again)[0])
        assert np.array_equal(whole.screening.unique[:90], judged[variant].screening.unique)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_known_is_what_the_run_at_hand_knows_not_its_folder(run, latents, workers):
    """A light run's folder holds no keys of its training split; a completed run does."""
    keys = [crystal.key for crystal in crystals_of(run, latents).crystals if crystal is not None]
    index = run.index.copy()
    rows = np.flatnonzero((index["split"] == "train").to_numpy())[: len(keys)]
    index.loc[index.index[rows], "key"] = keys[: len(rows)]
    assert len(rows) == len(keys)
    with judges(replace(run, index=index), VARIANTS[1:2], workers) as judge:
        ((_, (found,)),) = judge(latents, None)
    assert not found.screening.novel.any()
    assert judge_latents(run, known_keys(run), VARIANTS[1:2], latents)[0].screening.novel.any()


def test_crystals_without_a_network(minerals):
    known = {minerals[0].key}
    found = judge_crystals([*minerals[:20], minerals[3]], known)
    assert found.generated.all()
    assert found.symmetry_matched.all()
    assert not found.fixed_site_reused.any()
    assert set(found.reconstructed) == {Outcome.OK}
    assert found.screening.novel.tolist() == [crystal.key not in known for crystal in [*minerals[:20], minerals[3]]]
    assert not found.screening.unique[-1]


def test_a_lost_process_is_one_sentence(run):
    with pytest.raises(ComparisonError, match="use fewer workers"), judges(run, VARIANTS, workers=2):
        raise BrokenProcessPool
