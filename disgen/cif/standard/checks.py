"""The file against itself: what was read, compared with formula, formula units, density, volume and multiplicities.

Agreement is silent; each disagreement is one `Doubt` with both values. The same comparison decides between ways of
reading a file (`disgen.cif.standard.choose`).

| symbol | variable | unit |
|---|---|---|
| Z | `Claims.units` | formula units in the stated cell |
| ρ = Σ n m / (N_A V) | `density` | g/cm³, with n atoms of molar mass m in the cell of volume V |
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from disgen.cif.doubts import Doubt, DoubtKind
from disgen.cif.standard.alternatives import are_alternatives
from disgen.cif.standard.sites import OVER_FULL
from disgen.crystal import reduced_formula

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.cif.claims import Claims
    from disgen.cif.standard.sites import Placement, Site

# Tolerances: files state formulas to two digits, and their authors round.
SHARE_ABSOLUTE, SHARE_RELATIVE = 0.006, 0.03  # of an element's share in all atoms
UNITS_RELATIVE = 0.03
DENSITY_RELATIVE = 0.05
VOLUME_RELATIVE = 0.01
SHORTEST = 0.6  # Å, between atoms that are there at the same time
EMPTIEST = 200.0  # Å³ for one atom; caesium has 115
_ANGSTROM_CUBED_PER_MOLE = 0.602214  # N_A × 1e-24 cm³/Å³


def disagreements(
    placement: Placement, claims: Claims, basis: np.ndarray, *, lacks_hydrogen: bool
) -> tuple[Doubt, ...]:
    """What the sites of a cell contradict.

    Args:
        placement: the sites.
        claims: what the file states.
        basis: (3, 3) cell vectors as rows, Å.
        lacks_hydrogen: the atom list has less hydrogen than the formula, which is told elsewhere.
    """
    amounts = contents(placement.sites)
    volume = abs(float(np.linalg.det(basis)))
    found = (
        _of_formula(amounts, claims, lacks_hydrogen=lacks_hydrogen),
        _of_units(amounts, claims),
        _of_density(amounts, claims, volume, lacks_hydrogen=lacks_hydrogen),
        _of_volume(claims, volume),
        _of_multiplicity(placement.sites),
        _of_distance(placement.sites, basis),
    )
    return tuple(doubt for doubt in found if doubt is not None)


def contents(sites: Sequence[Site]) -> dict[str, float]:
    """Atoms in the stated cell, by element."""
    amounts: dict[str, float] = {}
    for site in sites:
        for element, share in site.amounts.items():
            amounts[element] = amounts.get(element, 0.0) + len(site.points) * share
    return amounts


def formula_gap(amounts: Mapping[str, float], claims: Claims) -> float:
    """Largest difference of an element's share in all atoms but hydrogen from the stated formula's, 0 without one."""
    if claims.formula is None or not claims.is_exact:
        return 0.0
    ours, theirs = (_shares(one, without_hydrogen=True) for one in (amounts, claims.formula))
    return max((abs(ours.get(e, 0.0) - theirs.get(e, 0.0)) for e in ours.keys() | theirs.keys()), default=0.0)


def _of_formula(amounts: Mapping[str, float], claims: Claims, *, lacks_hydrogen: bool) -> Doubt | None:
    if claims.formula is None or not claims.is_exact:
        return None
    ours, theirs = (_shares(one, without_hydrogen=lacks_hydrogen) for one in (amounts, claims.formula))
    if not ours or not theirs or all(
        abs(ours.get(e, 0.0) - theirs.get(e, 0.0)) <= SHARE_ABSOLUTE + SHARE_RELATIVE * theirs.get(e, 0.0)
        for e in ours.keys() | theirs.keys()
    ):  # fmt: skip
        return None
    sentence = (
        f"The stated formula is {_written(claims.formula)}, but the listed atoms come to "
        f"{_written(_scaled(amounts, claims.formula))}."
    )
    return Doubt(DoubtKind.FORMULA, sentence)


def _of_units(amounts: Mapping[str, float], claims: Claims) -> Doubt | None:
    """The number of atoms in the cell; some programs give the formula of the whole cell beside Z."""
    if claims.units is None or claims.formula is None or not claims.is_exact:
        return None
    ours = sum(amount for element, amount in amounts.items() if element != "H")
    unit = sum(amount for element, amount in claims.formula.items() if element != "H")
    if not ours or not unit:
        return None
    # Programs that write the formula of the whole cell beside Z: all its amounts are multiples of Z.
    of_cell = all(n >= claims.units and math.isclose(n / claims.units % 1.0, 0.0) for n in claims.formula.values())
    if any(abs(ours / (units * unit) - 1.0) < UNITS_RELATIVE for units in (claims.units, *([1.0] if of_cell else []))):
        return None
    sentence = (
        f"The file states {claims.units:g} formula units of {_written(claims.formula)} in its cell, "
        f"but the listed atoms come to {ours / unit:.3g}."
    )
    return Doubt(DoubtKind.CONTENTS, sentence)


def _of_density(amounts: Mapping[str, float], claims: Claims, volume: float, *, lacks_hydrogen: bool) -> Doubt | None:
    atoms = sum(amounts.values())
    if atoms and volume / atoms > EMPTIEST:
        sentence = f"There is one atom in {volume / atoms:.0f} Å³, less than in any crystal."
        return Doubt(DoubtKind.DENSITY, sentence)
    if claims.density is None or lacks_hydrogen:
        return None
    density = sum(n * gemmi.Element(symbol).weight for symbol, n in amounts.items()) / (
        volume * _ANGSTROM_CUBED_PER_MOLE
    )
    if abs(density / claims.density - 1.0) < DENSITY_RELATIVE:
        return None
    sentence = f"The stated density is {claims.density:g} g/cm³, but the listed atoms give {density:.3g} g/cm³."
    return Doubt(DoubtKind.DENSITY, sentence)


def _of_volume(claims: Claims, volume: float) -> Doubt | None:
    if claims.volume is None or abs(claims.volume / volume - 1.0) < VOLUME_RELATIVE:
        return None
    sentence = f"The stated cell volume is {claims.volume:g} Å³, but the cell has {volume:.4g} Å³."
    return Doubt(DoubtKind.VOLUME, sentence)


def _of_multiplicity(sites: Sequence[Site]) -> Doubt | None:
    wrong = [site for site in sites if site.multiplicities and site.multiplicities != {len(site.points)}]
    if not wrong:
        return None
    site = wrong[0]
    stated = ", ".join(map(str, sorted(site.multiplicities, key=str)))
    elements = ", ".join(site.amounts)
    sentence = (
        f"The file states the multiplicity {stated} of a site of {elements}, but the symmetry gives {len(site.points)}."
    )
    return Doubt(DoubtKind.MULTIPLICITY, sentence)


def _of_distance(sites: Sequence[Site], basis: np.ndarray) -> Doubt | None:
    """The shortest distance between atoms that are there at the same time: that fill more than one place together."""
    if not sites:
        return None
    points = np.concatenate([site.points for site in sites])
    owner = np.repeat(np.arange(len(sites)), [len(site.points) for site in sites])
    filling = np.array([sum(site.amounts.values()) for site in sites])
    first = np.concatenate([[0], np.cumsum([len(site.points) for site in sites])[:-1]])
    gap = points[first][:, None] - points[None]
    gap -= np.rint(gap)
    squares = np.einsum("abi,abi->ab", gap @ basis, gap @ basis)
    squares[np.arange(len(sites)), first] = np.inf
    squares[filling[:, None] + filling[owner][None] <= OVER_FULL] = np.inf
    one, other = np.unravel_index(int(np.argmin(squares)), squares.shape)
    if not squares[one, other] < SHORTEST**2:
        return None
    near = sites[int(one)], sites[int(owner[other])]
    names, distance = [", ".join(site.amounts) for site in near], math.sqrt(float(squares[one, other]))
    what = f"Atoms of {names[0]} and {names[1]} lie {distance:.2g} Å apart"
    if are_alternatives(*near):
        total = float(filling[one] + filling[owner[other]])
        sentence = f"{what} and are alternatives, but fill {total:.3g} places together."
        return Doubt(DoubtKind.OCCUPANCY, sentence)
    return Doubt(DoubtKind.DISTANCE, f"{what}, though both are there at the same time.")


def _shares(amounts: Mapping[str, float], *, without_hydrogen: bool) -> dict[str, float]:
    kept = {element: n for element, n in amounts.items() if n > 0.0 and not (without_hydrogen and element == "H")}
    total = sum(kept.values())
    return {element: n / total for element, n in kept.items()} if total else {}


def _scaled(amounts: Mapping[str, float], formula: Mapping[str, float]) -> dict[str, float]:
    """Amounts for as many atoms as a formula has."""
    factor = sum(formula.values()) / sum(amounts.values())
    return {element: amount * factor for element, amount in amounts.items()}


def _written(amounts: Mapping[str, float]) -> str:
    return reduced_formula({element: round(amount, 3) for element, amount in amounts.items()}, [1])
