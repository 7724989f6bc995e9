"""The ranked table of a search: what its columns are, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from disgen.generation.checks import MAIN, Basis
from disgen.ui.latent.tool_table import group_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.judge.search_results import SearchedPoint
    from disgen.search.targets import Targets

# Of the columns of the targets, by kind; a kind without an entry goes by its own name.
_HEADINGS = {
    "required elements": "Required",
    "allowed elements": "No others",
    "forbidden elements": "Forbidden",
    "site mix": "Mixture",
    "ratio": "Ratio",
    "space group": "Group",
    "crystal system": "System",
    "sites": "Sites",
    "disordered sites": "Disordered",
    "volume per atom": "Volume",
}
EXPLAINED = (
    "The order: meets everything, credible, once each, new, no foreign elements, then what else speaks for it; ln p, "
    "the logarithm of the model's probability, only decides between those alike in all that. Twin: the same symmetry, "
    "sites and occupancies stand further up. A click on a heading sorts."
)
_YES, _NO = "✓", "✗"
# The verdict says what is new against all splits, and of results alike all but one are marked as twins.
_CHECKS = {check.heading: (check.key, check.sentence) for check in MAIN if check.basis is Basis.CRYSTAL}
_VERDICTS = {
    "Credible": (
        "credible",
        "All that can be told without energies speaks for it: distances, volume, charges, mixtures, its CIF.",
    ),
    "New": ("new", "It is in no split of the corpus."),
}


def column_names(targets: Targets) -> list[str]:
    """A short, distinct heading for each target."""
    words = [getattr(target, "parameter", "") or _HEADINGS.get(target.kind, target.kind) for target in targets]
    return [
        word + (f" {words[: place + 1].count(word)}" if words.count(word) > 1 else "")
        for place, word in enumerate(words)
    ]


def results_table(targets: Targets, results: Sequence[tuple[int, SearchedPoint]]) -> pd.DataFrame:
    """A row a result: rank, crystal, whether it meets each target, verdicts, checks, probability, volume, step."""
    names = column_names(targets)
    rows = [
        {
            "Rank": rank,
            **{name: _sign(getattr(result, verdict)) for name, (verdict, _) in _VERDICTS.items()},
            "Formula": result.decoded.crystal.formula if result.decoded.crystal is not None else "no crystal",
            "Space group": group_text(result.decoded.crystal),
            **dict(zip((f"{name} " for name in names), map(_sign, result.met), strict=True)),
            "Not credible for": ", ".join(result.verdict.failed).lower() if result.verdict is not None else "",
            "ln p": round(result.log_probability, 1),
            "Foreign": " ".join(result.foreign),
            "Å³/atom": round(result.decoded.checks.volume_per_atom, 1),
            "Expected": round(result.expected_volume, 1),
            **{name: _sign(getattr(result.decoded.checks, check)) for name, (check, _) in _CHECKS.items()},
            "Twin": "twin" if result.twin else "",
            "Step": result.step,
        }
        for rank, result in results
    ]
    return pd.DataFrame(rows)


def columns_of(targets: Targets) -> dict[str, Any]:
    """How the table shows its columns; the pointer on a heading tells what it means."""
    small: dict[str, Any] = {"width": 82, "alignment": "center"}
    met = {
        f"{name} ": st.column_config.TextColumn(name, help=target.text, **small)
        for name, target in zip(column_names(targets), targets, strict=True)
    }
    signs = {
        name: st.column_config.TextColumn(name, help=about, **small)
        for name, (_, about) in (_VERDICTS | _CHECKS).items()
    }
    return {
        "Rank": st.column_config.NumberColumn("#", width=45),
        "Space group": st.column_config.TextColumn("Space group", width=105),
        **met,
        "Not credible for": st.column_config.TextColumn(
            "Not credible for", width=125, help="Criteria of the verdict that it fails."
        ),
        **signs,
        "Twin": st.column_config.TextColumn(
            "Twin", width=55, help="A crystal of better rank has the same symmetry, sites and occupancies."
        ),
        "ln p": st.column_config.NumberColumn(
            "ln p",
            width=65,
            help="Logarithm of the probability that the learned prior gives to symmetry and contents: nearer to zero "
            "is likelier, and long lists of sites are less likely. With another density, log-density of the point.",
        ),
        "Foreign": st.column_config.TextColumn("Foreign", width=75, help="Elements that nobody asked for."),
        "Å³/atom": st.column_config.NumberColumn("Å³/atom", width=75, help="Volume of the cell by the atoms in it."),
        "Expected": st.column_config.NumberColumn(
            "Expected", width=80, help="Volume per atom in Å³ that its elements have in real crystals."
        ),
        "Step": st.column_config.NumberColumn("Step", width=55, help="At which the point was found."),
    }


def _sign(holds: object) -> str:
    return _YES if holds else _NO
