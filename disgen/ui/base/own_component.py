"""Parts of a page that we draw in the browser ourselves: a script and a style that lie beside the module they serve."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


def own_component(
    name: str, room: str, *scripts: str, css: str = "", html: str = "", isolated: bool = True
) -> ComponentRenderer:
    """A component of Streamlit's.

    Args:
        name: distinct in the app.
        room: the package in which its files lie.
        scripts: their names; they are joined, and the last exports what is called with the data.
        css: name of the style, if there is one.
        html: what the script finds.
        isolated: its elements and styles are hidden from the rest of the page.
    """

    def text(file: str) -> str:
        return files(room).joinpath(file).read_text(encoding="utf-8")

    return st.components.v2.component(
        name,
        html=html or None,
        css=text(css) if css else None,
        js="".join(map(text, scripts)),
        isolate_styles=isolated,
    )
