"""Energy of one crystal on any page: a few ordered decorations, relaxed, and where they then stand."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from disgen.energies.cell_files import poscar
from disgen.energies.glance import RELAXED, drawn, glance
from disgen.errors import DisgenError
from disgen.export.bundle import file_name
from disgen.ui.base import visit
from disgen.ui.base.durations import roughly
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.html_table import table_html
from disgen.ui.base.jobs import ALWAYS, JobState, StopError, long_job, waiting_text
from disgen.ui.base.mistakes import fragment

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal
    from disgen.energies.cell import Cell
    from disgen.energies.glance import Glance
    from disgen.ui.base.jobs import Job, Presence, Reporter

POTENTIAL = "chgnet"
MOST = 10  # decorations
_FEW = 3
_JOB = "_energy_job"  # in the session's state: nobody else can come by it
_POLL = 0.7  # s between looks at work that goes on
_COLUMNS = ("decoration", "atoms", "as_drawn_eV", "relaxed_eV", "taken_out_eV", "above_hull_eV", "volume_change", "end")


@dataclass(frozen=True)
class EnergyProgress:
    """What there is.

    Attributes:
        crystal: whose energy is asked for.
        n: number of different decorations.
        done: of them, that are relaxed.
        found: all of them, once they are.
    """

    crystal: WyckoffCrystal
    n: int
    done: int = 0
    found: Glance | None = None


def show_energy(crystal: WyckoffCrystal, *, key: str, origin: str = "") -> None:
    """What to compute, a button that starts it, and what comes of it.

    Args:
        crystal: ordered or disordered.
        key: of the widgets, distinct on the page.
        origin: where the crystal comes from, for the names of files.
    """
    disordered = bool(crystal.disordered_sites)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        n = int(st.slider("Decorations", 1, MOST, _FEW, key=f"{key}_decorations", width=220)) if disordered else 1
        try:
            cells = drawn(crystal, n)
            seconds = _different(cells) * _seconds(cells[0].digest, _cell=cells[0])
        except DisgenError as error:
            st.warning(plain_markdown(str(error)), icon=":material/rule:")
            return
        if st.button("Compute", key=f"{key}_compute", type="primary", icon=":material/play_arrow:"):
            _start(crystal, cells)
        st.caption(f"{_cells_text(cells, disordered=disordered)}: about {roughly(seconds)} on one core of this server.")
    job = _job(crystal)
    if job is not None:
        fragment(_watch, run_every=_POLL if job.look().goes_on else None)(job, key=key, origin=origin)
    st.caption(
        "CHGNet, corrected as the Materials Project corrects; positions and cell relaxed to 0.1 eV/Å in at most "
        f"{RELAXED.steps} steps. Its error is some 30 meV an atom (Deng et al., 2023). For distributions, averages "
        "over temperature and phase diagrams, put the crystal into the tray and go to *Ensembles*."
    )


def start_energy(crystal: WyckoffCrystal, cells: list[Cell], presence: Presence = ALWAYS) -> Job[EnergyProgress]:
    """Relax decorations in the background, on one core.

    Args:
        crystal: that they are of.
        cells: of `disgen.energies.glance.drawn`.
        presence: of whom it is done for.
    """
    start = EnergyProgress(crystal, _different(cells))
    return long_job(partial(_compute, cells), start, name="The computation", presence=presence)


def _compute(cells: list[Cell], reporter: Reporter[EnergyProgress]) -> None:
    def advance(done: int) -> None:
        reporter.say(replace(reporter.progress, done=done))
        if reporter.stopping:
            raise StopError

    found = glance(cells, POTENTIAL, progress=advance)
    reporter.say(replace(reporter.progress, found=found))


def _watch(job: Job[EnergyProgress], *, key: str, origin: str) -> None:
    """How far the work is, and what came of it."""
    now = job.look()
    if now.goes_on:
        with st.container(horizontal=True, vertical_alignment="center"):
            if now.state is JobState.WAITING:
                text = f"{waiting_text(now)} …"
            else:
                text = f"Relaxing: {now.progress.done} of {now.progress.n} different decorations, {now.seconds:.0f} s"
            st.progress(now.progress.done / now.progress.n, text)
            st.button("Stop", key=f"{key}_energy_stop", on_click=job.stop, icon=":material/stop_circle:")
    elif now.state is JobState.FAILED:
        st.error(plain_markdown(now.problem), icon=":material/error:")
    elif now.progress.found is None:
        st.info("Stopped: what is done is kept for the next time.", icon=":material/stop_circle:")
    else:
        _show_found(now.progress.crystal, now.progress.found, key=key, origin=origin)


def _show_found(crystal: WyckoffCrystal, found: Glance, *, key: str, origin: str) -> None:
    st.markdown(headline(found))
    st.html(energies_html(found))
    best = found.best
    with st.container(horizontal=True):
        if best is not None and (relaxed := found.relaxations[best].cell) is not None:
            st.download_button(
                "Best one, relaxed (POSCAR)",
                data=partial(poscar, relaxed, f"decoration {best} of {crystal.formula}, relaxed by {found.potential}"),
                file_name=file_name(crystal, origin, f"_{found.potential}_POSCAR.vasp"),
                mime="text/plain",
                key=f"{key}_energy_poscar",
                on_click="ignore",
                icon=":material/download:",
            )
        st.download_button(
            "Energies (CSV)",
            data=partial(energies_csv, found),
            file_name=file_name(crystal, origin, f"_{found.potential}_energies.csv"),
            mime="text/csv",
            key=f"{key}_energy_csv",
            on_click="ignore",
            icon=":material/table:",
        )


def headline(found: Glance) -> str:
    """What the energies say, in one sentence or two."""
    best = found.best
    if best is None:
        why = ", ".join(sorted({relaxation.outcome.value for relaxation in found.relaxations}))
        return f"**No energy**: {why}."
    drops = found.drops[np.isfinite(found.drops)]
    many = f", {drops.min():.3f} to {drops.max():.3f} out of all {len(drops)}" if len(drops) > 1 else ""
    which = "the best decoration" if len(found) > 1 else "it"
    text = f"**Relaxation takes {found.drops[best]:.3f} eV an atom out of {which}**{many}. "
    height = found.heights[best]
    if not np.isfinite(height):
        return f"{text}There are no reference energies for a hull of its elements."
    whole = round(1000 * height)
    place = f"{abs(whole)} meV an atom {'below' if whole < 0 else 'above'}"
    return f"{text}It then stands **{place}** the hull of {found.potential}'s reference crystals."


def energies_html(found: Glance) -> str:
    """A row a decoration: atoms, energy as drawn and relaxed, height above the hull, change of volume, and the end."""
    head = (
        "Decoration",
        "Atoms",
        "As drawn / eV",
        "Relaxed / eV",
        "Taken out / eV",
        "Above the hull / meV",
        "Volume",
        "End",
    )
    rows = []
    for number, (cell, relaxation) in enumerate(zip(found.cells, found.relaxations, strict=True)):
        name = f"<b>{number}</b> (best)" if number == found.best and len(found) > 1 else str(number)
        if not np.isfinite(relaxation.energy):
            rows.append([name, str(len(cell)), *[""] * 5, relaxation.outcome.value])
            continue
        rows.append(
            [
                name,
                str(len(cell)),
                f"{relaxation.first_energy:.3f}",
                f"{relaxation.energy:.3f}",
                f"{found.drops[number]:.3f}",
                str(round(1000 * found.heights[number])) if np.isfinite(found.heights[number]) else "",
                f"{relaxation.volume_change:+.1%}".replace("%", " %"),
                relaxation.outcome.value,
            ]
        )
    return table_html(head, rows, name="energies")


def energies_csv(found: Glance) -> str:
    """The same as a table, energies in eV an atom; empty where there is none."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow((*_COLUMNS, "calculator", "correction"))
    for number, (cell, relaxation) in enumerate(zip(found.cells, found.relaxations, strict=True)):
        values = (relaxation.first_energy, relaxation.energy, found.drops[number], found.heights[number])
        numbers = [f"{value:.6f}" if np.isfinite(value) else "" for value in (*values, relaxation.volume_change)]
        end = relaxation.outcome.value
        writer.writerow((number, len(cell), *numbers, end, found.potential, found.correction))
    return table.getvalue()


