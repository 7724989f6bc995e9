"""Optional repair of a crystal's geometry after decoding, which leaves its symmetry and its contents as they are.

Sites move along the free coordinates of their Wyckoff positions and the cell changes within its crystal system until
all atoms that are really present together keep their distance (`disgen.generation.geometry.relaxation`). Space group,
Wyckoff letters and occupancies stay. This is no physics: it takes clashes away and changes as little as that needs.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import spglib
import torch

from disgen.canonical import canonicalise_many
from disgen.crystal import lattice_vectors
from disgen.errors import DisgenError
from disgen.generation.checks import MIN_DISTANCE, PLAUSIBLE_VOLUME_PER_ATOM
from disgen.generation.geometry.distances import Geometry, measure
from disgen.generation.geometry.motion import Bucket
from disgen.generation.geometry.relaxation import relax
from disgen.ragged import Ragged
from disgen.symmetry import expand

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.reconstruction import Reconstructions

STEPS = 30
CONTACT = 0.75  # every pair needs this share of the sum of its covalent radii, somewhat more than is plausible,
NEAREST = 1.02 * MIN_DISTANCE  # and this in Å, which matters for hydrogen
MOST_GROWTH = 1.5  # of the cell's volume; a cell that is too dilute shrinks by no more than that
_SYMMETRY_TOLERANCE = 0.1  # Å, with which CIFs are read
_SEARCHABLE = 1.5  # times that tolerance, the smallest distance among which symmetry can be told
_MOST_POSITIONS = 400
_VOLUME_MARGIN = 0.01  # by which a volume is moved inside its limits
_CHUNK = 50_000  # pairs of points worked on at once: some 50 MB


@dataclass(frozen=True, eq=False)
class Polishing:
    """What became of n crystals.

    Attributes:
        crystals: the crystals in their order; the same objects where nothing was to be done or to be gained.
        changed: (n,) True where a crystal is another one now.
        before: measurements of the crystals as they came; `min_contact` is the ratio that polishing raises.
        after: measurements of the polished crystals.
    """

    crystals: tuple[WyckoffCrystal, ...]
    changed: np.ndarray
    before: Geometry
    after: Geometry

    def __len__(self) -> int:
        """Number of crystals."""
        return len(self.crystals)


def polish(
    crystals: Sequence[WyckoffCrystal], *, steps: int = STEPS, threads: int | None = None
) -> tuple[WyckoffCrystal, ...]:
    """Crystals with their clashes removed; `polish_and_measure` says how, and what was gained."""
    return polish_and_measure(crystals, steps=steps, threads=threads).crystals


def polish_reconstructions(made: Reconstructions) -> Reconstructions:
    """The same samples with the clashes of their crystals removed; outcomes stay."""
    repaired = iter(polish([crystal for crystal in made.crystals if crystal is not None]))
    return replace(made, crystals=tuple(None if crystal is None else next(repaired) for crystal in made.crystals))


def polish_and_measure(
    crystals: Sequence[WyckoffCrystal], *, steps: int = STEPS, threads: int | None = None
) -> Polishing:
    """Remove the clashes of crystals, and measure them before and after.

    Every distance is brought to at least `CONTACT` of the sum of the two sites' covalent radii (weighted by occupancy)
    and to `NEAREST`; pairs that are never occupied together are exempt (`disgen.generation.geometry.distances`). A cell
    with more or less volume per atom than is plausible is first scaled to the limit if a factor of `MOST_GROWTH` is
    enough; otherwise volumes do not shrink, and grow by that factor at most; axes change by a third or so at most.
    Where a crystal has all this already, cannot be improved, would need other axes or letters, or would gain symmetry,
    it is returned as it is. All others come back canonical and with the same key, though not always with all distances
    that they need.

    Args:
        crystals: canonical crystals, any number. What becomes of one does not depend on its company.
        steps: of the relaxation, at most.
        threads: of torch; None for as many as are set.

    Raises:
        DisgenError: if steps or threads are fewer than one, or a space group does not have one of the letters.
    """
    if steps < 1 or (threads is not None and threads < 1):
        msg = f"Polishing takes at least one step and one thread, got {steps} and {threads}."
        raise DisgenError(msg)
    before = measure(crystals)
    smallest, largest = _volume_bounds(before.volume_per_atom)
    needy = np.flatnonzero((_reach(before) < 1.0) | (smallest != 1.0))
    trial = [crystals[index] for index in needy.tolist()]
    with _torch_threads(threads):
        for chosen in _chunks(trial):
            bucket = Bucket.of([trial[index] for index in chosen])
            problem = bucket.problem(smallest[needy[chosen]], largest[needy[chosen]], CONTACT, NEAREST)
            for index, crystal in zip(chosen, bucket.displaced(*relax(problem, steps)), strict=True):
                trial[index] = crystal
    trial = canonicalise_many(trial)

    measured = measure(trial)
    better = _better(_taken(before, needy), measured)
    result = list(crystals)
    for place, index in enumerate(needy.tolist()):
        was, now = crystals[index], trial[place]
        nearest = (before.min_distance[index], measured.min_distance[place])
        better[place] = better[place] and was.key == now.key and _keeps_symmetry(was, now, nearest)
        if better[place]:
            result[index] = now
    changed = np.zeros(len(crystals), dtype=bool)
    changed[needy] = better
    after = np.array(_columns(before))
    after[:, changed] = np.array(_columns(measured))[:, better]
    return Polishing(tuple(result), changed, before, Geometry(*after))


def _volume_bounds(volume_per_atom: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest volume (n,) that crystals may take, as multiples of what they have.

    Args:
        volume_per_atom: (n,) Å³; of a NaN nothing may change.
    """
    low, high = PLAUSIBLE_VOLUME_PER_ATOM
    to_low, to_high = low * (1.0 + _VOLUME_MARGIN) / volume_per_atom, high * (1.0 - _VOLUME_MARGIN) / volume_per_atom
    smallest = np.where((volume_per_atom < low) & (to_low <= MOST_GROWTH), to_low, 1.0)
    largest = np.clip(to_high, 1.0, MOST_GROWTH)
    dilute = (volume_per_atom > high) & (to_high >= 1.0 / MOST_GROWTH)
    return np.where(dilute, to_high, smallest), np.where(dilute, to_high, largest)


