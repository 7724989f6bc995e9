"""The paper's Tables 1 and 2 with a model's column, its interval, and the paper's own figures beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class PaperLine:
    """One line of a table.

    Attributes:
        label: what it is.
        name: of the figure in metrics.json; a dot separates group and member.
        unit: "%" for shares, else the unit of an error, which may be empty.
        paper: the paper's figure as it prints it; empty if it has none.
    """

    label: str
    name: str
    unit: str
    paper: str


TABLE_1: tuple[PaperLine, ...] = (
    *(
        PaperLine(f"{symbol}, mean error", f"lattice_mae.{name}", unit, f"{paper} {unit}".replace(" °", "°"))
        for symbol, name, unit, paper in (
            ("a", "a", "Å", "0.06"),
            ("b", "b", "Å", "0.06"),
            ("c", "c", "Å", "0.10"),
            ("α", "alpha", "°", "0.02"),
            ("β", "beta", "°", "0.05"),
            ("γ", "gamma", "°", "0.28"),
        )
    ),
    PaperLine("Space group right", "space_group_accuracy", "%", "99.4 %"),
    PaperLine("Disordered site recognised", "disordered_flag_accuracy", "%", "99.8 %"),
    PaperLine("Symmetry matches, free decoding", "sma.free", "%", "98.4 %"),
    PaperLine("Symmetry matches, exact decoding", "sma.exact", "%", ""),
    PaperLine("Crystals with everything right", "exact_crystal", "%", ""),
)
TABLE_2: tuple[PaperLine, ...] = (
    PaperLine("Disordered: occupancy, mean error", "disordered_sites.occupancy_mae", "", "0.06"),
    PaperLine("Disordered: multiplicity right", "disordered_sites.multiplicity_accuracy", "%", "99.6 %"),
    PaperLine("Disordered: Wyckoff letter right", "disordered_sites.letter_accuracy", "%", "99.5 %"),
    PaperLine("Disordered: coordinate, mean error", "disordered_sites.coordinate_mae", "", "0.07"),
    PaperLine("Ordered: element right", "ordered_sites.element_accuracy", "%", "98.6 %"),
    PaperLine("Ordered: multiplicity right", "ordered_sites.multiplicity_accuracy", "%", "99.8 %"),
    PaperLine("Ordered: Wyckoff letter right", "ordered_sites.letter_accuracy", "%", "99.7 %"),
    PaperLine("Ordered: coordinate, mean error", "ordered_sites.coordinate_mae", "", "0.07"),
)
GROUP_LINES: tuple[PaperLine, ...] = (
    TABLE_1[0],
    TABLE_1[2],
    TABLE_1[6],
    TABLE_1[7],
    *TABLE_2[0:3:2],
    TABLE_2[4],
    TABLE_1[10],
)


def is_complete(metrics: Mapping[str, Any]) -> bool:
    """True if a split's figures are those of `disgen.evaluation`; training alone stores fewer."""
    return all(isinstance(metrics.get(name), dict) for name in ("lattice_mae", "disordered_sites", "ordered_sites"))


def table(lines: Sequence[PaperLine], metrics: Mapping[str, Any]) -> pd.DataFrame:
    """A row a line: quantity, model, 95 % interval, paper."""
    intervals = metrics.get("intervals")
    return pd.DataFrame(
        [
            {
                "Quantity": line.label,
                "This model": text(value_at(metrics, line.name), line.unit),
                "95 % interval": interval_text(value_at(intervals, line.name), line.unit),
                "Paper": line.paper,
            }
            for line in lines
        ]
    )


def group_table(groups: Mapping[str, Mapping[str, Any]], title: str) -> pd.DataFrame:
    """A row a group of crystals with its most telling figures."""
    return pd.DataFrame(
        [
            {
                title: name,
                "Crystals": f"{figures['n']:,}",
                **{line.label: text(value_at(figures, line.name), line.unit) for line in GROUP_LINES},
            }
            for name, figures in groups.items()
        ]
    )


def sample_text(metrics: Mapping[str, Any]) -> str:
    """One sentence on what was measured: which split, how it was made, how many crystals."""
    kinds = {
        "key": "split by key: no test crystal has a copy in the training data; stricter than the paper's split",
        "random": "split at random, as the paper's: copies of a test crystal may be in the training data",
    }
    kind = kinds.get(str(metrics.get("split_kind")), "how it was split is not recorded")
    return (
        f"{metrics.get('n', 0):,} crystals of the {metrics.get('split', 'test')} split ({kind}). Intervals are the "
        "central 95 % of 1,000 bootstrap resamples of the crystals. The paper's figures are of its test set "
        "(about 27,000 crystals of the ICSD, split at random), so the two columns compare models and data at once."
    )


def value_at(values: Mapping[str, Any] | None, name: str) -> Any:  # noqa: ANN401 (what the JSON holds)
    """The value under a dotted name, None if there is none."""
    found: Any = values
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def text(value: object, unit: str) -> str:
    """A figure with its unit: shares to 0.01 %, errors to three decimals."""
    if not isinstance(value, (int, float)):
        return "–"
    if unit == "%":
        return f"{100.0 * value:.2f} %"
    return f"{value:.3f}" + {"": "", "°": "°"}.get(unit, f" {unit}")


def interval_text(value: object, unit: str) -> str:
    """Both ends of an interval."""
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 (two ends)
        return "–"
    low, high = (text(end, unit) for end in value)
    return f"{low.removesuffix(' %').removesuffix(' Å').removesuffix('°')} to {high}"
