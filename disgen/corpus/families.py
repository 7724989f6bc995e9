"""Which family of chemistry a composition belongs to, by its anions or its metals: coarse, and by amounts alone."""

from __future__ import annotations

import numpy as np

from disgen.crystal import ATOMIC_NUMBER

OXIDE, SILICATE, OXO_SALT = "oxide", "silicate", "other oxo salt"
HALIDE, CHALCOGENIDE, PNICTIDE, METALLIC = "halide", "chalcogenide", "pnictide or carbide", "metallic"
FAMILIES = (OXIDE, SILICATE, OXO_SALT, HALIDE, CHALCOGENIDE, PNICTIDE, METALLIC)
CENTRES = "B C N P S As Se Te Cl Br I".split()  # noqa: SIM905 (of oxo anions besides silicates)
OXYGENS = (2.0, 6.0)  # per centre: nitrites have 2, carbonates 3, phosphates 4, telluric acid 6; LaFeAsO is no salt
SULPHITE = 3.0  # at least for S, Se and Te, or La2O2S were a salt
_ANIONS = {
    HALIDE: "F Cl Br I".split(),  # noqa: SIM905
    CHALCOGENIDE: "S Se Te".split(),  # noqa: SIM905
    PNICTIDE: "N P As Sb C B Si Ge".split(),  # noqa: SIM905
}
NO_METAL = "none"
_METALS = {
    "alkali": "Li Na K Rb Cs Fr",
    "alkaline earth": "Be Mg Ca Sr Ba Ra",
    "3d": "Ti V Cr Mn Fe Co Ni Cu Zn",
    "4d or 5d": "Zr Nb Mo Tc Ru Rh Pd Ag Cd Hf Ta W Re Os Ir Pt Au Hg",
    "rare earth or actinide": "Sc Y La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm",
    "p block": "Al Ga In Tl Sn Pb Bi Po",
}
METALS = (*_METALS, NO_METAL)


def metal_families(shares: np.ndarray) -> np.ndarray:
    """What kind of metal each composition has most of; metalloids, which make anions as well, are no metals here.

    Args:
        shares: (n, 100) share of each element's atoms, by atomic number from 1.

    Returns:
        (n,) names of `METALS`; of equal amounts the first.
    """
    amounts = np.stack([_share(shares, symbols.split()) for symbols in _METALS.values()])
    names: np.ndarray = np.array(list(_METALS), dtype=object)[amounts.argmax(axis=0)]
    names[amounts.max(axis=0) <= 0.0] = NO_METAL
    return names


def anion_families(shares: np.ndarray) -> np.ndarray:
    """The family of each composition.

    The anion is what there is most of among oxygen, the halogens, the chalcogens, and pnictogens with their neighbours.
    With oxygen, enough silicon makes a silicate, and enough of another centre of oxo anions another oxo salt; where a
    centre has too little oxygen for oxo anions, it is an anion beside it. What has none of them is metallic.

    Args:
        shares: (n, 100) share of each element's atoms, by atomic number from 1.

    Returns:
        (n,) names of `FAMILIES`.
    """
    oxygen, silicon, centres = (_share(shares, symbols) for symbols in (["O"], ["Si"], CENTRES))
    amounts = np.stack([oxygen, *(_share(shares, symbols) for symbols in _ANIONS.values())])
    names: np.ndarray = np.array([OXIDE, *_ANIONS], dtype=object)[amounts.argmax(axis=0)]
    names[amounts.max(axis=0) <= 0.0] = METALLIC
    oxide = names == OXIDE
    fewest, most = OXYGENS
    needed = fewest * (silicon + centres) + (SULPHITE - fewest) * _share(shares, _ANIONS[CHALCOGENIDE])
    names[oxide & (centres * most >= oxygen) & (needed <= oxygen)] = OXO_SALT
    names[oxide & (silicon * most >= oxygen) & (silicon >= centres) & (needed <= oxygen)] = SILICATE
    return names


def _share(shares: np.ndarray, symbols: list[str]) -> np.ndarray:
    """(n,) share of some elements together."""
    total: np.ndarray = shares[:, [ATOMIC_NUMBER[symbol] - 1 for symbol in symbols]].sum(axis=1)
    return total
