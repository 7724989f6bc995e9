"""What a latent decodes to, on a page: its crystal with everything that can be done with it, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.ui.crystal import buttons, tables
from disgen.ui.crystal.viewer import HEIGHT

if TYPE_CHECKING:
    from disgen.generation.decoded import DecodedLatent
    from disgen.ui.crystal.tray import Origin


def show_decoded(decoded: DecodedLatent, source: Origin, *, key: str, height: int = HEIGHT) -> None:
    """Formula, 3D view, downloads, cell, sites and checks; a sentence if there is no crystal.

    Args:
        decoded: the crystal and its checks.
        source: where it comes from.
        key: of the widgets, distinct on the page.
        height: of the view in pixels.
    """
    if decoded.crystal is None:
        tables.show_checks(decoded)
        return
    tables.show_heading(decoded.crystal)
    view = st.container()
    buttons.show_actions(decoded.crystal, source, key=key)
    tables.show_tables(decoded.crystal)
    tables.show_checks(decoded)
    with view:  # last, as the browser is busy with it for a while and would show the rest only then
        tables.show_live_view(decoded.crystal, channel=key, height=height)
