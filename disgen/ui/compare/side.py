"""One side of the comparison: which crystals, of which model, and what is known of them already."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from disgen.cif.bundle import LARGEST_CIF, LARGEST_ZIP, MOST_FILES, cif_files
from disgen.errors import DisgenError
from disgen.latent.registry import ESTIMATORS
from disgen.ui.base import visit
from disgen.ui.base.elements import plain_markdown
from disgen.ui.compare import job
from disgen.ui.compare.settings import ANEW, CIFS, SAME, SEED, TEST, N, WantedSet, source_label
from disgen.ui.data import loading, run_files

if TYPE_CHECKING:
    from disgen.cif.bundle import CifFile
    from disgen.model.checkpoint import Run
    from disgen.ui.data.loading import RunKey

COLOURS = {"a": "#4477aa", "b": "#ee7733"}
_NAMES = {"a": "Left", "b": "Right"}
_HELP = (
    f"CIFs of up to {LARGEST_CIF // 1_000_000} MB, of which the first structure is read, or zips of them of up to "
    f"{LARGEST_ZIP // 1_000_000} MB; {MOST_FILES} files at once. A folder can be dropped too. The files are forgotten "
    "once they have been read."
)


@dataclass(frozen=True)
class Side:
    """One side.

    Attributes:
        name: "a" or "b".
        key: of its run.
        source: name of a sampler, "test" or "cifs".
        report: what judges say, if that is known.
        wanted: what is to be judged, if it is not.
        problem: one sentence why it cannot be; empty otherwise.
        stored: its report comes with the model.
    """

    name: str
    key: RunKey
    source: str
    report: dict[str, Any] | None = None
    wanted: WantedSet | None = None
    problem: str = ""
    stored: bool = False

    @property
    def label(self) -> str:
        """For people."""
        if self.source == CIFS:
            return source_label(CIFS)
        return f"{source_label(self.source)} · {self.key.name}"


@dataclass(frozen=True)
class _Dropped:
    """CIFs that were handed over: their digest, how many they are, and the files until they have been read."""

    digest: str
    n: int
    files: tuple[CifFile, ...] = ()


def show_side(side: str, page_key: RunKey) -> Side:
    """Asks for crystals and a model, and looks for what is known of them."""
    state = st.session_state
    st.html(f'<p style="margin:0"><b style="color:{COLOURS[side]}">■</b> <strong>{_NAMES[side]}</strong></p>')
    model = f"model_{side}"
    names, _ = loading.usable_runs()
    if state[model] not in names:
        state[model] = SAME
    with st.container(horizontal=True, vertical_alignment="bottom"):
        crystals = st.container(width="stretch")  # is drawn second: what there is depends on the model
        st.selectbox(
            f"Model, {_NAMES[side].lower()}",
            [SAME, *names],
            format_func=lambda name: name or f"as the page: {page_key.name}",
            key=model,
            persist_state="session",
            width=190,
        )
    key = loading.run_key(state[model]) if state[model] else page_key
    try:
        run, stored = loading.load_run(key), run_files.judgements(key)
    except DisgenError as error:
        return Side(side, key, TEST, problem=str(error))
    of, there = f"of_{side}", _sources(run, stored)
    if state[of] not in there:
        state[of] = there[0]
    with crystals:
        st.selectbox(
            f"Crystals, {_NAMES[side].lower()}", there, format_func=source_label, key=of, persist_state="session"
        )
    return _found(side, key, run, stored)


def _sources(run: Run, stored: dict[str, Any]) -> list[str]:
    """What can be chosen of a run: its samplers and what is stored of others, the test split, and CIFs."""
    from disgen.latent.fitted import available_estimators  # noqa: PLC0415 (torch: not before the first paint)

    there = {*available_estimators(run), *stored}
    return [*(name for name in ESTIMATORS if name in there), TEST, CIFS]


def _found(side: str, key: RunKey, run: Run, stored: dict[str, Any]) -> Side:
    state = st.session_state
    source = str(state[f"of_{side}"])
    if source == CIFS:
        dropped = _show_drop(side)
        if dropped is None:
            return Side(side, key, source)
        wanted = WantedSet(key, CIFS, 0, 0, dropped.digest, dropped.files)
    elif source in stored and not state[ANEW]:
        return Side(side, key, source, stored[source], stored=True)
    else:
        wanted = WantedSet(key, source, int(state[N] or 1), int(state[SEED] or 0))
    report = job.kept(visit.place()).get(wanted)
    if report is not None:
        return Side(side, key, source, report)
    try:
        run.split_latents("train")
    except DisgenError as error:
        return Side(side, key, source, problem=f"{error} {_stored_hint(key, source)}")
    return Side(side, key, source, wanted=wanted if source != CIFS or wanted.files else None)


def _stored_hint(key: RunKey, source: str) -> str:
    """How its figures get here all the same."""
    if source == CIFS:
        return ""
    return (
        f"With its corpus, `python -m disgen judge --run {key.name} --estimator {source} --corpus FOLDER --store` "
        "makes the figures for this page."
    )


def _show_drop(side: str) -> _Dropped | None:
    """Asks for CIFs; those that were judged before a reload are known by their digest."""
    handed = st.file_uploader(
        f"CIFs, or zips of CIFs, {_NAMES[side].lower()}",
        type=["cif", "zip"],
        accept_multiple_files=True,
        max_upload_size=LARGEST_ZIP // 1_000_000,
        key=f"cifs_{side}",
        help=_HELP,
        on_change=_forget,
        args=(side,),
    )
    place, name = visit.place(), f"_cifs_{side}"
    if handed:
        try:
            dropped = _dropped(tuple((file.name, file.getvalue()) for file in handed))
        except DisgenError as error:
            st.error(plain_markdown(str(error)), icon=":material/error:")
            return None
        if place.get(name) != (dropped.digest, dropped.n):
            place.put(name, (dropped.digest, dropped.n), 0)
        return dropped
    before = place.get(name)
    if before is None:
        st.caption("Drop CIFs of any program here, to have them judged.")
        return None
    st.caption(f"The {before[1]} CIFs of before; drop others to judge those.")
    return _Dropped(*before)


def _forget(side: str) -> None:
    """Other files were dropped, or none."""
    visit.place().pop(f"_cifs_{side}", None)


@st.cache_data(max_entries=4, show_spinner=False)
def _dropped(handed: tuple[tuple[str, bytes], ...]) -> _Dropped:
    files = cif_files(handed)
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{len(file.content)}\0{file.problem}\0".encode())
        digest.update(file.content)
    return _Dropped(digest.hexdigest(), len(files), files)
