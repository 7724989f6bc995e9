"""The benchmark of conditional generation: targets drawn from a split, counted and stored."""

import json

import pandas as pd
import pytest
import torch

from disgen.evaluation.rates import wilson
from disgen.judge.conditioning_benchmark import FILE, KINDS, benchmark, draw_targets, load_benchmark, store, table
from disgen.model.checkpoint import RunError, load_run
from disgen.search.settings import Settings
from disgen.search.targets import AllowedElements, DisorderedSites, RequiredElements, SpaceGroups, Targets

INDEX = pd.DataFrame(
    {
        "formula": ["NaCl", "KCl", "LiFePO4", "Li0.5FePO4", "Sr0.15La1.85CuO4", "NaCl"],
        "space_group": [225, 225, 62, 62, 139, 221],
        "disordered_sites": [0, 0, 0, 1, 1, 0],
    }
)


TIMELESS = {"seconds": 0, "processor_seconds": 0}


@pytest.fixture(scope="module")
def run(small_run):
    torch.set_num_threads(1)
    return load_run(small_run)


@pytest.fixture(scope="module")
def figures(run):
    return benchmark(run, "kde", Settings(n=4, steps=10, pool=8, seed=3), per_kind=1)


def test_targets_are_combinations_that_occur():
    drawn = draw_targets(INDEX, seed=0, per_kind=4)
    assert [kind for kind, _ in drawn] == [kind for kind in KINDS for _ in range(4)]
    possible = {
        (frozenset({"Na", "Cl"}), 225, 0),
        (frozenset({"K", "Cl"}), 225, 0),
        (frozenset({"Li", "Fe", "P", "O"}), 62, 0),
        (frozenset({"Li", "Fe", "P", "O"}), 62, 1),
        (frozenset({"Sr", "La", "Cu", "O"}), 139, 1),
        (frozenset({"Na", "Cl"}), 221, 0),
    }
    for kind, targets in drawn:
        required, allowed, *more = targets
        assert isinstance(required, RequiredElements)
        assert isinstance(allowed, AllowedElements)
        assert required.elements == allowed.elements
        assert [type(target) for target in more] == [SpaceGroups, DisorderedSites][: len(KINDS[kind]) - 1]
        stated = (frozenset(required.elements), *(t.numbers[0] if isinstance(t, SpaceGroups) else t.low for t in more))
        assert stated in {combination[: len(stated)] for combination in possible}
    assert len({targets.text for _, targets in drawn}) == 12, "no target twice"


def test_the_seed_settles_the_targets(run):
    index = run.split_index("test")
    one, again, other = (draw_targets(index, seed) for seed in (0, 0, 1))
    assert len(one) == 60
    assert one == again
    assert one != other
    assert draw_targets(index.sample(frac=1.0, random_state=1), 0) == one, "the order of the rows does not matter"


def test_too_few_combinations_are_refused():
    with pytest.raises(RunError, match="has 4 combinations of elements: 5 are needed"):
        draw_targets(INDEX, seed=0, per_kind=5)


def test_figures(figures, run):
    assert (figures["run"], figures["estimator"], figures["n"], figures["steps"]) == (run.name, "kde", 4, 10)
    assert list(figures["kinds"]) == list(KINDS)
    for kind in KINDS:
        [record] = [record for record in figures["targets"] if record["kind"] == kind]
        assert figures["kinds"][kind]["reached"] == record["reached"]
        assert figures["kinds"][kind]["credible"] == (record["credible"] > 0)
        assert figures["kinds"][kind]["credible_interval"] == wilson(record["credible"] > 0, 1)
        assert record["reached"] == (record["distinct_valid"] > 0)
        assert record["credible"] <= record["distinct_valid"], "a credible crystal is valid"
        assert figures["kinds"][kind]["interval"] == wilson(record["reached"], 1)
        assert 0.0 <= record["unique_novel"] <= record["sound"] <= record["met"] <= 1.0
        assert Targets.from_dict(record["targets"]).text == record["text"]
    assert figures["all"]["targets"] == 3
    assert figures["all"]["credible"] == sum(part["credible"] for part in figures["kinds"].values())
    assert figures["all"]["reached"] == sum(part["reached"] for part in figures["kinds"].values())
    assert table(figures).count("\n") == 3


def test_the_same_figures_again(figures, run):
    again = benchmark(run, "kde", Settings(n=4, steps=10, pool=8, seed=3), per_kind=1)
    for one, other in zip(figures["targets"], again["targets"], strict=True):
        assert one | TIMELESS == other | TIMELESS


def test_storage(figures, run, tmp_path):
    from dataclasses import replace

    elsewhere = replace(run, path=tmp_path)
    assert load_benchmark(tmp_path) is None
    store(elsewhere, figures)
    assert load_benchmark(tmp_path) == json.loads(json.dumps(figures))
    older = figures | {"all": {name: value for name, value in figures["all"].items() if name != "credible"}}
    for content in (json.dumps(older), "", "{}", '{"kinds": {"elements": {}}}', "[]"):
        (tmp_path / FILE).write_text(content)
        with pytest.raises(RunError, match=FILE):
            load_benchmark(tmp_path)
