"""Bars of parts of a whole, one under the other, as HTML: each part says its share, and what it is made of."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

_WRITTEN = 0.04  # share from which a part has room for its number
_STYLE = """<style>
.disgen-bars { display: grid; grid-template-columns: max-content 1fr; gap: 0.45rem 0.75rem; align-items: center;
  margin: 0.25rem 0 0.5rem; font-size: 0.85rem; }
.disgen-bars .key { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; list-style: none;
  margin: 0 0 0.4rem; padding: 0; }
.disgen-bars .key li { margin: 0; font-size: 0.85rem; }
.disgen-bars .key i { display: inline-block; width: 0.75rem; height: 0.75rem; margin-right: 0.4rem;
  border-radius: 2px; }
.disgen-bars .bar { display: flex; height: 1.55rem; border-radius: 3px; overflow: hidden; }
.disgen-bars .bar span { overflow: hidden; white-space: nowrap; text-align: center; font-size: 0.75rem;
  line-height: 1.55rem; min-width: 0; container-type: inline-size; }
.disgen-bars b { font-weight: 400; }
@container (max-width: 1.9rem) { .disgen-bars b { display: none; } }
.disgen-bars .ends { display: flex; justify-content: space-between; opacity: 0.75; font-size: 0.75rem; }
</style>"""


class Part(Protocol):
    """What all bars may be made of."""

    @property
    def label(self) -> str:
        """In the key."""

    @property
    def colour(self) -> str:
        """As CSS writes it."""

    @property
    def ink(self) -> str:
        """Of what is written on that colour."""


def bars_html(parts: Sequence[Part], bars: Sequence[tuple[str, Sequence[float], Sequence[str]]]) -> str:
    """Bars for `st.html`, with a key to their colours above and the ends of their scale below.

    Args:
        parts: in the order in which they follow each other.
        bars: (name, share of each part from 0 to 1, what is to be said of each part) each.
    """
    key = "".join(f'<li><i style="background:{part.colour}"></i>{html.escape(part.label)}</li>' for part in parts)
    lines = "".join(
        f'<span>{html.escape(name)}</span><div class="bar" data-bar="{html.escape(name)}">'
        f"{''.join(map(_part_html, parts, shares, texts))}</div>"
        for name, shares, texts in bars
    )
    ends = '<span></span><div class="ends"><span>0 %</span><span>50 %</span><span>100 %</span></div>'
    return f'{_STYLE}<div class="disgen-bars"><ul class="key">{key}</ul>{lines}{ends}</div>'


def _part_html(part: Part, share: float, text: str) -> str:
    if not share:
        return ""
    says = html.escape(f"{part.label}: {100.0 * share:.2f} %\n{text}")
    written = f"{share:.0%}".replace("%", " %") if share >= _WRITTEN else ""
    style = f"flex:{share:.6f} 1 0;background:{part.colour};color:{part.ink}"
    return f'<span style="{style}" title="{says}"><b>{written}</b></span>'