def _different(cells: list[Cell]) -> int:
    """How many are not the same as another one: what is computed."""
    return len({cell.digest for cell in cells})


def _cells_text(cells: list[Cell], *, disordered: bool) -> str:
    size = f"{len(cells[0])} atoms"
    if not disordered:
        return f"Its primitive cell, {size}" if len(cells[0]) > 1 else "Its primitive cell, one atom"
    return f"{len(cells)} random decorations, {size}" if len(cells) > 1 else f"One random decoration, {size}"


@st.cache_data(max_entries=64, show_spinner="Timing one energy …")
def _seconds(
    digest: str,  # noqa: ARG001 (names the cell in the cache)
    _cell: Cell,
) -> float:
    """Of one relaxation."""
    from disgen.ensembles.properties import estimated_seconds  # noqa: PLC0415 (torch: not before the first paint)

    return estimated_seconds(_cell, POTENTIAL, RELAXED)


def _job(crystal: WyckoffCrystal) -> Job[EnergyProgress] | None:
    """This session's work on the crystal, if there is any."""
    found: Job[EnergyProgress] | None = st.session_state.get(_JOB)
    return found if found is not None and found.look().progress.crystal == crystal else None


def _start(crystal: WyckoffCrystal, cells: list[Cell]) -> None:
    before: Job[EnergyProgress] | None = st.session_state.pop(_JOB, None)
    if before is not None:
        before.stop()
    st.session_state[_JOB] = start_energy(crystal, cells, visit.presence(visit.place()))
