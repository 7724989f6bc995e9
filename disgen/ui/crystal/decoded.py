"""What a latent decodes to, on a page: its crystal with everything that can be done with it, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.ui.crystal import buttons, tables, verdict
from disgen.ui.crystal.viewer import HEIGHT
from disgen.ui.data import loading

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
    key_of_run = loading.run_key(source.run)
    found = verdict.verdict_of(decoded, key_of_run)
    if decoded.crystal is None or found is None:
        verdict.show_checks(decoded, key_of_run)
        return
    tables.show_heading(decoded.crystal)
    verdict.show_verdict(found)
    view = st.container()
    buttons.show_actions(decoded.crystal, source, key=key)
    tables.show_tables(decoded.crystal)
    verdict.show_checks(decoded, key_of_run)
    with view:  # last, as the browser is busy with it for a while and would show the rest only then
        tables.show_live_view(decoded.crystal, channel=key, height=height)
