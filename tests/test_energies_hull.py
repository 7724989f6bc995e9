"""Heights above a hull: against pymatgen, and what is refused."""

import numpy as np
import pytest

from disgen.energies.hull import References, atoms_of, formula_of, load_references, shares_of
from disgen.energies.potential import CORRECTED, UNCORRECTED, EnergyError, check_same

TOY = ("toy", UNCORRECTED)
ENTRIES = {"Li": -1.9, "P": -5.4, "O": -4.9, "Li2O": -4.8, "P2O5": -6.6, "Li3PO4": -6.2, "LiPO3": -6.5, "Li3P": -3.5}


def _references(entries):
    return References(*TOY, shares_of([atoms_of(formula) for formula in entries]), np.array(list(entries.values())))


def test_heights_are_those_of_pymatgen():
    from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
    from pymatgen.core import Composition

    diagram = PhaseDiagram(
        [PDEntry(Composition(name), energy * Composition(name).num_atoms) for name, energy in ENTRIES.items()]
    )
    asked = {"Li4P2O7": -6.3, "Li3PO4": -6.1, "LiP": -3.0, "Li7PO2": -5.0, "PO2": -6.4, "Li4P2O6": -6.9}
    shares = shares_of([atoms_of(name) for name in asked])
    heights = _references(ENTRIES).above(TOY, shares, np.array(list(asked.values())))
    wanted = [energy - diagram.get_hull_energy_per_atom(Composition(name)) for name, energy in asked.items()]
    np.testing.assert_allclose(heights, wanted, atol=1e-9)
    assert heights[1] > 0.0 > heights[5]  # more stable than all references: below their hull


def test_a_missing_element_or_energy_gives_no_height():
    shares = shares_of([atoms_of("NaPO3"), atoms_of("LiPO3"), atoms_of("LiPO3")])
    heights = _references(ENTRIES).above(TOY, shares, np.array([-6.0, np.nan, -6.5]))
    assert np.isnan(heights[:2]).all()
    assert heights[2] == pytest.approx(0.0, abs=1e-9)


def test_energies_of_two_kinds_stand_in_no_hull():
    with pytest.raises(EnergyError, match="cannot stand in one hull"):
        _references(ENTRIES).above(("chgnet", CORRECTED), shares_of([atoms_of("Li2O")]), np.array([-4.8]))
    with pytest.raises(EnergyError, match="MP2020-corrected"):
        check_same([("chgnet", CORRECTED), ("7net-0", UNCORRECTED)])
    check_same([TOY, TOY])


def test_formulas_are_reduced_and_read_again():
    assert formula_of({3: 12, 15: 4, 8: 16}) == "Li3O4P"
    assert atoms_of("Li3O4P") == {3: 3, 8: 4, 15: 1}
    np.testing.assert_allclose(shares_of([{3: 12, 15: 4, 8: 16}])[0, [2, 7, 14]], [0.375, 0.5, 0.125])


def test_elements_beyond_plutonium_are_refused():
    with pytest.raises(EnergyError, match="heavier"):
        shares_of([{95: 1}])


def test_another_file_is_no_table(tmp_path):
    path = tmp_path / "references.parquet"
    path.write_bytes(b"PAR1 nonsense")
    with pytest.raises(EnergyError, match="no table of reference energies"):
        load_references(path)
