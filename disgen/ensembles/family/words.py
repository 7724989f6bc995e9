"""What a family means, in sentences for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen import wyckoff
from disgen.ensembles.family.relation import Relation

if TYPE_CHECKING:
    from disgen.ensembles.family.relation import Family, Relative

_HEADLINES = {
    Relation.SAME: "It is known: space group, positions and contents are those of a known crystal.",
    Relation.CHILD: "Its atoms are an order on the sites of a known disordered crystal.",
    Relation.PARENT: "A known crystal is an order on its sites.",
    Relation.SIBLING: "A known crystal has the same structure type, with the same charges site by site.",
    Relation.ISOTYPE: "A known crystal has the same structure type, but other charges.",
    Relation.NEW: "No known crystal is an order of it, or it of one, and none has its structure type.",
}
_FLAT = 5e-3  # Å or relative, below which a distortion is not worth a word


def headline(family: Family) -> str:
    """What a crystal is among known ones, in one sentence."""
    return _HEADLINES[family.relation]


def about(relative: Relative) -> str:
    """What is to be said of one relative beside its name, in a few words."""
    if relative.relation is Relation.SAME:
        return ""
    if relative.relation in {Relation.SIBLING, Relation.ISOTYPE}:
        return f"axes within {relative.strain:.1%}" if relative.strain > _FLAT / 10.0 else "the same axial ratios"
    amounts = "the same amounts" if relative.same_amounts else "other amounts"
    if relative.index == 1:
        return f"no symmetry lost, {amounts}" + ("" if relative.same_amounts else " (an end of a solid solution)")
    classes, translations = relative.point_index, relative.index // relative.point_index
    parts = [f"t{classes}"] * (classes > 1) + [f"k{translations}"] * (translations > 1)
    said = f"subgroup of index {relative.index} ({' '.join(parts)}), {amounts}"
    if relative.distortion > _FLAT or relative.strain > _FLAT:
        said += f"; atoms moved by up to {relative.distortion:.2f} Å, lattice strained by {relative.strain:.1%}"
    return said


def name(relative: Relative) -> str:
    """Formula and space group of a relative, in plain text."""
    crystal = relative.known.crystal
    return f"{crystal.formula}, {wyckoff.symbol(crystal.space_group)} ({crystal.space_group})"
