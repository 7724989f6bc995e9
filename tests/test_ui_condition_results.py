"""What a search found, for people: words, tables, figures, files."""

import csv
import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from disgen.cif import read_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.generation.decoded import DecodedLatent
from disgen.generation.outcome import Outcome
from disgen.generation.screening import screen
from disgen.judge.conditioning_benchmark import KINDS
from disgen.judge.search_results import SearchedPoint
from disgen.judge.verdict import Criterion, Verdict
from disgen.search.conditions import Success
from disgen.search.settings import Settings
from disgen.search.targets import (
    CellRange,
    DisorderedSites,
    RequiredElements,
    SiteMix,
    SpaceGroups,
    Targets,
    target_from_dict,
)
from disgen.ui.conditioning import benchmark, files, plots, result_table, results
from disgen.ui.conditioning.history import SearchPath
from disgen.ui.conditioning.job import SearchRequest, SearchResult, Traced

SALT = WyckoffCrystal(
    225,
    (4.2, 4.2, 4.2, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("O", 1.0),)),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Mg", 0.5), ("Ni", 0.5))),
    ),
)
TARGETS = Targets((RequiredElements(("Mg", "O")), SpaceGroups((225,)), DisorderedSites(1, 1)))
REQUEST = SearchRequest(TARGETS, "kde", Settings(n=4, seed=3))


VERDICT = Verdict((Criterion("Volume", holds=True, why=""),), None, trained=False)


def result(latent, crystal=SALT, outcome=Outcome.OK, met=(True, True, True), *, twin=False):
    return SearchedPoint(
        latent,
        seed=3,
        step=20,
        decoded=DecodedLatent(
            crystal, outcome, crystal is not None, screen([crystal])[0], np.arange(3, dtype=np.float32)
        ),
        met=met,
        log_probability=-12.34,
        verdict=VERDICT if crystal is not None else None,
        twin=twin,
        near=True,
        imbalance=0,
        foreign=("Ni",) if crystal is not None else (),
        expected_volume=9.87 if crystal is not None else np.nan,
    )


RESULTS = (
    result(2),
    result(0, outcome=Outcome.DUPLICATE, twin=True),
    result(3, replace(SALT, cell=(4.3, 4.3, 4.3, 90.0, 90.0, 90.0)), met=(True, False, True)),
    result(1, None, Outcome.EMPTY, (False, False, False)),
)
FOUND = SearchResult(RESULTS, Success(0.5, 0.5, 0.25, 1), step=40)


def test_the_summary_says_counts_and_shares():
    text = results.summary(REQUEST, FOUND, 12.3)
    for part in (
        *("1 credible crystals meet everything", "2 of 4 points (50.0%)", "1 (25.0%) one that was also not trained on"),
        *("1 of the valid", "40 steps, 12 s"),
    ):
        assert part in text
    text = results.base_rate_text("kde", 0.0015)
    assert "3 of 2,000 plain samples of KDE (0.15%)" in text


def test_the_table_has_a_mark_for_each_condition_and_check():
    rows = results.listed(FOUND, everything=True)
    table = result_table.results_table(TARGETS, rows)
    assert table["Rank"].tolist() == [1, 2, 3, 4]
    assert table["Formula"].tolist()[0] == SALT.formula
    assert table["Formula"].tolist()[3] == "no crystal"
    assert table["Group "].tolist() == ["✓", "✓", "✗", "✗"]
    assert table["Valid"].tolist() == ["✓", "✓", "✓", "✗"]
    assert table["Credible"].tolist() == table["New"].tolist() == ["✓", "✓", "✓", "✗"]
    assert table.columns[:4].tolist() == ["Rank", "Credible", "New", "Formula"]
    assert table["Foreign"].tolist() == ["Ni", "Ni", "Ni", ""]
    assert table["Å³/atom"].tolist()[0] == round(SALT.volume / 8, 1)
    assert table["Expected"].tolist()[0] == 9.9
    assert table["Twin"].tolist() == ["", "twin", "", ""]
    assert {*result_table.columns_of(TARGETS), "Formula"} == set(table.columns)
    assert [rank for rank, _ in results.listed(FOUND, everything=False)] == [1, 2]


def test_every_condition_has_a_heading_of_its_own():
    mixes = (SiteMix((("Zn", 0.5),)), SiteMix((("V", 0.5),)))
    targets = Targets((*TARGETS, *mixes, CellRange("a", 3.0, 5.0), CellRange("beta", 80.0, 100.0)))
    names = result_table.column_names(targets)
    assert names == ["Required", "Group", "Disordered", "Mixture 1", "Mixture 2", "a", "beta"]


def test_good_ones_are_those_without_any_complaint():
    assert [found.latent for found in results.good(RESULTS)] == [2]


def test_another_search_begins_with_its_first_result():
    state, latents = {results.PICK: 7}, [9, 8, 7, 6]
    assert results.chosen_row(state, latents, np.array([1, 2])) == 2
    results.pick(state, latents, 3)
    assert state[results.PICK] == 6
    assert results.chosen_row(state, latents, np.array([1, 2])) == 3  # it stays, also where the filter hides it
    results.pick(state, latents, None)
    assert state[results.PICK] is None
    assert results.chosen_row(state, latents, np.array([1, 2])) == 1
    assert results.chosen_row(state, latents, np.array([], dtype=int)) is None
    state[results.PICK] = 5
    results.forget(state)
    assert state[results.PICK] is None


