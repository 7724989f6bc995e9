"""Figures of the comparison: bars that add up to all samples, and maps that name every point."""

import re

import numpy as np
import pandas as pd
from scatter_reading import unpacked

from disgen.generation.checks import CHECKS
from disgen.generation.outcome import Outcome
from disgen.judge.credible import CRITERIA
from disgen.ui.base.outcome_groups import OUTCOME_GROUPS, VERDICT_GROUPS, group_of
from disgen.ui.data.points import Points
from disgen.ui.estimators.plots import losses_html, packed_maps, verdict_html


def points(name, n, outcomes=("ok",)):
    rng = np.random.default_rng(n)
    table = pd.DataFrame(
        {"formula": ["NaCl"] * n, "space_group": 225, "outcome": [outcomes[i % len(outcomes)] for i in range(n)]}
    )
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


def bars(text):
    """Of each bar its name, and share, colour and words of each of its parts."""
    found = {}
    for name, inside in re.findall(r'data-bar="([^"]*)">(.*?)</div>', text, re.DOTALL):
        parts = re.findall(r'flex:([\d.]+) 1 0;background:(#\w+);[^"]*" title="([^"]*)"', inside)
        found[name] = [(float(share), colour, words) for share, colour, words in parts]
    return found


def test_the_parts_of_a_bar_are_all_samples():
    rows = [row("test", ok=6, known=2), row("kde", ok=1, duplicate=1, empty=1, **{"illegal letter": 1})]
    text = losses_html(rows)
    for group in OUTCOME_GROUPS:
        assert f'<i style="background:{group.colour}"></i>{group.label}</li>' in text
    found = bars(text)
    assert list(found) == ["Test split, decoded", "KDE"]
    assert [share for share, *_ in found["Test split, decoded"]] == [0.75, 0.25]
    assert [share for share, *_ in found["KDE"]] == [0.25, 0.25, 0.5]
    assert found["KDE"][0][1] == OUTCOME_GROUPS[0].colour
    assert found["KDE"][-1][2] == "No crystal: 50.00 %\n2 of 4\nempty: 1\nillegal letter: 1"
    assert "<b>75 %</b>" in text


def test_a_part_without_room_says_its_share_to_the_pointer_alone():
    text = losses_html([row("kde", ok=97, known=3)])
    assert "<b>97 %</b>" in text
    assert ">3 %<" not in text
    assert "In the training data: 3.00 %" in text


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
    parts = bars(verdict_html([found]))["KDE"]
    assert [share for share, *_ in parts] == [0.3, 0.1, 0.3, 0.2, 0.1]
    assert parts[2][2] == "Fails: New: 30.00 %\n3 of 10"


def test_a_comparison_without_rows_is_an_empty_figure():
    assert bars(losses_html([])) == {}


def maps(*sets):
    """Head of the maps, and of each panel its places, colours and formulas."""
    head, xy, shades, groups, formulas = unpacked(packed_maps(TEST, sets, NAMES))
    assert len(xy) == len(shades) == len(groups) == len(formulas) == head["n"]
    ends = np.cumsum([count for count, _ in head["sizes"]])
    assert ends[-1] == head["n"]
    colours = np.array([head["palette"][shade] for shade in shades])
    parts = zip(np.split(xy, ends), np.split(colours, ends), np.split(np.array(formulas), ends), strict=True)
    return head, dict(zip([panel["name"] for panel in head["panels"]], parts, strict=False))


def test_every_sampler_has_its_panel_also_while_its_samples_are_to_come():
    head, panels = maps(KDE)
    labels = [panel["label"] for panel in head["panels"]]
    assert labels == ["test", "KDE", "Gaussian mixture", "N(0, I)", "Learned prior"]
    assert [len(xy) for xy, *_ in panels.values()] == [7, 5, 0, 0, 0]
    assert "not there yet" in head["panels"][2]["alt"]


def test_points_lie_where_they_are_in_the_panel_of_their_set():
    for panels in (maps(GMM)[1], maps(KDE, GMM)[1], maps(GMM, KDE)[1]):
        assert np.allclose(panels["gmm"][0], GMM.xy, atol=1e-3)
        assert np.allclose(panels["test"][0], TEST.xy, atol=1e-3)


def test_points_have_the_colour_of_what_became_of_them():
    head, panels = maps(KDE)
    _, colours, formulas = panels["kde"]
    assert colours.tolist() == [group_of(outcome).colour for outcome in KDE.table["outcome"]]
    assert formulas.tolist()[:2] == ["NaCl\tvalid, neutral and new", "NaCl\tknown"]
    assert dict(head["legend"]["entries"])["Duplicate"] == group_of("duplicate").colour
    assert set(panels["test"][1]) == {dict(head["legend"]["entries"])["Test crystal"]}
    assert head["palette"][head["behind"]] not in {group.colour for group in OUTCOME_GROUPS}


def test_the_same_content_gives_the_same_bytes():
    assert packed_maps(TEST, [KDE], NAMES) == packed_maps(TEST, [KDE], NAMES)
