"""Tables of the comparison: the paper's figures in their places, ours with counts and intervals, all rows as a CSV."""

import csv
import io
import re

import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.evaluation.comparison_rows import row
from disgen.evaluation.judging import judge_crystals
from disgen.evaluation.rates import rates
from disgen.ui.estimators import tables

CUBE = (5.14, 5.14, 5.14, 90.0, 90.0, 90.0)
ZIRCONIA = WyckoffCrystal(
    225,
    CUBE,
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.16), ("Zr", 0.84))),
        WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.96),)),
    ),
)
PERICLASE = WyckoffCrystal(
    225,
    CUBE,
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Mg", 1.0),)),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("O", 1.0),)),
    ),
)


def make_row(name, decoding="exact", polished=False, crystals=(ZIRCONIA, PERICLASE, PERICLASE)):
    judged = judge_crystals(crystals, {PERICLASE.key})
    about = {"estimator": name, "decoding": decoding, "polished": polished, "settings": {}}
    return {**about, "log_likelihood": -12.5, "seconds": 1.25, **row(judged, judged.properties)}


@pytest.fixture(scope="module")
def result():
    ways = [("free", False), ("exact", False), ("exact", True)]
    rows = [make_row(name, *way) for name in ("test", "kde", "gmm", "another-one") for way in ways]
    ceiling = {"crystals": "own", **row(judge_crystals([ZIRCONIA], set()))}
    return {"run": "mine", "n": 3, "seed": 7, "rows": rows, "ceiling": ceiling}


def cells(html):
    """The table's rows as plain text, its head first."""
    rows = re.findall(r"<tr.*?>(.*?)</tr>", html)
    return [
        [re.sub(r"<small>.*?</small>|<[^>]+>", "", cell) for cell in re.findall(r"<t[hd]>(.*?)</t[hd]>", line)]
        for line in rows
    ]


def test_the_credible_stand_first_where_a_comparison_has_them(result):
    plain = cells(tables.rates_table_html(result, "exact"))
    assert plain[0][:2] == ["Sampler", "Yield"]
    verdict = {**rates({"credible": 2}, {"credible": 3})}
    rows = [found | ({"verdict": verdict} if found["decoding"] == "exact" else {}) for found in result["rows"]]
    head, own, *others = cells(tables.rates_table_html({**result, "rows": rows}, "exact"))
    assert head[:3] == ["Sampler", "Credible", "Yield"]
    assert own[1] == "–", "the ceiling has no such figure"
    assert {line[1] for line in others} == {"66.7 %"}


def test_variants_are_those_that_have_rows(result):
    assert tables.variants_of(result) == ["exact", "repaired", "free"]
    free = {**result, "rows": [found for found in result["rows"] if found["decoding"] == "free"]}
    assert tables.variants_of(free) == ["free"]
    assert tables.rows_of(free, "exact") == []
    names = [found["estimator"] for found in tables.rows_of(result, "repaired")]
    assert names == ["test", "kde", "gmm", "another-one"]


def test_the_papers_table_stands_beside_ours(result):
    head, *rows = cells(tables.paper_table_html(result))
    assert head[1::2] == ["Generated", "Symmetry matches", "Atoms apart", "Charge neutral"]
    assert set(head[2::2]) == {"Paper"}
    printed = {line[0]: line[2::2] for line in rows}
    assert printed["KDE"] == ["99.94 %", "98.79 %", "96.44 %", "55.28 %"]
    assert printed["Gaussian mixture"] == ["98.17 %", "20.44 %", "94.03 %", "50.67 %"]
    assert printed["Test split, decoded"] == ["99.99 %", "98.39 %", "97.53 %", "55.06 %"]
    assert printed["Another one"] == ["–"] * 4
    ours = {line[0]: line[1::2] for line in rows}
    assert ours["KDE"] == ["100.0 %", "100.0 %", "100.0 %", "100.0 %"]


