"""The font of icons with those icons that occur: all 4,000 of them are 375 kB, a fifth of a first visit."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit
from fontTools import subset
from fontTools.ttLib import TTFont

import disgen
from disgen.places import program_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

_ICON = re.compile(r":material/([a-z0-9_]+):")


@cache
def icon_names() -> frozenset[str]:
    """Names of the icons in our modules and pages, and in Streamlit's scripts."""
    program = program_folder()
    ours = [*Path(disgen.__file__).parent.rglob("*.py"), *program.glob("*.py"), *(program / "pages").glob("*.py")]
    theirs = (Path(streamlit.__file__).parent / "static" / "static" / "js").glob("*.js")
    texts = (file.read_text(encoding="utf-8", errors="ignore") for file in (*ours, *theirs))
    return frozenset(name for text in texts for name in _ICON.findall(text))


def few_icons(font: bytes, names: Collection[str]) -> bytes:
    """A font (WOFF2) whose ligatures are icons, with some of them and the letters of their names.

    Args:
        font: WOFF2.
        names: what is written for each icon; names that the font does not have are passed over.
    """
    whole = TTFont(io.BytesIO(font))
    drawn = {name: glyph for name, glyph in icon_glyphs(whole).items() if name in names}
    options = subset.Options(layout_closure=False, layout_features=["*"], flavor="woff2")
    some = subset.Subsetter(options)
    some.populate(unicodes={ord(letter) for name in drawn for letter in name}, glyphs=drawn.values())
    some.subset(whole)
    result = io.BytesIO()
    whole.flavor = "woff2"
    whole.save(result)
    return result.getvalue()


def icon_glyphs(font: TTFont) -> dict[str, str]:
    """The glyph of each icon, by what is written for it."""
    letters = {glyph: chr(code) for code, glyph in font.getBestCmap().items()}
    return {
        "".join(letters.get(part, "?") for part in (first, *ligature.Component)): ligature.LigGlyph
        for first, ligatures in _ligatures(font)
        for ligature in ligatures
    }


def _ligatures(font: TTFont) -> Iterable[tuple[str, list[Any]]]:
    """First glyph and ligatures of each table of them."""
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            found: Mapping[str, list[Any]] = getattr(getattr(table, "ExtSubTable", table), "ligatures", {})
            yield from found.items()
