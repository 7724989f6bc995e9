"""Loading, once for all sessions: what is stored with a run for its figures, its corpus, and single entries of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from disgen.errors import DisgenError
from disgen.ui.data import loading

if TYPE_CHECKING:
    import numpy as np

    from disgen.crystal import WyckoffCrystal
    from disgen.evaluation.fidelity.held_out import HeldOut
    from disgen.evaluation.figures import Figures
    from disgen.generation.decoded import DecodedLatent
    from disgen.judge.verdict import CorpusFacts
    from disgen.ui.data.loading import RunKey


@dataclass(frozen=True)
class Original:
    """The original of an entry, or one sentence why it is not there."""

    crystal: WyckoffCrystal | None
    problem: str = ""


@st.cache_resource(max_entries=3, show_spinner=False)
def figures(key: RunKey) -> Figures | None:
    """What Figs. 9 to 11 show of a run's test split; None if it is not stored, or belongs to another split.

    Raises:
        FiguresError: if the file is damaged.
    """
    from disgen.evaluation.figures import load_figures  # noqa: PLC0415 (torch: not before the first paint)

    found = load_figures(Path(key.path))
    size = int((loading.load_run(key).index["split"] == "test").sum())
    return found if found is not None and len(found.row) and 0 <= found.row.min() <= found.row.max() < size else None


@st.cache_resource(max_entries=3, show_spinner=False)
def corpus_summary(key: RunKey) -> dict[str, Any] | None:
    """Statistics of the corpus that a run was trained on; None if they are not stored.

    Raises:
        CorpusError: if the file is damaged.
    """
    from disgen.evaluation.run import load_corpus_summary  # noqa: PLC0415

    return load_corpus_summary(Path(key.path))


@st.cache_resource(max_entries=3, show_spinner=False)
def atom_shares(key: RunKey) -> np.ndarray:
    """Compositions of the entries of a run's index, for searching."""
    from disgen.corpus import search  # noqa: PLC0415

    return search.atom_shares(loading.load_run(key).index["formula"])


@st.cache_resource(max_entries=3, show_spinner=False)
def reference(key: RunKey) -> CorpusFacts:
    """What crystals are held against: the entries of a run's index, and what it was trained on."""
    from disgen.judge.verdict import CorpusFacts  # noqa: PLC0415 (torch: not before the first paint)

    return CorpusFacts.of(loading.load_run(key))


def judgements(key: RunKey) -> dict[str, dict[str, Any]]:
    """The judges' reports that are stored with a run, by name; none if there are none.

    Raises:
        JudgementError: if one is damaged.
    """
    found = sorted((Path(key.path) / "judge").glob("*.json"))
    return _judgements(key.path, tuple((path.name, path.stat().st_mtime_ns) for path in found)) if found else {}


@st.cache_resource(max_entries=6, show_spinner=False)
def _judgements(
    path: str,
    changed: tuple[tuple[str, int], ...],  # noqa: ARG001 (new files are read anew)
) -> dict[str, dict[str, Any]]:
    from disgen.judge.stored import load_judgements  # noqa: PLC0415 (torch: not before the first paint)

    return load_judgements(Path(path))


@st.cache_resource(max_entries=3, show_spinner=False)
def held_out(key: RunKey) -> HeldOut:
    """The real crystals that samples are judged against.

    Raises:
        FidelityError: if what the run stores of them is damaged.
        RunError: if the run is a light one without its training split.
    """
    from disgen.evaluation.fidelity.held_out import find_held_out  # noqa: PLC0415

    return find_held_out(loading.load_run(key))


@st.cache_resource(max_entries=512, show_spinner=False)
def decoded_entry(key: RunKey, split: str, row: int) -> DecodedLatent | None:
    """What the stored latent of an entry decodes to; None if the run does not hold it."""
    from disgen.generation.decoded import DecodedLatents  # noqa: PLC0415

    run = loading.load_run(key)
    if split not in run.latents:
        return None
    return DecodedLatents.of(run, run.latents[split][row : row + 1], loading.known_keys(key))[0]


@st.cache_resource(max_entries=512, show_spinner=False)
def original(source: str, identifier: str, crystal_key: str) -> Original:
    """The original crystal of an entry, if this machine can rebuild it."""
    from disgen.corpus import originals  # noqa: PLC0415

    try:
        return Original(originals.original(source, identifier, crystal_key))
    except DisgenError as error:
        return Original(None, str(error))
