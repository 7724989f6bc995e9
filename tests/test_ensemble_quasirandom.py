"""Special quasirandom cells: counts kept on every sublattice, better pairs than random ones, what is refused."""

import sys

import numpy as np
import pytest
from ensemble_crystals import AGI, AGSBTE2

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.ensembles.cells import Kind, random_cells, wanted_counts
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.quasirandom import quasirandom_cell
from disgen.generation.geometry.pairs import near_pairs
from disgen.generation.ordered.supercell import supercell_of

TWO_SUBLATTICES = WyckoffCrystal(
    225,
    AGSBTE2.cell,
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Ag", 0.5), ("Sb", 0.5))),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Se", 0.25), ("Te", 0.5))),
    ),
)


def order(cell, owner):
    """Sum over five shells of the Warren-Cowley parameter's magnitude over the shell's number, of a 1:1 mixture."""
    chosen = cell.owners == owner
    symbols = np.array(cell.symbols)[chosen]
    pairs = near_pairs(cell.positions[chosen], cell.vectors, 9.7)
    shells = np.unique(pairs.distance.round(3))
    assert len(shells) == 5
    unlike = symbols[pairs.first] != symbols[pairs.second]
    shares = [unlike[np.isclose(pairs.distance, shell, atol=1e-2)].mean() for shell in shells]
    return sum(abs(1.0 - 2.0 * share) / number for number, share in enumerate(shares, start=1))


def test_every_sublattice_keeps_its_counts_and_seeds_repeat():
    pytest.importorskip("sqsgenerator")
    supercell = supercell_of(TWO_SUBLATTICES, (2, 2, 2))
    wanted = wanted_counts(supercell)
    cells, far = quasirandom_cell(supercell, wanted, 1, iterations=2000)
    cell = cells.cells[0]
    assert cell.composition == {"Se": 8, "Ag": 16, "Sb": 16, "Te": 16}
    assert {symbol for symbol, owner in zip(cell.symbols, cell.owners, strict=True) if owner == 0} == {"Ag", "Sb"}
    assert far > 0.0
    assert cells.kind is Kind.QUASIRANDOM
    again, _ = quasirandom_cell(supercell, wanted, 1, iterations=2000)
    assert again.cells[0].symbols == cell.symbols
    np.testing.assert_array_equal(again.cells[0].positions, cell.positions)


def test_pairs_are_nearer_to_random_than_those_of_random_cells():
    pytest.importorskip("sqsgenerator")
    supercell = supercell_of(AGSBTE2, (2, 2, 2))
    wanted = wanted_counts(supercell)
    best = order(quasirandom_cell(supercell, wanted, 0, iterations=20_000)[0].cells[0], 0)
    drawn = [order(cell, 0) for cell in random_cells(supercell, wanted, 20, 0).cells]
    # Not the least of all: sqsgenerator counts each pair once, we count its images in this small cell as well.
    assert best < 0.75 * np.median(drawn)


def test_what_cannot_be_had_is_a_sentence(monkeypatch):
    pytest.importorskip("sqsgenerator")
    excluding = supercell_of(AGI, (1, 1, 1))
    with pytest.raises(EnsembleError, match="exclude each other"):
        quasirandom_cell(excluding, wanted_counts(excluding), 0)
    single = supercell_of(WyckoffCrystal(225, AGSBTE2.cell, (AGSBTE2.sites[1],)), (1, 1, 1))
    with pytest.raises(EnsembleError, match="holds one species"):
        quasirandom_cell(single, wanted_counts(single), 0)
    monkeypatch.setitem(sys.modules, "sqsgenerator", None)
    with pytest.raises(EnsembleError, match="pip install sqsgenerator"):
        quasirandom_cell(excluding, wanted_counts(excluding), 0)
