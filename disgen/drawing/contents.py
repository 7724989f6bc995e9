"""What sits on a site, in words and colours: species by falling occupancy, labels, and the elements' colours."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.crystal import WyckoffCrystal, WyckoffSite

VACANCY = "□"

# Jmol's colours of the elements 1 to 100 (jmol.sourceforge.net/jscolors).
_JMOL = (
    "ffffff d9ffff cc80ff c2ff00 ffb5b5 909090 3050f8 ff0d0d 90e050 b3e3f5 ab5cf2 8aff00 bfa6a6 f0c8a0 ff8000 "
    "ffff30 1ff01f 80d1e3 8f40d4 3dff00 e6e6e6 bfc2c7 a6a6ab 8a99c7 9c7ac7 e06633 f090a0 50d050 c88033 7d80b0 "
    "c28f8f 668f8f bd80e3 ffa100 a62929 5cb8d1 702eb0 00ff00 94ffff 94e0e0 73c2c9 54b5b5 3b9e9e 248f8f 0a7d8c "
    "006985 c0c0c0 ffd98f a67573 668080 9e63b5 d47a00 940094 429eb0 57178f 00c900 70d4ff ffffc7 d9ffc7 c7ffc7 "
    "a3ffc7 8fffc7 61ffc7 45ffc7 30ffc7 1fffc7 00ff9c 00e675 00d452 00bf38 00ab24 4dc2ff 4da6ff 2194d6 267dab "
    "266696 175487 d0d0e0 ffd123 b8b8d0 a6544d 575961 9e4fb5 ab5c00 754f45 428296 420066 007d00 70abfa 00baff "
    "00a1ff 008fff 0080ff 006bff 545cf2 785ce3 8a4fe3 a136d4 b31fd4 b31fba"
)
# VESTA's (K. Momma and F. Izumi, J. Appl. Crystallogr. 44, 1272, 2011), as pymatgen lists them.
_VESTA = (
    "ffcccc fce8ce 86df73 5ed77b 1fa20f 4c4c4c b0b9e6 fe0300 b0b9e6 fe37b5 f9dc3c fb7b15 81b2d6 1b3bfa c09cc2 "
    "fffa00 31fc02 cffec4 a121f6 5a96bd b563ab 78caff e51900 00009e a7089d b57100 0000af b7bbbd 2247dc 8f8f81 "
    "9ee373 7e6ea6 74d057 9aef0f 7e3102 fac1f3 702eb0 00ff00 94ffff 00ff00 73c2c9 54b5b5 3b9e9e 248f8f 0a7d8c "
    "006985 c0c0c0 ffd98f a67573 9a8eb9 9e63b5 d47a00 940094 429eb0 57178f 00c900 5ac449 ffffc7 d9ffc7 c7ffc7 "
    "a3ffc7 8fffc7 61ffc7 45ffc7 30ffc7 1fffc7 00ff9c 00e675 00d452 00bf38 00ab24 4dc2ff 4da6ff 2194d6 267dab "
    "266696 175487 d0d0e0 ffd123 b8b8d0 a6544d 575961 9e4fb5 ab5c00 754f45 428296 420066 007d00 70abfa 00baff "
    "00a1ff 008fff 0080ff 006bff 545cf2 785ce3 8a4fe3 a136d4 b31fd4 b31fba"
)
SCHEMES: Mapping[str, Mapping[str, str]] = {
    name: {symbol: f"#{colour}" for symbol, colour in zip(ELEMENTS, colours.split(), strict=True)}
    for name, colours in (("jmol", _JMOL), ("vesta", _VESTA))
}
COLOURS: Mapping[str, str] = SCHEMES["jmol"]


def colour_distance(symbols: Sequence[str], scheme: str) -> float:
    """How different the two elements look that look most alike: 0 to 1, from the same colour to black and white."""
    colours = np.array([[int(SCHEMES[scheme][symbol][at : at + 2], 16) for at in (1, 3, 5)] for symbol in symbols])
    pairs = combinations(colours / 255.0, 2)
    return min((float(np.linalg.norm(one - other) / np.sqrt(3.0)) for one, other in pairs), default=1.0)


def species(site: WyckoffSite) -> tuple[tuple[str, float], ...]:
    """(Symbol, occupancy) of everything on a site by falling occupancy, the vacancy last under the symbol □."""
    present = sorted(site.occupancies, key=lambda pair: (-pair[1], ATOMIC_NUMBER[pair[0]]))
    return (*present, (VACANCY, site.vacancy)) if site.vacancy else tuple(present)


def site_labels(crystal: WyckoffCrystal) -> list[str]:
    """One label a site: its main element and the site's number, as in our CIFs (``Fe1``, ``O2``)."""
    return [f"{site.main_element}{number}" for number, site in enumerate(crystal.sites, start=1)]


def occupancy_text(site: WyckoffSite) -> str:
    """What sits on a site, as plain text: ``Fe 0.5, Ni 0.4, □ 0.1``."""
    return ", ".join(f"{symbol} {number_text(amount)}" for symbol, amount in species(site))


def number_text(value: float, decimals: int = 3) -> str:
    """A number with at most the given decimals and no trailing zeros."""
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
