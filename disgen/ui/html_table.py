"""A small table as HTML, for what `st.table` cannot do: subscripts, and rows that a script finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLE = """<style>
.disgen-table { overflow-x: auto; border-radius: 0.5rem;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
.disgen-table table { width: 100%; margin: 0; border-collapse: collapse; font-size: 0.875rem; }
.disgen-table :is(th, td) { padding: 0.35rem 0.6rem; text-align: left; vertical-align: top;
  border: 0 solid color-mix(in srgb, currentColor 12%, transparent); border-bottom-width: 1px; }
.disgen-table tr:last-child td { border-bottom: 0; }
.disgen-table th { font-weight: 400; opacity: 0.75; }
.disgen-table tr.lit td { background: color-mix(in srgb, #179487 30%, transparent); }
</style>"""


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], *, name: str = "") -> str:
    """A table as HTML for `st.html`.

    Args:
        head: of the columns, HTML.
        rows: cells as HTML; what is not ours must be escaped.
        name: goes into the attribute ``data-table``; rows have ``data-row``, counted from 0.
    """
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    lines = "".join(
        f'<tr data-row="{number}">{"".join(f"<td>{cell}</td>" for cell in row)}</tr>' for number, row in enumerate(rows)
    )
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
    return f'{_STYLE}<div class="disgen-table" data-table="{name}">{table}</div>'
