"""What occupies a decoded site: sums are conserved, real minor species stay, noise goes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from disgen.crystal import ATOMIC_NUMBER
from disgen.generation.reconstruction import clean_occupancies
from disgen.representation import Rows


def shares(**values: float) -> np.ndarray:
    """(1, 101) shares by element; the rest is vacancy."""
    row = np.zeros((1, 101), dtype=np.float32)
    for symbol, value in values.items():
        row[0, ATOMIC_NUMBER[symbol] - 1] = value
    row[0, Rows.VACANCY] = 1.0 - sum(values.values())
    return row


def cleaned(occupancy: np.ndarray, threshold: float = 0.01, *, disordered: bool = True) -> dict[int, float]:
    numbers, amounts = clean_occupancies(occupancy, np.array([disordered]), threshold)
    assert numbers.shape == amounts.shape == (1, 6)
    return {int(z): float(x) for z, x in zip(numbers[0], amounts[0], strict=True) if z}


@pytest.mark.parametrize(
    ("values", "threshold", "expected"),
    [
        ({"Fe": 0.98, "Ni": 0.02}, 0.01, {26: 0.98, 28: 0.02}),
        ({"Fe": 0.99, "Ni": 0.01}, 0.01, {26: 0.99, 28: 0.01}),
        ({"Fe": 0.994, "Ni": 0.006}, 0.01, {26: 1.0}),
        ({"Fe": 0.994, "Ni": 0.006}, 0.0, {26: 0.994, 28: 0.006}),
        ({"Fe": 0.6, "Ni": 0.394}, 0.01, {26: 0.6036, 28: 0.3964}),
        ({"Fe": 0.6, "Ni": 0.2}, 0.01, {26: 0.6, 28: 0.2}),
        ({"Fe": 0.6, "Ni": 0.195, "Co": 0.005}, 0.01, {26: 0.603, 28: 0.196}),
        ({"Fe": 0.02}, 0.01, {26: 0.02}),
        ({"Fe": 0.005}, 0.01, {26: 0.001}),
        ({"Fe": 0.7, "Ni": 0.3}, 0.35, {26: 1.0}),
        ({"O": 0.5, "Fe": 0.5}, 0.01, {8: 0.5, 26: 0.5}),
    ],
)
def test_clean_occupancies(values, threshold, expected):
    assert cleaned(shares(**values), threshold) == pytest.approx(expected, abs=1.5e-4)


def test_ordered_sites_are_full_of_their_strongest_element():
    assert cleaned(shares(Fe=0.6, Ni=0.4), disordered=False) == {26: 1.0}
    assert cleaned(shares(Fe=0.1), disordered=False) == {26: 1.0}


def test_at_most_six_species_stay():
    values = {"Li": 0.22, "Be": 0.2, "B": 0.18, "C": 0.15, "N": 0.1, "O": 0.08, "F": 0.07}
    found = cleaned(shares(**values))
    assert list(found) == [3, 4, 5, 6, 7, 8]
    assert sum(found.values()) == pytest.approx(1.0, abs=5e-4)
    assert found[3] / found[8] == pytest.approx(0.22 / 0.08, rel=2e-3)


@pytest.mark.parametrize(
    "values",
    [
        {"Li": 0.74686, "Fe": 0.19986, "Cu": 0.05326},  # each is rounded up
        {"Li": 0.33333, "Fe": 0.33333, "Cu": 0.33333},  # each is rounded down
        {"Li": 0.24996, "Fe": 0.24996},  # with a vacancy
        {"Fe": 0.9992, "Ni": 0.0004, "Co": 0.0004},  # what is left out leaves no gap
    ],
)
def test_rounding_neither_overfills_nor_empties_a_site(values):
    before = shares(**values)[0]
    vacancy = before[Rows.VACANCY] if before[Rows.VACANCY] > 0.01 else 0.0
    found = cleaned(before[None])
    assert round(sum(found.values()), 6) == round(1.0 - float(vacancy), 4)


def as_shares(weights: np.ndarray) -> np.ndarray:
    row = np.zeros((1, 101))
    row[0, [25, 27, 7, 100]] = weights / weights.sum()
    return row


@given(
    arrays(float, 4, elements=st.floats(0.0, 1.0)).filter(lambda w: w[:3].max() > 1e-3),
    st.sampled_from([0, 0.01, 0.05]),
)
def test_sums_are_conserved(weights, threshold):
    """Elements and vacancy make one whole before and after; ratios stay; what is above the threshold stays."""
    before = as_shares(weights)[0]
    found = cleaned(before[None], threshold)
    kept = np.array([before[z - 1] for z in found])
    vacancy = before[100] if before[100] >= threshold else 0.0
    assert 0.0 < sum(found.values()) <= 1.0 + 1e-9
    assert set(found) >= {z for z in (26, 28, 8) if before[z - 1] >= max(threshold, 1e-3)}
    if kept.min() >= max(threshold, 1e-3):
        whole = sum(found.values()) + vacancy / (kept.sum() + vacancy)
        assert whole == pytest.approx(1.0, abs=1.5e-3)
        assert np.array(list(found.values())) / kept == pytest.approx(1.0 / (kept.sum() + vacancy), rel=0.06)
