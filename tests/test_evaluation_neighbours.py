"""Purity of neighbours: by hand on few crystals, between chance and ceiling on real ones, and of the released maps."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from disgen.evaluation.neighbours import NeighbourError, ceiling, chance, neighbour_purity
from disgen.files import read_json
from disgen.latent.run_map import load_run_map, mapped_splits
from disgen.model.checkpoint import load_run

MODELS = Path(__file__).parent.parent / "assets" / "models"
INDEX = pd.DataFrame(
    {
        "formula": ["NaCl", "NaCl", "KCl", "CsCl", "Fe2O3", "Al2O3"],
        "space_group": [225, 225, 225, 221, 167, 167],
        "key": [
            "225|aNa1.00|bCl1.00",
            "225|aNa1.00|bCl1.00",
            "225|aK1.00|bCl1.00",
            "221|aCs1.00|bCl1.00",
            "167|cFe1.00|eO1.00",
            "167|cAl1.00|eO1.00",
        ],
    }
)


def test_by_hand():
    """Each crystal's one neighbour is its partner: NaCl twice, KCl and CsCl, the two corundums."""
    places = np.array([[0.0, 0.0], [0.0, 0.0], [5.0, 0.0], [5.5, 0.0], [20.0, 0.0], [20.5, 0.0]])
    found = neighbour_purity(INDEX, places, k=1)
    assert found.crystal_system == pytest.approx(1.0)
    assert found.space_group == pytest.approx(4 / 6)
    assert found.skeleton == pytest.approx(4 / 6)
    assert found.elements == pytest.approx((2 * 1.0 + 4 * 1 / 3) / 6)


def test_chance_and_ceiling_by_hand():
    assert chance(INDEX).crystal_system == pytest.approx((4 * 3 + 2 * 1) / 30)
    assert chance(INDEX).space_group == pytest.approx((3 * 2 + 2 * 1) / 30)
    # Pairs: NaCl with itself 1; NaCl or KCl or CsCl with another of them 1/3, five pairs; the corundums 1/3.
    assert chance(INDEX).elements == pytest.approx((1.0 + 5 / 3 + 1 / 3) / 15)
    assert ceiling(INDEX, k=2).space_group == pytest.approx((3 * 1.0 + 0.0 + 2 * 0.5) / 6)
    assert ceiling(INDEX, k=1).elements == pytest.approx((2 * 1.0 + 4 / 3) / 6)


def test_many_at_one_place_are_not_their_own_neighbours():
    index = pd.concat([INDEX.iloc[[4]]] + [INDEX.iloc[[0]]] * 19, ignore_index=True)
    found = neighbour_purity(index, np.zeros((20, 2)), k=10)
    assert found.crystal_system < 1.0, "the one corundum has other neighbours, as all are as near"
    alone = pd.DataFrame(
        {"formula": ["NaCl"] * 12, "space_group": 225, "key": [f"225|{c}Na1.00" for c in "abcdefghijkl"]}
    )
    assert neighbour_purity(alone, np.zeros((12, 2)), k=11).skeleton == 0.0, "no crystal counts as its own neighbour"


def test_random_places_are_worth_chance_and_none_is_above_the_ceiling():
    run = load_run(MODELS / "open")
    index = run.split_index("test")
    found = asdict(neighbour_purity(index, np.random.default_rng(0).normal(size=(len(index), 2))))
    lowest, highest = asdict(chance(index)), asdict(ceiling(index))
    for name, value in found.items():
        assert value == pytest.approx(lowest[name], abs=0.01)
        assert value < highest[name] <= 1.0


def test_bad_input_is_one_sentence():
    with pytest.raises(NeighbourError, match="3 places for 6 crystals"):
        neighbour_purity(INDEX, np.zeros((3, 2)), k=1)
    with pytest.raises(NeighbourError, match="6 crystals with 6 neighbours"):
        neighbour_purity(INDEX, np.zeros((6, 2)), k=6)


@pytest.mark.parametrize("name", ["open", "open-random", "paper"])
def test_near_means_alike_on_the_released_maps(name):
    """The stored figures are those of the stored map, and better than in the plain latent space."""

    run = load_run(MODELS / name)
    stored = read_json(run.maps_path / "purity.json")["purity"]
    found = load_run_map(run, "tsne")
    assert found.settings["space"] == "likeness"
    index = pd.concat([run.split_index(split) for split in mapped_splits(run)], ignore_index=True)
    assert asdict(neighbour_purity(index, found.coordinates)) == pytest.approx(stored["tsne_map"])
    assert stored["pca_map"]["crystal_system"] >= 0.85
    assert stored["tsne_map"]["crystal_system"] >= 0.95
    assert stored["tsne_map"]["space_group"] >= 0.8
    assert stored["tsne_map"]["skeleton"] >= 0.65
    for kind in ("crystal_system", "space_group", "skeleton"):
        assert stored["tsne_map"][kind] > stored["latent"][kind]
