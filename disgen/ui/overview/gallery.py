"""Crystals for the overview: one to begin with, and eight new ones at the push of a button."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.errors import DisgenError
from disgen.export.bundle import archive
from disgen.ui.base import samplers
from disgen.ui.base.mistakes import fragment
from disgen.ui.base.reproduce import Recipe, show_recipe
from disgen.ui.crystal import buttons, tables
from disgen.ui.crystal.tray import Origin, latent_numbers
from disgen.ui.data import loading

if TYPE_CHECKING:
    from disgen.ui.data.loading import RunKey

WANTED = 8
COLUMNS = 4
_SEED = "_gallery_seed"
_VIEW_HEIGHT = 380  # px, of a row of crystals
_PYTHON = """\
from disgen.generation.decoded import first_disordered
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run

run = load_run({run!r})
found, drawn = first_disordered(run, fitted_estimator(run, {estimator!r}), {seed})
print(drawn, "samples:", *(point.crystal.formula for point in found))
"""


def show_featured(key: RunKey) -> None:
    """A disordered crystal of the test split as the model decodes it."""
    crystal = loading.featured(key)
    if crystal is None:
        return
    tables.show_view([crystal], [tables.title_html(crystal)])
    st.caption("A crystal decoded from its point in latent space: mixed sites are cut like a pie, vacancies stay open.")


@fragment
def show_gallery(key: RunKey) -> None:
    """A button that generates eight disordered crystals at once, and the crystals."""
    from disgen.latent.fitted import available_estimators, best_estimator  # noqa: PLC0415 (torch: after first paint)

    run = loading.load_run(key)
    there = available_estimators(run)
    st.header("Eight new disordered crystals")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        estimator = st.selectbox(
            "Sampled from",
            there,
            index=there.index(best_estimator(run)),
            format_func=samplers.label,
            key=f"gallery_estimator_{key.name}",
            persist_state="session",
            width=220,
            help="A density of the latent space, or the learned prior, which draws crystals.",
        )
        st.button("Generate", type="primary", icon=":material/auto_awesome:", on_click=_next_seed)
    seed = st.session_state.get(_SEED)
    if seed is None:
        st.caption("Push the button: it samples the latent space and shows the first eight disordered crystals.")
        return

    try:
        found, drawn = loading.gallery(key, estimator, seed)
    except DisgenError as error:
        st.error(str(error), icon=":material/error:")
        return
    crystals = [latent.crystal for latent in found if latent.crystal is not None]
    st.caption(
        f"{len(crystals)} disordered crystals from {drawn} samples of {samplers.label(estimator)}, seed {seed}; "
        "samples that give no crystal, an ordered, impossible, charged or known one are not shown."
    )
    origins = [f"{estimator}-seed{seed}-gallery{number}" for number in range(1, len(crystals) + 1)]
    for start in range(0, len(crystals), COLUMNS):
        row = crystals[start : start + COLUMNS]
        tables.show_view(
            row, [tables.title_html(one) for one in row], columns=COLUMNS, compact=True, height=_VIEW_HEIGHT
        )
        parts = zip(st.columns(COLUMNS), row, found[start:], origins[start:], strict=False)
        for column, crystal, latent, origin in parts:
            with column:
                z = latent_numbers(latent.z)
                source = Origin(key.name, origin, estimator, seed, z, str(latent.outcome), novel=latent.checks.novel)
                buttons.show_actions(crystal, source, key=f"download_{origin}")
    with st.container(horizontal=True):
        st.download_button(
            "All as zip",
            data=archive(crystals, origins),
            file_name=f"disgen-{key.name}-{estimator}-n{drawn}-seed{seed}.zip",
            mime="application/zip",
            on_click="ignore",
            icon=":material/folder_zip:",
            disabled=not crystals,
        )
        show_recipe(gallery_recipe(key.name, estimator, seed), key="gallery_recipe")


def gallery_recipe(run: str, estimator: str, seed: int) -> Recipe:
    """How the same crystals are found again; no command looks for the first disordered ones."""
    return Recipe((), _PYTHON.format(run=run, estimator=estimator, seed=seed))


def _next_seed() -> None:
    st.session_state[_SEED] = st.session_state.get(_SEED, -1) + 1
