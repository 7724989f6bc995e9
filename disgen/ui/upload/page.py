"""The page of uploaded CIFs: what each file holds, and the one that is chosen with what the model makes of it.

The files themselves are never shown or passed on: only the crystals that were read from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from disgen.cif import write_cif
from disgen.cif.bundle import LARGEST_CIF, LARGEST_ZIP, MOST_FILES
from disgen.cif.isolated import SECONDS
from disgen.ui.base.elements import plain_markdown
from disgen.ui.base.mistakes import fragment
from disgen.ui.crystal import buttons, tables, verdict
from disgen.ui.crystal.differences import show_differences
from disgen.ui.crystal.filtered_table import narrowed
from disgen.ui.crystal.tray import Origin, latent_numbers
from disgen.ui.data import loading
from disgen.ui.upload import batch, encoding
from disgen.ui.upload.as_uploaded import show_as_uploaded
from disgen.ui.upload.file_table import facts_of, show_file_table

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal
    from disgen.ui.data.loading import RunKey
    from disgen.ui.upload.batch import Row, Uploads
    from disgen.ui.upload.encoding import Landing

PATIENCE = 4.0  # s that a page waits for its first file before it is drawn without
_POLL = 1.0  # s between looks at files that are still being read
_HEIGHT = 480  # px, of the views
_HELP = (
    f"CIFs of up to {LARGEST_CIF // 1_000_000} MB, of which the first structure is read, or zips of them of up to "
    f"{LARGEST_ZIP // 1_000_000} MB; {MOST_FILES} files at once. Each is read for at most {SECONDS:g} s of processor "
    "time. Nothing is kept on the server after this session."
)


def show_upload(key: RunKey) -> None:
    """Asks for files and lists them, then shows the chosen one."""
    state = st.session_state
    name = f"upload_{batch.revision(state)}"
    st.file_uploader(
        "CIFs, or zips of CIFs",
        type=["cif", "zip"],
        accept_multiple_files=True,
        max_upload_size=LARGEST_ZIP // 1_000_000,
        key=name,
        on_change=_uploaded,
        args=(name,),
        help=_HELP,
    )
    if sentence := batch.refused(state):
        st.error(plain_markdown(sentence), icon=":material/error:")
    seen = batch.look(state)
    if not seen.rows:
        st.caption("No CIF at hand? The example is a disordered crystal that the model has decoded.")
        st.button("Show me an example", on_click=_use_example, args=(key,), icon=":material/lightbulb:")
        return
    if seen.goes_on:
        with st.spinner("Reading …"):
            seen = batch.wait(state, PATIENCE)
    _show_files(seen)
    if seen.chosen is not None:
        _show_row(key, seen.chosen)


def _show_files(seen: Uploads) -> None:
    """The table, drawn anew every second while files are being read; the page too, once another is to be shown."""

    def show() -> None:
        state = st.session_state
        now = batch.look(state)
        rows, row = now.rows, now.chosen
        if row != seen.chosen or not rows or (seen.goes_on and not now.goes_on):
            st.rerun(scope="app")
        shown = [rows[number] for number in narrowed(facts_of(rows), key="upload", unit="files").tolist()]
        show_file_table(shown, row.number if row else None, key="upload_files", picked=lambda n: batch.choose(state, n))
        left = sum(one.reading is None for one in rows)
        fits = sum(one.fits for one in rows)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f"{len(rows)} files, {fits} can be encoded" + (f", {left} still to be read." if left else ".")
                if len(rows) > 1
                else "Choose the file in the table, or upload more."
            )
            st.button("Clear", on_click=lambda: batch.clear(state), icon=":material/delete:", key="upload_clear")

    fragment(show, run_every=_POLL if seen.goes_on else None)()


def _show_row(key: RunKey, row: Row) -> None:
    """A file's crystal and what the model makes of it, or the sentence why not."""
    reading = row.reading
    if reading is None:
        st.info(f"{plain_markdown(row.name)} is still being read.", icon=":material/hourglass_top:")
        return
    _show_notes(reading.notes)
    if reading.crystal is None:
        st.error(plain_markdown(reading.problem), icon=":material/error:")
        return
    if reading.problem:
        st.warning(plain_markdown(reading.problem), icon=":material/block:")
        _show_one(reading.crystal, is_sound=reading.is_sound)
        if reading.is_sound:
            show_as_uploaded(row)
        return
    content = write_cif(reading.crystal)
    landed = encoding.land(key, content, _crystal=reading.crystal)
    if landed.decoded.crystal is None:
        verdict.show_checks(landed.decoded, key)
        _show_one(reading.crystal)
    else:
        _show_two(key, reading.crystal, landed.decoded.crystal, landed)
    show_as_uploaded(row)
    encoding.show_landing(key, reading.crystal, landed)


def _show_notes(notes: tuple[str, ...]) -> None:
    """What is doubtful about the reading, above the crystal; whether the copy is good is another matter."""
    if notes:
        lines = "\n".join(f"- {plain_markdown(note)}" for note in notes)
        st.info(f"**Doubtful about the reading**\n\n{lines}", icon=":material/rule:")


def _show_two(key: RunKey, original: WyckoffCrystal, copy: WyckoffCrystal, landed: Landing) -> None:
    """Original and reconstruction side by side."""
    titles = [f"Original: {tables.title_html(original)}", f"Reconstruction: {tables.title_html(copy)}"]
    tables.show_view([original, copy], titles, columns=2, linked=True, height=_HEIGHT)
    show_differences(original, copy)
    decoded = landed.decoded
    origin = f"reconstruction-{key.name}"
    source = Origin(
        key.name, origin, latent=latent_numbers(landed.z), outcome=str(decoded.outcome), novel=decoded.checks.novel
    )
    with st.container(key="wide_comparison"):
        left, right = st.columns(2, gap="medium")
    with left:
        tables.show_heading(original)
        buttons.show_actions(original, Origin("", "original"), key="download_original", label="Download original")
        tables.show_sites(original)
    with right:
        tables.show_heading(copy)
        buttons.show_actions(copy, source, key="download_copy", label="Download reconstruction")
        tables.show_sites(copy)
        with st.expander("Checks of the reconstruction"):
            verdict.show_checks(decoded, key)


def _show_one(crystal: WyckoffCrystal, *, is_sound: bool = True) -> None:
    """A crystal without a copy; one with over-full sites is not offered for download, no format can hold it."""
    with st.container(key="wide_crystal"):
        left, right = st.columns([5, 4])
    with left:
        tables.show_live_view(crystal, channel="uploaded")
    with right:
        tables.show_heading(crystal)
        if is_sound:
            buttons.show_actions(crystal, Origin("", "original"), key="download_original")
        tables.show_tables(crystal)


def _uploaded(name: str) -> None:
    files = st.session_state[name]
    if files:
        handed = [(file.name, file.getvalue()) for file in files]
        batch.take(st.session_state, handed, identity=" ".join(file.file_id for file in files))


def _use_example(key: RunKey) -> None:
    crystal = loading.featured(key)
    if crystal is not None:
        batch.take_crystal(st.session_state, crystal, "example")
