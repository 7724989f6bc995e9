"""The frame of every page: navigation, heading with the model picker, and one sentence where there is no model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.errors import DisgenError
from disgen.places import program_folder
from disgen.ui.base import urlstate, visit
from disgen.ui.base.mistakes import told
from disgen.ui.base.urlstate import Choice
from disgen.ui.crystal import tray
from disgen.ui.data import loading

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

    from disgen.model.checkpoint import Run
    from disgen.ui.data.loading import RunKey

ABOUT = """\
Dis-GEN describes a crystal by its Wyckoff sites, each of which may be shared by several elements or be partly empty,
and learns them with a variational autoencoder.

M. H. Petersen et al., *Dis-GEN: Disordered crystal structure generation* (2025). This is an independent, open
implementation, trained on open data (AMCSD, 3DSC).
"""


# Narrow windows: columns stand below each other before tables and views are cut off. Headings leave room for content.
_STYLE = """<style>
.stMainBlockContainer { padding: 4rem clamp(1rem, 3vw, 4rem) 2rem; }
.stMainBlockContainer h1 { font-size: 1.5rem; padding: 0; white-space: nowrap; }
.stMainBlockContainer h2 { font-size: 1.75rem; }
.st-key-heading { min-height: 2.5rem; }
.st-key-visit { display: none; }
.stApp [data-testid="stCaptionContainer"] { color: inherit; opacity: 0.8; }
.stApp [data-testid="stBaseButton-primary"] { background: #0f766e; border-color: #0f766e; color: #ffffff; }
.stApp :focus-visible { outline: 2px solid #179487; outline-offset: 2px; }
@media (min-width: 641px) {
  .st-key-heading { flex-wrap: nowrap; }
  .st-key-heading > div { min-width: 0; }
  .st-key-heading .stHeading, .st-key-heading .stSelectbox { flex-shrink: 0; }
}
[class*="st-key-wide_"] [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"]) { flex-wrap: wrap; }
[class*="st-key-wide_"] [data-testid="stColumn"] { min-width: min(100%, 24rem); }
</style>"""
_PAGES = program_folder() / "pages"
_SHELL = "_shell"  # in the session state once the app's frame has been drawn


def navigation() -> Page:
    """All pages of the app; returns the one to run."""
    st.session_state[_SHELL] = True
    held = len(tray.items(visit.place()))
    page = st.navigation(
        [
            st.Page(_PAGES / "overview.py", title="Overview", default=True),
            st.Page(_PAGES / "latent_map.py", title="Latent map"),
            st.Page(_PAGES / "estimators.py", title="Estimators"),
            st.Page(_PAGES / "compare.py", title="Compare"),
            st.Page(_PAGES / "conditioning.py", title="Conditioning"),
            st.Page(_PAGES / "viewer.py", title="Viewer"),
            st.Page(_PAGES / "ensembles.py", title="Ensembles"),
            st.Page(_PAGES / "reconstruction.py", title="Reconstruction"),
            st.Page(_PAGES / "corpus.py", title="Corpus"),
            st.Page(_PAGES / "tray.py", title=f"Tray ({held})" if held else "Tray"),
        ],
        position="top",
    )
    # Pages have no icons of their own: the tab would show them, fetched from a font server.
    title = f"{page.title} · Dis-GEN Explorer"
    st.set_page_config(page_title=title, page_icon="💠", layout="wide", menu_items={"About": ABOUT})
    st.html(_STYLE)
    visit.keep()
    return page


def show(page: Page) -> None:
    """Run a page, and tell what goes wrong on it."""
    with told(f"the page {page.title}"):
        page.run()


def chosen_run() -> tuple[RunKey, Run]:
    """The run that is picked; if there is none, or it is damaged, the page says so and ends here."""
    from disgen.model.checkpoint import default_run  # noqa: PLC0415

    try:
        key = loading.run_key(st.session_state.get("run") or default_run().name)
        return key, loading.load_run(key)
    except DisgenError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def heading(title: str, text: str) -> None:
    """Title of a page, one line on what it is for, and the model picker.

    Streamlit runs a page of the folder ``pages`` without app.py if its address is the first that a new server is asked
    for. The page then brings in the frame itself and starts again.
    """
    if _SHELL not in st.session_state:
        navigation()
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="heading"):
        st.title(title, width="content", anchor=False)
        st.caption(text, width="stretch")
        _pick_model()


def _pick_model() -> None:
    from disgen.model.checkpoint import default_run  # noqa: PLC0415 (torch: after the page's frame)

    names, problems = loading.usable_runs()
    if not names:
        return
    default = default_run().name
    default = default if default in names else names[0]
    parameter = {"run": Choice((default, *(name for name in names if name != default)))}
    urlstate.restore(parameter)
    st.selectbox(
        "Model",
        names,
        format_func=lambda name: f"Model: {name}",
        key="run",
        persist_state="session",
        width=190,
        label_visibility="collapsed",
        help=" ".join(("Trained runs: those that come with the program, and yours in the models folder.", *problems)),
    )
    urlstate.publish(parameter)
