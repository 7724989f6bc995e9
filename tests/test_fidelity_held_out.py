"""Real crystals to judge against: stored with the run and found again, and the figures of a row made with them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from disgen.evaluation.fidelity.classifier import auc
from disgen.evaluation.fidelity.held_out import (
    FILE,
    FOLDER,
    OWN,
    RECONSTRUCTED,
    FidelityError,
    find_held_out,
    own_held_out,
    store_held_out,
)
from disgen.evaluation.fidelity.mixtures import pairs_on_sites
from disgen.evaluation.fidelity.row import FIGURES, fidelity_row
from disgen.evaluation.fidelity.traits import Traits, without_amounts
from disgen.evaluation.rates import wilson
from disgen.generation.sampling import crystals_of, known_keys
from disgen.model.checkpoint import RunError, load_run

RELEASED = Path(__file__).parent.parent / "assets" / "models" / "open"
THINNED = {"train": 10, "validation": 10, "test": 20}  # as the small copy's index


@pytest.fixture(scope="module")
def small(small_run, tmp_path_factory):
    """The small copy of the released run, with each row's own latent."""
    folder = shutil.copytree(small_run, tmp_path_factory.mktemp("own") / "small")
    latents = load_file(RELEASED / "latents.safetensors")
    thinned = {split: np.ascontiguousarray(latents[split][::step]) for split, step in THINNED.items()}
    save_file(thinned, folder / "latents.safetensors")
    return folder


@pytest.fixture(scope="module")
def run(small):
    return load_run(small)


@pytest.fixture(scope="module")
def decoded(run):
    """What the run's splits decode to where that has the key it should have, as a corpus would have them."""
    found = {}
    for split in ("test", "validation"):
        crystals = crystals_of(run, run.split_latents(split)).crystals
        keys = run.split_index(split)["key"]
        found[split] = [one for one, key in zip(crystals, keys, strict=True) if one is not None and one.key == key]
    return found


@pytest.fixture(scope="module")
def own(run, decoded):
    return own_held_out(run, decoded.__getitem__)


def assert_same(one, other):
    assert np.array_equal(one.descriptor, other.descriptor)
    assert one.key.tolist() == other.key.tolist()
    for name in ("sites", "species", "most", "mixed", "plausible", "vacant", "disordered"):
        assert np.array_equal(getattr(one.mixtures, name), getattr(other.mixtures, name)), name


def test_what_is_stored_is_found_again(small, own, tmp_path):
    copy = load_run(shutil.copytree(small, tmp_path / "copy"))
    assert find_held_out(copy).crystals == RECONSTRUCTED
    store_held_out(copy, own)
    again = find_held_out(copy)
    assert again.crystals == OWN
    assert_same(again.test, own.test)
    assert_same(again.validation, own.validation)
    assert again.keys == own.keys
    assert again.plain_keys == own.plain_keys


def test_without_a_stored_file_the_splits_are_decoded(run, own):
    found = find_held_out(run)
    assert found.crystals == RECONSTRUCTED
    assert len(found.test) == len(run.latents["test"])
    assert len(found.validation) == len(run.latents["validation"])
    assert len(own.test) < len(found.test)
    with pytest.raises(FidelityError, match="--corpus"):
        store_held_out(run, found)


def test_keys_to_rediscover_are_those_that_training_has_not(run, own, decoded):
    keys = {crystal.key for crystal in decoded["test"]}
    assert own.keys == keys - known_keys(run)
    assert own.plain_keys == set(without_amounts(keys)) - set(without_amounts(known_keys(run)))
    assert 0 < len(own.plain_keys) < len(own.keys)


def test_damaged_or_foreign_files_are_one_sentence(small, own, tmp_path):
    copy = load_run(shutil.copytree(small, tmp_path / "copy"))
    store_held_out(copy, own)
    path = copy.path / FOLDER / FILE
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(FidelityError, match="is damaged"):
        find_held_out(copy)
    path.write_bytes(good)
    save_file(load_file(path), path, {"of": "another corpus"})
    with pytest.raises(FidelityError, match="another corpus or version"):
        find_held_out(copy)


def test_crystals_of_another_corpus_are_not_stored(small, run, minerals, tmp_path):
    copy = load_run(shutil.copytree(small, tmp_path / "copy"))
    strangers = own_held_out(run, lambda _: minerals[:50])
    with pytest.raises(FidelityError, match="are not those of run"):
        store_held_out(copy, strangers)


def test_a_light_run_says_what_it_lacks(run, monkeypatch):
    monkeypatch.delitem(run.latents, "train")
    with pytest.raises(RunError, match="train"):
        find_held_out(run)


def test_figures_of_a_row(run, own, decoded, minerals):
    crystals = [*minerals[:100], *decoded["test"][:40], decoded["test"][0]]
    known = known_keys(run)
    samples = Traits.of(crystals, pairs_on_sites(known))
    novel = np.array([crystal.key not in known for crystal in crystals])
    row = fidelity_row(samples, novel, own)
    assert json.loads(json.dumps(row)) == row
    assert row["disordered"] == np.mean([crystal.disordered_sites > 0 for crystal in crystals])
    found_again = {crystal.key for crystal in crystals} & own.keys
    assert len(found_again) >= 20
    assert row["rediscovered"] == len(found_again) / len(own.keys)
    mixed = samples.mixtures.mixed > 0
    assert row["mixtures"] == (samples.mixtures.mixed == samples.mixtures.plausible)[mixed].mean()
    assert row["auc"] == auc(samples, own.test)["value"]
    assert row["auc_novel"] == auc(samples[novel], own.test)["value"]
    details = row["fidelity"]
    assert details["against"] == OWN
    for name in ("disordered", "rediscovered", "mixtures", "rediscovered_without_amounts"):
        hits, n = details["counts"][name], details["denominators"][name]
        assert details[name] == hits / n
        assert details["intervals"][name] == list(wilson(hits, n))


def test_a_row_that_is_not_judged_says_none(own):
    row = fidelity_row(None, np.zeros(0, bool), own)
    assert row == {**dict.fromkeys(FIGURES), "fidelity": None}


def test_no_crystals_have_no_figures(own):
    nothing = fidelity_row(Traits.of([], pairs_on_sites(())), np.zeros(0, bool), own)
    assert nothing["disordered"] is None
    assert nothing["auc"] is None
    assert nothing["mixtures"] is None
    assert nothing["rediscovered"] == 0.0


def test_traits_can_be_taken_apart_and_put_together(minerals):
    together = pairs_on_sites(())
    whole = Traits.of(minerals[:60], together)
    parts = Traits.concatenate([Traits.of(minerals[:25], together), Traits.of(minerals[25:60], together)])
    assert_same(whole, parts)
    assert_same(whole[np.arange(25)], Traits.of(minerals[:25], together))
