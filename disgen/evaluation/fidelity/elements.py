"""Numbers that describe an element, for the descriptor and for the question which elements can share a site."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.generation.geometry.distances import COVALENT_RADII
from disgen.generation.geometry.radii import IONIC_RADII
from disgen.wyckoff import frozen

# What the descriptor averages: Pauling electronegativity, covalent and ionic radius in Å, Pettifor's Mendeleev number
# (Solid State Commun. 51, 31 (1984)), column and row of the periodic table, and a common charge: of elements that form
# anions that of these, of all others the highest.
PROPERTIES = ("electronegativity", "covalent_radius", "ionic_radius", "mendeleev", "column", "row", "charge")
_NO_ELECTRONEGATIVITY = 3.5  # He, Ne, Ar, which bind nothing
_ANIONS = "N O F S Cl Se Br Te I P As H C"
_RARE_EARTHS = "Sc Y La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu"
KINDS = ("anions", "oxygen", "hydrogen", "halogens", "transition_metals", "rare_earths", "actinides", "noble_gases")
_ANION_CHARGE = {"N": -3, "O": -2, "F": -1, "S": -2, "Cl": -1, "Se": -2, "Br": -1, "Te": -2, "I": -1, "H": 1}


@cache
def table() -> np.ndarray:
    """(100, 7) `PROPERTIES` of the elements by atomic number."""
    from pymatgen.core import Element  # noqa: PLC0415 (slow import)

    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that noble gases have no electronegativity
        for symbol in ELEMENTS:
            element = Element(symbol)
            negativity = float(element.X)
            rows.append(
                (
                    negativity if np.isfinite(negativity) else _NO_ELECTRONEGATIVITY,
                    COVALENT_RADII[symbol],
                    IONIC_RADII[symbol],
                    float(element.mendeleev_no),
                    element.group,
                    element.row,
                    _ANION_CHARGE.get(symbol, max(element.common_oxidation_states, default=0)),
                )
            )
    return frozen(np.array(rows, dtype=float))


@cache
def kinds() -> np.ndarray:
    """(100, 8) 1 where an element is of one of the `KINDS`."""
    columns = table()[:, PROPERTIES.index("column")]
    numbers = np.arange(1, len(ELEMENTS) + 1)
    rare, anions = _members(_RARE_EARTHS), _members(_ANIONS)
    actinides = numbers >= ATOMIC_NUMBER["Ac"]
    transition = (columns >= 3) & (columns <= 12) & ~rare & ~actinides  # noqa: PLR2004 (columns of the periodic table)
    halogens, gases = columns == 17, columns == 18  # noqa: PLR2004
    members = (anions, _members("O"), _members("H"), halogens, transition, rare, actinides, gases)
    return frozen(np.stack(members, axis=1).astype(float))


def _members(symbols: str) -> np.ndarray:
    mask = np.zeros(len(ELEMENTS), dtype=bool)
    mask[[ATOMIC_NUMBER[symbol] - 1 for symbol in symbols.split()]] = True
    return mask
