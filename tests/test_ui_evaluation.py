"""Tables and figures of the reconstruction and corpus pages, as pure functions."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from disgen import wyckoff
from disgen.corpus.statistics import PANELS
from disgen.evaluation.figures import load_figures
from disgen.evaluation.run import load_corpus_summary
from disgen.model import checkpoint
from disgen.ui.corpus import plots as corpus_plots
from disgen.ui.corpus.page import place, results_table
from disgen.ui.reconstruction import paper_tables, parity
from disgen.ui.reconstruction import plots as evaluation_plots


@pytest.fixture(scope="module")
def folder():
    return checkpoint.default_run()


@pytest.fixture(scope="module")
def metrics(folder):
    return json.loads((folder / "metrics.json").read_text())["test"]


@pytest.fixture(scope="module")
def figures(folder):
    return load_figures(folder)


def test_the_papers_columns_are_the_papers():
    assert [line.paper for line in paper_tables.TABLE_1[:8]] == [
        "0.06 Å", "0.06 Å", "0.10 Å", "0.02°", "0.05°", "0.28°", "99.4 %", "99.8 %",
    ]  # fmt: skip
    assert [line.paper for line in paper_tables.TABLE_2] == [
        "0.06", "99.6 %", "99.5 %", "0.07", "98.6 %", "99.8 %", "99.7 %", "0.07",
    ]  # fmt: skip


def test_tables_show_the_stored_figures(metrics):
    table = paper_tables.table(paper_tables.TABLE_1, metrics).set_index("Quantity")
    assert table.loc["a, mean error", "This model"] == f"{metrics['lattice_mae']['a']:.3f} Å"
    low, high = metrics["intervals"]["space_group_accuracy"]
    assert table.loc["Space group right", "95 % interval"] == f"{100 * low:.2f} to {100 * high:.2f} %"
    groups = paper_tables.group_table(metrics["by_source"], "Source")
    assert set(groups["Source"]) == set(metrics["by_source"])
    assert f"{metrics['n']:,} crystals" in paper_tables.sample_text(metrics)


def test_tables_of_poor_metrics_have_dashes():
    table = paper_tables.table(paper_tables.TABLE_2, {"ordered_sites": {"element_accuracy": None}})
    assert set(table["This model"]) == {"–"}
    assert not paper_tables.is_complete({"space_group_accuracy": 0.5})
    assert "not recorded" in paper_tables.sample_text({"n": 3})


def test_every_parity_point_names_its_crystal(figures):
    data = parity.parity_data(figures)
    assert [panel["name"] for panel in data["panels"]] == ["a", "b", "c", "α", "β", "γ"]
    place = {int(row): number for number, row in enumerate(figures.row)}
    for number, panel in enumerate(data["panels"]):
        rows = [place[row] for row in panel["rows"]]
        np.testing.assert_allclose([panel["x"], panel["y"]], figures.cell[:, rows, number], atol=1e-4)
        span = np.ptp(figures.cell[:, :, number])
        worst = int(np.abs(figures.cell[1, :, number] - figures.cell[0, :, number]).argmax())
        near = np.abs(np.array([panel["x"], panel["y"]]) - figures.cell[:, [worst], number]).max(axis=0)
        assert near.min() <= span / (parity.GRID - 1)
    row = int(figures.row[7])
    np.testing.assert_allclose(parity.marked(figures, row), figures.cell[:, 7].T, atol=1e-4)
    assert parity.marked(figures, -1) == []


def test_densities_show_what_is_counted(figures):
    drawn = evaluation_plots.sites_html(figures)
    assert drawn.count("<svg") == 8
    titles = re.findall(r"<title>(.*?)</title>", drawn)
    letters = np.transpose(np.nonzero(figures.letters[1]))
    names = ["none", *wyckoff.LETTERS]
    for i, j in letters.tolist():
        assert f"{names[i]} → {names[j]}: {figures.letters[1, i, j]:,}" in titles
    assert 0.5 < evaluation_plots.matched_share(figures) <= 1.0


def test_pairs_of_classes_are_drawn_each(figures):
    groups = evaluation_plots.space_group_html(figures)
    assert groups.count("<title>") == len(figures.space_groups)
    assert f"{int(figures.space_groups[:, 2].max()):,} (logarithmic)" in groups
    assert evaluation_plots.demanded_html(figures).count("<title>") == len(figures.demanded)
    assert f"area {figures.roc_area[0]:.4f}" in evaluation_plots.roc_html(figures)


def test_all_losses_are_drawn_for_both_splits(folder):
    history = pd.read_csv(folder / "history.csv")
    names = evaluation_plots.loss_names(history)
    assert len(names) == 9
    drawn = evaluation_plots.losses_html(history)
    assert drawn.count("<svg") == 9
    lines = re.findall(r'<path d="(M[^"]*)" fill="none" stroke="(#\w+)"', drawn)
    assert len(lines) == 18
    assert len({colour for _, colour in lines}) == 2
    points = [len(re.findall("[ML]", line)) for line, _ in lines]
    expected = [int((history[f"{split}_{name}"] > 0).sum()) for name in names for split in ("train", "validation")]
    assert points == expected
    assert evaluation_plots.loss_names(pd.DataFrame({"epoch": [1], "train_kl": [2.0]})) == []


@pytest.mark.parametrize("logarithmic", [False, True])
def test_ten_distributions_and_the_filters(folder, logarithmic):
    summary = load_corpus_summary(folder)
    assert set(summary["distributions"]) == set(PANELS)
    for name, counts in summary["distributions"].items():
        drawn = corpus_plots.panel_svg(name, counts, logarithmic=logarithmic)
        titles = re.findall(r"<title>(.*?)</title>", drawn)
        assert titles == [f"{label}: {count:,}" for label, count in counts.items() if count]
        heights = [float(height) for height in re.findall(r'height="([\d.]+)" fill', drawn)]
        assert int(np.argmax(heights)) == int(np.argmax([count for count in counts.values() if count]))
    assert corpus_plots.panels_html(summary["distributions"]).count("<svg") == 10
    table = corpus_plots.filter_table(summary["filters"])
    assert table.iloc[-1]["Total"] == summary["totals"]["crystals"]
    assert "location" not in json.dumps(summary["sources"])


def test_an_entry_has_its_place_in_its_split(folder):
    index = pd.read_parquet(folder / "index.parquet")
    for number in (0, 100, len(index) - 1):
        split, row = place(index, number)
        assert index[index["split"] == split].iloc[row].equals(index.iloc[number])
    assert results_table(index, np.array([4, 2]))["Entry"].tolist() == [4, 2]
