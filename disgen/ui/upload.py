"""An uploaded CIF: the crystal in it, and the model's reconstruction beside it; or one sentence why not.

The file itself is never shown or passed on: only the crystal that was read from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from disgen import wyckoff
from disgen.cif import CifError, read, write_cif
from disgen.cif.limits import first_exceeded
from disgen.ui import actions, details, loading
from disgen.ui.elements import number_text, occupancy_text
from disgen.ui.tray import Source, latent_numbers

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal
    from disgen.ui.loading import RunKey
    from disgen.ui.points import Decoded

LARGEST = 1  # MB
SMALLEST_DIFFERENCE = 5e-4  # Å or degrees, of cell parameters that count as different
_EXAMPLE = "_example"


@dataclass(frozen=True)
class Upload:
    """What came of an uploaded file.

    Attributes:
        crystal: None if the file cannot be read.
        problem: one sentence why it cannot be read, or read but not encoded; empty if all is well.
    """

    crystal: WyckoffCrystal | None
    problem: str = ""


def uploaded_crystal(key: RunKey) -> Upload | None:
    """Asks for a CIF and reads it; None while there is none."""
    file = st.file_uploader(
        "CIF", type=["cif"], max_upload_size=LARGEST, key="upload", help="One structure, up to 1 MB."
    )
    if file is not None:
        st.session_state[_EXAMPLE] = False
        return read_upload(file.getvalue())
    st.button("Show me an example", on_click=_use_example)
    if not st.session_state.get(_EXAMPLE):
        return None
    crystal = loading.featured(key)
    return Upload(crystal) if crystal is not None else None


@st.cache_resource(max_entries=32, show_spinner="Reading the CIF …")
def read_upload(content: bytes) -> Upload:
    """The crystal in a CIF, and why the model cannot take it if it can't."""
    try:
        reading = read(content)
    except CifError as error:
        return Upload(None, str(error))
    limit = first_exceeded(reading)
    return Upload(reading.crystal, limit.sentence(reading) if limit else "")


def show_comparison(key: RunKey, upload: Upload) -> None:
    """The crystal and its reconstruction side by side, or the sentence why there is none."""
    if upload.crystal is None:
        st.error(upload.problem, icon=":material/error:")
        return
    if upload.problem:
        st.warning(upload.problem, icon=":material/block:")
        _show_one(upload.crystal)
        return
    decoded, latent = reconstructed(key, write_cif(upload.crystal), _crystal=upload.crystal)
    if decoded.crystal is None:
        details.show_checks(decoded)
        _show_one(upload.crystal)
        return
    original, copy = upload.crystal, decoded.crystal
    titles = [f"Original: {details.title_html(original)}", f"Reconstruction: {details.title_html(copy)}"]
    details.show_view([original, copy], titles, columns=2, linked=True, height=520)
    st.markdown(verdict(original, copy))
    with st.container(key="wide_comparison"):
        left, right = st.columns(2)
    with left:
        details.show_heading(original)
        actions.show_actions(original, Source("", "original"), key="download_original", label="Download original")
        details.show_tables(original)
    with right:
        details.show_heading(copy)
        source = Source(key.name, f"reconstruction-{key.name}", latent=latent, outcome=str(decoded.outcome))
        actions.show_actions(copy, source, key="download_copy", label="Download reconstruction")
        details.show_tables(copy)
    st.markdown("**Differences**")
    st.table(differences(original, copy), hide_index=True)


@st.cache_resource(max_entries=64, show_spinner="Encoding and decoding …")
def reconstructed(
    key: RunKey,
    content: str,  # noqa: ARG001 (the cache's key)
    _crystal: WyckoffCrystal,
) -> tuple[Decoded, tuple[float, ...]]:
    """What the mean of a crystal's code decodes to, and the mean.

    Args:
        key: of the run.
        content: the crystal as a CIF, which names it in the cache.
        _crystal: the same.
    """
    from disgen.representation import encode  # noqa: PLC0415
    from disgen.ui import points  # noqa: PLC0415

    run = loading.load_run(key)
    mean, _ = run.encode(*encode([_crystal]))
    return points.decode(run, mean)[0], latent_numbers(mean[0])


def verdict(original: WyckoffCrystal, copy: WyckoffCrystal) -> str:
    """One sentence on how good the reconstruction is."""
    if original.key == copy.key:
        return "The reconstruction is **the same crystal**: space group, Wyckoff letters and occupancies agree."
    if original.space_group != copy.space_group:
        return "The reconstruction has **another space group**."
    if [site.letter for site in original.sites] != [site.letter for site in copy.sites]:
        return "The reconstruction has the same space group, but **other Wyckoff positions**."
    return "The reconstruction has the same space group and Wyckoff positions, but **other contents** on them."


def differences(original: WyckoffCrystal, copy: WyckoffCrystal) -> pd.DataFrame:
    """What differs, a row a quantity: original, reconstruction, difference; sites are compared in order."""
    rows = [
        _row("Formula", original.formula, copy.formula),
        _row(
            "Space group",
            f"{wyckoff.symbol(original.space_group)} ({original.space_group})",
            f"{wyckoff.symbol(copy.space_group)} ({copy.space_group})",
        ),
    ]
    for name, one, other in zip(("a", "b", "c", "α", "β", "γ"), original.cell, copy.cell, strict=True):
        unit = "Å" if name in "abc" else "°"
        rows.append(
            {
                "Quantity": f"{name} / {unit}",
                "Original": number_text(one, 4),
                "Reconstruction": number_text(other, 4),
                "Difference": f"{other - one:+.3f}" if abs(other - one) >= SMALLEST_DIFFERENCE else "same",
            }
        )
    for number in range(max(len(original.sites), len(copy.sites))):
        texts = [
            f"{site.multiplicity}{site.letter}: {occupancy_text(site)}" if site else "none"
            for site in (crystal.sites[number] if number < len(crystal.sites) else None for crystal in (original, copy))
        ]
        rows.append(_row(f"Site {number + 1}", *texts))
    return pd.DataFrame(rows)


def _row(name: str, original: str, copy: str) -> dict[str, str]:
    difference = "same" if original == copy else "differs"
    return {"Quantity": name, "Original": original, "Reconstruction": copy, "Difference": difference}


def _show_one(crystal: WyckoffCrystal) -> None:
    with st.container(key="wide_crystal"):
        left, right = st.columns([5, 4])
    with left:
        details.show_view([crystal])
    with right:
        details.show_heading(crystal)
        actions.show_actions(crystal, Source("", "original"), key="download_original")
        details.show_tables(crystal)


def _use_example() -> None:
    st.session_state[_EXAMPLE] = True
