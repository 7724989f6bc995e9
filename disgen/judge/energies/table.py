"""What potentials say of crystals, as arrays and as a summary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from disgen.evaluation.rates import rates

QUIET = 0.15  # eV an atom: the largest drop on relaxation of a credible crystal
METASTABLE = 0.1  # eV an atom above the hull
_DRAWS = 2000  # of the bootstrap
_MEASURES = ("drop", "largest_force", "volume_change", "above_hull")


@dataclass(frozen=True, eq=False)
class Energies:
    """What one potential says of k crystals; each stands for itself by its decoration of least energy.

    Numbers are NaN where there is none.

    Attributes:
        potential: its name.
        version: of its package.
        correction: kind of correction of its energies.
        outcome: (k,) one word or two for what became of each crystal.
        n_atoms: (k,) atoms of the decoration, 0 where there is none.
        energy: (k,) after relaxation, eV an atom.
        drop: (k,) of the energy on relaxation, eV an atom; positive is downhill.
        largest_force: (k,) on an atom before relaxation, eV/Å.
        volume_change: (k,) relative.
        above_hull: (k,) height of `energy` above the same potential's hull, eV an atom; negative below it.
    """

    potential: str
    version: str
    correction: str
    outcome: np.ndarray = field(repr=False)
    n_atoms: np.ndarray = field(repr=False)
    energy: np.ndarray = field(repr=False)
    drop: np.ndarray = field(repr=False)
    largest_force: np.ndarray = field(repr=False)
    volume_change: np.ndarray = field(repr=False)
    above_hull: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        """Number of crystals."""
        return len(self.outcome)

    def quiet(self, limit: float = QUIET) -> np.ndarray:
        """(k,) True where relaxation lowers the energy by no more than `limit`, eV an atom."""
        return self.drop <= limit

    def metastable(self, limit: float = METASTABLE) -> np.ndarray:
        """(k,) True where the crystal lies no more than `limit`, eV an atom, above the hull."""
        return self.above_hull <= limit

    @property
    def problem(self) -> list[str | None]:
        """Why a crystal has no drop, a sentence for each; None for those that have one."""
        return [
            _PROBLEMS.get(str(word), f"It could not be judged: {word}.") if np.isnan(drop) else None
            for word, drop in zip(self.outcome, self.drop, strict=True)
        ]

    def summary(self, seed: int = 0) -> dict[str, Any]:
        """Plain JSON: outcomes; quartiles with bootstrap intervals (95 %); shares of all crystals with Wilson's.

        Args:
            seed: of the bootstrap.
        """
        hits = {
            "quiet": int(self.quiet().sum()),
            "metastable": int(self.metastable().sum()),
            "stable": int(self.metastable(0.0).sum()),
        }
        return {
            "potential": self.potential,
            "version": self.version,
            "correction": self.correction,
            "n": len(self),
            "outcomes": dict(Counter(self.outcome.tolist()).most_common()),
            **{name: _quartiles(getattr(self, name), seed) for name in _MEASURES},
            **rates(hits, dict.fromkeys(hits, len(self))),
            "limits": {"quiet": QUIET, "metastable": METASTABLE, "stable": 0.0},
        }


@dataclass(frozen=True, eq=False)
class EnergyTable:
    """What several potentials say of the same crystals.

    Attributes:
        picked: (k,) places of the judged crystals among those that were given, ascending.
        given: number of crystals that were given.
        seed: of the choice and of the decorations.
        decorations: of each disordered crystal.
        steps: of a relaxation, at most.
        energies: one for each potential.
    """

    picked: np.ndarray = field(repr=False)
    given: int
    seed: int
    decorations: int
    steps: int
    energies: tuple[Energies, ...]

    def __getitem__(self, potential: str) -> Energies:
        """What one potential says.

        Raises:
            KeyError: if it was not asked.
        """
        return {energies.potential: energies for energies in self.energies}[potential]

    def __contains__(self, potential: str) -> bool:
        """Whether this potential was asked."""
        return any(energies.potential == potential for energies in self.energies)

    def summary(self) -> dict[str, Any]:
        """Plain JSON: the settings, and the summary of each potential by its name."""
        return {
            "n": len(self.picked),
            "given": self.given,
            "seed": self.seed,
            "decorations": self.decorations,
            "steps": self.steps,
            "potentials": {energies.potential: energies.summary(self.seed) for energies in self.energies},
        }


_PROBLEMS = {
    "no crystal": "The sample gave no crystal.",
    "no cell": "No ordered cell could be drawn from it.",
    "too large": "Its cell has too many atoms to be relaxed.",
    "too dense": "Its atoms have less room than in any crystal, and potentials know nothing there.",
    "isolated atoms": "An atom of it is beyond the reach of all others.",
    "unknown element": "The potential was not trained on one of its elements.",
    "exploded": "It fell apart, or in on itself, while it relaxed.",
}


def _quartiles(values: np.ndarray, seed: int) -> dict[str, Any]:
    """Median and quartiles of the numbers that are there, each with its bootstrap interval."""
    there = np.sort(values[np.isfinite(values)])
    names = {"q25": 25.0, "median": 50.0, "q75": 75.0}
    if not len(there):
        return {"n": 0, **dict.fromkeys(names), "intervals": dict.fromkeys(names)}
    found = np.percentile(there, list(names.values()))
    rng = np.random.default_rng(seed)
    drawn = there[rng.integers(len(there), size=(_DRAWS, len(there)))]
    ends = np.percentile(np.percentile(drawn, list(names.values()), axis=1), [2.5, 97.5], axis=1)
    return {
        "n": len(there),
        **dict(zip(names, found.tolist(), strict=True)),
        "intervals": dict(zip(names, ends.T.tolist(), strict=True)),
    }
