"""What an interatomic potential is to everything that asks for energies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from disgen.energies.cell import Cell

CORRECTED = "MP2020-corrected"
UNCORRECTED = "uncorrected"


class EnergyError(DisgenError):
    """Energies cannot be computed or compared; the message is one sentence."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a potential says of one cell.

    Attributes:
        energy: of the cell, eV; NaN where there is none.
        forces: (m, 3) on the atoms, eV/Å; no rows where they were not asked for.
        strain_gradient: (3, 3) derivative of the energy by a strain of vectors and positions, eV.
        isolated: True if an atom has no neighbour within the potential's reach.
        magnetic_moment: sum of the magnitudes of the atoms' moments, μB; NaN if the potential tells none.
    """

    energy: float
    forces: np.ndarray = field(repr=False)
    strain_gradient: np.ndarray = field(repr=False)
    isolated: bool = False
    magnetic_moment: float = float("nan")


# What is said of a cell with an atom that no other one reaches.
ISOLATED = Evaluation(float("nan"), np.zeros((0, 3)), np.zeros((3, 3)), isolated=True)
# What is said of a cell that the potential cannot make anything of.
FAILED = Evaluation(float("nan"), np.zeros((0, 3)), np.zeros((3, 3)))


class Potential(Protocol):
    """A potential with its weights.

    Attributes:
        name: as in `disgen.energies.potentials.POTENTIALS`.
        version: of the package that holds the weights.
        correction: `CORRECTED` or `UNCORRECTED`: whether its energies contain the Materials Project's 2020 corrections.
        elements: atomic numbers that it was trained on.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> str: ...  # noqa: D102
    @property
    def correction(self) -> str: ...  # noqa: D102
    @property
    def elements(self) -> frozenset[int]: ...  # noqa: D102

    def evaluate(self, cells: Sequence[Cell], *, gradients: bool = True) -> list[Evaluation]:
        """Energies, and forces and strain gradients if asked for, of several cells at once."""
        ...


def batches(cells: Sequence[Cell], atoms: int) -> Iterator[slice]:
    """Cuts a sequence of cells into runs of at most so many atoms, a larger cell being a run of its own."""
    start = total = 0
    for number, cell in enumerate(cells):
        if number > start and total + len(cell) > atoms:
            yield slice(start, number)
            start, total = number, 0
        total += len(cell)
    if len(cells):
        yield slice(start, len(cells))


def check_same(kinds: Iterable[tuple[str, str]]) -> None:
    """Refuse to put energies of several potentials, or of several kinds of correction, together.

    Args:
        kinds: the potential and the kind of correction of each energy or table of energies.

    Raises:
        EnergyError: if they are not all the same.
    """
    different = sorted(set(kinds))
    if len(different) > 1:
        listed = " and ".join(f"{name} ({correction})" for name, correction in different)
        msg = f"Energies of {listed} cannot stand in one hull: compute all of them with the same potential."
        raise EnergyError(msg)
