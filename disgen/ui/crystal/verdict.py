"""What is thought of a crystal, on a page: the verdict first, then every check with the number or fact behind it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import quote

import streamlit as st

from disgen.drawing.scene import identity
from disgen.generation.checks import CHECKS
from disgen.generation.screening import screen
from disgen.ui.base.html_table import heading_html, table_html
from disgen.ui.data import run_files
from disgen.ui.data.points import SOURCE_LABELS, SPLIT_LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.decoded import DecodedLatent
    from disgen.judge.verdict import Entry, Verdict
    from disgen.ui.data.loading import RunKey

_MATERIALS_PROJECT = "https://materialsproject.org/materials/"
_APART = next(check for check in CHECKS if check.key == "valid_split_aware")

# What the outcomes of reconstruction mean, for people; an outcome without an entry is shown by its name.
OUTCOMES = {
    "ok": "The point decodes to a valid, neutral crystal that the model was not trained on.",
    "empty": "The point decodes to no crystal: the decoder leaves all nine sites empty.",
    "illegal letter": "The point decodes to no crystal: a Wyckoff letter does not exist in the decoded space group.",
    "multiplicity mismatch": "The point decodes to no crystal: a multiplicity is not that of its Wyckoff letter.",
    "fixed site reused": "The point decodes to no crystal: two sites would share one Wyckoff position without freedom.",
    "degenerate cell": "The point decodes to no crystal: its cell lengths and angles do not form a cell.",
    "too close": "The decoded crystal has atoms that are too close to each other.",
    "not neutral": "The decoded crystal is not charge neutral.",
    "duplicate": "The decoded crystal is the same as an earlier sample's.",
    "known": "The decoded crystal is one of the training data.",
}


def verdict_of(decoded: DecodedLatent, key: RunKey) -> Verdict | None:
    """The verdict on what a latent decodes to; None if that is no crystal."""
    from disgen.judge.verdict import verdict  # noqa: PLC0415 (torch: not before the first paint)

    return verdict(decoded.crystal, decoded.checks, run_files.reference(key)) if decoded.crystal is not None else None


def verdicts_of(crystals: Sequence[WyckoffCrystal | None], key: RunKey) -> list[Verdict | None]:
    """The verdict on each crystal; None where there is none."""
    return [None if crystal is None else _verdict_on(key, identity(crystal), crystal) for crystal in crystals]


def in_words(found: Verdict | None) -> str:
    """For a cell of a table: "yes", or "no" and what fails; empty if there is no crystal."""
    if found is None:
        return ""
    return "yes" if found.credible else f"no: {', '.join(found.failed).lower()}"


def is_good(found: Verdict | None) -> bool:
    """Credible and new."""
    return found is not None and found.credible and found.new


@st.cache_resource(max_entries=2048, show_spinner=False)
def _verdict_on(
    key: RunKey,
    name: str,  # noqa: ARG001 (names the crystal in the cache)
    _crystal: WyckoffCrystal,
) -> Verdict:
    from disgen.judge.verdict import verdict  # noqa: PLC0415 (torch: not before the first paint)

    return verdict(_crystal, screen([_crystal])[0], run_files.reference(key))


def show_verdict(found: Verdict) -> None:
    """The verdict in one line of badges."""
    failed = ", ".join(found.failed).lower()
    words = ":green-badge[Credible]" if found.credible else f":orange-badge[Not credible: {failed}]"
    badge = ":blue-badge[New]" if found.new else f":gray-badge[Known ({known_text(found)})]"
    st.markdown(f"{words} {badge}")


def known_text(found: Verdict) -> str:
    """Which part of the data has a known crystal."""
    return _where_words(found.entry) if found.entry is not None else "training split"


def show_checks(decoded: DecodedLatent, key: RunKey) -> None:
    """Outcome of decoding as a sentence, then every check of the crystal.

    Args:
        decoded: what a latent decodes to.
        key: of the run, whose entries are known.
    """
    text = OUTCOMES.get(str(decoded.outcome), f"Outcome: {decoded.outcome}.")
    found = verdict_of(decoded, key)
    if found is None:
        st.warning(text, icon=":material/block:")
        return
    st.html(f"{heading_html('Checks')}<p>{html.escape(text)}</p>{checks_html(decoded, found)}")


def checks_html(decoded: DecodedLatent, found: Verdict) -> str:
    """A row a check: what, whether it holds, and the number or reason behind it."""
    rows = [
        ("Credible", found.credible, "all of the next hold" if found.credible else "not all of the next hold"),
        *((criterion.name, criterion.holds, html.escape(criterion.why)) for criterion in found.criteria),
        ("New", found.new, _where(found)),
        (_APART.label, getattr(decoded.checks, _APART.key), html.escape(_APART.reason(decoded.checks))),
        ("Consistent symmetry", decoded.symmetry_matched, "of the decoder's own letters and multiplicities"),
    ]
    return table_html(("Check", "", "Why"), [(name, "yes" if holds else "no", why) for name, holds, why in rows])


def _where(found: Verdict) -> str:
    """Where a known crystal is known from, as HTML."""
    if found.entry is not None:
        return f"known: {_where_words(found.entry)}, {_source(found.entry)}"
    return "known: training split" if found.trained else "in no split of the corpus"


def _where_words(entry: Entry) -> str:
    """The split of an entry; a light run does not say in which of the other two an entry is."""
    return SPLIT_LABELS[entry.split].lower() if entry.split in SPLIT_LABELS else "training or validation split"


def _source(entry: Entry) -> str:
    name = html.escape(SOURCE_LABELS.get(entry.source, entry.source))
    project = entry.materials_project
    link = f' · <a href="{_MATERIALS_PROJECT}{quote(project)}">{html.escape(project)}</a>' if project else ""
    return f"{name} {html.escape(entry.identifier)}{link}"
