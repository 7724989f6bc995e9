"""The form of the Conditioning page: presets, a periodic table, symmetry, sites, mixtures, cell, and how to search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from disgen import wyckoff
from disgen.errors import DisgenError
from disgen.ui.base import samplers
from disgen.ui.base.elements import plain_markdown
from disgen.ui.conditioning import form_state
from disgen.ui.conditioning.form_state import (
    CELL,
    FASTEST,
    LONGEST,
    MOST_POINTS,
    MOST_SEED,
    MOST_STEPS,
    PRESETS,
    SLOWEST,
    VOLUME,
)
from disgen.ui.conditioning.periodic_table import show_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.search.targets import Targets
    from disgen.ui.base.urlstate import Span

TABLE = "elements_table"


def show_form(estimators: Sequence[str]) -> None:
    """All fields; what they hold is in the session's state under the names of `form_state.PARAMETERS`.

    Args:
        estimators: names of those that the run can start from.
    """
    _show_presets()
    with st.container(key="wide_form"):
        left, right = st.columns([5, 4], gap="medium")
    with left:
        _show_elements()
    with right:
        _show_structure()
    with st.expander("Mixtures, ratio, cell", expanded=_any_of("mix", "ratio", *CELL, VOLUME)):
        _show_amounts()
        _show_cell()
    with st.expander("Advanced: how to search"):
        _show_settings(estimators)


def stated_targets() -> Targets | None:
    """The targets that the form states, in words; a sentence, and None, if there are none, or impossible ones."""
    if form_state.is_empty(st.session_state):
        st.info("Say what the crystals shall be, or take an example above.", icon=":material/info:")
        return None
    try:
        targets = form_state.targets_of(st.session_state)
    except DisgenError as error:
        st.error(plain_markdown(str(error)), icon=":material/block:")
        return None
    st.markdown("**Searched for:** " + " · ".join(plain_markdown(target.text) for target in targets))
    from disgen.search.limits import left_out_text  # noqa: PLC0415 (torch: not before the first paint)

    if missing := left_out_text(targets):
        st.caption(f":material/info: {plain_markdown(missing)}")
    return targets


def _show_presets() -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="condition_presets"):
        st.markdown("Examples", width="content")
        for name, preset in PRESETS.items():
            st.button(
                preset.label,
                key=f"preset_{name}",
                help=preset.about,
                on_click=form_state.apply_preset,
                args=(st.session_state, name),
            )
        st.button(
            "Clear",
            key="preset_none",
            type="tertiary",
            icon=":material/backspace:",
            on_click=form_state.clear,
            args=(st.session_state,),
        )


def _show_elements() -> None:
    state = st.session_state
    only = bool(state["only"])
    show_table(
        form_state.marked(state),
        ("required", "also allowed" if only else "forbidden"),
        "yes" if only else "no",
        key=TABLE,
        marked=lambda chosen: form_state.mark(state, chosen),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _text("elements", "Required elements", "Li P O", "Each of them is on some site. Symbols, in any order.")
        if only:
            _text("also", "Also allowed", "F Cl", "They may be there, but need not.")
        else:
            _text("forbidden", "Forbidden elements", "Pb Cd", "None of them is on any site.")
    st.toggle(
        "Nothing else",
        key="only",
        persist_state="session",
        help="No elements but those that are required, in a mixture or ratio, or also allowed.",
    )


def _show_structure() -> None:
    st.multiselect(
        "Space groups, one of",
        range(1, wyckoff.SPACE_GROUPS + 1),
        format_func=group_label,
        key="groups",
        persist_state="session",
        placeholder="any: type a number or a symbol",
        filter_mode="contains",
        select_all=False,
    )
    st.multiselect(
        "Crystal systems, one of",
        wyckoff.CRYSTAL_SYSTEMS,
        format_func=str.capitalize,
        key="systems",
        persist_state="session",
        placeholder="any",
        select_all=False,
    )
    for name, limits, label, about in (
        (
            "sites",
            form_state.SITES,
            "Wyckoff sites",
            "How many sites the crystal has; both ends on one number for exactly so many.",
        ),
        (
            "disordered",
            form_state.DISORDERED,
            "Disordered sites",
            "Sites that several elements share, or that are partly empty.",
        ),
    ):
        st.slider(
            f"{label}: {span_text(st.session_state[name], limits)}",
            limits.low,
            limits.high,
            key=name,
            persist_state="session",
            help=about,
        )


def _show_amounts() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _text(
            "mix",
            "Mixture on one site",
            "Zn 0.5, V 0.5",
            "Occupancies of what shares a site. “vacancy” is the empty share: “Na 0.7, vacancy 0.3”, or “vacancy 0.2” "
            "whatever else is there. A semicolon begins another site.",
        )
        _text(
            "ratio",
            "Ratio in the crystal",
            "Na 2, Fe 1",
            "Amounts of some elements in proportion. A semicolon begins another ratio.",
        )
        st.number_input(
            "Tolerance",
            0.005,
            0.495,
            step=0.01,
            format="%.3g",
            key="tolerance",
            persist_state="session",
            width=140,
            help="Largest difference of an occupancy, or of an element's share in the ratio.",
        )


def _show_cell() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, label in CELL.items():
            _text(name, label, "80–100" if "°" in label else "3.8–4.2", "", width=120)
        _text(
            VOLUME,
            "Å³ per atom",
            "10–14",
            "Volume of the cell by the atoms in it, counted with occupancies.",
            width=130,
        )


def _show_settings(estimators: Sequence[str]) -> None:
    if st.session_state["search_from"] not in estimators:
        st.session_state["search_from"] = estimators[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Latent points",
            1,
            MOST_POINTS,
            step=64,
            key="search_n",
            persist_state="session",
            width=140,
            help="They move all at once; each gives a crystal. Time grows with their number.",
        )
        st.number_input(
            "Most steps",
            0,
            MOST_STEPS,
            step=50,
            key="search_steps",
            persist_state="session",
            width=130,
            help="The search ends sooner if every point is as good as can be.",
        )
        st.number_input(
            "Learning rate",
            SLOWEST,
            FASTEST,
            step=0.05,
            format="%.3g",
            key="search_rate",
            persist_state="session",
            width=140,
            help="Size of a step, in standard deviations of the latents.",
        )
        st.selectbox(
            "Start from",
            estimators,
            format_func=samplers.label,
            key="search_from",
            persist_state="session",
            width=220,
            help="The density that starting points are drawn from; plain samples of it are the base rate.",
        )
        st.number_input("Seed", 0, MOST_SEED, key="search_seed", persist_state="session", width=120)


def group_label(group: int) -> str:
    """Number and symbol, also without the underscores of screw axes, so that both are found."""
    symbol = wyckoff.symbol(group)
    return f"{group} · {symbol.replace('_', '')}"


def span_text(span: tuple[int, int], limits: Span) -> str:
    """A range in words."""
    low, high = span
    if (low, high) == limits.default:
        return "any number"
    if low == high:
        return f"exactly {low}"
    if high == limits.high:
        return f"{low} or more"
    return f"at most {high}" if low == limits.low else f"{low} to {high}"


def _text(name: str, label: str, example: str, about: str, width: int | Literal["stretch"] = "stretch") -> None:
    st.text_input(
        label,
        key=name,
        max_chars=LONGEST,
        placeholder=example,
        help=about or None,
        persist_state="session",
        width=width,
    )


def _any_of(*names: str) -> bool:
    return any(str(st.session_state[name]).strip() for name in names)
