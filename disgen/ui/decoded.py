"""What a latent decodes to, on a page: its crystal with everything that can be done with it, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.ui import actions, details
from disgen.ui.viewer import HEIGHT

if TYPE_CHECKING:
    from disgen.ui.points import Decoded
    from disgen.ui.tray import Source


def show_decoded(decoded: Decoded, source: Source, *, key: str, height: int = HEIGHT) -> None:
    """Formula, 3D view, downloads, cell, sites and checks; a sentence if there is no crystal.

    Args:
        decoded: the crystal and its checks.
        source: where it comes from.
        key: of the widgets, distinct on the page.
        height: of the view in pixels.
    """
    if decoded.crystal is None:
        details.show_checks(decoded)
        return
    details.show_heading(decoded.crystal)
    view = st.container()
    actions.show_actions(decoded.crystal, source, key=key)
    details.show_tables(decoded.crystal)
    details.show_checks(decoded)
    with view:  # last, as the browser is busy with it for a while and would show the rest only then
        details.show_live_view(decoded.crystal, channel=key, height=height)
