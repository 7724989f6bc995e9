"""A few crystals of each set, chosen by nobody, as formulas; a click shows one in 3D."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from disgen.export.crystals import crystal_of_content
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.mistakes import dialog
from disgen.ui.compare.settings import CIFS, OPEN, opened
from disgen.ui.crystal import buttons, tables, verdict
from disgen.ui.crystal.tray import Origin

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal
    from disgen.ui.compare.side import Side


def show_crystals(left: Side, right: Side) -> None:
    """The formulas of both sides, and the crystal that is opened."""
    st.header("A few of each, chosen by chance")
    with st.container(key="wide_compare_crystals"):
        for side, column in zip((left, right), st.columns(2, gap="large"), strict=True):
            with column:
                _show_formulas(side)
    chosen = opened(str(st.session_state[OPEN] or ""))
    if chosen is not None:
        side = left if chosen[0] == left.name else right
        found = _examples(side)
        if chosen[1] < len(found["numbers"]):
            dialog(side.label, width="large", on_dismiss=_close)(_show_one)(side, chosen[1])


def _show_formulas(side: Side) -> None:
    found = _examples(side)
    st.markdown(f"**{plain_markdown(side.label)}**")
    with st.container(horizontal=True, gap="small"):
        for place, content in enumerate(found["crystals"]):
            name = "no crystal" if content is None else f"{content['formula']} · {content['symbol']}"
            st.button(
                plain_markdown(name),
                key=f"crystal_{side.name}_{place}",
                on_click=_open,
                args=(side.name, place),
                disabled=content is None,
                help=_title(side, place),
            )
    n = (side.report or {}).get("n", 0)
    st.caption(f"{len(found['numbers'])} of {n:,}, drawn at random with seed {found['seed']}, none left out.")


def _show_one(side: Side, place: int) -> None:
    """One crystal with what is thought of it."""
    content = _examples(side)["crystals"][place]
    st.caption(_title(side, place))
    if content is None:
        st.info("This sample gave no crystal.", icon=":material/block:")
        return
    crystal: WyckoffCrystal = crystal_of_content(content)
    with st.container(key="wide_compared"):
        left, right = st.columns([5, 4], gap="medium")
    with left:
        tables.show_heading(crystal)
        found = verdict.verdicts_of([crystal], side.key)[0]
        if found is not None:
            verdict.show_verdict(found)
        tables.show_live_view(crystal, channel="compared")
        buttons.show_actions(crystal, _origin(side, place), key="download_compared", in_dialog=True)
    with right:
        tables.show_tables(crystal)


def _origin(side: Side, place: int) -> Origin:
    report, number = side.report or {}, _examples(side)["numbers"][place]
    if side.source == CIFS:
        return Origin("", "original")
    if report["kind"] == "split":
        return Origin("", f"test-{number}")
    name = f"{side.source}-n{report['n']}-seed{report['seed']}-{number}"
    return Origin(side.key.name, name, side.source, report["seed"])


def _title(side: Side, place: int) -> str:
    found = _examples(side)
    if found["names"] is not None:
        return plain_markdown(found["names"][place])
    return f"Number {found['numbers'][place]:,}"


def _examples(side: Side) -> dict[str, Any]:
    found: dict[str, Any] = side.report["examples"] if side.report else {"numbers": []}
    return found


def _open(side: str, place: int) -> None:
    st.session_state[OPEN] = f"{side}-{place}"


def _close() -> None:
    st.session_state[OPEN] = ""
