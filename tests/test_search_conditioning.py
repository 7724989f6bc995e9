"""Searching the latent space of the released model: the trace, what is kept, and that a seed settles everything."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice, pairwise
from threading import Barrier

import numpy as np
import pytest
import torch

from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run
from disgen.model.config import ModelConfig
from disgen.model.networks import build_vae
from disgen.search.conditioning import optimise
from disgen.search.conditions import Checker
from disgen.search.mixing import Mixing
from disgen.search.settings import PATIENCE, Grades, Settings
from disgen.search.substitution import Substitution, contents_of_sites
from disgen.search.target import TargetError
from disgen.search.targets import AllowedElements, DisorderedSites, RequiredElements, SpaceGroups, Targets

TARGETS = Targets((RequiredElements(("Li", "P", "O")), SpaceGroups((62,)), DisorderedSites(1, 1)))
SETTINGS = Settings(n=12, steps=20, pool=8)


class Patient:
    """A judge to whom nothing is good enough, and everything new."""

    best = 1

    def __init__(self):
        self.seen = 0

    def __call__(self, z):
        self.seen += 1
        keys = np.array([f"{self.seen}-{number}" for number in range(len(z))], dtype=object)
        return Grades(np.zeros(len(z), dtype=np.int64), keys, np.zeros((len(z), 100)))


class Content(Patient):
    """A judge to whom all is good; every crystal has the key that is given, or one of its own."""

    def __init__(self, key=None):
        super().__init__()
        self.key = key

    def __call__(self, z):
        verdict = super().__call__(z)
        keys = verdict.key if self.key is None else np.full(len(z), self.key, dtype=object)
        return replace(verdict, grade=np.ones(len(z), dtype=np.int64), key=keys)


@pytest.fixture(scope="module")
def run(small_run):
    torch.set_num_threads(1)
    return load_run(small_run)


@pytest.fixture(scope="module")
def kde(run):
    return fitted_estimator(run, "kde")


@pytest.fixture(scope="module")
def mixing(run):
    return Mixing.of_run(run)


def search(run, estimator, mixing, judge, settings=SETTINGS, targets=TARGETS):
    return list(optimise(run, targets, estimator, judge, mixing, settings))


@pytest.fixture(scope="module")
def steps(run, kde, mixing):
    return search(run, kde, mixing, Patient())


def test_the_loss_falls_and_never_rises(steps):
    losses = [step.loss for step in steps]
    assert [step.step for step in steps] == list(range(21))
    assert all(later <= earlier + 1e-5 for earlier, later in pairwise(losses))
    assert losses[-1] < 0.6 * losses[0]
    assert set(steps[-1].losses) == {*(target.text for target in TARGETS), "mixing", "prior"}
    assert all(np.isfinite(loss) and loss > -1e-5 for loss in steps[-1].losses.values())


def test_a_step_has_the_latents_of_its_time(run, steps):
    for step in steps:
        assert step.z.shape == (12, run.model.latent)
        assert step.z.dtype == np.float32
        assert np.isfinite(step.z).all()
        assert (step.found <= step.step).all()
        assert step.successes == 0
    assert not np.array_equal(steps[0].z, steps[-1].z)


def test_the_seed_settles_everything(run, kde, mixing, steps):
    again = search(run, kde, mixing, Patient())
    for one, other in zip(steps, again, strict=True):
        assert one.losses == other.losses
        assert np.array_equal(one.z, other.z)
    assert not np.array_equal(search(run, kde, mixing, Patient(), replace(SETTINGS, seed=1, steps=0))[0].z, steps[0].z)


def test_stopping_half_way_keeps_what_is_there(run, kde, mixing, steps):
    stopped = list(islice(optimise(run, TARGETS, kde, Patient(), mixing, SETTINGS), 11))
    assert np.array_equal(stopped[-1].z, steps[10].z)
    assert stopped[-1].losses == steps[10].losses


def test_two_searches_at_once_do_not_disturb_each_other(run, kde, mixing):
    """They take turns step by step, each in a thread of its own, on one model."""
    other = Targets((RequiredElements(("Na", "Cl")), SpaceGroups((225,))))
    wishes = [(TARGETS, SETTINGS), (other, replace(SETTINGS, seed=1))]
    turns = Barrier(len(wishes), timeout=60)

    def together(targets, settings):
        steps = []
        for step in optimise(run, targets, kde, Checker.of(run, targets), mixing, settings):
            steps.append(step)
            turns.wait()
        return steps

    with ThreadPoolExecutor(len(wishes)) as threads:
        pairs = list(threads.map(together, *zip(*wishes, strict=True)))
    for steps, (targets, settings) in zip(pairs, wishes, strict=True):
        alone = search(run, kde, mixing, Checker.of(run, targets), settings, targets)
        assert len(steps) == len(alone) == settings.steps + 1
        for one, same in zip(steps, alone, strict=True):
            assert one.losses == same.losses
            assert np.array_equal(one.z, same.z)
            assert np.array_equal(one.grades, same.grades)


def test_weights_stay_frozen_and_the_model_in_evaluation_mode(run, steps):
    assert not run.model.training
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in run.model.parameters())


def test_no_steps_give_the_start(run, kde, mixing):
    only = search(run, kde, mixing, Patient(), replace(SETTINGS, steps=0))
    assert [step.step for step in only] == [0]


def test_a_search_ends_when_all_is_good(run, kde, mixing):
    steps = search(run, kde, mixing, Content(), replace(SETTINGS, steps=200))
    assert steps[-1].step == PATIENCE, "no point ends before it is ripe"
    assert steps[-1].successes == 12


def test_of_points_with_one_crystal_only_one_is_good_enough(run, kde, mixing):
    steps = search(run, kde, mixing, Content("the same"), Settings(n=3, steps=PATIENCE + 10, pool=2))
    assert steps[-1].step == PATIENCE + 10, "the others go on"
    assert steps[-1].successes == 3, "but a duplicate is still a success"


def test_restarts_make_other_points(run, kde, mixing):
    settings = Settings(n=3, steps=PATIENCE + 10, pool=8)
    with_restarts = search(run, kde, mixing, Patient(), settings)
    without = search(run, kde, mixing, Patient(), replace(settings, restarts=False))
    assert np.array_equal(with_restarts[PATIENCE].z, without[PATIENCE].z)
    assert with_restarts[-1].loss <= with_restarts[PATIENCE].loss + 1e-6


def test_the_best_grade_wins_over_the_lowest_loss(run, kde, mixing):
    class Fickle(Patient):
        best = 2

        def __call__(self, z):
            verdict = super().__call__(z)
            return replace(verdict, grade=np.full(len(z), int(self.seen == 1)))

    steps = search(run, kde, mixing, Fickle())
    assert (steps[-1].found == 0).all()
    assert np.array_equal(steps[-1].z, steps[0].z)


def test_a_stronger_prior_keeps_points_closer_to_samples(run, kde, mixing):
    free, held = (
        search(run, kde, mixing, Patient(), replace(SETTINGS, prior_weight=weight, steps=40))[-1]
        for weight in (1e-3, 1e3)
    )
    # The term is stated with its weight.
    assert held.losses["prior"] / 1e3 < 0.5 * free.losses["prior"] / 1e-3


@pytest.mark.parametrize("name", ["gaussian", "gaussian-fit"])
def test_every_estimator_will_do(run, mixing, name):
    steps = search(run, fitted_estimator(run, name), mixing, Patient(), replace(SETTINGS, n=4, steps=10))
    assert steps[-1].loss < steps[0].loss


def test_the_networks_of_the_paper_will_do(run, kde, mixing):
    torch.manual_seed(0)
    model = build_vae(ModelConfig(architecture="cnn", filters=2, latent=run.model.latent)).eval()
    other = replace(run, model=model.requires_grad_(requires_grad=False))
    assert contents_of_sites(model, torch.randn(8, run.model.latent)).shape == (9, 0)
    steps = search(other, kde, mixing, Patient(), replace(SETTINGS, n=4, steps=10))
    assert steps[-1].loss < steps[0].loss


def test_contents_are_found_where_they_are(run, kde):
    z = torch.from_numpy(kde.sample(64, np.random.default_rng(0)))
    dimensions = contents_of_sites(run.model, z)
    assert dimensions.numel(), "the released network keeps the contents of sites apart"
    before = run.decode(z.numpy())
    changed = z.clone()
    changed[:, dimensions[2]] = z.roll(1, dims=0)[:, dimensions[2]]
    after = run.decode(changed.numpy())
    others = [site for site in range(9) if site != 2]
    assert np.allclose(before.occupancy[:, others], after.occupancy[:, others], atol=1e-5)
    assert np.allclose(before.letter, after.letter, atol=1e-4)
    assert np.allclose(before.lattice, after.lattice, atol=1e-4)
    assert not np.allclose(before.occupancy[:, 2], after.occupancy[:, 2], atol=0.1)


def test_substitution_only_improves():
    generator = torch.Generator().manual_seed(0)
    donors, z = torch.randn(50, 6, generator=generator), torch.randn(10, 6, generator=generator)
    dimensions = torch.tensor([[1], *[[2]] * 8])
    best = Substitution.of(donors, dimensions, torch.rand(50, 9, 2, generator=generator)).improve(
        z, lambda x: x.square().sum(dim=1), generator
    )
    assert (best.square().sum(dim=1) < z.square().sum(dim=1)).all()
    assert torch.equal(best[:, [0, 3, 4, 5]], z[:, [0, 3, 4, 5]]), "the structure stays"


def test_a_mixture_that_is_wanted_costs_nothing(mixing):
    from disgen.crystal import ELEMENTS
    from disgen.search.targets import SiteMix

    odd = ELEMENTS.index("Na"), ELEMENTS.index("Cl")
    assert mixing.costs[odd] > 1.0
    allowing = mixing.allowing(Targets((SiteMix((("Na", 0.5), ("Cl", 0.4), ("vacancy", 0.1))),)))
    assert allowing.costs[odd] == 0.0
    assert mixing.costs[odd] > 1.0


def test_elements_that_may_not_occur():
    targets = Targets((AllowedElements(("Zn", "V", "O")),))
    assert len(targets.excluded) == 97
    assert not TARGETS.excluded


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 0},
        {"pool": 0},
        {"steps": -1},
        {"seed": -1},
        {"learning_rate": 0.0},
        {"learning_rate": np.inf},
        {"prior_weight": -1.0},
        {"mixing_weight": np.nan},
    ],
)
def test_impossible_settings(wrong):
    with pytest.raises(TargetError, match=r"search .*\.$"):
        Settings(**wrong)
