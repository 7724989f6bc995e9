"""The judge of energies with a toy potential: outcomes, cache, decorations, heights, summary."""

import json
from dataclasses import replace

import numpy as np
import pytest
from toy_potential import ToyPotential

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.energies import runs
from disgen.energies.cell import Cell
from disgen.energies.potential import EnergyError
from disgen.energies.reference_sources import ReferenceEntry
from disgen.energies.references import compute_references
from disgen.judge.energies import judge
from disgen.judge.energies.judge import judge_energies


def _copper(edge, group=225, **occupancies):
    multiplicity = {225: 4, 221: 1}[group]
    shares = tuple(occupancies.items()) or (("Cu", 1.0),)
    return WyckoffCrystal(group, (edge,) * 3 + (90.0,) * 3, (WyckoffSite("a", multiplicity, (0.0, 0.0, 0.0), shares),))


CRYSTALS = [
    _copper(3.9),
    None,
    _copper(4.3),
    _copper(3.9, Cu=0.5, Zn=0.5),
    _copper(1.9),
    _copper(12.0, group=221),
    _copper(3.9, Cu=0.5, U=0.5),
]
OUTCOMES = ["relaxed", "no crystal", "relaxed", "relaxed", "too dense", "isolated atoms", "unknown element"]


@pytest.fixture
def toy(monkeypatch):
    potential = ToyPotential([])
    for module in (judge, runs):
        monkeypatch.setattr(module, "load_potential", lambda _: potential)
    return potential


def _judged(tmp_path, **settings):
    given = {"potentials": ("toy",), "steps": 100, "cache": tmp_path, "references": {}} | settings
    return judge_energies(CRYSTALS, **given)


def test_every_crystal_has_a_word_and_numbers_where_there_are_some(toy, tmp_path):
    table = _judged(tmp_path)
    found = table["toy"]
    assert found.outcome.tolist() == OUTCOMES
    assert table.picked.tolist() == list(range(7))
    assert np.isfinite(found.drop).tolist() == [word == "relaxed" for word in OUTCOMES]
    assert found.drop[2] > found.drop[0] >= 0.0
    assert found.volume_change[2] < 0.0
    assert [sentence is None for sentence in found.problem] == [word == "relaxed" for word in OUTCOMES]
    assert found.quiet(0.0).tolist() == (found.drop <= 0.0).tolist()
    assert np.isnan(found.above_hull).all()
    assert "toy" in table
    assert "chgnet" not in table


def test_the_cache_is_used_and_survives_a_torn_line(toy, tmp_path):
    first = _judged(tmp_path)["toy"]
    asked = len(toy.asked)
    file = next(tmp_path.glob("toy-*.jsonl"))
    file.write_text(file.read_text() + '{"digest": "torn')
    again = _judged(tmp_path)["toy"]
    assert len(toy.asked) == asked
    for name in ("drop", "largest_force", "energy", "volume_change"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    _judged(tmp_path, seed=1, decorations=2)  # others are added after the torn line
    asked = len(toy.asked)
    _judged(tmp_path, seed=1, decorations=2)
    assert len(toy.asked) == asked
    _judged(tmp_path, steps=3)
    assert len(toy.asked) > asked


def test_the_decoration_of_least_energy_stands_for_a_crystal(toy, tmp_path):
    mixed = [_copper(3.9, Cu=0.5, Zn=0.5)]
    energies = [
        judge_energies(mixed, seed=seed, potentials=("toy",), cache=tmp_path, references={})["toy"].energy[0]
        for seed in range(3)
    ]
    of_three = judge_energies(mixed, decorations=3, potentials=("toy",), cache=tmp_path, references={})["toy"]
    assert of_three.energy[0] == min(energies)


def test_a_subsample_is_drawn_by_its_seed(toy, tmp_path):
    one, same, other = (_judged(tmp_path, n=3, seed=seed) for seed in (0, 0, 5))
    assert len(one.picked) == 3
    assert one.picked.tolist() == same.picked.tolist() == sorted(one.picked.tolist())
    assert one.picked.tolist() != other.picked.tolist()
    whole = _judged(tmp_path)["toy"]
    np.testing.assert_array_equal(one["toy"].largest_force, whole.largest_force[one.picked])


def test_heights_are_above_the_same_potentials_hull(toy, tmp_path):
    relaxed = _judged(tmp_path)["toy"]
    path = tmp_path / "toy.parquet"
    cell = Cell(np.array([29]), np.zeros((1, 3)), np.eye(3) * 2.9)
    compute_references(toy, [ReferenceEntry("element-Cu", cell)], path)
    found = _judged(tmp_path, references={"toy": [path]})["toy"]
    reference = ToyPotential([]).evaluate([cell])[0].energy
    assert found.above_hull[0] == pytest.approx(relaxed.energy[0] - reference, abs=1e-6)
    assert np.isnan(found.above_hull[3])  # zinc has no reference
    assert found.metastable(0.0)[0] == (relaxed.energy[0] <= reference)


def test_a_table_of_another_potential_is_refused(toy, tmp_path):
    path = tmp_path / "toy.parquet"
    cell = Cell(np.array([29]), np.zeros((1, 3)), np.eye(3) * 2.9)
    compute_references(replace(toy, name="other"), [ReferenceEntry("element-Cu", cell)], path)
    with pytest.raises(EnergyError, match="cannot stand in one hull"):
        _judged(tmp_path, references={"toy": [path]})


def test_the_summary_is_plain_and_counts_everything(toy, tmp_path):
    summary = json.loads(json.dumps(_judged(tmp_path).summary()))
    figures = summary["potentials"]["toy"]
    assert summary["n"] == summary["given"] == figures["n"] == 7
    assert sum(figures["outcomes"].values()) == 7
    drop = figures["drop"]
    assert drop["n"] == 3
    assert drop["q25"] <= drop["median"] <= drop["q75"]
    low, high = drop["intervals"]["median"]
    assert low <= drop["median"] <= high
    assert figures["denominators"]["quiet"] == 7
    assert figures["above_hull"]["median"] is None


def test_progress_counts_relaxations(toy, tmp_path):
    seen = []
    _judged(tmp_path, progress=lambda *numbers: seen.append(numbers))
    assert seen[-1] == (6, 6)
    assert seen == sorted(seen)


def test_wrong_settings_are_one_sentence(tmp_path):
    with pytest.raises(EnergyError, match="no potential 'nothing'"):
        judge_energies([], potentials=("nothing",), cache=tmp_path)
    with pytest.raises(EnergyError, match="at least one decoration"):
        judge_energies([], decorations=0, cache=tmp_path)
