"""An asymmetric unit to a canonical crystal: merge sites, find the symmetry, name the Wyckoff positions.

The symmetry is searched with 0.1 Å and then 0.01 Å on the refined cell, as the paper's authors do; sites with the
same content carry the same label, so that a mixed site is one kind of "atom".
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import moyopy
import numpy as np

from disgen.canonical import canonicalise
from disgen.cif.doubts import Doubt, DoubtKind
from disgen.cif.errors import CifError, CifReason
from disgen.cif.standard.alternatives import Alternative, alternatives_of
from disgen.cif.standard.checks import contents
from disgen.cif.standard.choose import best_way
from disgen.cif.standard.sites import OVER_FULL
from disgen.crystal import ATOMIC_NUMBER, WyckoffCrystal, WyckoffSite, cell_parameters, lattice_vectors
from disgen.symmetry import OCCUPANCY_DECIMALS, expand
from disgen.wyckoff import LETTERS, operations, symbol, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.cif.claims import Claims
    from disgen.cif.parse import AsymmetricUnit
    from disgen.cif.standard.choose import Way
    from disgen.cif.standard.sites import Placement

EXACT = 2e-3  # Å; atoms that have a symmetry within it have it by their own digits
SYMPREC = ((0.1, 0.01), (0.01, 0.01), (0.001, 0.001))  # Å; the later pairs only where the first finds no group
FULL_SINGLE, FULL_MIXED = 0.995, 0.99  # sums of occupancies, see `_clean`
ROUNDING = 5e-4  # what up to ten occupancies, each rounded to 1e-4, can miss
MAX_SEARCHES = 4
_NO_HYDROGEN = "The file tells of hydrogen (by its formula or a label) that its atom list lacks or has too little of."

_SETTING = moyopy.Setting.standard()
logging.getLogger("moyo").setLevel(logging.ERROR)  # it remarks on every cell that is not primitive


@dataclass(frozen=True)
class Reading:
    """A crystal read from a CIF, and what the corpus's filters need to know of it.

    Attributes:
        crystal: canonical; may still exceed what the representation holds (`disgen.limits`).
        charge_disorder: an element stands twice on one site with different charges.
        over_full: the largest sum of occupancies on a site, as stated.
        h_missing: the formula or a label tells of hydrogen that the atom list lacks.
        uniform_vacancy: every site but the oxygen ones is filled to one common factor below 1 (an artefact of 3DSC).
        doubts: what a reader should know, and where the file contradicts itself.
        alternatives: sites of which positions are never filled together, as the file states.
    """

    crystal: WyckoffCrystal
    charge_disorder: bool
    largest_sum: float
    h_missing: bool
    uniform_vacancy: bool
    doubts: tuple[Doubt, ...] = ()
    alternatives: tuple[Alternative, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The doubts as sentences."""
        return tuple(doubt.sentence for doubt in self.doubts)

    @property
    def over_full(self) -> bool:
        """True if a site's occupancies sum to more than can be forgiven."""
        return self.largest_sum > OVER_FULL + 1e-9


def standardise(unit: AsymmetricUnit, *, likely: bool = True) -> Reading:
    """Find the crystal that an asymmetric unit describes.

    Args:
        unit: as parsed.
        likely: see `disgen.cif.read.read`.

    Raises:
        CifError: if the cell is impossible, there are too many atoms, or no consistent symmetry is found.
    """
    try:
        basis = lattice_vectors(unit.cell)
    except ValueError as error:
        raise CifError(CifReason.BAD_CELL, f"{error} Check the cell angles.") from error
    way, of_choice = best_way(
        unit,
        basis,
        lacks_hydrogen=lambda placement: _lacks_hydrogen(contents(placement.sites), unit),
        find=lambda placement: _crystal_in(basis, placement),
        likely=likely,
    )
    sites = way.placement.sites
    crystal = _crystal_in(basis, way.placement)
    h_missing = _lacks_hydrogen(crystal.composition, unit)
    doubts = (*unit.doubts, *way.setting.doubts, *of_choice, *way.against)
    if h_missing:
        doubts = (*doubts, Doubt(DoubtKind.HYDROGEN, _NO_HYDROGEN))
    return Reading(
        crystal=crystal,
        charge_disorder=any(len(charges - {None}) > 1 for site in sites for charges in site.charges.values()),
        largest_sum=max(sum(site.amounts.values()) for site in sites),
        h_missing=h_missing,
        uniform_vacancy=_has_uniform_vacancy(crystal),
        doubts=(*doubts, *_of_group(crystal, unit.claims, basis, way)),
        alternatives=alternatives_of([(site, _clean(site.amounts)) for site in sites], basis, crystal),
    )


