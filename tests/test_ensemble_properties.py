"""Properties of virtual cells with a toy potential: what is computed, kept, estimated, and what follows from it."""

from dataclasses import replace

import numpy as np
import pytest
from ensemble_crystals import AGSBTE2, CU3AU, CUAU, LLZO
from toy_potential import ToyPotential

from disgen.energies import runs
from disgen.energies.potential import EnergyError
from disgen.energies.treatment import Mode, Treatment
from disgen.ensembles import properties as module
from disgen.ensembles.boltzmann import BOLTZMANN
from disgen.ensembles.cells import Kind
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.lowest import compute_small, lowest_energy, small_cells
from disgen.ensembles.plan import Plan, draw
from disgen.ensembles.properties import NOT_COMPUTED, compute, estimated_seconds, properties_of
from disgen.ensembles.thermodynamics import boltzmann, heights, order_disorder


@pytest.fixture
def toy(monkeypatch):
    potential = ToyPotential([])
    for place in (runs, module):
        monkeypatch.setattr(place, "load_potential", lambda _: potential)
    return potential


def test_density_is_mass_over_volume_and_the_same_in_every_unrelaxed_cell(toy, tmp_path):
    drawn = draw(AGSBTE2, Plan((2, 1, 1), n=5))
    found = compute(drawn.cells, "toy", Treatment(), cache=tmp_path)
    mass = 2 * 107.8682 + 2 * 121.76 + 4 * 127.6  # g/mol of the conventional cell
    assert found.density == pytest.approx(mass / 6.02214076e23 / (6.076e-8) ** 3, rel=1e-5)
    assert np.all((found.density > 7.0) & (found.density < 7.2))
    assert found.volume == pytest.approx(6.076**3 / 8)
    assert np.isnan(found.magnetic_moment).all()  # the toy has none
    assert (found.potential, found.correction) == ("toy", "uncorrected")


def test_decorations_that_symmetry_makes_the_same_are_computed_once_and_known_the_next_time(toy, tmp_path):
    drawn = draw(AGSBTE2, Plan((2, 1, 1), n=60))  # of the 70 that there are, 8 differ by symmetry
    found = compute(drawn.cells, "toy", Treatment(), cache=tmp_path)
    assert (len(found), int(found.there.sum())) == (60, 60)
    assert len(toy.asked) == drawn.cells.different <= 8
    compute(drawn.cells, "toy", Treatment(), cache=tmp_path)
    assert len(toy.asked) == drawn.cells.different


def test_what_one_stands_for_has_the_energy_that_it_would_have_itself(tmp_path):
    drawn = draw(AGSBTE2, Plan((2, 1, 1), n=12))
    assert drawn.cells.different < 12
    treatment = Treatment(Mode.IN_TURN, 20)
    found = compute(drawn.cells, "chgnet", treatment, cache=tmp_path)
    each = compute(replace(drawn.cells, alike=np.arange(12)), "chgnet", treatment, cache=tmp_path)
    assert found.energy == pytest.approx(each.energy, abs=1e-4)
    assert found.volume == pytest.approx(each.volume, rel=1e-3)


def test_relaxed_cells_come_with_the_properties(toy, tmp_path):
    wide = replace(CUAU, cell=(4.4, 4.4, 4.4, 90.0, 90.0, 90.0))
    drawn = draw(wide, Plan((1, 1, 1), n=2))
    found = compute(drawn.cells, "toy", Treatment(Mode.IN_TURN, 40), cache=tmp_path)
    volumes = [cell.volume / len(cell) for cell in found.cells]
    assert found.volume == pytest.approx(volumes)
    assert not np.allclose(found.volume, 4.4**3 / 4, rtol=1e-3)


def test_what_is_missing_of_a_stopped_run_is_said(toy):
    drawn = draw(CUAU, Plan((2, 1, 1), n=3))
    found = properties_of(drawn.cells, toy, Treatment(), {})
    assert found.outcome.tolist() == [NOT_COMPUTED] * 3
    assert not found.there.any()
    assert np.isnan(found.density).all()


def test_an_estimate_of_time_counts_steps(toy):
    cell = module.first_cells(draw(CUAU, Plan((1, 1, 1), n=1)).cells)[0]
    once = estimated_seconds(cell, "toy", Treatment())
    assert 0.0 < once < 1.0
    assert estimated_seconds(cell, "toy", Treatment(Mode.IN_TURN, 200)) > 5 * once


def test_small_cells_hold_the_composition_exactly():
    found = {one.supercell.repeats: len(one) for one in small_cells(CUAU)}
    assert found == {(1, 1, 1): 1, (1, 1, 2): 8}
    assert {one.supercell.repeats for one in small_cells(CU3AU)} == {(1, 1, 1), (1, 1, 2), (1, 2, 2)}
    assert small_cells(LLZO) == []
    assert all(one.kind is Kind.DISTINCT for one in small_cells(CU3AU))


def test_order_comes_from_the_lowest_of_small_cells(toy, tmp_path):
    drawn = draw(CUAU, Plan((2, 2, 2), n=4))
    drawn_energies = compute(drawn.cells, "toy", Treatment(), cache=tmp_path)
    small = compute_small(small_cells(CUAU), "toy", Treatment(), cache=tmp_path)
    lowered = [(cells, replace(found, energy=found.energy - 0.03)) for cells, found in small]
    lowest = lowest_energy(drawn, drawn_energies, lowered)
    assert (lowest.repeats, lowest.found_in) == ((1, 1, 1), "the only decoration that there is")
    found = order_disorder(drawn, drawn_energies, lowest)
    assert found.temperature == pytest.approx(0.03 / (BOLTZMANN * np.log(2.0)), rel=0.05)  # the toy sees no elements
    assert order_disorder(drawn, drawn_energies, None) is None


def test_decorations_of_different_atoms_are_not_weighed(toy, tmp_path):
    drawn = draw(CUAU, Plan((1, 1, 1), n=2))
    found = compute(drawn.cells, "toy", Treatment(), cache=tmp_path)
    short = replace(found.cells[0], numbers=found.cells[0].numbers[:3], positions=found.cells[0].positions[:3])
    with pytest.raises(EnsembleError, match="do not all hold the same atoms"):
        boltzmann(replace(found, cells=(short, found.cells[1])), 300.0)
    assert boltzmann(found, 300.0).value == pytest.approx(found.energy[0])


def test_energies_of_another_kind_are_kept_out_of_a_hull(toy, tmp_path):
    from disgen.energies.hull import default_references

    drawn = draw(CUAU, Plan((1, 1, 1), n=2))
    found = compute(drawn.cells, "toy", Treatment(), cache=tmp_path)
    assert heights(found) is None  # the program has no table of the toy's
    with pytest.raises(EnergyError, match=r"toy \(uncorrected\) cannot stand in one hull"):
        heights(found, {"toy": default_references()["chgnet"]})
    as_chgnet = replace(found, potential="chgnet", correction="MP2020-corrected")
    assert heights(as_chgnet).mean - heights(as_chgnet).lowest == pytest.approx(
        found.energy.mean() - found.energy.min(), abs=1e-6
    )
