"""The nearest of many: exact in any order of blocks, and the element mover's distance as the literature has it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import wasserstein_distance

from disgen.corpus.search import atom_shares, parse_formula
from disgen.generation import nearest
from disgen.generation.nearest import (
    NearestError,
    composition_distance,
    composition_shares,
    nearest_compositions,
    nearest_latents,
)

AMOUNTS = st.dictionaries(st.integers(0, 99), st.floats(0.01, 8.0), min_size=1, max_size=6)


def shares_of(formula):
    return composition_shares(parse_formula(formula))


def row(amounts):
    values = np.zeros(100)
    for element, amount in amounts.items():
        values[element] = amount
    return values / values.sum()


@pytest.mark.parametrize("block", [1, 3, 4, 100])
def test_the_search_is_exact_whatever_the_blocks(block, monkeypatch):
    monkeypatch.setattr(nearest, "_BLOCK", block)
    rng = np.random.default_rng(1)
    among = rng.normal(size=(50, 5)).astype(np.float32)
    among[[7, 30]] = among[2]
    found = nearest_latents(among[2], among, 12)
    distances = np.linalg.norm(among.astype(np.float64) - among[2], axis=1)
    wanted = np.argsort(distances, kind="stable")[:12]
    assert found.rows.tolist() == wanted.tolist()
    assert found.rows[:3].tolist() == [2, 7, 30]
    assert found.distances == pytest.approx(distances[wanted])


def test_there_are_no_more_neighbours_than_rows():
    assert len(nearest_latents(np.zeros(2), np.ones((3, 2)), 10)) == 3
    assert len(nearest_latents(np.zeros(2), np.ones((0, 2)), 10)) == 0


@pytest.mark.parametrize(
    ("z", "among", "k"),
    [([0.0, 1.0], [[1.0, 2.0, 3.0]], 1), ([[0.0]], [[1.0]], 1), ([0.0], [1.0], 1), ([0.0], [[1.0]], 0)],
)
def test_nonsense_is_refused(z, among, k):
    with pytest.raises(NearestError, match=r"\.$"):
        nearest_latents(np.array(z), np.array(among), k)


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    # The first two are from the documentation of the authors' program.
    [("CaTiO3", "SrTiO3", 0.2), ("NaCl", "LiCl", 0.5), ("NaCl", "KCl", 0.5), ("MgO", "ZnO", 0.5), ("F", "H", 1.0)],
)
def test_known_distances(one, other, distance):
    found = composition_distance(shares_of(one), shares_of(other)[None])
    assert found == pytest.approx([distance])


def test_the_amount_of_substance_does_not_count():
    assert composition_distance(shares_of("Fe2O3"), atom_shares(["Fe4O6", "O3Fe2", "Fe3O4"])) == pytest.approx(
        [0.0, 0.0, (0.6 - 4 / 7) * 26], abs=1e-5
    )


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_it_is_a_metric_and_the_least_work(x, y, z):
    a, b, c = row(x), row(y), row(z)
    ab, ac, bc = (composition_distance(one, other[None])[0] for one, other in ((a, b), (a, c), (b, c)))
    assert ab == pytest.approx(composition_distance(b, a[None])[0])
    assert composition_distance(a, a[None])[0] == pytest.approx(0.0, abs=1e-9)
    assert ab <= ac + bc + 1e-9
    places = nearest._PLACES
    assert ab == pytest.approx(wasserstein_distance(places, places, a, b), abs=1e-9)
    assert ab <= 102.0


@given(arrays(np.float64, (6, 100), elements=st.floats(0.0, 1.0)))
def test_rows_need_not_be_normalised_and_rows_of_zeros_are_never_found(among):
    among[2] = 0.0
    among[:, 5] += np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    found = nearest_compositions(shares_of("Fe2O3"), among, 6)
    assert 2 not in found.rows
    assert len(found) == 5
    assert (np.diff(found.distances) >= 0.0).all()
    assert composition_distance(shares_of("Fe2O3"), 7.0 * among)[found.rows] == pytest.approx(found.distances)


def test_the_nearest_formulae():
    formulas = ["NaCl", "SrTiO3", "not a formula", "CaTiO3", "BaTiO3", "Si"]
    found = nearest_compositions(shares_of("Ca0.5Sr0.5TiO3"), atom_shares(formulas), 3)
    assert [formulas[number] for number in found.rows] == ["SrTiO3", "CaTiO3", "BaTiO3"]
    assert found.distances == pytest.approx([0.1, 0.1, 0.3], abs=1e-5)


@pytest.mark.parametrize("amounts", [{}, {"O": 0.0}, {"O": -1.0}, {"Fe": np.nan}, {"Md": 1.0}, {"O": np.inf}])
def test_what_is_no_composition_is_refused(amounts):
    with pytest.raises(NearestError, match=r"\.$"):
        composition_shares(amounts)