def _crystal_in(basis: np.ndarray, placement: Placement) -> WyckoffCrystal:
    """The crystal whose sites are placed in a cell, basis vectors as rows (Å)."""
    return find_symmetry(basis, *_filled(placement))


def _filled(placement: Placement) -> tuple[list[np.ndarray], list[tuple[tuple[str, float], ...]]]:
    """Points and contents of the sites that hold something."""
    contents_ = [_clean(site.amounts) for site in placement.sites]
    if not any(contents_):
        raise CifError(CifReason.NO_ATOMS, "All occupancies in the CIF are zero: give at least one occupied atom.")
    filled = [(site.points, content) for site, content in zip(placement.sites, contents_, strict=True) if content]
    return [points for points, _ in filled], [content for _, content in filled]


def _clean(amounts: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """Occupancies by atomic number: nearly full sites become full, slightly over-full ones are scaled to 1.

    A flat rounding would erase real doping of 1 %, so a single species counts as full from 0.995, several from 0.99.
    """
    total = sum(amounts.values())
    threshold = FULL_SINGLE if len(amounts) == 1 else FULL_MIXED
    nearly_full = threshold <= total <= OVER_FULL + 1e-9
    # A sum below 1 by no more than rounding stays as written, so that our own files come back unchanged.
    if nearly_full and not 1.0 - ROUNDING < total < 1.0 + 1e-9:
        amounts = {symbol: amount / total for symbol, amount in amounts.items()}
    kept = {symbol: round(amount, OCCUPANCY_DECIMALS) for symbol, amount in amounts.items()}
    excess = sum(kept.values()) - 1.0
    if 0.0 < excess < ROUNDING:  # rounding must not over-fill a site
        largest = max(kept, key=kept.__getitem__)
        kept[largest] = round(kept[largest] - excess, OCCUPANCY_DECIMALS)
    return tuple(sorted((pair for pair in kept.items() if pair[1] > 0.0), key=lambda pair: ATOMIC_NUMBER[pair[0]]))


def find_symmetry(
    basis: np.ndarray, points: list[np.ndarray], contents: list[tuple[tuple[str, float], ...]]
) -> WyckoffCrystal:
    """The canonical crystal; its own positions, searched once more, give the same space group.

    Refinement can bring a nearly higher symmetry within the tolerance; without the second look the crystal would
    become another one when its CIF is read back.
    """
    labels = {content: number for number, content in enumerate(dict.fromkeys(contents), start=1)}
    content_of = {number: content for content, number in labels.items()}
    numbers = [labels[content] for content, orbit in zip(contents, points, strict=True) for _ in orbit]
    coarse, fine = _two_searches(moyopy.Cell(basis.tolist(), np.concatenate(points).tolist(), numbers))
    crystal = _crystal_of(coarse, fine, content_of)
    for _ in range(MAX_SEARCHES):
        coarse, fine = _two_searches(_cell_of(crystal, labels))
        if fine.number == crystal.space_group:
            break
        crystal = _crystal_of(coarse, fine, content_of)
    return crystal


def has_no_more_symmetry(crystal: WyckoffCrystal) -> bool:
    """True if the first search of a reading finds a crystal's own space group in its positions, and no smaller cell.

    Its CIF then gives the same crystal back, unless atoms merge or nearly full sites are filled up (`_clean`).
    """
    contents_ = dict.fromkeys(site.occupancies for site in crystal.sites)
    cell = _cell_of(crystal, {content: number for number, content in enumerate(contents_, start=1)})
    try:
        found = moyopy.MoyoDataset(cell, symprec=SYMPREC[0][0], setting=_SETTING)
    except (ValueError, RuntimeError):
        return False
    return found.number == crystal.space_group and found.std_cell.num_atoms == cell.num_atoms


def _cell_of(crystal: WyckoffCrystal, labels: Mapping[tuple[tuple[str, float], ...], int]) -> moyopy.Cell:
    """All positions of a crystal, each with the label of its content."""
    positions, site = expand(crystal)
    numbers = [labels[crystal.sites[number].occupancies] for number in site]
    return moyopy.Cell(lattice_vectors(crystal.cell).tolist(), positions.tolist(), numbers)


def _two_searches(cell: moyopy.Cell) -> tuple[moyopy.Cell, moyopy.MoyoDataset]:
    """The refined cell of the coarse search, and the fine search's result on it."""
    problem: Exception | None = None
    for coarse_symprec, fine_symprec in SYMPREC:
        try:
            refined = moyopy.MoyoDataset(cell, symprec=coarse_symprec, setting=_SETTING).std_cell
            return refined, moyopy.MoyoDataset(refined, symprec=fine_symprec, setting=_SETTING)
        except (ValueError, RuntimeError) as error:
            problem = error
    sentence = f"No consistent symmetry was found ({problem}): check cell, operations and coordinates."
    raise CifError(CifReason.UNREADABLE, sentence) from problem


def _crystal_of(
    start: moyopy.Cell, fine: moyopy.MoyoDataset, content_of: dict[int, tuple[tuple[str, float], ...]]
) -> WyckoffCrystal:
    """The canonical crystal that a symmetry search found; one point of an orbit of the refined cell stands for all."""
    inverse = np.linalg.inv(np.array(fine.std_linear))
    origin = np.array(fine.std_origin_shift)
    expansion = fine.std_cell.num_atoms / start.num_atoms
    positions, letters, species = np.array(start.positions), fine.wyckoffs, start.numbers
    table, group = tables(), fine.number
    sites = []
    for first, count in zip(*np.unique(np.array(fine.orbits), return_counts=True), strict=True):
        letter = letters[first]
        multiplicity = int(table.multiplicity_of[group, LETTERS.index(letter) + 1])
        if abs(count * expansion - multiplicity) > 1e-6:  # noqa: PLR2004 (float noise)
            sentence = (
                f"Its symmetry is ambiguous: {count} equivalent atoms do not fit position {multiplicity}{letter}."
            )
            raise CifError(CifReason.UNREADABLE, sentence)
        coordinates = inverse @ (positions[first] - origin)
        sites.append(WyckoffSite(letter, multiplicity, tuple(coordinates), content_of[species[first]]))
    parameters = cell_parameters(np.array(fine.std_cell.basis))
    return canonicalise(WyckoffCrystal(group, parameters, tuple(sites)))


def _lacks_hydrogen(amounts: Mapping[str, float], unit: AsymmetricUnit) -> bool:
    """True if the atom list has less hydrogen than the stated formula, or none though a label tells of some."""
    stated = unit.formula or {}
    hydrogen = amounts.get("H", 0.0)
    if not hydrogen:
        return unit.carries_hydrogen or "H" in stated
    others = sum(amounts.values()) - hydrogen
    stated_others = sum(stated.values()) - stated.get("H", 0.0)
    if not others or not stated_others:
        return False
    return hydrogen / others < 0.95 * stated.get("H", 0.0) / stated_others


def _of_group(crystal: WyckoffCrystal, claims: Claims, basis: np.ndarray, way: Way) -> tuple[Doubt, ...]:
    """A doubt if the space group found is not the stated one.

    Atoms may have more symmetry than the name says, as those of P1 lists do: that is silent as long as they have it
    exactly and the operations are those of the name.
    """
    stated = claims.group
    if stated in {None, 1, crystal.space_group}:
        return ()
    used = len(np.unique(way.setting.operations.rotations, axis=0))
    named = len(np.unique(operations(stated)[0], axis=0))
    if used == named and _search(basis, *_filled(way.placement), EXACT) == crystal.space_group:
        return ()
    name = claims.symbol or f"number {stated}"
    sentence = (
        f"The file states the space group {name} ({stated}); its atoms were found to have "
        f"{symbol(crystal.space_group)} ({crystal.space_group}) within {SYMPREC[0][0]:g} Å, which was used."
    )
    return (Doubt(DoubtKind.SPACE_GROUP, sentence),)


def _search(
    basis: np.ndarray, points: list[np.ndarray], contents_: list[tuple[tuple[str, float], ...]], symprec: float
) -> int | None:
    """Number of the space group of some sites within a distance (Å), None if none is found."""
    labels = {content: number for number, content in enumerate(dict.fromkeys(contents_), start=1)}
    numbers = [labels[content] for content, orbit in zip(contents_, points, strict=True) for _ in orbit]
    try:
        cell = moyopy.Cell(basis.tolist(), np.concatenate(points).tolist(), numbers)
        return int(moyopy.MoyoDataset(cell, symprec=symprec, setting=_SETTING).number)
    except (ValueError, RuntimeError):
        return None


def _has_uniform_vacancy(crystal: WyckoffCrystal) -> bool:
    """True if oxygen sites are full and all others but hydrogen, at least two, are filled to one factor below 1."""
    oxygen, others = [], []
    for site in crystal.sites:
        content = [symbol for symbol, _ in site.occupancies]
        if content == ["O"]:
            oxygen.append(site.filling)
        elif content != ["H"]:
            others.append(site.filling)
    if not oxygen or len(others) < 2:  # noqa: PLR2004 (a single vacant site is nothing unusual)
        return False
    full = all(abs(filling - 1.0) < 1e-3 for filling in oxygen)  # noqa: PLR2004 (written precision)
    return full and others[0] < 0.9995 and max(others) - min(others) < 2e-3  # noqa: PLR2004 (written precision)
