"""Listed atoms and operations to sites: every position in the stated cell, and what occupies it.

Where the file leaves open what its numbers mean, `place` reads them one way and names the `Question`; the other way is
read when it is asked for, and `disgen.cif.standard.choose` compares the two with what the file states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from disgen.cif.errors import CifError, CifReason

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from disgen.cif.atoms.table import Atom
    from disgen.cif.symmetry.operations import Operations

MERGE_DISTANCE = 0.05  # Å; closer atoms are one site
OVER_FULL = 1.02  # sum of a site's occupancies that can still be forgiven
MAX_POSITIONS = 5000
MAX_IMAGES = 20_000  # atoms times operations
_ROUNDING_REACH = 0.25  # Å; atoms farther from a special position are not there by rounding
_SAME_SHARE = 1e-3  # of occupancies
_NOT_ROUNDING = 2e-3  # Å, beyond a coordinate's uncertainty


class Question(StrEnum):
    """What a file's numbers may mean besides the usual."""

    MERGED = "the same atoms are listed at equivalent positions"
    GENERAL_SHARES = "occupancies are relative to the general position"
    SPLIT = "a partly filled atom lies beside a special position"


@dataclass
class Site:
    """One orbit.

    Attributes:
        points: (m, 3) all positions in the stated cell.
        places: contents by listed position: coordinates, and occupancies by element.
        charges: by element.
        multiplicities: as stated for its atoms.
        stated_groups: of alternatives, as stated for its atoms.
        factor: on the occupancies.
    """

    points: np.ndarray
    places: list[tuple[np.ndarray, dict[str, float]]]
    charges: dict[str, set[int | None]]
    multiplicities: set[int | None]
    stated_groups: set[tuple[str, str] | None]
    factor: float = 1.0

    @property
    def amounts(self) -> dict[str, float]:
        """Occupancies by element, of all places together."""
        total: dict[str, float] = {}
        for _, content in self.places:
            for element, share in content.items():
                total[element] = total.get(element, 0.0) + share
        return {element: self.factor * share for element, share in total.items()} if self.factor != 1.0 else total

    @property
    def groups(self) -> set[tuple[str, str]]:
        """Groups of alternatives (`disgen.cif.standard.alternatives`); none if an atom is part of none."""
        return set() if None in self.stated_groups else {group for group in self.stated_groups if group}

    @property
    def is_repeated(self) -> bool:
        """True if two or more equivalent places are listed with the same content."""
        if len(self.places) < 2:  # noqa: PLR2004 (one place is no repetition)
            return False
        first = self.places[0][1]
        return all(
            content.keys() == first.keys()
            and all(abs(content[element] - first[element]) < _SAME_SHARE for element in first)
            for _, content in self.places[1:]
        )


@dataclass(frozen=True)
class Placement:
    """All sites of a cell.

    Attributes:
        sites: in the order of their first atoms.
        questions: what may also be read otherwise.
        merged: sites of which equivalent places were listed, and counted once.
        is_complete: every site is listed with all its places, as in a list of the whole cell.
        moved: labels of atoms that were put on a special position farther away than `MERGE_DISTANCE`.
        beside: labels of partly filled atoms that were put on one nearer by, by more than rounding.
        order: operations in the stated cell, the multiplicity of the general position.
    """

    sites: tuple[Site, ...]
    questions: tuple[Question, ...]
    merged: int = 0
    is_complete: bool = False
    moved: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    order: int = 1

    @property
    def general_shares(self) -> tuple[float, ...]:
        """What fills each site if occupancies are relative to the general position."""
        return tuple(sum(site.amounts.values()) * self.order / len(site.points) for site in self.sites)