def test_without_free_decoding_there_is_nothing_to_compare_with_the_paper(result):
    assert tables.paper_table_html({**result, "rows": tables.rows_of(result, "exact")}) == ""


def test_rates_are_of_all_samples_with_counts_and_intervals(result):
    html = tables.rates_table_html(result, "exact")
    head, *rows = cells(html)
    assert [line[0] for line in rows] == [
        "Test split, itself",
        "Test split, decoded",
        "KDE",
        "Gaussian mixture",
        "Another one",
    ]
    kde = dict(zip(head, rows[2], strict=True))
    assert kde["Yield"] == "33.3 %"
    assert kde["Unique"] == "66.7 %"
    assert kde["New"] == "33.3 %"
    assert kde["Crystal"] == "100.0 %"
    assert 'title="1 of 3"' in html
    low, high = result["rows"][4]["intervals"]["yield"]
    assert f"<small>{100 * low:.1f}–{100 * high:.1f}</small>" in html


def test_a_ceiling_that_is_the_reconstruction_is_not_shown_twice(result):
    again = {**result, "ceiling": {**result["ceiling"], "crystals": "reconstructed"}}
    assert [line[0] for line in cells(tables.rates_table_html(again, "exact"))[1:3]] == ["Test split, decoded", "KDE"]


def test_the_other_figures_are_there_too(result):
    head, *rows = cells(tables.more_table_html(result, "exact"))
    kde = dict(zip(head, rows[2], strict=True))
    assert kde["log p / nats"] == "-12.5"
    assert kde["Time / s"] == "1.2"
    assert kde["W sites"] == "0.000"
    own = dict(zip(head, rows[0], strict=True))
    assert own["log p / nats"] == "–"


def test_hundredths_where_they_mean_something(result):
    found = result["rows"][4]
    large = {
        **found,
        "intervals": {**found["intervals"], "yield": [0.3211, 0.3456]},
        "denominators": {**found["denominators"], "yield": 9000},
        "counts": {**found["counts"], "yield": 3000},
    }
    html = tables.rates_table_html({**result, "rows": [large]}, "exact")
    assert "33.33 %" in html
    assert "<small>32.11–34.56</small>" in html
    assert 'title="3,000 of 9,000"' in html


def test_missing_figures_are_dashes(result):
    bare = {"estimator": "kde", "decoding": "exact", "polished": False, "n": 0, "yield": None}
    lines = cells(tables.rates_table_html({**result, "rows": [bare]}, "exact"))
    assert set(lines[2][1:]) == {"–"}


def test_the_csv_holds_every_row_and_the_papers_figures(result):
    records = list(csv.DictReader(io.StringIO(tables.comparison_csv(result))))
    assert len(records) == 1 + len(result["rows"])
    assert records[0]["estimator"] == "ceiling"
    for record, found in zip(records[1:], result["rows"], strict=True):
        assert record["estimator"] == found["estimator"]
        assert record["polished"] == ("yes" if found["polished"] else "no")
        assert float(record["yield"]) == found["yield"]
        assert int(record["yield_count"]) == found["counts"]["yield"]
        assert float(record["yield_low"]) == found["intervals"]["yield"][0]
        assert float(record["table3_validity"]) == found["paper"]["validity"]
        assert int(record["table3_validity_denominator"]) == found["paper"]["denominators"]["validity"]
    printed = {(record["estimator"], record["decoding"]): record["table3_sma_paper"] for record in records}
    assert printed["gmm", "free"] == "0.2044"
    assert printed["gmm", "exact"] == ""
    assert printed["another-one", "free"] == ""


def test_the_note_says_how_many_samples_and_which_seed(result):
    text = tables.note(result)
    assert "3 samples of each sampler, seed 7" in text
    assert "“mine”" in text


def test_names_are_escaped(result):
    evil = {**result, "rows": [make_row("<script>")]}
    assert "<script>" not in tables.rates_table_html(evil, "exact")
