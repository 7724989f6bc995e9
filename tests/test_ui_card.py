"""The card of a run: all of its crystals count, also those that a light run does not hold."""

import pytest

from disgen.model.checkpoint import available_runs, load_run
from disgen.ui.overview.card import METRICS, metrics_table, splits_of, value_text


@pytest.mark.parametrize("name", ["open", "paper"])
def test_counts_the_whole_corpus(name):
    run = load_run(available_runs()[name])
    sizes = splits_of(run)
    assert list(sizes) == ["train", "validation", "test"]
    assert sum(sizes.values()) > 18_000
    assert sizes["test"] == len(run.latents["test"])


def test_a_run_without_sizes_counts_its_index():
    run = load_run()
    assert splits_of(run) == run.index["split"].value_counts()[["train", "validation", "test"]].to_dict()


@pytest.mark.parametrize("name", ["open", "open-random", "paper"])
def test_every_figure_of_a_released_run_is_shown(name):
    run = load_run(available_runs()[name])
    table = metrics_table(run.metrics).set_index("Metric")
    assert list(table.index) == [label for _, label, _ in METRICS]
    assert (table["Test"] != "").all()
    lattice = run.metrics["test"]["lattice_mae"]
    assert table.loc["Cell length error", "Test"] == f"{(lattice['a'] + lattice['b'] + lattice['c']) / 3:.3f} Å"
    assert table.loc["Everything right at once", "Test"] == f"{100 * run.metrics['test']['exact_crystal']:.1f} %"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.999, "%", "99.9 %"), (0.0123, "Å", "0.012 Å"), (None, "", ""), (float("nan"), "", "")],
)
def test_values_for_people(value, unit, text):
    assert value_text(value, unit) == text
