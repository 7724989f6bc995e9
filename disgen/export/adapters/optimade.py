"""The JSON of OPTIMADE, with which materials databases answer: a resource of the type "structures" (specification 1.2).

Positions that hold the same are of one species, whose concentrations are the occupancies; what is empty is the chemical
symbol "vacancy". `json.dumps` of what `to_optimade` gives is the text that a database would send.
"""

from __future__ import annotations

import math
from itertools import count
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen import wyckoff
from disgen.export.adapters.cells import AdapterError, PlainCell, cell_of, crystal_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from disgen.crystal import WyckoffCrystal, WyckoffSite

VACANCY = "vacancy"
DIGITS = 4  # of the proportions in formulas, as of our occupancies


def to_optimade(crystal: WyckoffCrystal, identifier: str = "") -> dict[str, Any]:
    """The conventional cell as a structure resource.

    Args:
        crystal: any crystal.
        identifier: ``id`` of the resource; the crystal's formula and space group if empty.
    """
    cell = cell_of(crystal)
    proportions = _proportions(crystal.composition)
    total = sum(crystal.composition.values())
    elements, falling = sorted(proportions), sorted(proportions.values(), reverse=True)
    return {
        "type": "structures",
        "id": identifier or f"{crystal.formula}_{crystal.space_group}",
        "attributes": {
            "elements": elements,
            "nelements": len(elements),
            "elements_ratios": [crystal.composition[symbol] / total for symbol in elements],
            "chemical_formula_descriptive": crystal.formula,
            "chemical_formula_reduced": _written((symbol, proportions[symbol]) for symbol in elements),
            "chemical_formula_anonymous": _written(zip(_letters(), falling, strict=False)),
            "dimension_types": [1, 1, 1],
            "nperiodic_dimensions": 3,
            "lattice_vectors": cell.vectors.tolist(),
            "space_group_it_number": crystal.space_group,
            "space_group_symbol_hermann_mauguin": wyckoff.symbol(crystal.space_group),
            "cartesian_site_positions": (cell.positions @ cell.vectors).tolist(),
            "nsites": len(cell.positions),
            "species_at_sites": [_name(owner) for owner in cell.owners],
            "species": [_species(number, site) for number, site in enumerate(crystal.sites)],
            "structure_features": ["disorder"] if crystal.disordered_sites else [],
        },
    }


def from_optimade(resource: Mapping[str, Any]) -> WyckoffCrystal:
    """The canonical crystal of a structure resource.

    Args:
        resource: one entry of ``data`` in a database's answer, as Python's `json` reads it.

    Raises:
        AdapterError: if an entry is missing or is not what the specification says, or the structure is not periodic in
            three directions.
        CifError: if no crystal can be made of it.
    """
    try:
        attributes = resource["attributes"]
        periodic = sum(attributes.get("dimension_types", (1, 1, 1))) == len("xyz")
        vectors = np.array(attributes["lattice_vectors"], dtype=float).reshape(3, 3)
        places = np.array(attributes["cartesian_site_positions"], dtype=float).reshape(-1, 3)
        species = {one["name"]: _occupancies(one) for one in attributes["species"]}
        contents = tuple(species[name] for name in attributes["species_at_sites"])
        positions = places @ np.linalg.inv(vectors)
    except (KeyError, TypeError, ValueError, AttributeError, np.linalg.LinAlgError) as error:
        msg = f"The JSON is no OPTIMADE structure: an entry is missing or is not what it should be ({error})."
        raise AdapterError(msg) from error
    if not periodic or len(places) != len(contents) or not len(places):
        msg = "The OPTIMADE structure is no crystal: it needs three periodic directions, and a species for each site."
        raise AdapterError(msg)
    return crystal_of(PlainCell(vectors, positions, contents, np.full(len(places), -1)))


def _species(number: int, site: WyckoffSite) -> dict[str, Any]:
    held = dict(site.occupancies) | ({VACANCY: round(site.vacancy, 6)} if site.vacancy else {})
    return {"name": _name(number), "chemical_symbols": list(held), "concentration": list(held.values())}


def _occupancies(species: Mapping[str, Any]) -> dict[str, float]:
    pairs = zip(species["chemical_symbols"], species["concentration"], strict=True)
    return {symbol: float(share) for symbol, share in pairs if symbol != VACANCY}


def _name(number: int) -> str:
    return f"site{int(number) + 1}"


def _proportions(composition: Mapping[str, float]) -> dict[str, int]:
    """Amounts as the smallest whole numbers of the same ratio, to four digits of the amounts in the cell."""
    whole = {symbol: max(1, round(amount * 10**DIGITS)) for symbol, amount in composition.items()}
    common = math.gcd(*whole.values())
    return {symbol: amount // common for symbol, amount in whole.items()}


def _written(pairs: Iterable[tuple[str, int]]) -> str:
    return "".join(f"{name}{number if number > 1 else ''}" for name, number in pairs)


def _letters() -> Iterator[str]:
    """A, B, …, Z, Aa, Ba, …: names of elements in a formula that names none."""
    yield from ascii_uppercase
    for rank in count():
        yield from (f"{first}{chr(ord('a') + rank)}" for first in ascii_uppercase)
