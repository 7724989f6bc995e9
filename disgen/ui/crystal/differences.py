"""How a reconstruction differs from its original: one sentence, and a table in which the differences are marked."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from disgen import wyckoff
from disgen.drawing.contents import number_text, site_labels, species
from disgen.drawing.typography import formula_html, space_group_html, species_html
from disgen.evaluation.site_pairs import SitePair, site_pairs
from disgen.ui.base.html_table import table_html

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal

# From where on a difference counts as one, and from where on it is more than the tolerances of "everything right".
CELL, WRONG_CELL = 5e-4, 0.01  # Å or degrees; share of the length or angle
OCCUPANCY, WRONG_OCCUPANCY = 5e-4, 0.02  # shares
SHIFT, WRONG_SHIFT = 5e-3, 0.1  # Å
_STYLE = """<style>
.disgen-table tr.small td:not(:first-child) { background: color-mix(in srgb, #d97706 12%, transparent); }
.disgen-table tr.wrong td:not(:first-child) { background: color-mix(in srgb, #d97706 32%, transparent); }
.disgen-table tr.wrong td:last-child { font-weight: 600; }
.disgen-table .where { opacity: 0.75; }
</style>"""
_SAME = ("same", "")


def verdict(original: WyckoffCrystal, copy: WyckoffCrystal) -> str:
    """One sentence on how good the reconstruction is."""
    if original.key == copy.key:
        agree = "**Space group, Wyckoff positions and species agree** with the original"
        return f"{agree}, {_how_well(original, copy)}."
    if original.space_group != copy.space_group:
        return "The reconstruction has **another space group**."
    if sorted(site.letter for site in original.sites) != sorted(site.letter for site in copy.sites):
        return "The reconstruction has the same space group, but **other Wyckoff positions**."
    pairs = [(pair.first, pair.second) for pair in site_pairs(original, copy)]
    if any(_species(original, one) != _species(copy, other) for one, other in pairs):
        return "The reconstruction has the same space group and Wyckoff positions, but **other species** on them."
    most = max(pair.occupancy for pair in site_pairs(original, copy))
    return (
        "The reconstruction has the same species on the same Wyckoff positions of the same space group; "
        f"**occupancies differ** by up to {number_text(most)}."
    )


def show_differences(original: WyckoffCrystal, copy: WyckoffCrystal) -> None:
    """The sentence and the table."""
    st.markdown(verdict(original, copy))
    st.html(differences_html(original, copy))
    st.caption(
        "Shaded: what differs; strongly shaded: by more than 1 % of the cell, 0.02 of an occupancy or 0.1 Å. Sites are "
        "paired by Wyckoff letter, content and place; a shift is the distance to the nearest equivalent position."
    )


def differences_html(original: WyckoffCrystal, copy: WyckoffCrystal) -> str:
    """A row a quantity and a site: both, and how they differ; a row that differs is of class ``small`` or ``wrong``."""
    both = original, copy
    rows = [
        _row("Formula", *(formula_html(c.formula) for c in both), same_kind=original.elements == copy.elements),
        _row("Space group", *(_group(crystal) for crystal in both)),
    ]
    for name, one, other in zip("abcαβγ", original.cell, copy.cell, strict=True):
        unit = "Å" if name in "abc" else "°"
        gap = other - one
        words = (f"{gap:+.3f}", "wrong" if abs(gap) > WRONG_CELL * one else "small") if abs(gap) >= CELL else _SAME
        rows.append(([f"<i>{name}</i> / {unit}", number_text(one, 4), number_text(other, 4), words[0]], words[1]))
    labels = site_labels(original), site_labels(copy)
    for pair in site_pairs(original, copy):
        name = labels[0][pair.first] if pair.first is not None else f"+ {labels[1][pair.second or 0]}"
        text, kind = _site_difference(pair)
        rows.append(([html.escape(name), _site(original, pair.first), _site(copy, pair.second), text], kind))
    head = ("", "Original", "Reconstruction", "Difference")
    return _STYLE + table_html(head, [cells for cells, _ in rows], name="differences", kinds=[kind for _, kind in rows])


def _how_well(original: WyckoffCrystal, copy: WyckoffCrystal) -> str:
    """By how much the numbers of two crystals differ whose sites are of the same kinds, in words."""
    pairs = site_pairs(original, copy)
    lengths = max(abs(other / one - 1.0) for one, other in zip(original.cell[:3], copy.cell[:3], strict=True))
    angles = max(abs(other - one) for one, other in zip(original.cell[3:], copy.cell[3:], strict=True))
    occupancy, shift = max(pair.occupancy for pair in pairs), max(pair.shift or 0.0 for pair in pairs)
    gaps = (
        (occupancy >= OCCUPANCY, f"occupancies by up to {occupancy:.3f}"),
        (lengths * max(original.cell[:3]) >= CELL, f"cell lengths by up to {lengths:.2%}"),
        (angles >= CELL, f"angles by up to {angles:.2f}°"),
        (shift >= SHIFT, f"places by up to {shift:.2f} Å"),
    )
    words = [text for counts, text in gaps if counts]
    return f"these differ: {', '.join(words)}" if words else "and so do occupancies, cell and places"


def _species(crystal: WyckoffCrystal, number: int | None) -> frozenset[str]:
    return frozenset() if number is None else frozenset(symbol for symbol, _ in crystal.sites[number].occupancies)


def _row(name: str, original: str, copy: str, *, same_kind: bool = False) -> tuple[list[str], str]:
    """A row of texts; texts of the same kind differ in amounts only."""
    if original == copy:
        return [name, original, copy, _SAME[0]], _SAME[1]
    return [name, original, copy, "amounts differ" if same_kind else "differs"], "small" if same_kind else "wrong"


def _group(crystal: WyckoffCrystal) -> str:
    return f"{space_group_html(wyckoff.symbol(crystal.space_group))} ({crystal.space_group})"


def _site(crystal: WyckoffCrystal, number: int | None) -> str:
    if number is None:
        return "none"
    site = crystal.sites[number]
    place = ", ".join(number_text(value, 4) for value in site.coordinates)
    content = "<wbr>".join(species_html([pair]) for pair in species(site))
    return f'{content} <span class="where">{site.multiplicity}{site.letter} ({place})</span>'


def _site_difference(pair: SitePair) -> tuple[str, str]:
    """In words, and how strongly it is marked."""
    if pair.first is None or pair.second is None:
        return "missing" if pair.second is None else "added", "wrong"
    words, wrong = [], False
    if not pair.same_letter:
        words.append("other position")
        wrong = True
    if pair.occupancy >= OCCUPANCY:
        words.append(f"occupancy by {number_text(pair.occupancy)}")
        wrong |= pair.occupancy > WRONG_OCCUPANCY
    if pair.shift is not None and pair.shift >= SHIFT:
        words.append(f"shifted by {pair.shift:.2f} Å")
        wrong |= pair.shift > WRONG_SHIFT
    return (", ".join(words), "wrong" if wrong else "small") if words else _SAME
