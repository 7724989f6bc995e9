"""Charts of `disgen.ui.charts.svg_chart` on a page. Streamlit's own HTML element leaves SVG out."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import streamlit as st

_ASSETS = files("disgen.ui.charts")
_CHARTS = st.components.v2.component(
    "disgen_charts",
    html='<div class="root"></div>',
    css=_ASSETS.joinpath("component.css").read_text(encoding="utf-8"),
    js=_ASSETS.joinpath("component.js").read_text(encoding="utf-8"),
)


def show_charts(content: str, *, key: str) -> None:
    """Charts on the page.

    Args:
        content: of `disgen.ui.charts.svg_chart.charts_html`, with keys beside it; all of it ours or escaped.
        key: of the element.
    """
    version = hashlib.sha256(content.encode()).hexdigest()
    _CHARTS(key=key, data={"html": content, "version": version})
