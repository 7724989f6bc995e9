"""The card of a run: what it was trained on and how well it reconstructs, as far as its files say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from disgen.ui.data.points import SOURCE_LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.model.checkpoint import Run

# Metrics that the card shows, in order: key, label, unit ("%" for shares).
METRICS: tuple[tuple[str, str, str], ...] = (
    ("space_group_accuracy", "Space group right", "%"),
    ("letter_accuracy", "Wyckoff letter right", "%"),
    ("multiplicity_accuracy", "Multiplicity right", "%"),
    ("element_accuracy", "Element right (ordered sites)", "%"),
    ("occupancy_mae", "Occupancy error (disordered sites)", ""),
    ("coordinate_mae", "Coordinate error", ""),
    ("length_mae", "Cell length error", "Å"),
    ("angle_mae", "Cell angle error", "°"),
)


def show_card(run: Run) -> None:
    """Corpus, splits and reconstruction metrics of a run."""
    sizes = splits_of(run)
    st.markdown(f"**Model “{run.name}”**")
    with st.container(horizontal=True):
        st.metric("Crystals", f"{sum(sizes.values()):,}", border=True)
        st.metric("Disordered", f"{100 * (run.index['disordered_sites'] > 0).mean():.0f} %", border=True)
        st.metric("Latent dimensions", run.latents["test"].shape[1], border=True)
    parts = ", ".join(f"{count:,} {name}" for name, count in sizes.items())
    if sum(sizes.values()) == len(run.index):
        sources = run.index["source"].value_counts()
        origin = " and ".join(f"{count:,} from {SOURCE_LABELS.get(name, name)}" for name, count in sources.items())
        st.caption(f"{origin}; {parts}.")
    else:
        st.caption(f"{parts}; this run holds the crystals of its test split only.")
    table = metrics_table(run.metrics)
    if len(table):
        st.markdown("**Reconstruction**, from a crystal to its code and back")
        st.table(table, hide_index=True)


def splits_of(run: Run) -> dict[str, int]:
    """Crystals in each split of the corpus, also in those that a light run does not hold."""
    sizes = run.config.get("corpus", {}).get("sizes") or run.index["split"].value_counts().to_dict()
    return {name: int(sizes.get(name, 0)) for name in ("train", "validation", "test")}


def metrics_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """A row a metric, a column a split; empty if the run's file names none that we know."""
    splits = {name: metrics[name] for name in ("validation", "test") if isinstance(metrics.get(name), dict)} or {
        "all": metrics
    }
    rows = []
    for key, label, unit in METRICS:
        values = {name.capitalize(): value_text(found.get(key), unit) for name, found in splits.items()}
        if any(values.values()):
            rows.append({"Metric": label, **values})
    return pd.DataFrame(rows)


def value_text(value: object, unit: str) -> str:
    """A metric for people; empty if there is none."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return ""
    if unit == "%":
        return f"{100 * value:.1f} %"
    return f"{value:.3f} {unit}".strip()
