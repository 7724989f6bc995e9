"""Around this crystal: samples near the chosen point of the map."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from disgen.errors import DisgenError
from disgen.ui.crystal import verdict
from disgen.ui.crystal.provenance import origin
from disgen.ui.latent import map_state, nearby, tool_table
from disgen.ui.latent.map_parameters import MOST_AROUND, MOST_SEED, WIDEST
from disgen.ui.latent.marks import Marks
from disgen.ui.latent.recipes import around_recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.decoded import DecodedLatent
    from disgen.judge.verdict import Verdict
    from disgen.ui.data.loading import RunKey
    from disgen.ui.latent.map_state import AroundKey, MapPoint

_UNITS = {"latent": "latent units", "spread": "spreads"}


def show_around(key: RunKey, centre: MapPoint, asked: AroundKey | None) -> Marks:
    """Controls, then the samples that were asked for around this point; returns what is to be drawn on the map."""
    _show_controls(key, centre)
    if asked is None:
        st.caption("Push “Sample”: latents near this one are drawn, decoded, listed here and marked on the map.")
        return Marks()
    try:
        found = nearby.around(key, asked)
    except DisgenError as error:
        st.warning(str(error))
        return Marks()
    crystal = nearby.decoded(key, centre).crystal
    verdicts = tool_table.verdicts_of(found, key)
    good = tool_table.are_good(found, verdicts)
    st.caption(summary(found, sum(good), crystal, asked))
    row = map_state.settle_pick(st.session_state, len(found))
    rows = tool_table.show_table(
        around_table(found, verdicts, crystal),
        found,
        verdicts,
        key="around_table",
        alt="Samples around this crystal",
        chosen=row,
        pick=partial(map_state.pick, st.session_state),
    )
    stem = around_stem(asked)
    sources = tool_table.sources_of(key, found, stem, seed=asked.seed)
    tool_table.show_takeaway(found, sources, verdicts, rows, around_recipe(key.name, asked), name=stem, key="around")
    tool_table.show_picked(found, sources, row, key="download_around")
    return Marks(
        nearby.around_on_map(key, asked, map_state.view_of(st.session_state)),
        tool_table.mark_titles(found, "Sample"),
        good,
        picked=row,
    )


def _show_controls(key: RunKey, centre: MapPoint) -> None:
    full = "train" in nearby.splits(key)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.slider(
            "Radius",
            0.0,
            WIDEST,
            step=0.05,
            key="radius",
            persist_state="session",
            width=200,
            help="Standard deviation of the normal noise that is added to each number of the latent. Around crystals "
            "of the test split 73 % of the samples are credible at 0.2, 27 % at 0.4 and 5 % at 0.6 latent units.",
        )
        st.segmented_control(
            "measured in",
            list(_UNITS),
            required=True,
            format_func=_UNITS.__getitem__,
            key="unit",
            persist_state="session",
            disabled=not full,
            help="A spread is the standard deviation of the training latents in the same dimension: "
            "dimensions in which all crystals are alike are then hardly changed.",
        )
        st.number_input("Samples", 1, MOST_AROUND, step=10, key="around", persist_state="session", width=130)
        st.number_input("Seed of the noise", 0, MOST_SEED, key="noise", persist_state="session", width=135)
        st.button(
            "Sample",
            type="primary",
            icon=":material/blur_on:",
            on_click=map_state.ask_around,
            args=(st.session_state, centre),
        )
    if not full:
        st.caption(
            "This run is a light one without its training latents, so the radius cannot be measured in their spreads."
        )


def around_table(
    decoded: Sequence[DecodedLatent], verdicts: Sequence[Verdict | None], centre: WyckoffCrystal | None
) -> pd.DataFrame:
    """A row a sample: verdict, outcome, formula, space group, and how it differs from the centre's crystal."""
    return pd.DataFrame(
        {
            "Sample": range(len(decoded)),
            "Credible": [verdict.in_words(found) for found in verdicts],
            "Outcome": [str(point.outcome) for point in decoded],
            "Formula": [tool_table.formula_text(point.crystal) for point in decoded],
            "Space group": [tool_table.group_text(point.crystal) for point in decoded],
            "Differs in": [tool_table.what_changed(centre, point.crystal) for point in decoded],
        }
    )


def summary(decoded: Sequence[DecodedLatent], good: int, centre: WyckoffCrystal | None, asked: AroundKey) -> str:
    """What became of the samples, and what their marks mean."""
    n = len(decoded)
    crystals = [point.crystal for point in decoded if point.crystal]
    same = sum(crystal.key == centre.key for crystal in crystals) if centre else 0
    noise = f"{asked.radius:g} " + ("× the training latents' spread" if asked.relative else "latent units")
    return (
        f"{n} samples with normal noise of {noise}: {len(crystals)} decode to a crystal, "
        f"{same} of them to the same one again; {good} ({good / n:.0%}) are credible and new, each counted once "
        "(yellow on the map, where marks that fall on one place are fanned out). Choose one by its row or its mark."
    )


def around_stem(asked: AroundKey) -> str:
    """Name of the samples in files: ``around-test-5-r0.6-seed0``."""
    unit = "spread" if asked.relative else ""
    return f"around-{origin(asked.centre.samples, asked.centre.point)}-r{asked.radius:g}{unit}-seed{asked.seed}"
