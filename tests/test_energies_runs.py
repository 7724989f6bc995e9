"""Energies of many cells with a toy potential: the cache, an interruption, kept cells, the two kinds of relaxation."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from toy_potential import ToyPotential

from disgen.energies import runs
from disgen.energies.cell import Cell
from disgen.energies.relax import Relaxed
from disgen.energies.runs import relaxations
from disgen.energies.treatment import Mode, Treatment

FCC = np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]])


def _cells(n):
    cells = [
        Cell(np.full(4, 29), FCC * 3.9 + 0.1 * np.random.default_rng(seed).normal(size=(4, 3)), np.eye(3) * 3.9)
        for seed in range(n)
    ]
    return {cell.digest: cell for cell in cells}


@pytest.fixture
def toy(monkeypatch):
    potential = ToyPotential([])
    monkeypatch.setattr(runs, "load_potential", lambda _: potential)
    monkeypatch.setattr(runs, "ATOMS_TOGETHER", 8)
    return potential


def test_what_was_finished_before_an_interruption_is_not_done_again(toy, tmp_path):
    cells, treatment = _cells(6), Treatment()

    def interrupt(done):
        if done >= 4:
            raise KeyboardInterrupt

    found = {}
    with pytest.raises(KeyboardInterrupt):
        relaxations(toy, cells, treatment, tmp_path, progress=interrupt, found=found)
    assert len(found) == 4  # what was there when it was ended can still be used
    assert len(toy.asked) == 4
    again = relaxations(toy, cells, treatment, tmp_path)
    assert len(toy.asked) == 6
    assert again.keys() == cells.keys()
    whole = relaxations(toy, cells, treatment, tmp_path / "other")
    assert {digest: one.energy for digest, one in again.items()} == pytest.approx(
        {digest: one.energy for digest, one in whole.items()}
    )


def test_relaxed_cells_are_kept_where_they_are_wanted(toy, tmp_path):
    cells, treatment = _cells(2), Treatment(Mode.IN_TURN, 60)
    first = relaxations(toy, cells, treatment, tmp_path, keep_cells=True)
    asked = len(toy.asked)
    again = relaxations(toy, cells, treatment, tmp_path, keep_cells=True)
    assert len(toy.asked) == asked
    for digest, relaxation in again.items():
        np.testing.assert_allclose(relaxation.cell.positions, first[digest].cell.positions, atol=1e-6)
        assert relaxation.cell.volume == pytest.approx(
            cells[digest].volume * (1.0 + relaxation.volume_change), rel=1e-5
        )
    relaxations(toy, cells, treatment, tmp_path)  # a cache without cells is another one
    assert len(toy.asked) > asked


def test_the_cell_is_relaxed_after_the_atoms(toy):
    cell = next(iter(_cells(1).values()))
    in_turn = Treatment(Mode.IN_TURN, 80).apply(toy, [cell])[0]
    together = Treatment(Mode.TOGETHER, 80).apply(toy, [cell])[0]
    assert in_turn.outcome is Relaxed.RELAXED
    assert in_turn.first_energy == pytest.approx(together.first_energy)
    assert in_turn.energy == pytest.approx(together.energy, abs=5e-3)
    cells_of_the_first_part = [asked.vectors for asked in toy.asked[:5]]
    assert all(np.array_equal(vectors, cell.vectors) for vectors in cells_of_the_first_part)


def test_a_single_point_moves_nothing(toy):
    cell = next(iter(_cells(1).values()))
    found = Treatment().apply(toy, [cell])[0]
    assert found.outcome is Relaxed.SINGLE_POINT
    assert (found.steps, found.volume_change, found.cell) == (0, 0.0, cell)
    assert found.energy == pytest.approx(toy.evaluate([cell])[0].energy / 4)
    lonely = Cell(np.array([29]), np.zeros((1, 3)), np.eye(3) * 30.0)
    assert Treatment().apply(toy, [lonely])[0].outcome is Relaxed.ISOLATED
    unknown = Cell(np.array([94] * 4), cell.positions, cell.vectors)
    assert Treatment().apply(toy, [unknown])[0].outcome is Relaxed.UNKNOWN_ELEMENT


def test_any_executor_does_the_work(toy, tmp_path):
    cells = _cells(5)
    with ThreadPoolExecutor(2) as pool:
        found = relaxations(toy, cells, Treatment(), tmp_path, executor=pool)
    assert found.keys() == cells.keys()
    assert len(toy.asked) == 5
