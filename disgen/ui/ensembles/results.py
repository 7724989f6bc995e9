"""What the energies of ensembles say, on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.thermodynamics import boltzmann
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.mistakes import fragment
from disgen.ui.base.reproduce import show_recipes
from disgen.ui.charts.component import show_charts
from disgen.ui.ensembles import plots, tables
from disgen.ui.ensembles.downloads import show_downloads
from disgen.ui.ensembles.plots import MEASURES, size_text
from disgen.ui.ensembles.recipe import ensemble_recipe
from disgen.ui.ensembles.settings import TEMPERATURE
from disgen.ui.ensembles.stability import show_stability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.ensembles.report import Result
    from disgen.ui.ensembles.job import EnsembleProgress
    from disgen.ui.ensembles.settings import EnsembleRequest
    from disgen.ui.ensembles.source import Chosen

_COLDEST, _HOTTEST, _STEP = 50, 3000, 50  # K
_ORDERING = (
    "T* = (⟨E⟩ − E_min) / S: where the entropy of the random mix outweighs what the best known decoration saves. It "
    "leaves out short-range order and vibrations, and is as good as the calculator and the decorations that were seen."
)


def show_results(progress: EnsembleProgress, chosen: Chosen) -> None:
    """Distributions, convergence, averages at a temperature, order and disorder, the hull, files."""
    results, wishes = progress.results, progress.wishes
    st.header("Distributions")
    st.caption(_about(results))
    show_charts(plots.histograms_html(results), key="ensemble_histograms")
    if constants := plots.constants_text(results):
        st.caption(constants)
    st.html(tables.statistics_html(results))
    with st.expander("How the mean settles"):
        show_charts(plots.sets_key(results) + plots.convergence_html(results), key="ensemble_convergence")
    fragment(_show_averages)(results, chosen, wishes)
    st.header("Order and disorder")
    st.html(tables.ordering_html((*results, *progress.second)))
    st.caption(_ORDERING)
    for sentence in tables.spread_sentences(results, progress.second):
        st.markdown(plain_markdown(sentence))
    fragment(show_stability)(results, progress.second)
    st.header("Files")
    show_downloads(results, chosen)


def _about(results: Sequence[Result]) -> str:
    """Which calculator, which correction, and how many decorations gave an energy."""
    first = results[0].properties
    counts = ", ".join(
        f"{int(result.properties.there.sum())} of {len(result.properties)} in {size_text(result)} cells"
        for result in results
    )
    steps = f", at most {first.treatment.steps} steps each" if first.treatment.steps else ""
    return f"{first.potential} {first.version} ({first.correction}), {first.treatment.mode}{steps}: {counts}."


def _show_averages(results: Sequence[Result], chosen: Chosen, wishes: EnsembleRequest) -> None:
    st.header("At a temperature")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        temperature = st.slider(
            "Temperature / K", _COLDEST, _HOTTEST, step=_STEP, key=TEMPERATURE, persist_state="session", width=420
        )
        name = st.selectbox(
            "Curve of",
            list(MEASURES),
            format_func=lambda measure: MEASURES[measure][0],
            key="ensemble_curve",
            width=200,
        )
        recipes = {
            size_text(result): ensemble_recipe(chosen, result.drawn.plan, wishes, float(temperature))
            for result in results
        }
        show_recipes(recipes, key="ensemble_recipe")
    st.html(tables.averages_table_html(results, float(temperature)))
    curve = plots.averages_html(results, name, float(temperature))
    if curve:
        show_charts(plots.sets_key(results) + curve, key="ensemble_averages")
    for sentence in _warnings(results, float(temperature)):
        st.warning(plain_markdown(sentence), icon=":material/balance:")


def _warnings(results: Sequence[Result], temperature: float) -> list[str]:
    """Why averages are not to be trusted, or why there are none."""
    found = []
    for result in results:
        try:
            warning = boltzmann(result.properties, temperature).warning
        except EnsembleError as error:
            warning = str(error)
        if warning:
            found.append(f"{size_text(result)}: {warning}")
    return found
