"""What the energies of an ensemble say: averages at a temperature, order and disorder, heights above the hull."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from disgen.energies.hull import load_joined, shares_of, shipped_tables
from disgen.ensembles.boltzmann import average, ideal_entropy, ordering_temperature
from disgen.ensembles.cells import Kind
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.statistics import distribution

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from disgen.ensembles.boltzmann import Average, Ordering
    from disgen.ensembles.lowest import Lowest
    from disgen.ensembles.plan import Drawn
    from disgen.ensembles.properties import Properties


def boltzmann(properties: Properties, temperature: float, name: str = "energy") -> Average:
    """Average of a property at a temperature.

    Raises:
        EnsembleError: if the cells are not all of the same atoms, the temperature is not above 0, or nothing is there.
    """
    compositions = {tuple(cell.composition.items()) for cell in properties.cells}
    if len(compositions) > 1:
        msg = (
            "The decorations do not all hold the same atoms, so their energies cannot be weighed against each other: "
            "take a supercell that holds the crystal without leaving atoms out."
        )
        raise EnsembleError(msg)
    values = np.asarray(getattr(properties, name), dtype=float)
    return average(values, properties.energy * properties.n_atoms, properties.degeneracy, temperature)


def order_disorder(drawn: Drawn, properties: Properties, lowest: Lowest | None) -> Ordering | None:
    """T* by the mean energy of random decorations and the best that is known."""
    found = distribution(properties.energy, properties.degeneracy, is_sample=drawn.cells.kind is not Kind.DISTINCT)
    if found is None or lowest is None:
        return None
    crystal = drawn.cells.supercell.crystal
    return ordering_temperature(found.mean, found.stderr, lowest.energy, ideal_entropy(crystal))


@dataclass(frozen=True)
class Heights:
    """Energies above the hull of the same potential's reference crystals, eV an atom; NaN where there is no hull.

    Attributes:
        mean: of the random mix.
        lowest: of the best decoration that was drawn.
    """

    mean: float
    lowest: float


def heights(properties: Properties, references: Mapping[str, Path] | None = None) -> Heights | None:
    """How high the decorations stand above the hull; None without a table of the potential's reference energies.

    Args:
        properties: of the decorations, all of the same atoms.
        references: tables by potential (default: those that come with the program).

    Raises:
        EnergyError: if a table is of another potential or another kind of correction.
    """
    name = properties.potential
    tables = shipped_tables(name) if references is None else [references[name]] if name in references else []
    mean = distribution(properties.energy, properties.degeneracy)
    if not tables or mean is None:
        return None
    shares = shares_of([properties.cells[0].composition] * 2)
    energies = np.array([mean.mean, float(np.nanmin(properties.energy))])
    found = load_joined(tables).above((properties.potential, properties.correction), shares, energies)
    return Heights(float(found[0]), float(found[1]))