def place(
    atoms: Sequence[Atom], operations: Operations, basis: np.ndarray, answers: Collection[Question] = ()
) -> Placement:
    """The sites of a cell; atoms within `MERGE_DISTANCE` of a site's position belong to it.

    Args:
        atoms: as listed.
        operations: of the group, in the stated cell.
        basis: (3, 3) cell vectors as rows, Å.
        answers: questions that are to be read the other way.

    Raises:
        CifError: if there are too many positions.
    """
    if len(atoms) * len(operations) > MAX_IMAGES:
        raise _too_large(len(atoms) * len(operations))
    coordinates, stabilisers, moved = _on_special_positions(atoms, operations, basis)
    images = _images(atoms, coordinates, stabilisers, operations, basis)
    beside = images > 1
    if Question.SPLIT in answers:
        atoms = [
            replace(atom, occupancy=atom.occupancy * count) for atom, count in zip(atoms, images.tolist(), strict=True)
        ]
    sites = _merged(atoms, coordinates, stabilisers, operations, basis)
    placement = _answered(sites, len(operations), answers)
    labels = tuple(atoms[number].label for number in np.flatnonzero(beside).tolist())
    questions = (Question.SPLIT,) if labels and Question.SPLIT not in answers else ()
    return replace(
        placement,
        questions=(*questions, *placement.questions),
        moved=tuple(atoms[number].label for number in moved),
        beside=labels,
    )


def _images(
    atoms: Sequence[Atom], coordinates: np.ndarray, stabilisers: np.ndarray, operations: Operations, basis: np.ndarray
) -> np.ndarray:
    """How many images of each atom, (n,), fall on one special position, on which the atom does not lie itself.

    1 for an atom that lies on its position within the rounding of its digits, and for one too full to be shared.
    """
    given = np.array([atom.coordinates for atom in atoms])
    counts = np.ones(len(atoms), dtype=np.int64)
    off = np.linalg.norm(_wrapped(coordinates - given) @ basis, axis=1)
    for number in np.flatnonzero((stabilisers > 1) & (off > _NOT_ROUNDING)).tolist():
        reach = float(np.linalg.norm(atoms[number].uncertainties * np.linalg.norm(basis, axis=1))) + _NOT_ROUNDING
        shift = _wrapped(operations.rotations @ given[number] + operations.translations - given[number])
        same = np.linalg.norm(shift @ basis, axis=1) < 2.0 * reach
        count = int(stabilisers[number]) // max(int(same.sum()), 1)
        if off[number] > reach and atoms[number].occupancy * count <= OVER_FULL:
            counts[number] = count
    return counts


