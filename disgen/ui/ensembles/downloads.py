"""What the page of ensembles hands out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from disgen.ensembles.files import extended_xyz, poscars, table_csv, workflow_files
from disgen.export.bundle import file_name, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disgen.ensembles.report import Result
    from disgen.ui.ensembles.source import Chosen

_WORKFLOW = (
    "A folder with a POSCAR, pymatgen's JSON and metadata of each decoration, and a script that relaxes all of them "
    "with atomate2, run by jobflow."
)
_KINDS: tuple[tuple[str, str, str, Callable[[Result], str | bytes], str], ...] = (
    ("Table (CSV)", ".csv", "text/csv", table_csv, "A row a decoration: degeneracy, energy, density, volume, moment."),
    ("Extended XYZ", ".xyz", "chemical/x-xyz", extended_xyz, "All decorations with their energies, for ASE or OVITO."),
    (
        "POSCARs (zip)",
        "_poscar.zip",
        "application/zip",
        lambda result: zipped(poscars(result)),
        "A POSCAR of each decoration.",
    ),
    (
        "Workflow (zip)",
        "_workflow.zip",
        "application/zip",
        lambda result: zipped(workflow_files(result)),
        _WORKFLOW,
    ),
)


def show_downloads(results: Sequence[Result], chosen: Chosen) -> None:
    """Buttons of each supercell; files are made when they are asked for."""
    for result in results:
        size = "x".join(map(str, result.drawn.cells.supercell.repeats))
        origin = f"{chosen.origin}-{size}-{result.drawn.cells.kind.name.lower()}-seed{result.drawn.plan.seed}"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{size.replace('x', '×')}**")
            for label, ending, mime, content, hint in _KINDS:
                st.download_button(
                    label,
                    data=partial(content, result),
                    file_name=file_name(chosen.crystal, origin, ending),
                    mime=mime,
                    on_click="ignore",
                    key=f"ensemble_{size}_{ending}",
                    help=hint,
                )
