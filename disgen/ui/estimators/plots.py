"""Figures of the comparison of samplers: where samples are lost, and where they lie on the map.

Pure functions of a comparison and of sets of points. Both figures have the same colours for what became of a sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.drawing.palettes import PALE_BACKGROUND_POINT, QUALITATIVE
from disgen.generation.outcome import Outcome
from disgen.ui.base.outcome_groups import OUTCOME_GROUPS, VERDICT_GROUPS, group_of
from disgen.ui.base.samplers import label
from disgen.ui.charts.scatter import Legend, Scatter
from disgen.ui.charts.stacked_bars import bars_html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.ui.base.outcome_groups import OutcomeGroup
    from disgen.ui.data.points import Points

_REAL, _SAMPLE = 3.0, 5.5  # px, diameter of a test crystal and of a sample
_TEST_COLOUR = QUALITATIVE[0]
_WORDS = {str(Outcome.OK): "valid, neutral and new"}  # others say what they are
_COLOURS = (*(group.colour for group in OUTCOME_GROUPS), _TEST_COLOUR, PALE_BACKGROUND_POINT)


def losses_html(rows: Sequence[Mapping[str, Any]]) -> str:
    """A bar a sampler: the yield, then where the other samples were lost, in shares of all samples.

    Args:
        rows: of a comparison, one a sampler.
    """
    bars = []
    for row in rows:
        counts = [sum(row["outcomes"].get(str(part), 0) for part in group.outcomes) for group in OUTCOME_GROUPS]
        name = "Test split, decoded" if row["estimator"] == "test" else label(row["estimator"])
        bars.append((name, _shares(counts, row["n"]), [_parts(row, group) for group in OUTCOME_GROUPS]))
    return bars_html(OUTCOME_GROUPS, bars)


def verdict_html(reports: Sequence[Mapping[str, Any]]) -> str:
    """A bar a sampler: the credible samples, then the others by the first criterion that they fail, of all samples.

    Args:
        reports: judgements (`disgen.judge.report`), one a sampler.
    """
    bars = []
    for report in reports:
        found, n = report["credible"], report["n"]
        counts = [
            found["stopped"][group.criterion] if group.criterion else found["counts"]["credible"]
            for group in VERDICT_GROUPS
        ]
        name = "Test split, itself" if report["name"] == "test" else label(report["name"])
        bars.append((name, _shares(counts, n), [f"{count:,} of {n:,}" for count in counts]))
    return bars_html(VERDICT_GROUPS, bars)


def packed_maps(test: Points, sets: Sequence[Points], names: Sequence[str]) -> bytes:
    """Small multiples of the map for `disgen.ui.charts.panels_chart`: the test split, then each sampler's samples.

    Args:
        test: points of the test split.
        sets: samples that are there.
        names: all samplers that get a panel, also those whose samples are not there yet.
    """
    found = {points.name: points for points in sets}
    shown = [test, *(found[name] for name in names if name in found)]
    panels = [{"name": test.name, "label": test.label, "alt": f"{test.label}: {len(test):,} crystals on the map"}]
    sizes = [(len(test), _REAL)]
    for name in names:
        n = len(found[name]) if name in found else 0
        said = f"{n:,} samples on the map" if n else "its samples are not there yet"
        panels.append({"name": name, "label": label(name), "alt": f"{label(name)}: {said}"})
        sizes.append((n, _SAMPLE))
    numbers = {group.label: number for number, group in enumerate(OUTCOME_GROUPS)}
    shades = [np.full(len(test), _COLOURS.index(_TEST_COLOUR, len(OUTCOME_GROUPS)))]
    shades += [np.array([numbers[group_of(outcome).label] for outcome in one.table["outcome"]]) for one in shown[1:]]
    figure = Scatter(
        xy=np.concatenate([points.xy for points in shown]),
        shades=np.concatenate(shades).astype(np.uint8),
        palette=_COLOURS,
        sizes=tuple(sizes),
        groups=np.concatenate([points.table["space_group"].to_numpy() for points in shown]).astype(np.uint8),
        formulas=tuple(
            f"{formula}\t{_WORDS.get(outcome, outcome)}"
            for points in shown
            for formula, outcome in zip(points.table["formula"], points.table["outcome"], strict=True)
        ),
        legend=Legend("", (("Test crystal", _TEST_COLOUR), *((group.label, group.colour) for group in OUTCOME_GROUPS))),
    )
    return figure.packed("samplers", "", panels=panels, behind=len(_COLOURS) - 1)


def _shares(counts: Sequence[int], n: int) -> list[float]:
    return [count / max(1, n) for count in counts]


def _parts(row: Mapping[str, Any], group: OutcomeGroup) -> str:
    """How many samples, and of which outcomes where there are several."""
    counts = {str(part): row["outcomes"].get(str(part), 0) for part in group.outcomes}
    text = f"{sum(counts.values()):,} of {row['n']:,}"
    if len(counts) == 1:
        return text
    return text + "".join(f"\n{name}: {count:,}" for name, count in counts.items() if count)
