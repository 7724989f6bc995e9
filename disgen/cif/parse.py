"""CIF text to an asymmetric unit: cell, symmetry and atoms as the file states them.

Only syntax and spelling are judged here; symmetry comes in `disgen.cif.standard.standardise`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from disgen.cif.atoms.table import Atom, read_atoms, rows_with_numbers
from disgen.cif.cell import has_cell, read_cell
from disgen.cif.claims import Claims, read_claims
from disgen.cif.doubts import Doubt, DoubtKind
from disgen.cif.errors import CifError, CifReason
from disgen.cif.magnetic import without_moments
from disgen.cif.symmetry.operations import listed_triplets
from disgen.cif.symmetry.settings import Setting, named_settings, of_names, settings_of, system_of
from disgen.cif.text import read_document

if TYPE_CHECKING:
    from collections.abc import Callable

    import gemmi

__all__ = ["AsymmetricUnit", "Atom", "parse_cif"]


@dataclass(frozen=True)
class AsymmetricUnit:
    """A crystal as the file states it.

    Attributes:
        cell: a, b, c in Å and α, β, γ in degrees.
        settings: the symmetry that the file may mean, the one to prefer first.
        atoms: the listed atoms; those with occupancy zero are left out.
        claims: what the file states besides.
        carries_hydrogen: a label says that hydrogen belongs to an atom (water, hydroxyl).
        doubts: what a reader should know of how it was read.
    """

    cell: tuple[float, ...]
    settings: tuple[Setting, ...]
    atoms: tuple[Atom, ...]
    claims: Claims
    carries_hydrogen: bool = False
    doubts: tuple[Doubt, ...] = ()

    @property
    def formula(self) -> dict[str, float] | None:
        """The stated sum formula, by element, or None."""
        return self.claims.formula


def parse_cif(text: str | bytes) -> AsymmetricUnit:
    """Read the first block that holds a whole structure.

    Raises:
        CifError: if the text is no CIF, or lacks what a crystal needs.
    """
    whole = read_document(text)
    document = whole.blocks
    block, doubts = _block_of(document)
    left_aside = without_moments(block) if whole.may_be_modulated else ()
    symmetry = _or_other(block, document, _has_symmetry)
    claims = read_claims(block)
    if symmetry is not block:
        of_symmetry = read_claims(symmetry)
        claims = replace(claims, number=of_symmetry.number, symbol=of_symmetry.symbol)
    named = named_settings(symmetry, claims)
    cell, of_cell = read_cell(_or_other(block, document, has_cell), lambda: system_of(symmetry, named))
    settings = settings_of(symmetry, claims, named, cell)
    listed = read_atoms(block, claims.formula)
    told = (*whole.doubts, *doubts, *left_aside, *of_cell, *of_names(claims), *listed.doubts)
    return AsymmetricUnit(cell, settings, listed.atoms, claims, listed.carries_hydrogen, told)


def _block_of(document: gemmi.cif.Document) -> tuple[gemmi.cif.Block, tuple[Doubt, ...]]:
    """The first block with atoms, cell and symmetry, or else with most of them; and what is to be told of it.

    Raises:
        CifError: if no block has atoms.
    """
    blocks = [block for block in document if len(block.find_values("_atom_site_fract_x"))]
    if not blocks:
        raise CifError(CifReason.NO_ATOMS, "The CIF lists no atoms with fractional coordinates: add an atom loop.")
    if len(blocks) == 1:
        return blocks[0], ()
    block = max(blocks, key=_wholeness)  # the first of equals
    which = "the first one" if block is blocks[0] else "the first whole one"
    sentence = f"The file holds {len(blocks)} structures; {which}, {block.name!r}, was read."
    return block, (Doubt(DoubtKind.BLOCKS, sentence),)


def _wholeness(block: gemmi.cif.Block) -> tuple[bool, bool, bool]:
    return rows_with_numbers(block) > 0, has_cell(block), _has_symmetry(block)


def _has_symmetry(block: gemmi.cif.Block) -> bool:
    return bool(listed_triplets(block)) or bool(named_settings(block, read_claims(block)))


def _or_other(
    block: gemmi.cif.Block, document: gemmi.cif.Document, has: Callable[[gemmi.cif.Block], bool]
) -> gemmi.cif.Block:
    """The block, or if it lacks something, the only one of the file that has it."""
    if len(document) == 1 or has(block):
        return block
    others = [other for other in document if has(other)]
    return others[0] if len(others) == 1 else block
