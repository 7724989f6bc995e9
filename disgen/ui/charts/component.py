"""Charts of `disgen.ui.charts.svg_chart` on a page. Streamlit's own HTML element leaves SVG out."""

from __future__ import annotations

import hashlib

from disgen.ui.base.own_component import own_component

_CHARTS = own_component(
    "disgen_charts", "disgen.ui.charts", "component.js", css="component.css", html='<div class="root"></div>'
)


def show_charts(content: str, *, key: str) -> None:
    """Charts on the page.

    Args:
        content: of `disgen.ui.charts.svg_chart.charts_html`, with keys beside it; all of it ours or escaped.
        key: of the element.
    """
    version = hashlib.sha256(content.encode()).hexdigest()
    _CHARTS(key=key, data={"html": content, "version": version})
