"""What decides which cells are drawn and what is done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.energies.potentials import POTENTIALS
from disgen.errors import DisgenError
from disgen.ui.base.durations import roughly
from disgen.ui.ensembles.settings import (
    CALCULATOR,
    FIRST,
    KIND,
    KINDS,
    MOST,
    MOST_SEED,
    MOST_STEPS,
    NEUTRAL,
    NONE,
    NUMBER,
    OTHER,
    RELAX,
    SECOND,
    SEED,
    SINGLE,
    STEPS,
    TREATMENT,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from disgen.crystal import WyckoffCrystal
    from disgen.energies.treatment import Treatment
    from disgen.ensembles.plan import Drawn, Plan
    from disgen.ui.ensembles.settings import EnsembleRequest

_CALCULATORS = {
    "chgnet": "CHGNet",
    "7net-0": "SevenNet-0",
    "7net-l3i5": "SevenNet-l3i5",
    "7net-mf-0-pbe": "SevenNet-MF-0, PBE",
    "7net-mf-0-r2scan": "SevenNet-MF-0, r²SCAN",
}
_TREATMENTS = {SINGLE: "As they are", RELAX: "Relaxed"}


def show_controls(*, going: bool) -> None:
    """Widgets; nothing can be changed while a computation goes on."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Supercell",
            key=FIRST,
            persist_state="session",
            disabled=going,
            width=110,
            help="Conventional cells along each axis: 2, or 2x2x1.",
        )
        st.text_input(
            "Compared with",
            key=SECOND,
            persist_state="session",
            disabled=going,
            width=125,
            help="A second size, drawn over the first one as in the paper's Fig. 12; empty for none.",
        )
        kind = st.segmented_control(
            "Decorations",
            list(KINDS),
            required=True,
            format_func=lambda name: KINDS[name].value.capitalize(),
            key=KIND,
            persist_state="session",
            disabled=going,
            help="Random ones with exactly these numbers of atoms; all that symmetry does not make the same, each "
            "counted as often as it occurs; or one whose pairs are as random as can be.",
        )
        st.number_input(
            "Of each size", 1, MOST, key=NUMBER, persist_state="session", disabled=going or kind != "random", width=120
        )
        st.number_input("Seed", 0, MOST_SEED, key=SEED, persist_state="session", disabled=going, width=110)
        st.toggle(
            "Keep the charge",
            key=NEUTRAL,
            persist_state="session",
            disabled=going,
            help="Where whole atoms cannot hold all occupancies, keep the charge of the cell first.",
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Calculator",
            POTENTIALS,
            format_func=lambda name: _CALCULATORS[name],
            key=CALCULATOR,
            persist_state="session",
            disabled=going,
            width=220,
            help="CHGNet's energies hold the Materials Project's 2020 corrections, SevenNet's none. Any other "
            "calculator of ASE: python -m disgen ensemble --calculator.",
        )
        st.selectbox(
            "Second calculator",
            (NONE, *POTENTIALS),
            format_func=lambda name: "None" if name == NONE else _CALCULATORS[name],
            key=OTHER,
            persist_state="session",
            disabled=going,
            width=220,
            help="For the same decorations: how far its T* lies from the first one's is the error bar.",
        )
        treatment = st.segmented_control(
            "Cells",
            list(_TREATMENTS),
            required=True,
            format_func=_TREATMENTS.__getitem__,
            key=TREATMENT,
            persist_state="session",
            disabled=going,
            help="Relaxed: the positions first, then the cell too, until no force is above 0.1 eV/Å.",
        )
        st.number_input(
            "Steps at most",
            1,
            MOST_STEPS,
            key=STEPS,
            persist_state="session",
            disabled=going or treatment != RELAX,
            width=130,
        )


@st.cache_resource(max_entries=8, show_spinner="Drawing decorations …")
def drawn_of(crystal: WyckoffCrystal, plans: tuple[Plan, ...]) -> tuple[Drawn, ...]:
    """The virtual cells of each plan.

    Raises:
        EnsembleError: if the crystal is ordered, or a plan cannot be met.
        OrderedCellError: if a supercell has too many positions.
        PairsError: if the cell is too flat to tell which positions are too close.
    """
    from disgen.ensembles.plan import draw  # noqa: PLC0415 (scipy: not before the first paint)

    return tuple(draw(crystal, plan) for plan in plans)


def missing(calculators: Iterable[str]) -> str:
    """How to install what calculators need, as a sentence; empty if all is there."""
    from disgen.energies.potentials import load_potential  # noqa: PLC0415 (torch: not before the first paint)

    try:
        for calculator in calculators:
            load_potential(calculator)
    except DisgenError as error:
        return str(error)
    return ""


def time_text(wishes: EnsembleRequest, drawn: tuple[Drawn, ...]) -> str:
    """About how long all of it takes, by one energy of each size and calculator that was timed on this server."""
    seconds = sum(
        one.cells.different * _seconds(one, calculator, wishes) for one in drawn for calculator in wishes.calculators
    )
    return f"About {roughly(seconds)} on one core of this server, less what it knows already."


def _seconds(one: Drawn, calculator: str, wishes: EnsembleRequest) -> float:
    """Of one decoration."""
    from disgen.ensembles.properties import first_cells  # noqa: PLC0415 (torch: not before the first paint)

    cell = first_cells(one.cells)[0]
    formula = one.cells.supercell.crystal.formula
    return _timed(formula, len(cell), calculator, wishes.treatment, _one=one)


@st.cache_data(max_entries=64, show_spinner="Timing one energy …")
def _timed(
    formula: str,  # noqa: ARG001 (with the number of atoms the cache's key)
    n_atoms: int,  # noqa: ARG001 (the same)
    calculator: str,
    treatment: Treatment,
    _one: Drawn,
) -> float:
    from disgen.ensembles.properties import estimated_seconds, first_cells  # noqa: PLC0415

    return estimated_seconds(first_cells(_one.cells)[0], calculator, treatment)
