"""Heights of ordered entries above a hull that they make together with the references."""

import numpy as np
import pytest
from toy_potential import ToyPotential

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.energies import runs
from disgen.energies.heights import Heights, heights_of, load_heights, save_heights
from disgen.energies.hull import References, shares_of
from disgen.energies.potential import EnergyError


def salt(a, cation="Na", anion="Cl", share=1.0):
    sites = (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), ((anion, 1.0),)),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), ((cation, share),)),
    )
    return WyckoffCrystal(225, (a, a, a, 90.0, 90.0, 90.0), sites)


@pytest.fixture
def potential(monkeypatch):
    toy = ToyPotential([])
    monkeypatch.setattr(runs, "load_potential", lambda _: toy)
    return toy


@pytest.fixture
def references(potential):
    """Elements at 0 eV, and no compound."""
    return References(potential.name, potential.correction, shares_of([{11: 1}, {17: 1}]), np.zeros(2))


def heights(potential, references, crystals, tmp_path, **options):
    return heights_of(potential, references, dict(enumerate(crystals)), len(crystals), tmp_path, **options)


def test_the_lowest_of_a_composition_lies_on_the_hull_and_others_above_it_by_their_energy(
    potential, references, tmp_path
):
    found = heights(potential, references, [salt(5.6), salt(5.2), salt(6.2)], tmp_path)
    energies = [potential.evaluate([cell])[0].energy / len(cell) for cell in potential.asked[:3]]
    lowest = min(energies)
    assert lowest < 0.0, "or the elements would be the hull"
    assert sorted(found.heights) == pytest.approx(sorted(energy - lowest for energy in energies), abs=1e-6)
    assert (len(potential.asked[0]), found.about["references"], found.about["entries"]) == (2, 2, 3)


def test_what_is_disordered_too_large_or_of_unknown_elements_has_none(potential, references, tmp_path):
    crystals = [salt(5.6), salt(5.6, share=0.9), salt(5.6, "Fm")]
    found = heights(potential, references, crystals, tmp_path)
    assert found.rows.tolist() == [0]
    assert np.isnan(found.of_all).tolist() == [False, True, True]
    assert not len(heights(potential, references, crystals, tmp_path, most_atoms=1).rows)


def test_what_was_computed_is_not_computed_again(potential, references, tmp_path):
    heights(potential, references, [salt(5.6)], tmp_path)
    potential.asked.clear()
    heights(potential, references, [salt(5.6)], tmp_path)
    assert not potential.asked


def test_a_table_comes_back_to_a_thousandth_and_no_height_is_negative(tmp_path):
    path = tmp_path / "heights.parquet"
    about = {"potential": "toy", "version": "1", "correction": "none", "references": 2, "entries": 9}
    save_heights(path, Heights(about, np.array([1, 4, 8]), np.array([-1e-9, 0.0126, 12.5])))
    read = load_heights(path, 9)
    assert read.about == about
    assert read.rows.tolist() == [1, 4, 8]
    assert read.heights.tolist() == [0.0, 0.013, 12.5]
    assert np.flatnonzero(np.isfinite(read.of_all)).tolist() == [1, 4, 8]


def test_a_table_of_other_entries_or_a_damaged_one_is_refused(tmp_path):
    path = tmp_path / "heights.parquet"
    save_heights(path, Heights({"entries": 9}, np.array([8]), np.array([0.0])))
    with pytest.raises(EnergyError, match="not of this run"):
        load_heights(path, 8)
    path.write_bytes(b"PAR1")
    with pytest.raises(EnergyError, match="python -m disgen heights"):
        load_heights(path, 9)
