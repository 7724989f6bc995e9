"""Disordered crystals that tests and `docs/ensembles.md` share, with where their parameters come from."""

from disgen.crystal import WyckoffCrystal, WyckoffSite

_RIGHT = (90.0, 90.0, 90.0)

# Fm-3m, 6.076 Å: S. Geller and J. H. Wernick, Acta Crystallogr. 12, 46 (1959).
AGSBTE2 = WyckoffCrystal(
    225,
    (6.076, 6.076, 6.076, *_RIGHT),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Ag", 0.5), ("Sb", 0.5))),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Te", 1.0),)),
    ),
)
# The disordered, face-centred alloys.
CUAU = WyckoffCrystal(
    225, (3.87, 3.87, 3.87, *_RIGHT), (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Cu", 0.5), ("Au", 0.5))),)
)
CU3AU = WyckoffCrystal(
    225, (3.75, 3.75, 3.75, *_RIGHT), (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Cu", 0.75), ("Au", 0.25))),)
)
GESI = WyckoffCrystal(
    227, (5.54, 5.54, 5.54, *_RIGHT), (WyckoffSite("a", 8, (0.125, 0.125, 0.125), (("Si", 0.5), ("Ge", 0.5))),)
)
# The 90 K superconductor: J. D. Jorgensen et al., Phys. Rev. B 41, 1863 (1990), oxygen of the chains rounded to 0.9.
YBCO = WyckoffCrystal(
    47,
    (3.8227, 3.8872, 11.6802, *_RIGHT),
    (
        WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Cu", 1.0),)),
        WyckoffSite("e", 1, (0.0, 0.5, 0.0), (("O", 0.9),)),
        WyckoffSite("h", 1, (0.5, 0.5, 0.5), (("Y", 1.0),)),
        WyckoffSite("q", 2, (0.0, 0.0, 0.1584), (("O", 1.0),)),
        WyckoffSite("q", 2, (0.0, 0.0, 0.355), (("Cu", 1.0),)),
        WyckoffSite("r", 2, (0.0, 0.5, 0.3779), (("O", 1.0),)),
        WyckoffSite("s", 2, (0.5, 0.0, 0.379), (("O", 1.0),)),
        WyckoffSite("t", 2, (0.5, 0.5, 0.1843), (("Ba", 1.0),)),
    ),
)
# Cubic, with lithium on 24d and on the split position 96h: J. Awaka et al., Chem. Lett. 40, 60 (2011).
LLZO = WyckoffCrystal(
    230,
    (12.9827, 12.9827, 12.9827, *_RIGHT),
    (
        WyckoffSite("a", 16, (0.0, 0.0, 0.0), (("Zr", 1.0),)),
        WyckoffSite("c", 24, (0.125, 0.0, 0.25), (("La", 1.0),)),
        WyckoffSite("d", 24, (0.375, 0.0, 0.25), (("Li", 0.94),)),
        WyckoffSite("h", 96, (0.0969, 0.6853, 0.577), (("Li", 0.349),)),
        WyckoffSite("h", 96, (0.9679, 0.0549, 0.1499), (("O", 1.0),)),
    ),
)
# The superionic phase: R. J. Cava, F. Reidinger and B. J. Wuensch, Solid State Commun. 24, 411 (1977).
AGI = WyckoffCrystal(
    229,
    (5.062, 5.062, 5.062, *_RIGHT),
    (
        WyckoffSite("a", 2, (0.0, 0.0, 0.0), (("I", 1.0),)),
        WyckoffSite("d", 12, (0.25, 0.0, 0.5), (("Ag", 0.1667),)),
    ),
)
