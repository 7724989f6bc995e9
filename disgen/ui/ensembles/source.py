"""Which crystal the ensembles are of: the example, one of the tray, an uploaded CIF, or a point of the latent map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from disgen.cif.bundle import LARGEST_CIF
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.ui.base import visit
from disgen.ui.base.elements import plain_markdown
from disgen.ui.crystal import tray
from disgen.ui.data import loading
from disgen.ui.data.points import SPLIT_LABELS
from disgen.ui.ensembles.settings import EXAMPLE, FROM, MAP, SOURCES, TRAY, UPLOAD
from disgen.ui.latent import map_state, nearby

if TYPE_CHECKING:
    from disgen.cif.isolated import IsolatedReading
    from disgen.ui.data.loading import RunKey

# S. Geller and J. H. Wernick, Acta Crystallogr. 12, 46 (1959); the paper's Fig. 12.
AGSBTE2 = WyckoffCrystal(
    225,
    (6.076, 6.076, 6.076, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Ag", 0.5), ("Sb", 0.5))),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Te", 1.0),)),
    ),
)


@dataclass(frozen=True)
class Chosen:
    """A crystal, and where it comes from, fit for a file name."""

    crystal: WyckoffCrystal
    origin: str


def show_source(key: RunKey) -> Chosen | None:
    """Asks for a crystal; None, after a sentence, while there is none."""
    source = st.segmented_control(
        "Crystal", list(SOURCES), required=True, format_func=SOURCES.__getitem__, key=FROM, persist_state="session"
    )
    if source == TRAY:
        return _of_tray()
    if source == UPLOAD:
        return _uploaded()
    if source == MAP:
        return _of_map(key)
    return Chosen(AGSBTE2, EXAMPLE)


def _of_tray() -> Chosen | None:
    items = tray.items(visit.place())
    if not items:
        st.info("The tray is empty: put crystals into it on any page.", icon=":material/inbox:")
        return None
    number = st.selectbox(
        "Crystal of the tray",
        range(len(items)),
        format_func=lambda place: f"{items[place].label} ({items[place].source.origin})",
        key=f"ensemble_tray_{tray.revision(visit.place())}",
    )
    item = items[number or 0]
    return Chosen(item.crystal, item.source.origin)


def _uploaded() -> Chosen | None:
    file = st.file_uploader(
        "A CIF", type=["cif"], max_upload_size=max(1, LARGEST_CIF // 1_000_000), key="ensemble_upload"
    )
    if file is None:
        return None
    with st.spinner("Reading …"):
        reading = _read(file.getvalue())
    for note in reading.notes:
        st.caption(plain_markdown(note))
    if reading.crystal is None or not reading.is_sound:
        st.error(plain_markdown(reading.problem), icon=":material/error:")
        return None
    return Chosen(reading.crystal, "upload")  # the representation's limits do not matter here


def _of_map(key: RunKey) -> Chosen | None:
    """The point that the map's own address names; it is chosen there, by a click."""
    state = st.session_state
    sizes = {name: len(loading.load_run(key).latents[name]) for name in nearby.splits(key)}
    samples = map_state.samples_of(state)
    if samples is not None:
        sizes[samples.estimator] = samples.n
    point = map_state.settle_point(state, sizes)
    decoded = nearby.decoded(key, map_state.place_of(samples, point))
    name = SPLIT_LABELS.get(point.of, point.of)
    st.caption(f"Point {point.index} of {name}, as chosen on the latent map; click another one there.")
    if decoded.crystal is None:
        st.info("This point decodes to no crystal: choose another one on the latent map.", icon=":material/block:")
        return None
    return Chosen(decoded.crystal, str(point))


@st.cache_resource(max_entries=16, show_spinner=False)
def _read(content: bytes) -> IsolatedReading:
    from disgen.cif.isolated import read_isolated  # noqa: PLC0415 (slow to import)

    return read_isolated(content)
