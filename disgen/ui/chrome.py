"""The frame of every page: sidebar with the model picker, and errors as one sentence in place of a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.ui import loading

if TYPE_CHECKING:
    from disgen.model.checkpoint import Run
    from disgen.ui.loading import RunKey

ABOUT = """\
Dis-GEN describes a crystal by its Wyckoff sites, each of which may be shared by several elements or be partly empty,
and learns them with a variational autoencoder.

M. H. Petersen et al., *Dis-GEN: Disordered crystal structure generation* (2025). This is an independent, open
implementation, trained on open data (AMCSD, 3DSC).
"""


def sidebar() -> None:
    """Model picker and a word about the program."""
    from disgen.model.checkpoint import available_runs, default_run  # noqa: PLC0415 (torch: after the page's frame)

    with st.sidebar:
        names = list(available_runs())
        if names:
            default = default_run().name
            st.selectbox(
                "Model",
                names,
                index=names.index(default) if default in names else 0,
                key="run",
                bind="query-params",
                help="Trained runs: those that come with the program, and yours in the models folder.",
            )
        with st.expander("About"):
            st.markdown(ABOUT)


def chosen_run() -> tuple[RunKey, Run]:
    """The run that the sidebar names; if there is none, or it is damaged, the page says so and ends here."""
    from disgen.model.checkpoint import RunError, default_run  # noqa: PLC0415

    try:
        key = loading.run_key(st.session_state.get("run") or default_run().name)
        return key, loading.load_run(key)
    except RunError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def is_dark() -> bool:
    """True if the page is shown in the dark theme."""
    return st.context.theme.type == "dark"


def heading(title: str, text: str) -> None:
    """Title of a page and one line on what it is for."""
    st.title(title)
    st.markdown(text)
