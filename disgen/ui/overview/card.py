"""The card of a run: what it was trained on and how well it reconstructs, as far as its files say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from disgen.ui.data.points import SOURCE_LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.model.checkpoint import Run

# Figures that the card shows, in order: where they stand in a split's metrics, label, unit ("%" for shares). The errors
# of several numbers in one row are their means.
METRICS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("exact_crystal",), "Everything right at once", "%"),
    (("space_group_accuracy",), "Space group", "%"),
    (("ordered_sites", "letter_accuracy"), "Wyckoff letter, ordered sites", "%"),
    (("disordered_sites", "letter_accuracy"), "Wyckoff letter, disordered sites", "%"),
    (("ordered_sites", "element_accuracy"), "Element, ordered sites", "%"),
    (("disordered_sites", "occupancy_mae"), "Occupancy error, disordered sites", ""),
    (("ordered_sites", "coordinate_mae"), "Coordinate error, ordered sites", ""),
    (("disordered_sites", "coordinate_mae"), "Coordinate error, disordered sites", ""),
    (("lattice_mae", "a b c"), "Cell length error", "Å"),
    (("lattice_mae", "alpha beta gamma"), "Cell angle error", "°"),
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
        values = {name.capitalize(): value_text(figure_in(found, key), unit) for name, found in splits.items()}
        if any(values.values()):
            rows.append({"Metric": label, **values})
    return pd.DataFrame(rows)


def figure_in(metrics: Mapping[str, Any], path: Sequence[str]) -> object:
    """A figure by its names from the outside in, the mean of several in the last place; None if it is not there."""
    *outer, last = path
    for name in outer:
        metrics = metrics.get(name) or {}
    values = [metrics.get(name) for name in last.split()]
    numbers = [float(value) for value in values if isinstance(value, (int, float))]
    return sum(numbers) / len(numbers) if len(numbers) == len(values) else None


def value_text(value: object, unit: str) -> str:
    """A metric for people; empty if there is none."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return ""
    if unit == "%":
        return f"{100 * value:.1f} %"
    return f"{value:.3f} {unit}".strip()
