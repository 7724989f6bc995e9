"""A fixed description of a crystal by some eighty numbers, for judges that compare sets of crystals.

The features are fixed in this code and were chosen before any generator was measured with them. Those that need the
cell or coordinates (`GEOMETRY`) come last, so that a judge can leave them out. All are rounded to half precision, so
that stored descriptors of real crystals and fresh ones of samples do not differ by their digits.

Averages over composition weigh each species by its atoms in the cell, w = multiplicity · occupancy:
mean = Σ w x / Σ w, std = √(Σ w (x - mean)² / Σ w), min and max over the species that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import gemmi
import numpy as np

from disgen import wyckoff
from disgen.crystal import ELEMENTS
from disgen.evaluation.fidelity.contacts import nearest_contacts
from disgen.evaluation.fidelity.contents import AMOUNT_STEP, Contents
from disgen.evaluation.fidelity.elements import KINDS, PROPERTIES, kinds, table
from disgen.generation.geometry.distances import bases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal

_STATISTICS = ("mean", "std", "min", "max")
COMPOSITION = (
    *(f"{name}_{statistic}" for name in PROPERTIES for statistic in _STATISTICS),
    *(f"share_{kind}" for kind in KINDS),
    "n_elements",
)
STRUCTURE = (
    "space_group",
    "crystal_system",
    "log_general_multiplicity",
    "n_sites",
    "log_positions",
    "log_atoms",
    "log_multiplicity_mean",
    "log_multiplicity_min",
    "log_multiplicity_max",
    "freedom_mean",
    "distinct_letters",
    "elements_on_several_sites",
    "electronegativity_largest_site",
    "radius_largest_site",
    "electronegativity_smallest_site",
    "radius_smallest_site",
)
DISORDER = (
    "disordered_sites",
    "mixed_sites",
    "vacant_sites",
    "disordered_share",
    "species_a_site_mean",
    "species_a_site_max",
    "vacancy",
    "vacancy_max",
    "smallest_amount",
    "entropy_max",
    "electronegativity_spread",
    "radius_spread",
)
GEOMETRY = (
    "volume_per_atom",
    "volume_to_covalent",
    "volume_to_ionic",
    "density",
    "contact_min",
    "contact_mean",
    "contact_std",
    "contact_max",
    "contact_anions",
    "log_b_to_a",
    "log_c_to_a",
    "longest",
    "alpha",
    "beta",
    "gamma",
)
FEATURES = (*COMPOSITION, *STRUCTURE, *DISORDER, *GEOMETRY)
WITHOUT_GEOMETRY = len(FEATURES) - len(GEOMETRY)

_MASSES = np.array([gemmi.Element(symbol).weight for symbol in ELEMENTS])  # Da
_GRAM_PER_CM3 = 1.66053906892  # of one dalton per Å³
_EMPTY = 1.5 * AMOUNT_STEP  # vacant share from which a site counts as partly empty
_LARGEST = 60_000.0  # within half precision


def describe(crystals: Sequence[WyckoffCrystal]) -> np.ndarray:
    """The features of n crystals.

    Args:
        crystals: canonical crystals with at least one site each.

    Returns:
        (n, 80) float32 by `FEATURES`, rounded to half precision. Lengths in Å, angles in degrees, volumes in Å³,
        density in g/cm³, logarithms to base 2; "contact": distance to the nearest neighbour by the sum of the
        covalent radii; NaN where a cell is none.
    """
    if not crystals:
        return np.zeros((0, len(FEATURES)), np.float32)
    contents = Contents.of(crystals)
    weight = contents.multiplicity[contents.site] * contents.share
    columns = [
        *_composition(contents, weight),
        *_structure(contents, weight),
        *_disorder(contents),
        *_geometry(contents, weight),
    ]
    values = np.clip(np.stack(columns, axis=1), -_LARGEST, _LARGEST)
    result: np.ndarray = values.astype(np.float16).astype(np.float32)
    return result


def column(name: str) -> int:
    """Place of a feature in `FEATURES`."""
    return FEATURES.index(name)


def _composition(contents: Contents, weight: np.ndarray) -> list[np.ndarray]:
    owner, n = contents.crystal[contents.site], len(contents)
    starts = np.searchsorted(owner, np.arange(n))
    atoms = np.bincount(owner, weights=weight, minlength=n)
    result = []
    for values in table()[contents.number - 1].T:
        mean = np.bincount(owner, weights=weight * values, minlength=n) / atoms
        variance = np.bincount(owner, weights=weight * (values - mean[owner]) ** 2, minlength=n) / atoms
        result += [
            mean,
            np.sqrt(variance),
            np.minimum.reduceat(values, starts),
            np.maximum.reduceat(values, starts),
        ]
    result += [
        np.bincount(owner, weights=weight * flag, minlength=n) / atoms for flag in kinds()[contents.number - 1].T
    ]
    distinct = np.unique(owner * (len(ELEMENTS) + 1) + contents.number) // (len(ELEMENTS) + 1)
    return [*result, np.bincount(distinct, minlength=n)]


def _structure(contents: Contents, weight: np.ndarray) -> list[np.ndarray]:
    owner, n = contents.crystal, len(contents)
    starts = np.searchsorted(owner, np.arange(n))
    sites = np.bincount(owner, minlength=n)
    multiplicity = contents.multiplicity
    logarithm = np.log2(multiplicity)
    tables = wyckoff.tables()
    systems = np.array([wyckoff.CRYSTAL_SYSTEMS.index(wyckoff.crystal_system(int(g))) for g in contents.space_group])
    general = tables.multiplicity[tables.first[contents.space_group + 1] - 1]
    letters = np.unique(owner * len(tables.group) + contents.row) // len(tables.group)

    species = contents.crystal[contents.site] * (len(ELEMENTS) + 1) + contents.number
    values, times = np.unique(species, return_counts=True)
    several = np.bincount(values // (len(ELEMENTS) + 1), weights=times > 1, minlength=n)

    filling = np.bincount(contents.site, weights=contents.share)
    means = [
        np.bincount(contents.site, weights=contents.share * table()[contents.number - 1, place]) / filling
        for place in (PROPERTIES.index("electronegativity"), PROPERTIES.index("covalent_radius"))
    ]
    # Of equally large sites the first counts, which is canonical.
    order = np.lexsort((np.arange(len(owner)), -multiplicity, owner))
    largest = order[starts]
    smallest = np.lexsort((np.arange(len(owner)), multiplicity, owner))[starts]
    return [
        contents.space_group,
        systems,
        np.log2(general),
        sites,
        np.log2(np.bincount(owner, weights=multiplicity, minlength=n)),
        np.log2(np.bincount(contents.crystal[contents.site], weights=weight, minlength=n)),
        np.bincount(owner, weights=logarithm, minlength=n) / sites,
        np.minimum.reduceat(logarithm, starts),
        np.maximum.reduceat(logarithm, starts),
        np.bincount(owner, weights=tables.freedom[contents.row], minlength=n) / sites,
        np.bincount(letters, minlength=n) / sites,
        several,
        *(mean[largest] for mean in means),
        *(mean[smallest] for mean in means),
    ]


def _disorder(contents: Contents) -> list[np.ndarray]:
    owner, n = contents.crystal, len(contents)
    first_site = np.searchsorted(owner, np.arange(n))
    first_species = np.searchsorted(contents.site, np.arange(len(owner)))
    sites = np.bincount(owner, minlength=n)
    species = np.bincount(contents.site)
    vacancy = np.clip(1.0 - np.bincount(contents.site, weights=contents.share), 0.0, 1.0)
    vacancy[vacancy < _EMPTY] = 0.0
    mixed, vacant = species > 1, vacancy > 0.0
    entropy = np.bincount(contents.site, weights=-contents.share * np.log(contents.share))
    disordered = np.bincount(owner, weights=mixed | vacant, minlength=n)
    spreads = []
    for place in (PROPERTIES.index("electronegativity"), PROPERTIES.index("covalent_radius")):
        values = table()[contents.number - 1, place]
        spread = np.maximum.reduceat(values, first_species) - np.minimum.reduceat(values, first_species)
        spreads.append(np.maximum.reduceat(spread, first_site))
    multiplicity = contents.multiplicity
    return [
        disordered,
        np.bincount(owner, weights=mixed, minlength=n),
        np.bincount(owner, weights=vacant, minlength=n),
        disordered / sites,
        np.bincount(owner, weights=species, minlength=n) / sites,
        np.maximum.reduceat(species, first_site),
        np.bincount(owner, weights=vacancy * multiplicity, minlength=n)
        / np.bincount(owner, weights=multiplicity, minlength=n),
        np.maximum.reduceat(vacancy, first_site),
        np.minimum.reduceat(np.minimum.reduceat(contents.share, first_species), first_site),
        np.maximum.reduceat(entropy, first_site),
        *spreads,
    ]


def _geometry(contents: Contents, weight: np.ndarray) -> list[np.ndarray]:
    owner, n = contents.crystal, len(contents)
    starts = np.searchsorted(owner, np.arange(n))
    holder = owner[contents.site]
    vectors, good = bases(contents.cell)
    volume = np.where(good, np.abs(np.linalg.det(vectors)), np.nan)

    def summed(values: np.ndarray) -> np.ndarray:
        total: np.ndarray = np.bincount(holder, weights=weight * values[contents.number - 1], minlength=n)
        return total

    spheres = [
        summed(4.0 / 3.0 * np.pi * table()[:, PROPERTIES.index(name)] ** 3)
        for name in ("covalent_radius", "ionic_radius")
    ]
    contact = nearest_contacts(contents)
    share = contents.multiplicity / np.bincount(owner, weights=contents.multiplicity, minlength=n)[owner]
    mean = np.bincount(owner, weights=share * contact, minlength=n)
    spread = np.sqrt(np.bincount(owner, weights=share * (contact - mean[owner]) ** 2, minlength=n))
    anion = kinds()[contents.number - 1, KINDS.index("anions")]
    weights = weight * anion
    anions = np.bincount(holder, weights=weights, minlength=n)
    at_anions = np.bincount(holder, weights=weights * contact[contents.site], minlength=n)
    a, b, c = contents.cell[:, :3].T
    return [
        volume / summed(np.ones(len(ELEMENTS))),
        *(volume / sphere for sphere in spheres),
        _GRAM_PER_CM3 * summed(_MASSES) / volume,
        np.minimum.reduceat(contact, starts),
        mean,
        spread,
        np.maximum.reduceat(contact, starts),
        np.where(anions > 0.0, at_anions / np.where(anions > 0.0, anions, 1.0), mean),
        np.log2(b / a),
        np.log2(c / a),
        np.maximum(np.maximum(a, b), c),
        *contents.cell[:, 3:].T,
    ]
