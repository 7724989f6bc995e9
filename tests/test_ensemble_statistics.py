"""Moments against SciPy and NumPy, degeneracies as copies, normality, convergence, bins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from disgen.ensembles.statistics import convergence, distribution, shared_bins

RNG = np.random.default_rng(0)


def test_moments_are_those_of_scipy():
    values = RNG.gamma(2.0, size=300) - 5.0
    found = distribution(values, np.ones(300))
    assert (found.n, found.mean, found.std) == (300, pytest.approx(values.mean()), pytest.approx(values.std(ddof=1)))
    assert found.skew == pytest.approx(stats.skew(values))
    assert found.stderr == pytest.approx(stats.sem(values))
    assert found.normality == pytest.approx(stats.normaltest(values).pvalue)
    assert not found.is_normal
    assert distribution(RNG.normal(size=300), np.ones(300)).is_normal


def test_degeneracies_are_copies_and_a_whole_set_has_no_error():
    values, times = np.array([1.0, 2.0, 5.0]), np.array([4, 1, 2])
    found = distribution(values, times, is_sample=False)
    copies = np.repeat(values, times)
    assert (found.n, found.mean, found.std) == (3, pytest.approx(copies.mean()), pytest.approx(copies.std()))
    assert found.skew == pytest.approx(stats.skew(copies))
    assert (found.stderr, found.normality) == (0.0, None)


def test_missing_values_and_constant_ones():
    assert distribution(np.array([np.nan]), np.ones(1)) is None
    found = distribution(np.array([7.1781, 7.1781 + 1e-13, np.nan]), np.ones(3))
    assert (found.n, found.std, found.skew, found.normality) == (2, 0.0, 0.0, None)


@given(values=arrays(float, st.integers(2, 40), elements=st.floats(-10, 10)))
def test_convergence_ends_with_the_whole(values):
    found = convergence(values - 5000.0)
    assert found.n.tolist() == list(range(2, len(values) + 1))
    assert found.mean[-1] == pytest.approx(values.mean() - 5000.0, abs=1e-6)
    assert found.stderr[-1] == pytest.approx(values.std(ddof=1) / np.sqrt(len(values)), abs=1e-6)


@given(
    one=arrays(float, st.integers(1, 60), elements=st.floats(-4, 4)),
    other=arrays(float, st.integers(1, 60), elements=st.floats(-4, 4)),
)
def test_bins_hold_every_value(one, other):
    edges = shared_bins([one, other])
    assert np.all(np.diff(edges) > 0.0)
    assert len(edges) <= 31
    for values in (one, other):
        assert np.histogram(values, edges)[0].sum() == len(values)
