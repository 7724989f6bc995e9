"""The disordered crystal itself: as a CIF without symmetry, as our own JSON, and as pymatgen's."""

from __future__ import annotations

import json
import math
from typing import Any

from disgen import wyckoff
from disgen.cif import write_cif
from disgen.crystal import ATOMIC_NUMBER, WyckoffCrystal, WyckoffSite
from disgen.errors import DisgenError
from disgen.export.adapters.pymatgen import to_pymatgen
from disgen.symmetry import expand

FORMAT = "disgen crystal"
VERSION = 1
_CELL = ("a", "b", "c", "alpha", "beta", "gamma")


class CrystalJsonError(DisgenError):
    """A text is not a crystal in our JSON; one sentence."""


def p1_cif(crystal: WyckoffCrystal) -> str:
    """The conventional cell as a CIF in P1: every position with its occupancies, no symmetry for programs to apply."""
    positions, owners = expand(crystal)
    sites = tuple(
        WyckoffSite("a", 1, (float(x), float(y), float(z)), crystal.sites[owner].occupancies)
        for (x, y, z), owner in zip(positions, owners, strict=True)
    )
    return write_cif(WyckoffCrystal(1, crystal.cell, sites), f"{crystal.formula}_P1")


def crystal_to_json(crystal: WyckoffCrystal, origin: str = "") -> str:
    """The crystal as JSON: space group, cell in Å and degrees, and its Wyckoff sites, exactly.

    Args:
        crystal: any crystal.
        origin: where it comes from.
    """
    return json.dumps(crystal_content(crystal, origin), indent=1, ensure_ascii=False) + "\n"


def crystal_content(crystal: WyckoffCrystal, origin: str = "") -> dict[str, Any]:
    """What `crystal_to_json` writes, as plain data."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "formula": crystal.formula,
        "origin": origin,
        "space_group": crystal.space_group,
        "symbol": wyckoff.symbol(crystal.space_group),
        "cell": dict(zip(_CELL, crystal.cell, strict=True)),
        "sites": [
            {
                "letter": site.letter,
                "multiplicity": site.multiplicity,
                "coordinates": list(site.coordinates),
                "occupancies": dict(site.occupancies),
                "vacancy": round(site.vacancy, 6),
            }
            for site in crystal.sites
        ],
    }


def crystal_from_json(text: str) -> WyckoffCrystal:
    """The crystal in a text of `crystal_to_json`.

    Raises:
        CrystalJsonError: if it is none, or its letters and multiplicities are not those of its space group.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"The text is no {FORMAT}: it is not JSON."
        raise CrystalJsonError(msg) from error
    return crystal_of_content(content)


def crystal_of_content(content: Any) -> WyckoffCrystal:  # noqa: ANN401 (what a file holds)
    """The crystal in plain data of `crystal_content`.

    Raises:
        CrystalJsonError: as `crystal_from_json`.
    """
    try:
        known = (content["format"], content["version"]) == (FORMAT, VERSION)
        cell = tuple(float(content["cell"][name]) for name in _CELL)
        sites = tuple(_site(part) for part in content["sites"])
        crystal = WyckoffCrystal(int(content["space_group"]), cell, sites)  # type: ignore[arg-type]
        table = wyckoff.tables()
        rows = [wyckoff.row(crystal.space_group, site.letter) for site in sites]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        msg = f"The JSON is no {FORMAT}: an entry is missing or is not what it should be."
        raise CrystalJsonError(msg) from error
    if not known:
        msg = f"The JSON is no {FORMAT} of version {VERSION}."
        raise CrystalJsonError(msg)
    if any(int(table.multiplicity[row]) != site.multiplicity for row, site in zip(rows, sites, strict=True)):
        msg = f"A multiplicity in the JSON is not that of its Wyckoff letter in space group {crystal.space_group}."
        raise CrystalJsonError(msg)
    return crystal


def structure_json(crystal: WyckoffCrystal) -> str:
    """The conventional cell as the JSON of pymatgen's `Structure.as_dict`, with partial occupancies."""
    return json.dumps(to_pymatgen(crystal).as_dict()) + "\n"


def _site(part: dict[str, Any]) -> WyckoffSite:
    x, y, z = (float(value) for value in part["coordinates"])
    occupancies = tuple(
        (symbol, float(share))
        for symbol, share in sorted(part["occupancies"].items(), key=lambda pair: ATOMIC_NUMBER[pair[0]])
    )
    if not occupancies or not all(0.0 < share <= 1.0 for _, share in occupancies) or not math.isfinite(x + y + z):
        msg = "an occupancy or a coordinate is impossible"
        raise ValueError(msg)
    return WyckoffSite(str(part["letter"]), int(part["multiplicity"]), (x, y, z), occupancies)
