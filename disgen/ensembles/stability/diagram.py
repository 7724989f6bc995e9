"""Phase diagrams: the convex hull of reference crystals at a temperature, and how high other crystals stand above it.

At a temperature every entry has the free energy G = E - T S with the ideal configurational entropy S of its disorder,
which is none of ordered crystals: vibrations are left out, of all entries alike (paper, Section 4.5 and Fig. 6, where
T = 0). The hull is pymatgen's (`PhaseDiagram`, Ong, Wang, Kang & Ceder, Chem. Mater. 20, 1798, 2008).

| symbol | variable | unit |
|---|---|---|
| E, S | `HullEntry.energy`, `HullEntry.entropy` | eV, eV/K an atom |
| T | `temperature` | K |
| G - Σ_k x_k μ_k, formation energy | `formation` | eV an atom |
| G - hull at x | `height` | eV an atom; negative below the hull |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from disgen.energies.potential import EnergyError, check_same

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.ensembles.stability.entries import HullEntry


@dataclass(frozen=True, eq=False)
class Placed:
    """An entry in a phase diagram.

    Attributes:
        entry: the crystal.
        formation: eV an atom, from the elements of the diagram.
        height: above the hull of the references, eV an atom; negative below it.
        products: share of the atoms in each reference that the hull consists of at its composition, by name.
        is_reference: whether it takes part in the hull.
    """

    entry: HullEntry
    formation: float
    height: float
    products: Mapping[str, float] = field(repr=False)
    is_reference: bool


@dataclass(frozen=True, eq=False)
class Diagram:
    """A phase diagram.

    Attributes:
        elements: of the system, in the order in which they are drawn.
        temperature: K.
        placed: references, then the other crystals, in the order in which they were given.
        facets: places in `placed` of the references at the corners of each simplex of the hull.
    """

    elements: tuple[str, ...]
    temperature: float
    placed: tuple[Placed, ...] = field(repr=False)
    facets: tuple[tuple[int, ...], ...] = field(repr=False)


def diagram(
    elements: Sequence[str],
    references: Sequence[HullEntry],
    others: Sequence[HullEntry] = (),
    temperature: float = 0.0,
) -> Diagram:
    """The phase diagram of a system.

    Args:
        elements: symbols, at least one.
        references: that the hull is made of; at least one of each element alone.
        others: that do not take part in the hull.
        temperature: K, 0 or more.

    Raises:
        EnergyError: if energies are of several potentials or kinds of correction, an element has no reference, a
            crystal holds another element, or the temperature is below zero.
    """
    from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram  # noqa: PLC0415 (a second)
    from pymatgen.core import Composition, Element  # noqa: PLC0415

    _check(elements, references, others, temperature)
    everything = (*references, *others)
    entries = []
    for entry in everything:
        composition = Composition(dict(entry.composition))
        entries.append(PDEntry(composition, entry.free_energy(temperature) * composition.num_atoms, entry.name))
    hull = PhaseDiagram(entries[: len(references)], [Element(symbol) for symbol in elements])
    place = {id(entry): number for number, entry in enumerate(entries)}
    corners = [place[id(entry)] for entry in hull.qhull_entries]
    facets = tuple(tuple(corners[corner] for corner in facet) for facet in hull.facets)
    placed = tuple(
        _placed(hull, entry, pd_entry, is_reference=number < len(references))
        for number, (entry, pd_entry) in enumerate(zip(everything, entries, strict=True))
    )
    return Diagram(tuple(elements), temperature, placed, facets)


def _placed(hull: Any, entry: HullEntry, pd_entry: Any, *, is_reference: bool) -> Placed:  # noqa: ANN401 (pymatgen's)
    """An entry with its height; for those beside the hull it may be negative."""
    products, height = hull.get_decomp_and_e_above_hull(pd_entry, allow_negative=True)
    shares = {product.name: float(share) for product, share in products.items()}
    return Placed(entry, float(hull.get_form_energy_per_atom(pd_entry)), float(height), shares, is_reference)


def _check(
    elements: Sequence[str], references: Sequence[HullEntry], others: Sequence[HullEntry], temperature: float
) -> None:
    check_same(entry.potential for entry in (*references, *others))
    if not temperature >= 0.0:
        msg = f"A temperature is 0 K or more, not {temperature:g} K."
        raise EnergyError(msg)
    for symbol in elements:
        if not any(set(entry.composition) == {symbol} for entry in references):
            msg = f"There is no reference energy of {symbol}: name a table of elements as a source."
            raise EnergyError(msg)
    for entry in (*references, *others):
        foreign = sorted(set(entry.composition) - set(elements))
        if foreign:
            msg = f"{entry.name} holds {foreign[0]}, which is not of the system {'-'.join(elements)}: leave it out."
            raise EnergyError(msg)
