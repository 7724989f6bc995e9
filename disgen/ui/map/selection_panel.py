"""Many points of the map at once, from a lasso or a search: what they share, a table to pick from, and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from disgen import wyckoff
from disgen.corpus import sharing
from disgen.crystal import ELEMENTS
from disgen.export.bundle import guarded
from disgen.ui.crystal import buttons, tray, tray_archive, verdict
from disgen.ui.crystal.filtered_table import narrowed, show_rows
from disgen.ui.crystal.narrowing import Facts
from disgen.ui.data import loading, points

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from disgen.corpus.sharing import Share
    from disgen.generation.decoded import DecodedLatent
    from disgen.ui.crystal.tray import Item, Origin
    from disgen.ui.data.loading import RunKey
    from disgen.ui.data.points import Points
    from disgen.ui.data.selection import PointId

TABLE = "map_table"
MOST_SHARED = 8  # features that are listed
# Columns of a table of points, with what a feature of that column is called.
_KINDS: Mapping[str, str] = {
    "space_group": "Space group",
    "crystal_system": "Crystal system",
    "disorder": "Disorder",
    "disordered_sites": "Disordered sites",
    "n_elements": "Number of elements",
    "n_sites": "Number of sites",
    "source": "Source",
    "outcome": "Outcome",
}
# Headings of the table of points, by column; the file has all columns under their own names.
_HEADINGS: Mapping[str, str] = {
    "point": "Point",
    "formula": "Formula",
    "space_group": "Space group",
    "crystal_system": "Crystal system",
    "anions": "Anions",
    "metals": "Metals",
    "n_elements": "Elements",
    "n_sites": "Sites",
    "disordered_sites": "Disordered sites",
    "disorder": "Disorder",
    "volume_per_atom": "Å³/atom",
    "height": "eV/atom above hull",
    "source": "Source",
    "outcome": "Outcome",
}
_NARROWED_BY: Mapping[str, str] = {"disorder": "Disorder", "source": "Source", "outcome": "Outcome"}


def show_points(
    key: RunKey,
    sets: Mapping[str, Points],
    chosen: Sequence[PointId],
    source: Callable[[PointId, DecodedLatent], Origin],
    shown: PointId,
    show: Callable[[PointId], None],
) -> None:
    """What points share, their table and its CSV, and the crystals that they decode to: as a zip, or into the tray.

    Args:
        key: of the run.
        sets: by name, those that the points belong to.
        chosen: the points, at least one.
        source: of a point's crystal, given what the point decodes to.
        shown: the point whose crystal is shown.
        show: called with the point whose row is clicked.
    """
    st.markdown(
        "**What these share**, against all of the same sets",
        help="Features that are more frequent here than in the whole, those first that chance explains least.",
    )
    table = shared_table(shared(sets, chosen))
    st.dataframe(
        table,
        height="content",
        hide_index=True,
        column_config={
            name: st.column_config.ProgressColumn(name, min_value=0.0, max_value=100.0, format="%.1f %%", width="small")
            for name in ("Here", "In all")
        },
        alt="Features that are more frequent among these points than in the whole",
    )
    st.markdown("**The points.** Click a row to see its crystal.")
    table = points_table(sets, chosen)
    rows = narrowed(facts_of(sets, chosen, table), key=TABLE, unit="points")
    show_rows(
        in_words(table),
        rows,
        key=TABLE,
        chosen=next((row for row, point in enumerate(chosen) if point == shown), None),
        pick=lambda row: show(chosen[row]) if row is not None else None,
        column_config={},
        alt="The points",
        height=260,
    )
    _show_takeaway(key, sets, chosen, source, table)
    if len(rows) < len(chosen):
        _show_shown(key, sets, [chosen[row] for row in rows.tolist()], source)


def _show_takeaway(
    key: RunKey,
    sets: Mapping[str, Points],
    chosen: Sequence[PointId],
    source: Callable[[PointId, DecodedLatent], Origin],
    table: pd.DataFrame,
) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "Decoded crystals (zip)",
            data=lambda: _packed(key, items(key, sets, chosen, source)),
            file_name=f"disgen-{key.name}-selection-{len(chosen)}.zip",
            mime="application/zip",
            on_click="ignore",
            icon=":material/folder_zip:",
            help="A CIF for every point that decodes to a crystal, a manifest with their latents and checks, and what "
            f"to cite. The tray takes a zip of up to {tray.MOST} crystals back.",
        )
        st.download_button(
            "Table (CSV)",
            data=lambda: table.map(_cell).to_csv(index=False),
            file_name=f"disgen-{key.name}-selection-{len(chosen)}.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/table:",
        )
        hint = f"The crystals that these points decode to; the tray holds {tray.MOST}."
        if st.button("All to tray", icon=":material/add:", help=hint, disabled=len(chosen) > tray.MOST):
            buttons.add_to_tray(items(key, sets, chosen, source))


def _show_shown(
    key: RunKey,
    sets: Mapping[str, Points],
    shown: Sequence[PointId],
    source: Callable[[PointId, DecodedLatent], Origin],
) -> None:
    """Buttons for the points that fit the filter."""
    with st.container(horizontal=True):
        st.download_button(
            f"The {len(shown):,} shown (zip)",
            data=lambda: _packed(key, items(key, sets, shown, source)),
            file_name=f"disgen-{key.name}-selection-{len(shown)}-filtered.zip",
            mime="application/zip",
            on_click="ignore",
            icon=":material/filter_alt:",
            disabled=not shown,
            help="The crystals that the points which fit the filter decode to.",
        )
        if st.button(
            f"The {len(shown):,} shown to tray", icon=":material/add:", disabled=not 0 < len(shown) <= tray.MOST
        ):
            buttons.add_to_tray(items(key, sets, shown, source))


def _packed(key: RunKey, found: Sequence[Item]) -> bytes:
    return tray_archive.pack(found, verdict.verdicts_of([item.crystal for item in found], key))


def shared(sets: Mapping[str, Points], chosen: Sequence[PointId]) -> tuple[Share, ...]:
    """What points share, against the whole of the sets that they belong to."""
    names = dict.fromkeys(point.of for point in chosen)
    table = pd.concat([sets[name].table for name in names], ignore_index=True)
    starts = dict(zip(names, np.cumsum([0, *(len(sets[name]) for name in names)]), strict=False))
    selected = np.zeros(len(table), dtype=bool)
    selected[[starts[point.of] + point.index for point in chosen]] = True
    groups = table["space_group"].to_numpy()
    table["space_group"] = [f"{wyckoff.symbol(group)} ({group})" if group else points.UNKNOWN for group in groups]
    found = [share for column, kind in _KINDS.items() for share in sharing.column_shares(kind, table[column], selected)]
    elements = np.concatenate([sets[name].elements for name in names])
    found += sharing.flag_shares("Element", ELEMENTS, elements, selected)
    return sharing.most_surprising(found, MOST_SHARED)


def shared_table(found: Sequence[Share]) -> pd.DataFrame:
    """A row a feature: how often it occurs among the points and in the whole."""
    return pd.DataFrame(
        {
            "Feature": [f"{share.kind}: {share.name}" for share in found],
            "Points": [share.inside for share in found],
            "Here": [100.0 * share.of_selected for share in found],
            "In all": [100.0 * share.of_all for share in found],
        }
    )


def points_table(sets: Mapping[str, Points], chosen: Sequence[PointId]) -> pd.DataFrame:
    """A row a point, in their order."""
    parts = []
    for name in dict.fromkeys(point.of for point in chosen):
        places = [place for place, point in enumerate(chosen) if point.of == name]
        part = sets[name].table.iloc[[chosen[place].index for place in places]]
        parts.append(part.assign(place=places))
    table = pd.concat(parts, ignore_index=True).sort_values("place", ignore_index=True).drop(columns="place")
    table.insert(0, "point", [str(point) for point in chosen])
    table.insert(3, "symbol", [wyckoff.symbol(number) if number else "" for number in table["space_group"]])
    return table


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """The table of points for people: headings in words, and nothing that is the same for all by its nature."""
    groups = zip(table["symbol"], table["space_group"], strict=True)
    words = table.assign(space_group=[f"{symbol} ({number})" if number else "" for symbol, number in groups])
    shown = [name for name in _HEADINGS if name in words and (name != "height" or words[name].notna().any())]
    return words[shown].rename(columns=_HEADINGS)


def facts_of(sets: Mapping[str, Points], chosen: Sequence[PointId], table: pd.DataFrame) -> Facts:
    """What the points of a table can be told apart by."""
    elements = np.zeros((len(chosen), len(ELEMENTS)), dtype=bool)
    names = np.array([point.of for point in chosen])
    for name in dict.fromkeys(names.tolist()):
        elements[names == name] = sets[name].elements[[point.index for point in chosen if point.of == name]]
    kinds = {"Set": np.array([sets[name].label for name in names.tolist()])}
    kinds |= {heading: table[name].to_numpy(dtype=str) for name, heading in _NARROWED_BY.items()}
    return Facts.of_table(table, elements, kinds)


def items(
    key: RunKey,
    sets: Mapping[str, Points],
    chosen: Sequence[PointId],
    source: Callable[[PointId, DecodedLatent], Origin],
) -> list[Item]:
    """The crystals that points decode to, a set after the other."""
    from disgen.generation.decoded import DecodedLatents  # noqa: PLC0415 (torch: not before the first paint)

    run, known = loading.load_run(key), loading.known_keys(key)
    found = []
    for name, group in sets.items():
        inside = [point for point in chosen if point.of == name]
        if inside:
            latents = group.z[[point.index for point in inside]]
            for point, decoded in zip(inside, DecodedLatents.of(run, latents, known).alone(), strict=True):
                if decoded.crystal is not None:
                    found.append(tray.Item(decoded.crystal, source(point, decoded)))
    return found


def _cell(value: object) -> object:
    """A cell of the table as a file has it: names come from whoever made the model."""
    return guarded(value) if isinstance(value, str) else value
