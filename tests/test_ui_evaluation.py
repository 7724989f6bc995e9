"""Tables and figures of the reconstruction and corpus pages, as pure functions."""

import json

import numpy as np
import pandas as pd
import pytest

from disgen.corpus.statistics import PANELS
from disgen.evaluation.figures import load_figures
from disgen.evaluation.run import load_corpus_summary
from disgen.model import checkpoint
from disgen.ui import corpus_plots, evaluation_plots, paper_tables
from disgen.ui.corpus import place, results_table


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
    figure = evaluation_plots.parity_figure(figures)
    panels = [trace for trace in figure.data if trace.mode == "markers"]
    assert len(panels) == 6
    for number, trace in enumerate(panels):
        np.testing.assert_array_equal(trace.x, figures.cell[0, trace.customdata, number])
        np.testing.assert_array_equal(trace.y, figures.cell[1, trace.customdata, number])
        span = np.ptp(figures.cell[:, :, number])
        worst = int(np.abs(figures.cell[1, :, number] - figures.cell[0, :, number]).argmax())
        near = np.abs(np.stack([trace.x, trace.y]) - figures.cell[:, [worst], number]).max(axis=0)
        assert near.min() <= span / (evaluation_plots._GRID - 1)


def test_densities_hold_all_sites(figures):
    figure = evaluation_plots.sites_figure(figures)
    counts = [int(trace.customdata.sum()) for trace in figure.data]
    expected = [
        int(array[kind].sum())
        for kind in (1, 0)
        for array in (figures.occupancies, figures.letters, figures.multiplicities, figures.coordinates)
    ]
    assert counts == expected
    assert 0.5 < evaluation_plots.matched_share(figures) <= 1.0


def test_all_losses_are_drawn_for_both_splits(folder):
    history = pd.read_csv(folder / "history.csv")
    names = evaluation_plots.loss_names(history)
    assert len(names) == 9
    figure = evaluation_plots.losses_figure(history)
    assert len(figure.data) == 18
    assert {axis.type for axis in figure.select_yaxes()} == {"log"}
    assert evaluation_plots.loss_names(pd.DataFrame({"epoch": [1], "train_kl": [2.0]})) == []


def test_ten_distributions_and_the_filters(folder):
    summary = load_corpus_summary(folder)
    assert set(summary["distributions"]) == set(PANELS)
    for name, counts in summary["distributions"].items():
        figure = corpus_plots.panel_figure(name, counts, logarithmic=True)
        assert sum(figure.data[0].y) == sum(counts.values())
        assert figure.layout.yaxis.type == "log"
    table = corpus_plots.filter_table(summary["filters"])
    assert table.iloc[-1]["Total"] == summary["totals"]["crystals"]
    assert "location" not in json.dumps(summary["sources"])


def test_an_entry_has_its_place_in_its_split(folder):
    index = pd.read_parquet(folder / "index.parquet")
    for number in (0, 100, len(index) - 1):
        split, row = place(index, number)
        assert index[index["split"] == split].iloc[row].equals(index.iloc[number])
    assert results_table(index, np.array([4, 2]))["Entry"].tolist() == [4, 2]
