"""Averages over decorations against closed forms: Eq. 5, its limits, effective size, ideal entropy, T*."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disgen.crystal import DisorderClass, WyckoffCrystal, WyckoffSite
from disgen.ensembles.boltzmann import (
    BOLTZMANN,
    average,
    entropy_by_class,
    ideal_entropy,
    ordering_temperature,
    weights,
)
from disgen.ensembles.errors import EnsembleError

CUBE = (4.0, 4.0, 4.0, 90.0, 90.0, 90.0)


@given(
    gap=st.floats(0.0, 2.0),
    temperature=st.floats(50.0, 5000.0),
    times=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    start=st.floats(-1e4, 1e4),
)
def test_two_levels_are_the_closed_form(gap, temperature, times, start):
    first, second = times
    boltzmann_factor = second / first * np.exp(-gap / (BOLTZMANN * temperature))
    found = average(np.array([1.0, 3.0]), start + np.array([0.0, gap]), np.array(times), temperature)
    # start + gap loses digits of the gap, which a low temperature makes large again
    assert found.value == pytest.approx((1.0 + 3.0 * boltzmann_factor) / (1.0 + boltzmann_factor), rel=1e-5)


def test_a_ladder_of_many_levels_is_the_harmonic_oscillator():
    # Levels n ε with ε = k_B T: the mean energy is ε / (e - 1).
    temperature, levels = 600.0, np.arange(200)
    step = BOLTZMANN * temperature
    found = average(levels * step, levels * step, np.ones(200), temperature)
    assert found.value == pytest.approx(step / (np.e - 1.0), rel=1e-9)


def test_degeneracies_are_copies():
    energies, values, times = np.array([-3.0, -2.9, -2.95]), np.array([1.0, 2.0, 4.0]), np.array([1, 6, 3])
    once = average(values, energies, times, 500.0)
    copied = average(np.repeat(values, times), np.repeat(energies, times), np.ones(10), 500.0)
    assert (once.value, once.effective_size, once.largest_weight) == pytest.approx(
        (copied.value, copied.effective_size, copied.largest_weight)
    )


def test_the_limits_are_the_random_mix_and_the_best_decoration():
    energies, values, times = np.array([-300.0, -299.0, -299.5]), np.array([1.0, 2.0, 4.0]), np.array([1, 6, 3])
    hot = average(values, energies, times, np.inf)
    assert hot.value == pytest.approx((1 + 12 + 12) / 10)
    assert hot.effective_size == pytest.approx(10.0)
    cold = average(values, energies, times, 1e-3)
    assert (cold.value, cold.effective_size, cold.largest_weight) == pytest.approx((1.0, 1.0, 1.0))
    assert "one decoration carries 100 %" in cold.warning
    assert not average(np.ones(40), np.zeros(40), np.ones(40), 300.0).warning
    assert "only 5.0 decorations" in average(np.ones(5), np.zeros(5), np.ones(5), 300.0).warning


def test_what_is_missing_is_passed_over():
    found = average(np.array([1.0, np.nan, 3.0]), np.array([0.0, 0.0, np.nan]), np.ones(3), 300.0)
    assert found.value == 1.0
    with pytest.raises(EnsembleError, match="nothing to average"):
        average(np.array([np.nan]), np.array([0.0]), np.ones(1), 300.0)
    with pytest.raises(EnsembleError, match="above 0 K"):
        weights(np.zeros(2), np.ones(2), 0.0)


def test_ideal_entropy_is_that_of_mixing():
    alloy = WyckoffCrystal(225, CUBE, (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Cu", 0.5), ("Au", 0.5))),))
    assert ideal_entropy(alloy) == pytest.approx(BOLTZMANN * np.log(2.0))
    both = WyckoffCrystal(
        225,
        CUBE,
        (
            WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Cu", 0.25), ("Au", 0.75))),
            WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.5),)),
        ),
    )
    parts = entropy_by_class(both)
    quarter = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert parts[DisorderClass.SUBSTITUTIONAL] == pytest.approx(BOLTZMANN * 4 * quarter / 8)
    assert parts[DisorderClass.VACANCY] == pytest.approx(BOLTZMANN * 8 * np.log(2.0) / 8)
    assert ideal_entropy(both) == pytest.approx(sum(parts.values()))


def test_the_ordering_temperature_is_energy_over_entropy():
    found = ordering_temperature(-3.0, 0.001, -3.04, BOLTZMANN * np.log(2.0))
    assert found.temperature == pytest.approx(0.04 / (BOLTZMANN * np.log(2.0)))  # 670 K
    assert found.stderr == pytest.approx(found.temperature / 40)
    assert ordering_temperature(-3.0, 0.0, -3.0, 0.0) is None