def test_the_archive_holds_what_meets_everything_and_tells_of_the_rest():
    ranked = list(enumerate(RESULTS, start=1))
    data = files.archive("open", REQUEST, ranked)
    assert data == files.archive("open", REQUEST, ranked), "the same bytes for the same results"
    bundle = zipfile.ZipFile(io.BytesIO(data))
    rows = list(csv.DictReader(io.StringIO(bundle.read("manifest.csv").decode())))
    assert [row["latent_index"] for row in rows] == ["2", "0", "3", "1"]
    assert [bool(row["file"]) for row in rows] == [True, True, False, False]
    assert [row["space group 225 (Fm-3m)"] for row in rows] == ["1", "1", "0", "0"]
    assert rows[3]["outcome"] == "empty"
    assert rows[3]["valid"] == "0"
    assert [row["credible"] for row in rows] == ["1", "1", "1", "0"]
    assert [row["twin"] for row in rows] == ["0", "1", "0", "0"]
    assert [row["foreign_elements"] for row in rows] == ["Ni", "Ni", "Ni", ""]
    assert rows[0]["log_probability"] == "-12.34"
    assert [row["expected_volume_per_atom"] for row in rows] == ["9.87", "9.87", "9.87", ""]
    assert float(rows[0]["volume_per_atom"]) == round(SALT.volume / 8, 4)
    assert set(bundle.namelist()) == {"manifest.csv", "targets.json", rows[0]["file"], rows[1]["file"]}
    assert read_cif(bundle.read(rows[0]["file"])) == SALT
    about = json.loads(bundle.read("targets.json"))
    assert Targets(tuple(map(target_from_dict, about["targets"]))) == TARGETS
    assert (about["n"], about["seed"], about["estimator"], about["run"]) == (4, 3, "kde", "open")


def test_the_archive_of_some_keeps_their_ranks_and_has_what_misses_a_condition():
    bundle = zipfile.ZipFile(io.BytesIO(files.archive("open", REQUEST, [(3, RESULTS[2])], everything=True)))
    (row,) = csv.DictReader(io.StringIO(bundle.read("manifest.csv").decode()))
    assert (row["rank"], row["latent_index"]) == ("3", "3")
    assert row["file"].startswith("0003_")
    assert read_cif(bundle.read(row["file"])).cell[0] == pytest.approx(4.3)


def test_results_are_told_apart_by_conditions_and_verdicts():
    rows = results.listed(FOUND, everything=True)
    facts = results.facts_of(TARGETS, rows)
    assert facts.checks["No twin"].tolist() == [True, False, True, True]
    assert facts.checks[next(iter(TARGETS)).text].tolist() == [row.met[0] for _, row in rows]
    assert facts.checks["Credible"].tolist() == [True, True, True, False]


def test_the_tray_knows_where_a_crystal_comes_from():
    items = files.items_of("open", REQUEST, RESULTS)
    assert len(items) == 3, "what gives no crystal is left out"
    source = items[0].source
    assert (source.origin, source.estimator, source.seed) == ("search-kde-n4-seed3-2", "kde", 3)
    assert source.latent == (0.0, 1.0, 2.0)


def trace(*losses):
    return [Traced(step, {"contains O": loss, "prior": 0.5}, step, 0.1 * step) for step, loss in enumerate(losses)]


def test_long_texts_end_in_an_ellipsis():
    assert plots.cut("abc", 3) == "abc"
    assert plots.cut("abcd", 3) == "ab…"


def test_every_loss_term_is_drawn_and_the_successes_beside_them():
    figure = plots.trace_figure(trace(30.0, 1.0, 1e-6), 10, 8)
    first, prior, successes = figure.data
    assert first.name == "contains O"
    assert prior.name != "prior", "terms beside the targets' are named for people"
    assert first.y[-1] == plots.LEAST_LOSS
    assert first.customdata[-1] == 1e-6, "the pointer tells the true value"
    assert list(successes.y) == [0, 1, 2]
    assert figure.layout.xaxis.range == (0, 10)
    assert figure.layout.yaxis2.range == (0, 8)


def test_the_axes_stay_while_the_losses_fall():
    ranges = {plots.trace_figure(trace(*(30.0, 9.0, 2.0)[:n]), 10, 8).layout.yaxis.range for n in (1, 2, 3)}
    assert len(ranges) == 1
    assert plots.trace_figure(trace(0.0), 0, 1).layout.xaxis.range == (0, 1)


def test_paths_begin_with_a_ring_and_end_with_a_star():
    test = np.zeros((5, 2), dtype=np.float32)
    places = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 1.0]], dtype=np.float32)
    paths = [
        SearchPath(0, np.array([0, 4, 9]), np.zeros((3, 2)), places),
        SearchPath(1, np.array([0]), np.zeros((1, 2)), places[:1]),
    ]
    figure = plots.paths_figure(test, paths, ["MgO", "NiO"])
    background, long, short = figure.data
    assert len(background.x) == 5
    assert list(long.marker.symbol) == ["circle-open", "circle", "star"]
    assert list(short.marker.symbol) == ["star"]
    assert long.name.startswith("1 · MgO")


@pytest.fixture
def figures():
    part = {"targets": 20, "credible": 19, "median_credible": 41.0, "reached": 18, "median_success": 0.9}
    part["median_seconds"] = 12.34
    return {"kinds": dict.fromkeys(KINDS, part), "all": part, "seed": 0, "n": 64, "steps": 200, "estimator": "kde"}


def test_the_benchmark_shows_its_intervals(figures):
    table = benchmark.benchmark_html(figures)
    assert table.count("<tr") == 1 + len(KINDS) + 1
    assert "<b>95%</b> (19 of 20)" in table
    assert "76% – 99%" in table, "Wilson's interval of 19 of 20"
    assert "18 of 20" in table, "those that are reached stand in second place"
    assert ">41<" in table
    assert "12.3 s" in table
    assert "64 points from KDE, at most 200 steps" in benchmark.note(figures)