def _on_special_positions(
    atoms: Sequence[Atom], operations: Operations, basis: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Coordinates (n, 3) with atoms put on special positions beside them, orders of stabilisers, and atoms moved far.

    The mean of the images that nearly coincide lies on the special position. An atom whose own images would clash is
    taken there from farther away, as far as its last digits may be off.
    """
    rotations, translations = operations.rotations, operations.translations
    coordinates = np.array([atom.coordinates for atom in atoms])
    limits = np.full((len(atoms), 1), MERGE_DISTANCE)
    moved: list[int] = []
    for step in range(2):
        shift = np.einsum("mij,nj->nmi", rotations, coordinates) + translations - coordinates[:, None]
        shift -= np.rint(shift)
        gaps = np.linalg.norm(shift @ basis, axis=2)
        if step == 0:
            for number in np.flatnonzero(((gaps >= MERGE_DISTANCE) & (gaps < _ROUNDING_REACH)).any(axis=1)).tolist():
                reach = 2.0 * float(np.linalg.norm(np.array(atoms[number].uncertainties) @ np.abs(basis))) + 1e-3
                within = gaps[number] < min(reach, _ROUNDING_REACH)
                if within.sum() * atoms[number].occupancy > OVER_FULL and np.any(
                    within & (gaps[number] >= MERGE_DISTANCE)
                ):
                    limits[number] = min(reach, _ROUNDING_REACH)
                    moved.append(number)
        near = gaps < limits
        coordinates = coordinates + (shift * near[:, :, None]).sum(axis=1) / np.maximum(near.sum(axis=1), 1)[:, None]
    return coordinates, near.sum(axis=1), moved


def _merged(
    atoms: Sequence[Atom], coordinates: np.ndarray, stabilisers: np.ndarray, operations: Operations, basis: np.ndarray
) -> list[Site]:
    sites: list[Site] = []
    total = 0
    for atom, point, stabiliser in zip(atoms, coordinates, stabilisers, strict=True):
        for site in sites:
            gap = _wrapped(site.points - point)
            if np.min(np.einsum("ij,ij->i", gap @ basis, gap @ basis)) < MERGE_DISTANCE**2:
                _add(site, atom, point, basis)
                break
        else:
            images = operations.rotations @ point + operations.translations
            points = _orbit(images, max(int(stabiliser), 1), basis)
            total += len(points)
            if total > MAX_POSITIONS:
                raise _too_large(total)
            content = {atom.element: atom.occupancy}
            charges = {atom.element: {atom.charge}}
            sites.append(Site(points, [(point, content)], charges, {atom.multiplicity}, {atom.group}))
    return sites


def _add(site: Site, atom: Atom, point: np.ndarray, basis: np.ndarray) -> None:
    """Add an atom to a site: to the content of the place where it is listed, or as a place of its own.

    A place a whole cell away, as lists with the atoms on all faces of the cell have it, is another one.
    """
    site.charges.setdefault(atom.element, set()).add(atom.charge)
    site.multiplicities.add(atom.multiplicity)
    site.stated_groups.add(atom.group)
    for listed, content in site.places:
        if np.linalg.norm((listed - point) @ basis) < MERGE_DISTANCE:
            content[atom.element] = content.get(atom.element, 0.0) + atom.occupancy
            return
    site.places.append((point, {atom.element: atom.occupancy}))


def _answered(sites: list[Site], order: int, answers: Collection[Question]) -> Placement:
    """The placement, with repeated places counted once and shares made relative to their site if that is asked for."""
    questions = []
    merged = 0
    for site in sites:
        site.multiplicities.discard(None)
        if site.is_repeated and Question.MERGED in answers:
            site.factor /= len(site.places)
            merged += 1
        elif site.is_repeated:
            questions.append(Question.MERGED)
    if Question.GENERAL_SHARES in answers:
        for site in sites:
            site.factor *= order / len(site.points)
    elif _may_be_general(sites, order):
        questions.append(Question.GENERAL_SHARES)
    is_complete = any(site.is_repeated for site in sites) and all(
        len(site.places) == len(site.points) for site in sites
    )
    return Placement(tuple(sites), tuple(dict.fromkeys(questions)), merged, is_complete=is_complete, order=order)


def _may_be_general(sites: Sequence[Site], order: int) -> bool:
    """True if no site is fuller than its multiplicity divided by that of the general position."""
    limits = [len(site.points) / order for site in sites]
    fillings = [sum(site.amounts.values()) for site in sites]
    return min(limits) < 1.0 and all(f <= OVER_FULL * limit for f, limit in zip(fillings, limits, strict=True))


def _orbit(images: np.ndarray, stabiliser: int, basis: np.ndarray) -> np.ndarray:
    """The distinct points among a position's images, (m, 3), in [0, 1)."""
    wrapped = images - np.floor(images)
    steps = np.rint(wrapped * 10_000).astype(np.int64) % 10_000
    _, first = np.unique(steps @ (100_000_000, 10_000, 1), return_index=True)
    if len(first) * stabiliser != len(images):
        gap = _wrapped(wrapped[:, None] - wrapped[None])  # a point straddles the rounding: compare all pairs
        first = np.unique(np.argmax(np.linalg.norm(gap @ basis, axis=2) < MERGE_DISTANCE, axis=1))
    result: np.ndarray = wrapped[np.sort(first)]
    return result


def _wrapped(gap: np.ndarray) -> np.ndarray:
    """Differences of fractional coordinates to the nearest image along each axis."""
    result: np.ndarray = gap - np.rint(gap)
    return result


def _too_large(total: int) -> CifError:
    sentence = f"The cell holds more than {MAX_POSITIONS} positions ({total} or more): give a smaller structure."
    return CifError(CifReason.TOO_LARGE, sentence)
