"""Starting points that the learned prior draws for targets; random weights will do, wishes hold whatever it says."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.generation.sampling import crystals_of, known_keys
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run
from disgen.prior.sampling import DrawnSkeletons
from disgen.search.conditioning import optimise
from disgen.search.conditions import Checker
from disgen.search.proposals import FOREIGN, _Contents, imbalance, plain, propose
from disgen.search.settings import Settings
from disgen.search.targets import (
    AllowedElements,
    CellRange,
    DisorderedSites,
    ForbiddenElements,
    RequiredElements,
    SpaceGroups,
    Targets,
)

PHOSPHATES = Targets((RequiredElements(("Li", "P", "O")), SpaceGroups((62,)), DisorderedSites(1, 1)))
SETTINGS = Settings(n=6, steps=10, pool=8)


@pytest.fixture(scope="module")
def run(prior_run):
    torch.set_num_threads(1)
    return load_run(prior_run)


@pytest.fixture(scope="module")
def prior(run):
    return fitted_estimator(run, "prior")


class Speaker:
    """The prior, which remembers what it has drawn."""

    def __init__(self, prior):
        self.prior, self.drawn = prior, []

    def draw_skeletons(self, n, rng, **wished):
        found = self.prior.draw_skeletons(n, rng, **wished)
        self.drawn.append((wished["wishes"], found.crystals))
        return found

    def shaped(self, skeletons, rng):
        self.chosen = skeletons
        return self.prior.shaped(skeletons, rng)

    def __getattr__(self, name):
        return getattr(self.prior, name)


def proposed(prior, targets, n=8, seed=0, pool=16):
    return propose(prior, targets, frozenset(), n=n, pool=pool, rng=np.random.default_rng(seed))


def test_what_is_drawn_meets_what_the_wishes_can_say(run, prior):
    z = proposed(prior, PHOSPHATES)
    assert z.shape[1] == prior.dimension
    assert len(z) >= 8
    crystals = [crystal for crystal in crystals_of(run, z).crystals if crystal is not None]
    assert np.mean([crystal.space_group == 62 for crystal in crystals]) > 0.8, "as well as the network reconstructs"
    speaker = Speaker(prior)
    proposed(speaker, PHOSPHATES)
    for crystal in itertools.chain.from_iterable(crystals for _, crystals in speaker.drawn):
        assert {"Li", "P", "O"} <= set(crystal.composition)
        assert crystal.space_group == 62
        assert crystal.disordered_sites == 1


def test_a_foreign_element_is_the_exception(prior):
    speaker = Speaker(prior)
    proposed(speaker, PHOSPHATES, n=32)
    sizes = [len(crystal.composition) for crystal in speaker.chosen]
    assert len(sizes) == 40
    assert sum(size > 3 for size in sizes) <= len(sizes) // FOREIGN
    assert any(wishes.allowed is None for wishes, _ in speaker.drawn), "but others are drawn too"


@pytest.mark.parametrize(
    ("targets", "alone"),
    [
        (Targets((RequiredElements(("Fe", "O")), ForbiddenElements(("H",)))), True),
        (Targets((RequiredElements(("Fe", "O")), AllowedElements(("Fe", "O", "Ni")))), False),
        (Targets((RequiredElements(("O",)),)), False),
        (Targets((SpaceGroups((62,)),)), False),
    ],
)
def test_elements_stand_alone_where_others_are_neither_allowed_nor_needed(prior, targets, alone):
    speaker = Speaker(prior)
    proposed(speaker, targets)
    wishes, crystals = speaker.drawn[0]
    assert (wishes.allowed == wishes.required) is alone
    if alone:
        assert {frozenset(crystal.composition) for crystal in crystals} == {frozenset({"Fe", "O"})}


def test_the_same_seed_gives_the_same_points(prior):
    assert np.array_equal(proposed(prior, PHOSPHATES), proposed(prior, PHOSPHATES))
    assert not np.array_equal(proposed(prior, PHOSPHATES, seed=1), proposed(prior, PHOSPHATES))


def test_where_nothing_can_be_drawn_plain_samples_follow(prior):
    class Speechless(Speaker):
        def draw_skeletons(self, n, rng, **wished):
            del n, rng, wished
            return DrawnSkeletons([], np.zeros(0))

    z = proposed(Speechless(prior), PHOSPHATES, n=3, pool=2)
    assert z.shape == (3, prior.dimension)
    assert np.isfinite(z).all()


def salt(metal="Na", amount=1.0):
    sites = (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), ((metal, amount),)),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Cl", 1.0),)),
    )
    return WyckoffCrystal(225, (5.6, 5.6, 5.6, 90.0, 90.0, 90.0), sites)


class NothingNear:
    """A prior that knows no relatives."""

    def within_reach(self, crystals):
        return np.zeros(len(crystals), dtype=bool)


def test_the_best_contents_come_first_and_no_two_alike():
    wanted, known, odd, other = salt(), salt("K"), salt(amount=0.5), salt("Mg", 0.5)
    contents = _Contents(NothingNear(), (RequiredElements(("Na", "Cl")),), frozenset({known.key}))
    assert contents.add([odd, known, wanted]) == 3
    assert contents.add([wanted, other]) == 1
    assert contents.good == 1
    assert contents.best(9) == [wanted, odd, other, known]
    near, far = salt(amount=0.95), salt(amount=0.6)
    contents.add([far, near])
    assert contents.best(4) == [wanted, near, far, odd], "of those that are not neutral, the nearest to it come first"
    assert imbalance(wanted) == 0.0
    assert imbalance(odd) == pytest.approx(1 / 3)


def test_geometry_is_drawn_where_targets_are_about_it(prior):
    small, any_size = CellRange("a", 3.0, 5.0), RequiredElements(("O",))
    rng = np.random.default_rng
    assert all(len(set(crystal.cell)) > 0 for crystal in plain(prior, Targets((any_size,)), 4, rng(0)))
    shaped = plain(prior, Targets((small,)), 4, rng(0))
    assert all(crystal.cell[0] > 1.0 for crystal in shaped)
    assert len({crystal.cell for crystal in shaped}) == 4


def test_a_search_starts_from_them_and_does_not_give_up_what_meets_everything(run, prior):
    checker = Checker.of(run, PHOSPHATES)
    steps = list(optimise(run, PHOSPHATES, prior, checker, checker.mixing, SETTINGS))
    assert [step.step for step in steps] == list(range(11))
    assert steps[0].successes > 0
    for one, later in itertools.pairwise(steps):
        kept = (one.grades > 0) & (one.grades == later.grades)
        assert np.array_equal(one.z[kept], later.z[kept])
        assert (later.grades >= one.grades).all()


def test_two_searches_at_once_are_as_each_alone(run, prior):
    """One has the other's networks, not its random numbers."""
    other = Targets((RequiredElements(("Na", "Cl")), SpaceGroups((225,))))

    def search(targets):
        checker = Checker.of(run, targets)
        return list(optimise(run, targets, prior, checker, checker.mixing, SETTINGS))

    with ThreadPoolExecutor(2) as threads:
        pairs = list(threads.map(search, (PHOSPHATES, other)))
    for together, targets in zip(pairs, (PHOSPHATES, other), strict=True):
        for one, same in zip(together, search(targets), strict=True):
            assert one.losses == same.losses
            assert np.array_equal(one.z, same.z)


def test_the_base_rate_is_that_of_plain_crystals(run, prior):
    everything = Checker.of(run, Targets((DisorderedSites(0, 9),)))
    assert everything.base_rate(prior, 0, samples=20) == 1.0
    assert Checker.of(run, PHOSPHATES).base_rate(prior, 0, samples=20) == 0.0
    assert known_keys(run)
