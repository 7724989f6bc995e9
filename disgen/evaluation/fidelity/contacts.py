"""How near each site's nearest neighbour is, for whole batches of crystals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ELEMENTS, OCCUPANCY_TOLERANCE
from disgen.evaluation.fidelity.contents import AMOUNT_STEP
from disgen.generation.geometry.distances import (
    COVALENT_RADII,
    bases,
    group_minima,
    orbit_points,
    pairs_of_sites,
    reduce_bases,
    shortest_gaps,
)

if TYPE_CHECKING:
    from disgen.evaluation.fidelity.contents import Contents

_RADII = np.array([COVALENT_RADII[symbol] for symbol in ELEMENTS])
_CHUNK = 512  # crystals measured at once, as in `disgen.generation.geometry.distances`


def nearest_contacts(contents: Contents) -> np.ndarray:
    """Distance from each site to its nearest neighbour as a share of the sum of the two covalent radii, (s,).

    Radii are weighted by occupancy. Two sites that are never occupied together are no neighbours; a site's own images
    are (`disgen.generation.geometry.distances` measures the same, but only the smallest of a crystal). NaN where the
    cell is none.
    """
    counts = np.bincount(contents.crystal, minlength=len(contents))
    stops = np.cumsum(counts)
    sites = [np.arange(0, 0)]
    for start in range(0, len(contents), _CHUNK):
        crystals = slice(start, start + _CHUNK)
        first = stops[start] - counts[start]
        sites.append(_of_chunk(contents, crystals, slice(first, first + int(counts[crystals].sum()))))
    return np.concatenate(sites)


def _of_chunk(contents: Contents, crystals: slice, sites: slice) -> np.ndarray:
    n = len(contents.cell[crystals])
    owner = contents.crystal[sites] - crystals.start
    rows, multiplicity = contents.row[sites], contents.multiplicity[sites]
    total = len(contents.row)
    filling = np.bincount(contents.site, weights=contents.share, minlength=total)[sites]
    weighted = np.bincount(contents.site, weights=contents.share * _RADII[contents.number - 1], minlength=total)
    radius = weighted[sites] / filling

    vectors, good = bases(contents.cell[crystals])
    reduced, inverse, reducible = reduce_bases(vectors)
    points, start = orbit_points(rows, contents.coordinates[sites])
    points = np.einsum("pi,pij->pj", points, inverse[np.repeat(owner, multiplicity)])
    more, fewer = pairs_of_sites(np.bincount(owner, minlength=n), multiplicity)
    gap = shortest_gaps(points, start, multiplicity, more, fewer, owner, reduced)
    # Rounded amounts may add up to a little more than one where all of them are alternatives.
    together = filling[more] + filling[fewer] > 1.0 + 2.0 * AMOUNT_STEP + OCCUPANCY_TOLERANCE
    contact = np.where(together, gap / (radius[more] + radius[fewer]), np.inf)
    shortest = np.sqrt(np.einsum("nij,nij->ni", reduced, reduced).min(axis=1))
    nearest = np.minimum(group_minima(contact, more, len(rows)), group_minima(contact, fewer, len(rows)))
    nearest = np.minimum(nearest, shortest[owner] / (2.0 * radius))
    return np.where((good & reducible)[owner], nearest, np.nan)
