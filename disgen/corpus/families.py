"""Which family of chemistry a composition belongs to, by its anions: coarse, and by amounts alone."""

from __future__ import annotations

import numpy as np

from disgen.crystal import ATOMIC_NUMBER

OXIDE, SILICATE, OXO_SALT = "oxide", "silicate", "other oxo salt"
HALIDE, CHALCOGENIDE, PNICTIDE, METALLIC = "halide", "chalcogenide", "pnictide or carbide", "metallic"
FAMILIES = (OXIDE, SILICATE, OXO_SALT, HALIDE, CHALCOGENIDE, PNICTIDE, METALLIC)
CENTRES = "B C N P S As Se Te Cl Br I".split()  # noqa: SIM905 (of oxo anions besides silicates)
OXYGENS = 6.0  # per centre, at most: carbonates have 3, phosphates 4, pyrophosphates 3.5, telluric acid 6
_ANIONS = {
    HALIDE: "F Cl Br I".split(),  # noqa: SIM905
    CHALCOGENIDE: "S Se Te".split(),  # noqa: SIM905
    PNICTIDE: "N P As Sb C B Si Ge".split(),  # noqa: SIM905
}


def anion_families(shares: np.ndarray) -> np.ndarray:
    """The family of each composition.

    The anion is what there is most of among oxygen, the halogens, the chalcogens, and pnictogens with their neighbours.
    With oxygen, enough silicon makes a silicate, and enough of another centre of oxo anions another oxo salt. What has
    none of them is metallic.

    Args:
        shares: (n, 100) share of each element's atoms, by atomic number from 1.

    Returns:
        (n,) names of `FAMILIES`.
    """

    def share(symbols: list[str]) -> np.ndarray:
        total: np.ndarray = shares[:, [ATOMIC_NUMBER[symbol] - 1 for symbol in symbols]].sum(axis=1)
        return total

    oxygen, silicon, centres = share(["O"]), share(["Si"]), share(CENTRES)
    amounts = np.stack([oxygen, *(share(symbols) for symbols in _ANIONS.values())])
    names: np.ndarray = np.array([OXIDE, *_ANIONS], dtype=object)[amounts.argmax(axis=0)]
    names[amounts.max(axis=0) <= 0.0] = METALLIC
    oxide = names == OXIDE
    names[oxide & (centres * OXYGENS >= oxygen)] = OXO_SALT
    names[oxide & (silicon * OXYGENS >= oxygen) & (silicon >= centres)] = SILICATE
    return names
