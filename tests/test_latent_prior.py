"""What the learned prior learns from: training crystals and their isovalent relatives."""

import dataclasses

import numpy as np
import pytest

from disgen.crystal import ATOMIC_NUMBER
from disgen.generation.screening import screen
from disgen.latent.prior import ISOVALENT, IsovalentLatents, exchange, train_prior
from disgen.model.checkpoint import load_run
from disgen.representation import SiteArrays


@pytest.fixture(scope="module")
def arrays(minerals) -> SiteArrays:
    return SiteArrays.from_crystals([crystal for crystal in minerals if len(crystal.sites) <= 9][:400])


def test_no_element_is_in_two_sets():
    members = [symbol for family in ISOVALENT for symbol in family.split()]
    assert len(members) == len(set(members))


def test_exchange_stays_in_the_set_and_keeps_everything_else(arrays):
    before = arrays.species.copy()
    changed = exchange(arrays, np.random.default_rng(0))
    assert np.array_equal(arrays.species, before)
    family = {ATOMIC_NUMBER[symbol]: number for number, text in enumerate(ISOVALENT) for symbol in text.split()}
    of = np.array([family.get(z, 1000 + z) for z in range(101)])
    assert np.array_equal(of[changed.species], of[arrays.species])
    assert (changed.species != arrays.species).any((1, 2)).mean() > 0.7
    for field in dataclasses.fields(SiteArrays):
        if field.name not in ("species", "cell"):
            assert np.array_equal(getattr(changed, field.name), getattr(arrays, field.name)), field.name
    assert np.array_equal(changed.cell[:, 3:], arrays.cell[:, 3:])
    ratios = changed.cell[:, :3] / arrays.cell[:, :3]
    assert np.allclose(ratios, ratios[:, :1])
    assert ((ratios > 0.5) & (ratios < 2.0)).all()


def test_larger_ions_make_a_larger_cell(arrays):
    rng = np.random.default_rng(1)
    sodium, potassium = ATOMIC_NUMBER["Na"], ATOMIC_NUMBER["K"]
    changed = exchange(arrays, rng)
    alone = (arrays.species == sodium).any((1, 2)) & (
        (arrays.species != changed.species) <= (arrays.species == sodium)
    ).all((1, 2))
    grown = alone & (changed.species == potassium).any((1, 2))
    assert (changed.cell[grown, 0] > arrays.cell[grown, 0]).all()


def test_relatives_stay_valid_and_mostly_neutral(arrays):
    plain, relatives = (
        screen(some.sorted().crystals()) for some in (arrays, exchange(arrays, np.random.default_rng(2)))
    )
    assert relatives.valid_split_aware.mean() > plain.valid_split_aware.mean() - 0.02
    assert relatives.neutral_mixed.mean() > plain.neutral_mixed.mean() - 0.15
    assert np.mean([key not in set(plain.key) for key in relatives.key]) > 0.5


def test_draws_are_latents_and_follow_the_generator(arrays):
    run = load_run()
    draw = IsovalentLatents(run, arrays, 64)
    first, again, other = (draw(np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert first.shape == (64, run.model.latent)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_trains_a_prior_of_the_runs_layout(arrays):
    run = load_run()
    settings = {"training_steps": 6, "looks": 2, "width": 16, "blocks": 1, "batch_size": 32}
    flow = train_prior(run, arrays, arrays.take(slice(50)), settings=settings)
    assert flow.layout == run.model.layout
    assert flow.sample(3, np.random.default_rng(0)).shape == (3, run.model.latent)
