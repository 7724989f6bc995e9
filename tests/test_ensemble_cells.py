"""Virtual cells: numbers that are the same in every cell, sizes, classes of sites, wanted and realised occupancies."""

from pathlib import Path

import numpy as np
import pytest
from ensemble_crystals import AGI, AGSBTE2, CU3AU, LLZO, YBCO

from disgen.cif import read_cif
from disgen.crystal import DisorderClass, WyckoffCrystal, WyckoffSite
from disgen.ensembles.cells import (
    Kind,
    best_repeats,
    occupancy_error,
    random_cells,
    repeats_of_size,
    wanted_counts,
)
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.occupancies import charges, occupancies
from disgen.ensembles.plan import Plan, draw
from disgen.ensembles.site_classes import site_classes
from disgen.generation.ordered.supercell import supercell_of

LSCO = read_cif((Path(__file__).parent / "data" / "lsco.cif").read_bytes())


def close_pairs(cell, reach):
    """Pairs of atoms nearer than `reach` Å, by brute force over the nearest images."""
    apart = cell.positions[:, None] - cell.positions[None]
    apart -= np.rint(apart)
    distance = np.linalg.norm(apart @ cell.vectors, axis=-1)
    return int((distance[np.triu_indices(len(cell), 1)] < reach).sum())


def test_counts_are_exact_in_every_cell_and_seeds_repeat():
    supercell = supercell_of(AGSBTE2, (2, 2, 2))
    cells = random_cells(supercell, wanted_counts(supercell), 20, seed=5)
    assert all(cell.composition == {"Ag": 16, "Sb": 16, "Te": 32} for cell in cells.cells)
    assert len({cell.symbols for cell in cells.cells}) == 20
    again = random_cells(supercell, cells.wanted, 2, seed=6)
    assert again.cells[0].symbols == cells.cells[1].symbols
    assert cells.kind is Kind.RANDOM
    assert not cells.remarks


def test_places_are_drawn_evenly():
    supercell = supercell_of(AGSBTE2, (1, 1, 1))
    cells = random_cells(supercell, wanted_counts(supercell), 600, seed=0)
    silver = np.array([[symbol == "Ag" for symbol in cell.symbols] for cell in cells.cells]).sum(axis=0)
    assert np.abs(silver[silver > 0] - 300).max() < 5 * np.sqrt(600 / 4)


def test_what_is_left_out_of_what_is_wanted_is_told():
    drawn = draw(LSCO, Plan((2, 2, 1), n=3))
    rows = {(row.site, row.species): row for row in occupancies(drawn.cells)}
    strontium = next(row for (_, species), row in rows.items() if species == "Sr")
    assert (strontium.wanted, strontium.realised, strontium.atoms) == (pytest.approx(0.075), 1 / 16, 1.0)
    wanted, realised = charges(drawn.cells, drawn.states)
    assert wanted == pytest.approx(0.0, abs=1e-6)
    assert realised == pytest.approx(0.2)  # 0.2 strontium too few on each of 8 formula units, at Cu 2.15+
    assert "Cu +2.15" in drawn.states.sentence


@pytest.mark.parametrize(
    ("crystal", "repeats", "said"),
    [(YBCO, (2, 1, 5), {"O": 69, "Cu": 30}), (AGI, (2, 2, 2), {"Ag": 16, "I": 16}), (LSCO, (2, 5, 1), {"Sr": 3})],
)
def test_known_crystals_hold_what_they_should(crystal, repeats, said):
    drawn = draw(crystal, Plan(repeats, n=5))
    for cell in drawn.cells.cells:
        assert {symbol: cell.composition[symbol] for symbol in said} == said
        assert not cell.left_out
        assert close_pairs(cell, 1.1) == 0
    assert all(abs(row.realised - row.wanted) < 1e-3 for row in occupancies(drawn.cells))


@pytest.mark.slow
def test_lithium_of_a_garnet_finds_places_that_do_not_exclude_each_other():
    drawn = draw(LLZO, Plan((1, 1, 1), n=2))
    for cell in drawn.cells.cells:
        assert cell.composition["Li"] == 56
        assert close_pairs(cell, 1.5) == 0
    assert "Li moved to other sites of their element" in drawn.cells.remarks[0]
    lithium = [row for row in occupancies(drawn.cells) if row.species == "Li"]
    assert sum(row.atoms for row in lithium) == 56
    assert lithium[0].realised < lithium[0].wanted - 0.2  # 24d and 96h cannot both be as full as was refined


def test_classes_name_alternatives():
    found = {one.label: one for one in site_classes(supercell_of(LLZO, (1, 1, 1)))}
    assert [one.kind for one in found.values()] == [
        DisorderClass.ORDERED,
        DisorderClass.ORDERED,
        DisorderClass.VACANCY,
        DisorderClass.VACANCY,
        DisorderClass.ORDERED,
    ]
    assert found["Li3"].excludes == ("Li4",)
    assert set(found["Li4"].excludes) == {"Li3", "Li4"}
    assert found["Li4"].is_positional
    assert not found["Zr1"].is_positional
    both = WyckoffCrystal(225, AGSBTE2.cell, (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Ag", 0.5), ("Sb", 0.25))),))
    assert site_classes(supercell_of(both, (1, 1, 1)))[0].kind is DisorderClass.BOTH


def test_sizes_are_chosen_by_positions_or_by_occupancies():
    assert repeats_of_size(AGSBTE2, 64) == (2, 2, 2)
    assert repeats_of_size(AGSBTE2, 220) == (3, 3, 3)
    assert best_repeats(AGSBTE2, 64) == (2, 2, 2)
    assert best_repeats(CU3AU, 60) == (2, 2, 3)  # in one unit cell every decoration is the ordered phase
    assert int(np.prod(best_repeats(YBCO, 160))) == 10
    assert occupancy_error(YBCO, (2, 1, 5)) == pytest.approx(0.0, abs=1e-9)
    assert occupancy_error(YBCO, (1, 1, 1)) == pytest.approx(0.1)
    with pytest.raises(EnsembleError, match=r"8 positions already.*\.$"):
        repeats_of_size(AGSBTE2, 7)


def test_the_charge_is_kept_first_where_that_is_asked_for():
    # Half a magnesium of one position; 0.4 lithium of another: rounded by themselves they miss the charge by 0.8.
    crystal = WyckoffCrystal(
        47,
        (4.0, 5.0, 6.0, 90.0, 90.0, 90.0),
        (
            WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Mg", 0.4),)),
            WyckoffSite("b", 1, (0.5, 0.0, 0.0), (("Li", 0.4),)),
            WyckoffSite("h", 1, (0.5, 0.5, 0.5), (("F", 1.0),)),
        ),
    )
    supercell = supercell_of(crystal, (1, 1, 1))
    plain, neutral = wanted_counts(supercell), wanted_counts(supercell, {"Mg": 2.0, "Li": 1.0, "F": -1.0})
    assert plain[0].get("Mg", 0) + plain[1].get("Li", 0) == 0
    assert (neutral[0].get("Mg", 0), neutral[1].get("Li", 0)) == (0, 1)  # charge 1 of 1.2


def test_what_makes_no_sense_is_refused():
    ordered = WyckoffCrystal(225, AGSBTE2.cell, (AGSBTE2.sites[1],))
    with pytest.raises(EnsembleError, match="one decoration only"):
        draw(ordered, Plan((2, 2, 2)))
    with pytest.raises(EnsembleError, match="1 to 10,000"):
        draw(AGSBTE2, Plan((1, 1, 1), n=0))