def _reach(geometry: Geometry) -> np.ndarray:
    """Smallest distance over needed distance of the crystals, (n,)."""
    return np.minimum(geometry.min_contact / CONTACT, geometry.min_distance_split_aware / NEAREST)


def _better(before: Geometry, after: Geometry) -> np.ndarray:
    """(n,) True where crystals have come closer to what they need, and lost nothing of it."""
    low, high = PLAUSIBLE_VOLUME_PER_ATOM
    was, now = ((low <= item.volume_per_atom) & (item.volume_per_atom <= high) for item in (before, after))
    reach, new_reach = _reach(before), _reach(after)
    result: np.ndarray = (new_reach >= np.minimum(reach, 1.0)) & ((new_reach > reach) | (now & ~was))
    return result


def _keeps_symmetry(was: WyckoffCrystal, now: WyckoffCrystal, nearest: tuple[float, float]) -> bool:
    """False if atoms have come to lie so evenly that the space group is a higher one; some samples begin like that."""
    found = _space_group_found(now, nearest[1])
    if found in {now.space_group, None}:
        return True
    return _space_group_found(was, nearest[0]) not in {was.space_group, None}


def _space_group_found(crystal: WyckoffCrystal, nearest: float) -> int | None:
    """Number of the space group that a search finds, 0 if it finds none; sites with the same content are alike.

    None where none can be searched for: a search among atoms that nearly coincide, or very many, may never end.
    """
    if (
        nearest < _SEARCHABLE * _SYMMETRY_TOLERANCE
        or sum(site.multiplicity for site in crystal.sites) > _MOST_POSITIONS
    ):
        return None
    positions, index = expand(crystal)
    kinds: dict[object, int] = {}
    numbers = [kinds.setdefault(crystal.sites[site].occupancies, len(kinds) + 1) for site in index]
    cell = (lattice_vectors(crystal.cell).tolist(), positions.tolist(), numbers)
    try:
        found = spglib.get_symmetry_dataset(cell, _SYMMETRY_TOLERANCE)
    except spglib.SpglibError:
        return 0
    return 0 if found is None else int(found.number)


def _columns(geometry: Geometry) -> list[np.ndarray]:
    return [getattr(geometry, item.name) for item in fields(geometry)]


def _taken(geometry: Geometry, indices: np.ndarray) -> Geometry:
    return Geometry(*(column[indices] for column in _columns(geometry)))


def _chunks(crystals: Sequence[WyckoffCrystal]) -> Iterator[list[int]]:
    """Indices of crystals with the same number of sites, and not too many pairs of points."""
    by_size: dict[int, list[int]] = {}
    for index, crystal in enumerate(crystals):
        by_size.setdefault(len(crystal.sites), []).append(index)
    for size, indices in by_size.items():
        multiplicities = np.array([[site.multiplicity for site in crystals[index].sites] for index in indices])
        first, second = np.triu_indices(size)
        points = np.minimum(multiplicities[:, first], multiplicities[:, second]).sum(axis=1)
        every = Ragged.of_counts(points).chunks(np.arange(len(indices)), _CHUNK)
        yield from (indices[part] for part in every)


@contextmanager
def _torch_threads(threads: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
