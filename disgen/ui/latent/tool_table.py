"""The table of a tool's samples or steps: choose one by its row, and take all of them away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen import wyckoff
from disgen.export.bundle import archive
from disgen.generation.read_back import read_back
from disgen.ui.base.reproduce import Recipe, show_recipe
from disgen.ui.crystal import buttons, tray, verdict
from disgen.ui.crystal.decoded import show_decoded
from disgen.ui.crystal.filtered_table import narrowed, show_rows
from disgen.ui.crystal.narrowing import Facts, verdict_checks
from disgen.ui.crystal.tray import Item, Origin, latent_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import pandas as pd

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.decoded import DecodedLatent
    from disgen.judge.verdict import Verdict
    from disgen.ui.data.loading import RunKey

_VIEW = 420  # px
_WIDTHS = {"Step": 50, "Sample": 62, "Credible": 130, "Outcome": 85, "Space group": 100}  # px
_COLUMNS = {name: st.column_config.Column(name, width=width) for name, width in _WIDTHS.items()}


def show_table(
    frame: pd.DataFrame,
    decoded: Sequence[DecodedLatent],
    verdicts: Sequence[Verdict | None],
    *,
    key: str,
    alt: str,
    chosen: int | None,
    pick: Callable[[int | None], None],
) -> np.ndarray:
    """A table that can be narrowed, and of which one row can be chosen.

    Args:
        frame: a row a sample or step.
        decoded: what each decodes to.
        verdicts: on each.
        key: of the table.
        alt: what it is, for those who do not see it.
        chosen: number of the one that is shown.
        pick: called with the number of the one whose row is chosen.

    Returns:
        Numbers of the rows that are shown.
    """
    rows = narrowed(facts_of(decoded, verdicts), key=key)
    show_rows(frame, rows, key=key, chosen=chosen, pick=pick, column_config=_COLUMNS, alt=alt)
    return rows


def facts_of(decoded: Sequence[DecodedLatent], verdicts: Sequence[Verdict | None]) -> Facts:
    """What the rows of samples or steps can be told apart by."""
    return Facts.of_crystals([point.crystal for point in decoded], verdict_checks(verdicts))


def show_takeaway(
    decoded: Sequence[DecodedLatent],
    sources: Sequence[Origin],
    verdicts: Sequence[Verdict | None],
    rows: np.ndarray,
    recipe: Recipe,
    *,
    name: str,
    key: str,
) -> None:
    """Buttons for all crystals of a table: as a zip, or the good ones into the tray; and a zip of the rows shown.

    Args:
        decoded: what each row decodes to.
        sources: where each comes from.
        verdicts: on each.
        rows: numbers of those that are shown.
        recipe: how they are made again.
        name: of the files.
        key: of the widgets.
    """
    pairs = [(point, source) for point, source in zip(decoded, sources, strict=True) if point.crystal]
    shown = [(decoded[row], sources[row]) for row in rows.tolist()]
    kept = zip(decoded, sources, are_good(decoded, verdicts), strict=True)
    good = [Item(point.crystal, source) for point, source, holds in kept if holds and point.crystal]
    with st.container(horizontal=True):
        st.download_button(
            "All crystals (zip)",
            data=lambda: _archive(pairs),
            file_name=f"disgen-{sources[0].run}-{name}.zip" if sources else f"disgen-{name}.zip",
            mime="application/zip",
            key=f"{key}_zip",
            on_click="ignore",
            icon=":material/folder_zip:",
            disabled=not pairs,
            help="A CIF for each that decodes to a crystal and is read back as such, and a table of them.",
        )
        if len(rows) < len(decoded):
            st.download_button(
                f"The {len(rows):,} shown (zip)",
                data=lambda: _archive(shown),
                file_name=f"disgen-{sources[0].run}-{name}-{len(rows)}-filtered.zip",
                mime="application/zip",
                key=f"{key}_shown_zip",
                on_click="ignore",
                icon=":material/filter_alt:",
                disabled=not len(rows),
                help="The same, of the rows that fit the filter.",
            )
        hint = f"Those that are credible and new, each once; the tray holds {tray.MOST}."
        if st.button(
            "Good ones to tray",
            key=f"{key}_tray",
            icon=":material/add:",
            help=hint,
            disabled=not 0 < len(good) <= tray.MOST,
        ):
            buttons.add_to_tray(good)
        show_recipe(recipe, key=f"{key}_recipe")


def show_picked(decoded: Sequence[DecodedLatent], sources: Sequence[Origin], row: int | None, *, key: str) -> None:
    """The chosen sample or step."""
    if row is not None:
        show_decoded(decoded[row], sources[row], key=key, height=_VIEW)


def sources_of(key: RunKey, decoded: Sequence[DecodedLatent], stem: str, *, seed: int | None = None) -> list[Origin]:
    """Where each crystal comes from: numbers after a common stem, such as ``around-test-5-r0.6-seed0``."""
    return [
        Origin(
            key.name,
            f"{stem}-{number}",
            seed=seed,
            latent=latent_numbers(point.z),
            outcome=str(point.outcome),
            novel=point.checks.novel,
        )
        for number, point in enumerate(decoded)
    ]


def group_text(crystal: WyckoffCrystal | None) -> str:
    """Space group in words for a table: ``Pnma (62)``."""
    return f"{wyckoff.symbol(crystal.space_group)} ({crystal.space_group})" if crystal else ""


def formula_text(crystal: WyckoffCrystal | None) -> str:
    """Formula for a table."""
    return crystal.formula if crystal else "no crystal"


def mark_titles(decoded: Sequence[DecodedLatent], words: str) -> list[str]:
    """What the marks on the map say."""
    return [
        f"{words} {number}: "
        + (f"{point.crystal.formula}, {group_text(point.crystal)}, " if point.crystal else "")
        + str(point.outcome)
        for number, point in enumerate(decoded)
    ]


def are_good(decoded: Sequence[DecodedLatent], verdicts: Sequence[Verdict | None]) -> list[bool]:
    """Which count for the yield: credible and new, the first of their key."""
    seen: set[str] = set()
    good = []
    for point, found in zip(decoded, verdicts, strict=True):
        holds = verdict.is_good(found) and point.checks.key not in seen
        seen |= {point.checks.key} if holds else set()
        good.append(holds)
    return good


def verdicts_of(decoded: Sequence[DecodedLatent], key: RunKey) -> list[Verdict | None]:
    """The verdict on each point's crystal; None where there is none."""
    return verdict.verdicts_of([point.crystal for point in decoded], key)


