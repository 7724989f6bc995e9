"""Figures of the comparison: bars that add up to all samples, and one WebGL figure of maps that names every point."""

import numpy as np
import pandas as pd
import pytest

from disgen.generation.checks import CHECKS
from disgen.generation.outcome import Outcome
from disgen.judge.credible import CRITERIA
from disgen.ui.base.outcome_groups import OUTCOME_GROUPS, VERDICT_GROUPS, group_of
from disgen.ui.data.points import Points
from disgen.ui.estimators.plots import COLUMNS, losses_figure, maps_figure, point_at, verdict_figure


def points(name, n, outcomes=("ok",)):
    rng = np.random.default_rng(n)
    table = pd.DataFrame({"formula": ["NaCl"] * n, "outcome": [outcomes[i % len(outcomes)] for i in range(n)]})
    return Points(name, name, np.zeros((n, 4), np.float32), rng.normal(size=(n, 2)).astype(np.float32), table)


TEST = points("test", 7, ("real crystal",))
KDE = points("kde", 5, ("ok", "known", "too close"))
GMM = points("gmm", 5, ("empty",))
NAMES = ("kde", "gmm", "gaussian", "prior")


def test_every_outcome_belongs_to_one_fate():
    every = [outcome for group in OUTCOME_GROUPS for outcome in group.outcomes]
    assert sorted(every) == sorted(Outcome)
    assert group_of("ok") is OUTCOME_GROUPS[0]
    assert group_of("degenerate cell").label == "No crystal"
    assert len({group.colour for group in OUTCOME_GROUPS}) == len(OUTCOME_GROUPS)


def row(name, **outcomes):
    counts = {str(outcome): 0 for outcome in Outcome} | outcomes
    return {"estimator": name, "n": sum(counts.values()), "outcomes": counts}


def test_the_parts_of_a_bar_are_all_samples():
    rows = [row("test", ok=6, known=2), row("kde", ok=1, duplicate=1, empty=1, **{"illegal letter": 1})]
    figure = losses_figure(rows)
    assert [trace.name for trace in figure.data] == [group.label for group in OUTCOME_GROUPS]
    assert np.sum([trace.x for trace in figure.data], axis=0) == pytest.approx([1.0, 1.0])
    assert list(figure.data[0].x) == [0.75, 0.25]
    assert list(figure.data[0].y) == ["Test split, decoded", "KDE"]
    assert figure.data[-1].customdata[1] == "2 of 4<br>empty: 1<br>illegal letter: 1"
    assert figure.layout.barmode == "stack"


def test_the_verdict_names_every_criterion_credible_first():
    assert [group.criterion for group in VERDICT_GROUPS] == ["", *reversed(CRITERIA)]
    assert len({group.colour for group in VERDICT_GROUPS}) == len(VERDICT_GROUPS)
    labels = {check.key: check.label for check in CHECKS}
    for criterion, check in (("neutral", "neutral_mixed"), ("novel", "novel"), ("plausible", "plausible")):
        group = next(group for group in VERDICT_GROUPS if group.criterion == criterion)
        assert group.label == f"Fails: {labels[check]}"


def test_the_verdicts_of_a_bar_are_all_samples():
    stopped = {"legal": 1, "plausible": 0, "neutral": 2, "mixtures": 0, "novel": 3, "unique": 1}
    found = {"name": "kde", "n": 10, "credible": {"counts": {"credible": 3}, "stopped": stopped}}
    figure = verdict_figure([found])
    assert [trace.name for trace in figure.data] == [group.label for group in VERDICT_GROUPS]
    assert [trace.x[0] for trace in figure.data] == [0.3, 0.1, 0.3, 0.0, 0.2, 0.0, 0.1]
    assert figure.data[2].customdata[0] == "3 of 10"


def test_a_comparison_without_rows_is_an_empty_figure():
    assert losses_figure([]).to_json()


def clickable(figure):
    return [trace for trace in figure.data if trace.customdata is not None]


def test_rows_of_the_maps_name_their_points():
    figure = maps_figure(TEST, [KDE, GMM], NAMES)
    found = [point_at(int(number), len(TEST), 5, NAMES) for trace in clickable(figure) for number in trace.customdata]
    assert found == [*(("test", i) for i in range(7)), *(("kde", i) for i in range(5)), *(("gmm", i) for i in range(5))]
    assert point_at(7 + 3 * 5 + 2, 7, 5, NAMES) == ("prior", 2)
    assert point_at(7 + 4 * 5, 7, 5, NAMES) is None
    assert point_at(-1, 7, 5, NAMES) is None


def test_sets_that_come_late_do_not_renumber_the_others():
    early, late = maps_figure(TEST, [GMM], NAMES), maps_figure(TEST, [KDE, GMM], NAMES)
    assert list(clickable(early)[-1].customdata) == list(clickable(late)[-1].customdata)


def test_every_sampler_has_its_panel_and_all_show_the_same_part_of_the_map():
    figure = maps_figure(TEST, [KDE], NAMES)
    assert [note.text for note in figure.layout.annotations] == [
        "test",
        "KDE",
        "Gaussian mixture",
        "N(0, I)",
        "Learned prior",
    ]
    panels = {trace.xaxis for trace in figure.data if trace.type == "scattergl"}
    assert len(panels) == 1 + len(NAMES)
    assert len({axis.range for axis in figure.select_xaxes()}) == 1
    assert len({axis.range for axis in figure.select_yaxes()}) == 1
    low, high = next(figure.select_xaxes()).range
    every = np.concatenate([TEST.xy, KDE.xy])
    assert low < every[:, 0].min() < every[:, 0].max() < high
    assert figure.layout.height > 2 * 200
    assert COLUMNS == 4


def test_points_have_the_colour_of_what_became_of_them():
    figure = maps_figure(TEST, [KDE], NAMES)
    (trace,) = [trace for trace in clickable(figure) if len(trace.customdata) == 5]
    expected = [group_of(outcome).colour for outcome in KDE.table["outcome"]]
    assert list(trace.marker.color) == expected
    legend = {trace.name: trace.marker.color for trace in figure.data if trace.type == "scatter"}
    assert legend["Duplicate"] == group_of("duplicate").colour


def test_the_same_content_gives_the_same_bytes():
    assert maps_figure(TEST, [KDE], NAMES).to_json() == maps_figure(TEST, [KDE], NAMES).to_json()
