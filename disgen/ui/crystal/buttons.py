"""What can be done with a crystal on a page: download it in several formats, and put it into the tray."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from disgen import export
from disgen.cif import write_cif
from disgen.drawing.typography import formula_html
from disgen.errors import DisgenError
from disgen.generation.geometry.pairs import PairsError
from disgen.generation.ordered.alternatives import NO_GROUP, disorder_groups
from disgen.generation.ordered.cell import draw_ordered_cell
from disgen.generation.ordered.supercell import MOST_REPEATS, suggest_repeats
from disgen.generation.read_back import comes_back, read_back
from disgen.ui.base import visit
from disgen.ui.base.mistakes import dialog
from disgen.ui.crystal import tray

if TYPE_CHECKING:
    from collections.abc import Callable

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.ordered.cell import OrderedCell
    from disgen.ui.crystal.tray import Item, Origin

_MOST_SEED = 2**31 - 1
_COMPLETE_HELP = (
    "Leaves out as few atoms as can be: those whose positions are too close to each other go to empty positions of "
    "other sites that hold their element."
)
_NOT_BACK = (
    "Its atoms or its cell lie so near to a higher symmetry, or to each other, that a reader takes the CIF for another "
    "crystal. More formats has it as JSON, exactly."
)
_CIF = "chemical/x-cif"
_JSON = "application/json"


def show_actions(
    crystal: WyckoffCrystal, source: Origin, *, key: str, label: str = "Download CIF", in_dialog: bool = False
) -> None:
    """Buttons for a crystal: its CIF, what else there is of it, the tray.

    Args:
        crystal: the crystal.
        source: where it comes from, for file names and the tray.
        key: of the widgets, distinct on the page.
        label: of the first button.
        in_dialog: they stand in a dialog, which cannot open another one: what is asked for comes below them.
    """
    item = tray.Item(crystal, source)
    with st.container(horizontal=True):
        show_downloads(item, key=key, label=label, in_dialog=in_dialog)
        show_tray_button(item, key=f"{key}_tray")
    if in_dialog:
        _show_below(item, key)


def show_downloads(item: Item, *, key: str, label: str = "Download CIF", in_dialog: bool = False) -> None:
    """Buttons: the CIF, the other formats, powder pattern, energy, family; no CIF that gives another crystal."""
    same = comes_back(item.crystal)
    _button(
        label,
        write_cif(item.crystal),
        f"{item.stem}.cif",
        _CIF,
        key=key,
        hint="Conventional cell with symmetry operations, Wyckoff letters and occupancies." if same else _NOT_BACK,
        disabled=not same,
    )
    for more in _MORE:
        if not st.button(more.title, key=f"{key}_{more.name}", help=more.hint):
            continue
        if in_dialog:
            st.session_state[f"{key}_below"] = more.name, item.crystal
        else:
            dialog(more.title, width=more.width)(more.show)(item, key)


def _show_below(item: Item, key: str) -> None:
    """What was asked for of this crystal, below its buttons."""
    name, of = st.session_state.get(f"{key}_below", ("", None))
    for more in _MORE:
        if more.name == name and of == item.crystal:
            st.divider()
            st.subheader(more.title)
            more.show(item, key)


def show_tray_button(item: Item, *, key: str) -> None:
    """Button that puts a crystal into the tray; it says so if the crystal is there already."""
    if tray.holds(visit.place(), item):
        st.button("In the tray", key=f"{key}_in", icon=":material/check:", disabled=True)
    elif st.button(
        "Add to tray", key=key, icon=":material/add:", help="The tray compares, annotates and saves crystals."
    ):
        add_to_tray([item])


def add_to_tray(items: list[Item]) -> None:
    """Put crystals into the tray, say how many, and draw the page anew; the tray's zip must give them back."""
    same = read_back([item.crystal for item in items]).same
    items = [item for item, holds in zip(items, same, strict=True) if holds]
    left_out = len(same) - len(items)
    try:
        with visit.place().lock:
            added = tray.add(visit.place(), items)
    except DisgenError as error:
        st.toast(str(error), icon=":material/error:")
        return
    also = f" {left_out} left out, whose CIF would be read as another crystal." if left_out else ""
    st.toast(f"{added} added: the tray holds {len(tray.items(visit.place()))}.{also}", icon=":material/inbox:")
    st.rerun()


def _show_formats(item: Item, key: str) -> None:
    """Buttons for the other formats of the disordered crystal, then those of one ordered cell."""
    crystal, stem = item.crystal, item.stem
    st.markdown(f"**The disordered crystal** {formula_html(crystal.formula)}", unsafe_allow_html=True)
    with st.container(horizontal=True):
        if comes_back(crystal):
            _button(
                "CIF in P1",
                lambda: export.p1_cif(crystal),
                f"{stem}_P1.cif",
                _CIF,
                key=f"{key}_p1",
                hint="Every position of the conventional cell, no symmetry.",
            )
            _show_alternatives(item, key)
        _button(
            "JSON",
            lambda: export.crystal_to_json(crystal, item.source.origin),
            f"{stem}.json",
            _JSON,
            key=f"{key}_json",
            hint="Space group, cell and Wyckoff sites, exactly as this program holds them.",
        )
        _button(
            "pymatgen JSON",
            lambda: export.structure_json(crystal),
            f"{stem}_pymatgen.json",
            _JSON,
            key=f"{key}_pymatgen",
            hint="Structure.from_dict reads it, with partial occupancies.",
        )
    show_ordered_cell(item, key=key)


