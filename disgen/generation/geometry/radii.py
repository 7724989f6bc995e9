"""Ionic radii, and the radius of a site that several species share; covalent radii are in `distances`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.crystal import ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.crystal import WyckoffSite

# Effective ionic radii in Å of H to Fm, each in its most usual charge (anions of N, O, S, Se, Te and the halogens but
# At; high spin), six-fold coordination (N3- four, Ra2+ eight): R. D. Shannon, Acta Cryst. A 32, 751 (1976), Table 1.
# H and the noble gases have none there and keep their covalent radius; Es and Fm take that of Cf.
_IONIC = (
    ".31 .28 .76 .45 .27 .16 1.46 1.4 1.33 .58 1.02 .72 .535 .4 .38 1.84 1.81 1.06 1.38 1 "
    ".745 .605 .54 .615 .83 .645 .745 .69 .73 .74 .62 .53 .46 1.98 1.96 1.16 1.52 1.18 .9 .72 "
    ".64 .59 .645 .62 .665 .86 1.15 .95 .8 .69 .6 2.21 2.2 1.4 1.67 1.35 1.032 1.01 .99 .983 "
    ".97 .958 .947 .938 .923 .912 .901 .89 .88 .868 .861 .71 .64 .6 .63 .63 .625 .625 .85 1.02 "
    "1.5 1.19 1.03 .94 .62 1.5 1.8 1.48 1.12 .94 .78 .89 .87 .86 .975 .97 .96 .95 .95 .95"
)
IONIC_RADII: dict[str, float] = dict(zip(ELEMENTS, map(float, _IONIC.split()), strict=True))


def mean_radius(site: WyckoffSite, radii: Mapping[str, float]) -> float:
    """Radius in Å of what sits on a site, weighted by occupancy; a vacancy does not make it smaller.

    Args:
        site: at least partly filled.
        radii: Å by element symbol.
    """
    return sum(radii[symbol] * occupancy for symbol, occupancy in site.occupancies) / site.filling
