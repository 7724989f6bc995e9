"""Decoded latents as one value: whole, in parts, one by one, and as a table."""

import numpy as np
import pytest
from test_screening import ALLOY, CHARGED, OXIDE, SALT, SQUEEZED

from disgen.generation.checks import CHECK_COLUMNS
from disgen.generation.decoded import DecodedLatents, decoding_steps, first_disordered
from disgen.generation.outcome import Outcome
from disgen.generation.reconstruction import Reconstructions
from disgen.generation.sampling import crystals_of, known_keys
from disgen.generation.screening import outcomes, screen
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run

CRYSTALS = [OXIDE, None, SALT, OXIDE, SQUEEZED, CHARGED, SALT, ALLOY]
Z = np.arange(16, dtype=np.float32).reshape(8, 2)
KNOWN = {ALLOY.key}
OUTCOMES = ("ok", "empty", "ok", "duplicate", "too close", "not neutral", "duplicate", "known")


@pytest.fixture(scope="module")
def run(small_run):
    return load_run(small_run)


@pytest.fixture(scope="module")
def batch():
    return DecodedLatents.judged(Z, Reconstructions.of_crystals(CRYSTALS), KNOWN)


def same(one, other):
    """Whether two batches agree in all that they hold."""
    checks = zip(one.screening, other.screening, strict=True)
    return (
        np.array_equal(one.z, other.z)
        and one.crystals == other.crystals
        and one.outcomes == other.outcomes
        and all(repr(mine) == repr(its) for mine, its in checks)
    )


def test_each_latent_has_its_crystal_checks_and_outcome(batch):
    assert tuple(batch.outcomes) == OUTCOMES
    assert len(batch) == 8
    assert [latent.crystal for latent in batch] == CRYSTALS
    assert [latent.outcome for latent in batch] == list(batch.outcomes)
    assert batch[2].z.tolist() == [4.0, 5.0]
    assert batch[-1].checks.alloy
    assert batch[1].crystal is None
    assert not batch[1].symmetry_matched
    assert batch.good.tolist() == [outcome == "ok" for outcome in OUTCOMES]
    with pytest.raises(IndexError):
        batch[8]


def test_a_slice_keeps_what_was_judged_among_all(batch):
    part = batch[3:7]
    assert part.outcomes == batch.outcomes[3:7]
    assert [latent.crystal for latent in part] == CRYSTALS[3:7]
    assert part[0].checks == batch[3].checks


def test_parts_that_are_put_together_are_judged_anew(batch):
    made = Reconstructions.of_crystals
    parts = [DecodedLatents.judged(Z[rows], made(CRYSTALS[rows]), KNOWN) for rows in (slice(0, 3), slice(3, 8))]
    assert parts[1].outcomes[0] is Outcome.OK, "the first of its key in its part"
    assert same(DecodedLatents.concatenate(parts), batch)


def test_each_by_itself_is_no_duplicate(batch):
    alone = batch.alone()
    assert [outcome for outcome in alone.outcomes if outcome is Outcome.DUPLICATE] == []
    for latent in alone:
        checks = screen([latent.crystal], KNOWN)
        assert latent.outcome is outcomes(checks, [Outcome.OK if latent.crystal else Outcome.EMPTY])[0]
        assert repr(latent.checks) == repr(checks[0])


def test_the_table_has_a_row_a_latent(batch):
    table = batch.table()
    assert len(table) == 8
    formulas = [
        None if missing else text for text, missing in zip(table["formula"], table["formula"].isna(), strict=True)
    ]
    assert formulas == [crystal.formula if crystal else None for crystal in CRYSTALS]
    assert table["outcome"].tolist() == list(OUTCOMES)
    assert table["space_group"].tolist() == [225, 0, 225, 225, 225, 225, 225, 229]
    assert set(table["crystal_system"].dropna()) == {"cubic"}
    assert table["disorder"].isna().tolist() == [crystal is None for crystal in CRYSTALS]
    assert table["disordered_sites"].tolist() == [1, 0, 0, 1, 0, 1, 0, 1]
    assert list(table.columns[-len(CHECK_COLUMNS) :]) == list(CHECK_COLUMNS)
    assert table["neutral"].tolist() == batch.screening.neutral.tolist()


def test_decoding_a_run_and_in_steps(run, monkeypatch):
    z, known = run.latents["test"][:25], known_keys(run)
    whole = DecodedLatents.of(run, z, known)
    assert whole.crystals == crystals_of(run, z).crystals
    monkeypatch.setattr("disgen.generation.sampling.CHUNK", 10)
    steps = decoding_steps(run, z, known)
    assert [next(steps) for _ in range(3)] == [0.4, 0.8, 1.0]
    with pytest.raises(StopIteration) as done:
        next(steps)
    assert same(done.value.value, whole)


def test_nothing_can_be_decoded_too(run):
    assert len(DecodedLatents.of(run, run.latents["test"][:0])) == 0


def test_the_first_disordered_crystals_are_disordered_good_and_repeat(run):
    estimator = fitted_estimator(run, "kde")
    found, drawn = first_disordered(run, estimator, 1, wanted=3, most=480)
    again, _ = first_disordered(run, estimator, 1, wanted=3, most=480)
    assert len(found) <= 3
    assert drawn <= 480
    assert found == again
    for latent in found:
        assert latent.outcome is Outcome.OK
        assert latent.crystal.disordered_sites
        assert latent.crystal == crystals_of(run, latent.z[None]).crystals[0]
    none, drawn = first_disordered(run, estimator, 1, wanted=3, most=0)
    assert (none, drawn) == ([], 0)