def _show_powder_pattern(item: Item, key: str) -> None:
    from disgen.ui.crystal.diffraction import show_diffraction  # noqa: PLC0415 (plotly: not before the first paint)

    show_diffraction(item.crystal, key=f"{key}_diffraction", origin=item.source.origin)


def _show_energy(item: Item, key: str) -> None:
    from disgen.ui.crystal.energy import show_energy  # noqa: PLC0415 (torch: not before the first paint)

    show_energy(item.crystal, key=f"{key}_of", origin=item.source.origin)


def _show_family(item: Item, _: str) -> None:
    from disgen.ui.crystal.family import show_family  # noqa: PLC0415 (seconds, which only those wait who ask)

    show_family(item.crystal)


@dataclass(frozen=True)
class _More:
    """Something of a crystal that takes room: what its button says, and what shows it."""

    title: str
    name: str
    width: Literal["medium", "large"]
    hint: str
    show: Callable[[Item, str], None]


_MORE = (
    _More(
        "More formats", "formats", "medium", "CIF in P1, JSON, pymatgen; ordered as CIF, POSCAR, XYZ.", _show_formats
    ),
    _More("Powder pattern", "powder", "large", "X-ray diffraction; a measured pattern over it.", _show_powder_pattern),
    _More("Energy", "energy", "large", "Ordered decorations relaxed by CHGNet; height above its hull.", _show_energy),
    _More("Family", "family", "large", "Is it an order of a known crystal, a sibling, or new?", _show_family),
)


def _show_alternatives(item: Item, key: str) -> None:
    """Button for the CIF that says which sites exclude each other, if some do."""
    try:
        groups = disorder_groups(item.crystal)
    except PairsError:
        return
    if any(group != NO_GROUP for group in groups):
        _button(
            "CIF with alternatives",
            write_cif(item.crystal, groups=groups),
            f"{item.stem}_alternatives.cif",
            _CIF,
            key=f"{key}_alternatives",
            hint="Says which positions are never filled together (_atom_site_disorder_assembly and _group).",
        )


def show_ordered_cell(item: Item, *, key: str) -> None:
    """One ordered cell of a crystal: its size, what it holds and leaves out, and its formats."""
    crystal, stem = item.crystal, item.stem
    st.markdown("**One ordered cell**")
    st.caption(
        "Simulations need cells without shared or partly empty sites. Each position gets one species or none, drawn by "
        "the occupancies: one sample, not the average structure."
    )
    complete = bool(st.session_state.get(f"{key}_complete", False))
    cell = _ordered_cell(crystal, key, complete=complete)
    if cell is None:
        return
    if complete or cell.remarks:
        st.toggle("Keep the composition", key=f"{key}_complete", help=_COMPLETE_HELP)
    st.markdown(_composition_html(cell), unsafe_allow_html=True)
    sampled = f"{stem}_ordered-{'x'.join(map(str, cell.repeats))}-seed{cell.seed}" + "-complete" * complete
    with st.container(horizontal=True):
        _button("Ordered CIF", lambda: export.ordered_cif(cell), f"{sampled}.cif", _CIF, key=f"{key}_ordered_cif")
        _button("POSCAR", lambda: export.poscar(cell), f"{sampled}_POSCAR.vasp", "text/plain", key=f"{key}_poscar")
        _button("Extended XYZ", lambda: export.extended_xyz(cell), f"{sampled}.xyz", "text/plain", key=f"{key}_xyz")


def _ordered_cell(crystal: WyckoffCrystal, key: str, *, complete: bool) -> OrderedCell | None:
    """Asks for repeats and seed and draws the cell; a sentence where that fails."""
    suggested = suggest_repeats(crystal)
    with st.container(horizontal=True):
        repeats = [
            st.number_input(f"Cells along {axis}", 1, MOST_REPEATS, value=number, key=f"{key}_repeat_{axis}", width=125)
            for axis, number in zip("abc", suggested, strict=True)
        ]
        seed = st.number_input("Seed", 0, _MOST_SEED, key=f"{key}_order_seed", width=120)
    try:
        return draw_ordered_cell(crystal, (repeats[0], repeats[1], repeats[2]), int(seed), complete=complete)
    except DisgenError as error:
        st.warning(str(error))
        return None


def _composition_html(cell: OrderedCell) -> str:
    """Atoms of the ordered cell, and how near that is to the crystal."""
    average = cell.crystal.composition
    cells = cell.repeats[0] * cell.repeats[1] * cell.repeats[2]
    counts = ((symbol, cell.composition[symbol]) for symbol in re.findall("[A-Z][a-z]?", cell.crystal.formula))
    formula = formula_html("".join(f"{symbol}{count}" for symbol, count in counts if count))
    off = max(abs(count - cells * average[symbol]) for symbol, count in cell.composition.items())
    text = f"{len(cell)} atoms: {formula}; no element is more than {off:.2g} atoms off the average."
    return text + "".join(f"<br>{remark}." for remark in cell.remarks)


def _button(
    label: str,
    data: str | Callable[[], str],
    file_name: str,
    mime: str,
    *,
    key: str,
    hint: str | None = None,
    disabled: bool = False,
) -> None:
    st.download_button(
        label,
        data=data,
        file_name=file_name,
        mime=mime,
        key=key,
        on_click="ignore",
        icon=":material/download:",
        help=hint,
        disabled=disabled,
    )
