"""Samples around a latent and paths between two: geometry for any latents, crystals on the released run."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from disgen.generation.neighbourhood import (
    NeighbourhoodError,
    PathKind,
    interpolate,
    latent_spread,
    latents_around,
    latents_between,
    sample_around,
)
from disgen.generation.outcome import Outcome
from disgen.generation.sampling import crystals_of, known_keys
from disgen.model.checkpoint import RunError, load_run

NUMBERS = st.floats(-50.0, 50.0, width=32)
LATENT = arrays(np.float32, 6, elements=NUMBERS)
STEPS = st.integers(2, 12)


def length(z):
    return np.linalg.norm(np.asarray(z, np.float64), axis=-1)


@pytest.fixture(scope="module")
def run(small_run):
    return load_run(small_run)


@given(LATENT, LATENT, STEPS, st.sampled_from(PathKind))
def test_a_path_ends_where_it_should_and_runs_the_same_both_ways(start, end, steps, kind):
    assume(kind is PathKind.LINEAR or length(start + end) > 1e-3)
    path = latents_between(start, end, steps, kind)
    assert path.shape == (steps, 6)
    assert path.dtype == np.float32
    assert np.array_equal(path[0], start)
    assert np.array_equal(path[-1], end)
    back = latents_between(end, start, steps, kind)
    assert path[::-1] == pytest.approx(back, abs=1e-3)


@given(LATENT, LATENT, STEPS)
def test_a_linear_path_goes_straight_on_in_equal_steps(start, end, steps):
    strides = np.diff(latents_between(start, end, steps, PathKind.LINEAR).astype(np.float64), axis=0)
    wanted = (end.astype(np.float64) - start) / (steps - 1)
    assert np.abs(strides - wanted).max() < 1e-4


@given(LATENT, LATENT, STEPS)
def test_a_spherical_path_turns_and_grows_evenly(start, end, steps):
    assume(min(length(start), length(end)) > 0.1)
    first, last = (z.astype(np.float64) / length(z) for z in (start, end))
    assume(length(first + last) > 0.05)
    path = latents_between(start, end, steps, PathKind.SPHERICAL).astype(np.float64)
    assert length(path) == pytest.approx(np.linspace(length(start), length(end), steps), rel=1e-4)
    directions = path / length(path)[:, None]
    turns = length(np.diff(directions, axis=0))
    assert turns == pytest.approx(np.full(steps - 1, turns.mean()), abs=1e-4)
    # It stays in the plane of its ends.
    plane = np.linalg.svd(np.stack([first, last]))[2][:2]
    assert np.abs(directions - directions @ plane.T @ plane).max() < 1e-4


def test_a_quarter_turn():
    path = latents_between(np.array([2.0, 0.0]), np.array([0.0, 2.0]), 3, PathKind.SPHERICAL)
    assert path[1] == pytest.approx([2**0.5, 2**0.5])
    assert latents_between(np.array([2.0, 0.0]), np.array([0.0, 2.0]), 3)[1] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("end", [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 0.0, 0.0], [1.0, 2.0, 3.0000002]])
def test_where_no_turn_is_needed_both_paths_are_the_same(end):
    start = np.array([1.0, 2.0, 3.0])
    paths = [latents_between(start, np.array(end), 7, kind) for kind in PathKind]
    assert np.isfinite(paths[0]).all()
    assert paths[0] == pytest.approx(paths[1], abs=1e-6)


def test_opposite_directions_leave_the_spherical_path_open():
    start = np.array([1.0, -2.0, 0.5])
    with pytest.raises(NeighbourhoodError, match=r"opposite directions.*choose the linear one\.$"):
        latents_between(start, -3.0 * start, 5, PathKind.SPHERICAL)
    assert latents_between(start, -start, 3)[1] == pytest.approx(np.zeros(3))


@pytest.mark.parametrize(
    ("start", "end", "steps"),
    [
        ([1.0, np.nan], [1.0, 2.0], 3),
        ([1.0, 2.0], [np.inf, 2.0], 3),
        ([1.0, 2.0], [1.0, 2.0, 3.0], 3),
        ([[1.0, 2.0]], [1.0, 2.0], 3),
        ([], [], 3),
        ([1.0, 2.0], [3.0, 4.0], 1),
    ],
)
@pytest.mark.parametrize("kind", PathKind)
def test_nonsense_is_refused_as_a_path(start, end, steps, kind):
    with pytest.raises(NeighbourhoodError, match=r"\.$"):
        latents_between(np.array(start), np.array(end), steps, kind)


@given(LATENT, st.integers(0, 2**31), st.floats(0.01, 5.0))
def test_noise_grows_with_the_radius_and_with_the_spread(centre, seed, radius):
    def offsets(radius, spread=None):
        rng = np.random.default_rng(seed)
        return latents_around(centre, 5, rng, radius=radius, spread=spread).astype(np.float64) - centre

    spread = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 4.0])
    one = offsets(1.0)
    assert offsets(radius) == pytest.approx(radius * one, abs=1e-4)
    assert offsets(radius, spread) == pytest.approx(radius * one * spread, abs=1e-4)
    assert not offsets(0.0).any()


def test_the_radius_is_the_standard_deviation():
    centre = np.full(4, 3.0)
    z = latents_around(centre, 4000, np.random.default_rng(0), radius=0.5)
    assert z.mean(axis=0) == pytest.approx(centre, abs=0.05)
    assert z.std(axis=0) == pytest.approx(np.full(4, 0.5), rel=0.05)


@pytest.mark.parametrize(
    ("n", "radius", "spread"),
    [(0, 1.0, None), (3, -0.1, None), (3, np.nan, None), (3, np.inf, None), (3, 1.0, [1.0]), (3, 1.0, [1.0, -1.0])],
)
def test_nonsense_is_refused_around_a_point(n, radius, spread):
    with pytest.raises(NeighbourhoodError, match=r"\.$"):
        latents_around(
            np.zeros(2),
            n,
            np.random.default_rng(0),
            radius=radius,
            spread=None if spread is None else np.array(spread),
        )


def test_the_spread_is_that_of_each_dimension():
    assert latent_spread(np.array([[0.0, 1.0], [2.0, 1.0]])) == pytest.approx([1.0, 0.0])


def test_samples_around_a_crystal_are_judged_with_the_crystal_itself_before_them(run):
    centre = run.latents["test"][3]
    samples = sample_around(run, centre, 12, 5, radius=0.15, known=known_keys(run))
    again = sample_around(run, centre, 12, 5, radius=0.15, known=known_keys(run))
    other = sample_around(run, centre, 12, 6, radius=0.15)
    assert np.array_equal(samples.z, again.z)
    assert samples.crystals == again.crystals
    assert not np.array_equal(samples.z, other.z)
    assert len(samples) == len(samples.crystals) == len(samples.screening) == len(samples.outcomes) == 12
    assert samples.crystals == crystals_of(run, samples.z).crystals
    itself = crystals_of(run, centre[None]).crystals[0]
    still = sample_around(run, centre, 3, 0, radius=0.0)
    assert {crystal.key for crystal in still.crystals} == {itself.key}
    assert set(still.outcomes) <= {Outcome.DUPLICATE, Outcome.TOO_CLOSE, Outcome.NOT_NEUTRAL}


def test_the_first_of_equal_samples_is_no_duplicate_and_the_centre_s_are(run):
    centre = next(
        z for z in run.latents["test"] if sample_around(run, z, 1, 0, radius=0.0).outcomes == (Outcome.DUPLICATE,)
    )
    samples = sample_around(run, centre, 40, 0, radius=0.8)
    keys = [crystal.key if crystal else None for crystal in samples.crystals]
    itself = crystals_of(run, centre[None]).crystals[0].key
    assert Outcome.OK not in {outcome for key, outcome in zip(keys, samples.outcomes, strict=True) if key == itself}
    good = [key for key, outcome in zip(keys, samples.outcomes, strict=True) if outcome is Outcome.OK]
    assert good
    assert len(set(good)) == len(good)


def test_the_relative_radius_needs_the_training_latents(run, small_run):
    centre = run.latents["test"][0]
    near = sample_around(run, centre, 200, 0, radius=0.5, relative=True).z
    wanted = 0.5 * run.latents["train"].std(axis=0)
    assert near.std(axis=0) == pytest.approx(wanted, rel=0.35)
    del run.latents["train"]
    try:
        with pytest.raises(RunError, match="light"):
            sample_around(run, centre, 2, 0, radius=0.5, relative=True)
        assert len(sample_around(run, centre, 2, 0, radius=0.5)) == 2
    finally:
        run.latents["train"] = load_run(small_run).latents["train"]


@pytest.mark.parametrize("kind", PathKind)
def test_every_step_of_a_path_is_decoded_and_judged_by_itself(run, kind):
    start, end = run.latents["test"][:2]
    path = interpolate(run, start, end, 6, kind=kind, known=known_keys(run))
    assert path.crystals == crystals_of(run, path.z).crystals
    assert np.array_equal(path.z[[0, -1]], [start, end])
    standing = interpolate(run, start, start, 4, kind=kind)
    assert len(set(standing.crystals)) == 1
    assert len(set(standing.outcomes)) == 1
    assert Outcome.DUPLICATE not in standing.outcomes
