"""How often searches succeed in general: the benchmark that lies with the run, as a small table."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from disgen.errors import DisgenError
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.html_table import table_html
from disgen.ui.base.samplers import label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.ui.data.loading import RunKey

_NAMES = {
    "elements": "Elements",
    "elements, space group": "Elements and space group",
    "elements, space group, disordered sites": "Elements, space group and number of disordered sites",
}
_HEAD = ("Asked for", "Credible hit", "95 % interval", "Different ones", "Reached", "Points that succeed", "Time")


def show_benchmark(key: RunKey) -> None:
    """The stored figures, or how to make them."""
    st.header("How often it succeeds")
    try:
        figures = _stored(key)
    except DisgenError as error:
        st.error(plain_markdown(str(error)), icon=":material/error:")
        return
    if figures is None:
        st.caption(
            "No benchmark is stored with this model: "
            f"`python -m disgen condition --run {key.name} --benchmark --store` makes one, in some ten minutes."
        )
        return
    st.html(benchmark_html(figures))
    st.caption(note(figures))


def benchmark_html(figures: Mapping[str, Any]) -> str:
    """A row for each kind of target, then all of them."""
    from disgen.evaluation.rates import wilson  # noqa: PLC0415

    rows = []
    for name, part in (*figures["kinds"].items(), ("All", figures["all"])):
        targets, credible = int(part["targets"]), int(part["credible"])
        low, high = wilson(credible, targets) or (0.0, 1.0)
        rows.append(
            [
                html.escape(_NAMES.get(name, name)),
                f"<b>{credible / max(1, targets):.0%}</b> ({credible} of {targets})",
                f"{low:.0%} – {high:.0%}",
                f"{part['median_credible']:.0f}",
                f"{int(part['reached'])} of {targets}",
                f"{part['median_success']:.0%}",
                f"{part['median_seconds']:.1f} s",
            ]
        )
    return table_html(_HEAD, rows, name="benchmark")


def note(figures: Mapping[str, Any]) -> str:
    """How the figures were made."""
    count = int(figures["all"]["targets"])
    return (
        f"{count} targets drawn from the test split's own combinations (seed {figures['seed']}), without other "
        f"elements; {figures['n']} points from {label(figures['estimator'])}, at most {figures['steps']} steps each. "
        "Credible hit: at least one crystal meets everything and is legal, neutral and new, its distances and mixtures "
        "plausible. Reached: at least one without atoms too close meets everything. Different credible ones, points "
        "that succeed and time are medians."
    )


def _stored(key: RunKey) -> dict[str, Any] | None:
    from disgen.judge.conditioning_benchmark import FILE  # noqa: PLC0415 (torch: not before the first paint)

    path = Path(key.path) / FILE
    return _loaded(key.path, path.stat().st_mtime_ns) if path.is_file() else None


@st.cache_resource(max_entries=3, show_spinner=False)
def _loaded(
    path: str,
    changed: int,  # noqa: ARG001 (a new file is read anew)
) -> dict[str, Any] | None:
    from disgen.judge.conditioning_benchmark import load_benchmark  # noqa: PLC0415

    return load_benchmark(Path(path))
