"""A small table as HTML, for what `st.table` cannot do: subscripts, and rows that a script finds.

It also comes to the browser as one text, where `st.table` reads each cell as Markdown of its own.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_STYLE = """<style>
.disgen-table { overflow-x: auto; border-radius: 0.5rem;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
.disgen-table table { width: 100%; margin: 0; border-collapse: collapse; font-size: 0.875rem; }
.disgen-table :is(th, td) { padding: 0.35rem 0.6rem; text-align: left; vertical-align: top;
  border: 0 solid color-mix(in srgb, currentColor 12%, transparent); border-bottom-width: 1px; }
.disgen-table tbody tr:last-child td { border-bottom: 0; }
.disgen-table th { font-weight: 400; opacity: 0.75; }
.disgen-table tr.lit td { background: color-mix(in srgb, #179487 30%, transparent); }
.disgen-table:has(tr[tabindex]) { max-height: 36rem; overflow-y: auto; }
.disgen-table tr[tabindex] { cursor: pointer; }
.disgen-table tr[tabindex]:not(.lit):hover td { background: color-mix(in srgb, currentColor 6%, transparent); }
</style>"""


def table_html(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    name: str = "",
    kinds: Sequence[str] = (),
    touchable: bool = False,
) -> str:
    """A table as HTML for `st.html`.

    Args:
        head: of the columns, HTML.
        rows: cells as HTML; what is not ours must be escaped.
        name: goes into the attribute ``data-table``; rows have ``data-row``, counted from 0.
        kinds: classes of the rows; none or as many.
        touchable: rows can be chosen, also by the keyboard; a script must do what follows.
    """
    heads = "".join(f"<th>{cell}</th>" if cell else "<td></td>" for cell in head)
    focus = ' tabindex="0"' if touchable else ""
    lines = "".join(
        f'<tr data-row="{number}" class="{kind}"{focus}>{"".join(f"<td>{cell}</td>" for cell in row)}</tr>'
        for number, (row, kind) in enumerate(zip(rows, kinds or [""] * len(rows), strict=True))
    )
    reached = "" if touchable else ' tabindex="0"'  # a wide one is scrolled by the keyboard too
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
    return f'{_STYLE}<div class="disgen-table" data-table="{name}"{reached}>{table}</div>'


def heading_html(text: str) -> str:
    """What stands over a table, as ``**text**`` of Markdown does."""
    return f'<p style="margin:0.5rem 0"><strong>{html.escape(text)}</strong></p>'


def frame_html(frame: pd.DataFrame) -> str:
    """A table of texts and whole numbers as HTML for `st.html`; all of it is escaped."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in frame.to_numpy().tolist()]
    head = [html.escape(str(name)) for name in frame.columns]
    return table_html(head, [[html.escape(cell) for cell in row] for row in cells])
