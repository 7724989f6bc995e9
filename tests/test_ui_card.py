"""The card of a run: all of its crystals count, also those that a light run does not hold."""

import pytest

from disgen.model.checkpoint import available_runs, load_run
from disgen.ui.overview.card import splits_of, value_text


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


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.999, "%", "99.9 %"), (0.0123, "Å", "0.012 Å"), (None, "", ""), (float("nan"), "", "")],
)
def test_values_for_people(value, unit, text):
    assert value_text(value, unit) == text
