"""What stands in a phase diagram: crystals with an energy of one potential, ordered ones and disordered ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.crystal import WyckoffCrystal


@dataclass(frozen=True, eq=False)
class HullEntry:
    """A crystal in a phase diagram.

    Attributes:
        name: for people.
        composition: atoms by element, in whatever amount.
        energy: eV an atom; of a disordered crystal the mean over its decorations.
        potential: name of the potential and kind of correction of the energy.
        entropy: ideal configurational entropy of a disordered crystal, eV/K an atom.
        lowest: energy of the best decoration, eV an atom; the energy itself of an ordered crystal.
        stderr: standard error of the mean, eV an atom.
        decorations: number of energies in the mean.
        different: number of decorations that symmetry tells apart.
        step_limit: number of them whose relaxation had not ended, so that they lie too high.
        crystal: the crystal, if it is at hand.
    """

    name: str
    composition: Mapping[str, float]
    energy: float
    potential: tuple[str, str]
    entropy: float = 0.0
    lowest: float = float("nan")
    stderr: float = 0.0
    decorations: int = 1
    different: int = 1
    step_limit: int = 0
    crystal: WyckoffCrystal | None = field(default=None, repr=False)

    @property
    def is_disordered(self) -> bool:
        """True if the energy is a mean over decorations of a disordered crystal."""
        return self.crystal is not None and self.crystal.disordered_sites > 0

    @property
    def best(self) -> float:
        """Lowest energy that is known of it, eV an atom."""
        return self.energy if np.isnan(self.lowest) else self.lowest

    def free_energy(self, temperature: float) -> float:
        """E - T S, eV an atom, at a temperature in K."""
        return self.energy - temperature * self.entropy

    def share(self, symbol: str) -> float:
        """Share of the atoms that are of an element."""
        return self.composition.get(symbol, 0.0) / sum(self.composition.values())


def symbols_of(composition: Mapping[int, float]) -> dict[str, float]:
    """Amounts by symbol, of amounts by atomic number."""
    return {ELEMENTS[number - 1]: float(amount) for number, amount in composition.items()}
