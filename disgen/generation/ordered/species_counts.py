"""How many atoms of each species each site of a cell holds, as whole numbers near to the occupancies.

| symbol | variable | meaning |
|---|---|---|
| N_s | `size` | positions of site s in the cell |
| x_sE | `share` | occupancy of species E on site s, the vacancy counted as a species |
| n_sE | `wanted` | atoms of E on s: floor or ceiling of N_s x_sE, with sum over E of n_sE = N_s |
| Δ_E | `miss` | sum over s of n_sE - N_s x_sE; the sum over E of its absolute value is as small as can be |
| q_E | `charges` | oxidation state of E; where given, the absolute value of the sum of Δ_E q_E is made small first |
"""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.crystal import WyckoffSite

VACANCY = ""  # as a species
_WHOLE = 1e-6  # from a whole number: rounding noise of occupancies times positions
_OF_A_CHARGE = 100.0  # what an elementary charge costs, in atoms of an element that are too many or too few


def species_counts(
    sites: Sequence[WyckoffSite],
    sizes: np.ndarray,
    rng: np.random.Generator,
    charges: Mapping[str, float] | None = None,
) -> list[dict[str, int]]:
    """Atoms of each species on each site, "" standing for vacancies.

    Args:
        sites: of the crystal.
        sizes: (sites,) positions of each in the cell.
        rng: decides between equally good choices.
        charges: oxidation states by element, to keep the charge that the occupancies have before all else.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 (heavy, and needed here only)

    entries = [
        (number, symbol, share * size)
        for number, (site, size) in enumerate(zip(sites, sizes, strict=True))
        for symbol, share in shares_of(site)
    ]
    owner = np.array([number for number, _, _ in entries])
    symbols = [symbol for _, symbol, _ in entries]
    ideal = np.array([amount for _, _, amount in entries])
    floor = np.floor(ideal + _WHOLE)
    rest = np.where(np.abs(ideal - np.rint(ideal)) < _WHOLE, 0.0, ideal - floor)
    missing = sizes - np.bincount(owner, weights=floor, minlength=len(sizes))
    elements = sorted(set(symbols) - {VACANCY})
    n, m = len(entries), len(elements)

    # Unknowns: one more atom of each entry or not (n), then how far each element is off (m), which is to be small.
    row = (owner == np.arange(len(sizes))[:, None]).astype(float)
    column = np.array([[float(symbol == element) for symbol in symbols] for element in elements]).reshape(m, n)
    costs, slack = np.ones(m), np.eye(m)
    if charges is not None:  # one more unknown: how far the charge is off
        column = np.vstack([column, [charges.get(symbol, 0.0) for symbol in symbols]])
        costs, slack = np.append(costs, _OF_A_CHARGE), np.eye(m + 1)
    short = column @ rest
    constraints = [
        LinearConstraint(np.hstack([row, np.zeros((len(sizes), len(costs)))]), missing, missing),
        LinearConstraint(np.hstack([column, slack]), short, np.inf),
        LinearConstraint(np.hstack([column, -slack]), -np.inf, short),
    ]
    # Second, each entry is to be near its own share; third, the seed decides.
    nearness = 1e-3 * (1.0 - 2.0 * rest) + 1e-5 * rng.random(n)
    solution = milp(
        np.concatenate([nearness, costs]),
        integrality=np.concatenate([np.ones(n), np.zeros(len(costs))]),
        bounds=Bounds(0.0, np.concatenate([(rest > 0.0).astype(float), np.full(len(costs), np.inf)])),
        constraints=constraints,
    )
    counts: list[dict[str, int]] = [{} for _ in sites]
    for number, symbol, amount in zip(owner, symbols, floor + np.rint(solution.x[:n]), strict=True):
        counts[number][symbol] = int(amount)
    return counts


def shares_of(site: WyckoffSite) -> list[tuple[str, float]]:
    """Occupancies that sum to one exactly, the vacancy as "" among them; overfull sites are scaled down."""
    total = site.filling + site.vacancy
    shares = [(symbol, occupancy / total) for symbol, occupancy in site.occupancies]
    return [*shares, (VACANCY, site.vacancy / total)] if site.vacancy else shares


def atoms_in(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by species without the vacancies."""
    return {symbol: count for symbol, count in counts.items() if symbol != VACANCY}


def all_number(wanted: Sequence[Mapping[str, int]]) -> int:
    """Number of decorations, whether or not positions exclude each other and symmetry makes them the same."""
    total = 1
    for counts in wanted:
        left = sum(counts.values())
        for count in counts.values():
            total *= comb(left, count)
            left -= count
    return total