def what_changed(before: WyckoffCrystal | None, after: WyckoffCrystal | None) -> str:
    """In a few words, how one crystal differs from another: space group, positions, elements, amounts."""
    if before is None or after is None:
        return "" if before is after else "no crystal any more" if after is None else "a crystal again"
    if before.key == after.key:
        return "nothing" if before == after else "cell, coordinates"
    gone, come = set(before.elements) - set(after.elements), set(after.elements) - set(before.elements)
    elements = [f"−{symbol}" for symbol in before.elements if symbol in gone]
    elements += [f"+{symbol}" for symbol in after.elements if symbol in come]
    letters = [sorted(site.letter for site in crystal.sites) for crystal in (before, after)]
    words = [
        "group" if before.space_group != after.space_group else "positions" if letters[0] != letters[1] else "",
        f"{len(before.sites)}→{len(after.sites)} sites" if len(before.sites) != len(after.sites) else "",
        " ".join(elements),
    ]
    return ", ".join(filter(None, words)) or "occupancies"


def _archive(pairs: Sequence[tuple[DecodedLatent, Origin]]) -> bytes:
    """Zip of the crystals that come back from their CIFs."""
    crystals = [(point.crystal, source.origin) for point, source in pairs if point.crystal is not None]
    same = read_back([crystal for crystal, _ in crystals]).same
    kept = [pair for pair, holds in zip(crystals, same, strict=True) if holds]
    return archive([crystal for crystal, _ in kept], [origin for _, origin in kept])
