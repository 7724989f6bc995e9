"""Measuring the speed, and the round trip of whole crystals."""

import json
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from disgen.bench import round_trip as trips
from disgen.bench.clock import Seconds, peak_memory_mb, timed
from disgen.bench.inputs import Named, amcsd_texts, corpus_sample, true_output
from disgen.bench.measure import measure, table
from disgen.bench.network import latents_to_zip, one_thread, search
from disgen.bench.speed import Sizes, parts
from disgen.cli import main
from disgen.corpus import CorpusError
from disgen.generation.outcome import Decoding
from disgen.generation.reconstruction import reconstruct
from disgen.model.checkpoint import load_run
from disgen.model.config import Config
from disgen.model.training.train import train

TINY = Sizes(texts=2, crystals=8, latents=40, conditioned=10, placed=6, repetitions=2, long_repetitions=1)
KEYS = {"read_per_s", "represent_per_s", "reconstruct_per_s", "cif_per_s", "screen_per_s"}
NETWORK_KEYS = {"latent_to_disk_40_s", "condition_step_10_s", "place_6_s"}


@pytest.fixture(scope="module")
def run(minerals, tmp_path_factory):
    crystals = minerals[:100]
    split = np.where(np.arange(100) % 5 == 0, "test", np.where(np.arange(100) % 5 == 1, "validation", "train"))
    known = {
        name: [getattr(c, name) for c in crystals] for name in ("key", "formula", "space_group", "disordered_sites")
    }
    index = pd.DataFrame(
        {
            "id": np.arange(100).astype(str),
            "source": "amcsd",
            "n_sites": [len(c.sites) for c in crystals],
            **known,
            "split_key": split,
        }
    )
    corpus = SimpleNamespace(crystals=crystals, index=index, fingerprint="minerals")
    settings = {"name": "tiny", "model": {"filters": 2, "latent": 8}, "training": {"epochs": 2, "threads": 1}}
    return load_run(train(corpus, Config.from_dict(settings), tmp_path_factory.mktemp("run"), show_progress=False))


def named(crystals):
    return [Named("minerals", str(number), crystal) for number, crystal in enumerate(crystals)]


@pytest.mark.parametrize("decoding", Decoding)
def test_true_output_gives_the_crystals_back(minerals, decoding):
    crystals = minerals[:200]
    assert list(reconstruct(true_output(crystals), decoding, occupancy_threshold=0.0).crystals) == crystals


def test_round_trip_of_500_minerals_is_the_identity(minerals):
    sample = minerals[::2][:500]
    assert len(sample) == 500
    assert trips.failed(named(sample)) == []


def test_round_trip_on_several_processes(minerals, monkeypatch):
    monkeypatch.setattr(trips, "_CHUNK", 5)
    result = trips.round_trip(named(minerals[:12]), workers=2, progress=False)
    assert result.to_dict() == {"n": 12, "identical": 12, "failures": []}


def test_a_crystal_that_changes_is_found(minerals, monkeypatch):
    def altered(text):
        crystal = read_cif(text)
        return replace(crystal, cell=(crystal.cell[0] + 0.01, *crystal.cell[1:]))

    read_cif = trips.read_cif
    monkeypatch.setattr(trips, "read_cif", altered)
    failures = trips.failed(named(minerals[:2]))
    assert [(failure.id, failure.decoding) for failure in failures] == [
        ("0", "exact"),
        ("1", "exact"),
        ("0", "free"),
        ("1", "free"),
    ]
    assert failures[0].reason == "cell differ by up to 0.01"
    found = trips.RoundTrip(2, tuple(failures)).to_dict()
    assert (found["n"], found["identical"], len(found["failures"])) == (2, 0, 4)


def test_a_cif_that_cannot_be_read_is_found(minerals, monkeypatch):
    monkeypatch.setattr(trips, "write_cif", lambda _: "data_x\n")
    assert "its CIF cannot be read: The CIF lists no atoms" in trips.failed(named(minerals[:1]))[0].reason


def test_a_rejected_reconstruction_is_found(minerals, monkeypatch):
    def flat(crystals):
        output = true_output(crystals)
        return replace(output, lattice=np.full_like(output.lattice, 0.1))

    monkeypatch.setattr(trips, "true_output", flat)
    assert trips.failed(named(minerals[:1]))[0].reason == "the reconstruction ends as degenerate cell"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda site: replace(site, occupancies=(("H", 1.0),)), "occupancies"),
        (lambda site: replace(site, coordinates=tuple(x + 0.01 for x in site.coordinates)), "coordinates"),
        (lambda site: replace(site, coordinates=tuple(x + 1.0 for x in site.coordinates)), ""),
    ],
)
def test_difference_names_what_differs(minerals, change, said):
    crystal = next(c for c in minerals if c.sites[0].occupancies[0][0] != "H")
    other = replace(crystal, sites=(change(crystal.sites[0]), *crystal.sites[1:]))
    assert trips.difference(crystal, other).startswith(said)
    assert bool(said) == bool(trips.difference(crystal, other))


def test_all_figures(run):
    before = threads_of_torch()
    figures = measure(None, run, seed=1, sizes=TINY)
    assert threads_of_torch() == before
    assert KEYS | NETWORK_KEYS | {"peak_memory_mb", "cores"} <= set(figures)
    assert set(figures["processor_time"]) == KEYS | NETWORK_KEYS
    assert all(figures[key] > 0.0 for key in KEYS | NETWORK_KEYS | {"peak_memory_mb", "cores"})
    assert (figures["run"], figures["seed"], figures["crystals"]) == ("tiny", 1, "amcsd")
    assert "read_per_s" in table(figures)
    json.dumps(figures)


def test_without_a_run_the_network_has_no_figures():
    figures = measure(None, None, sizes=TINY)
    assert all(figures[key] is None for key in NETWORK_KEYS)
    assert all(figures[key] > 0.0 for key in KEYS)
    assert "-" in table(figures)


def test_default_sizes_give_the_names_of_the_documentation():
    names = Sizes()
    assert (names.latents, names.conditioned, names.placed) == (27_008, 1000, 5000)


def test_a_missing_corpus_is_named(tmp_path):
    with pytest.raises(CorpusError, match="There is no corpus"):
        corpus_sample(tmp_path / "none", 3, 0)


def test_the_measured_search_lowers_the_loss(run):
    with one_thread():
        steps = list(islice(search(run, 20, seed=0), 10))
    assert steps[-1].loss < steps[0].loss
    assert all(parameter.grad is None for parameter in run.model.parameters())


def test_latents_to_zip_counts_what_passes(run):
    passed = latents_to_zip(run, run.latents["train"][:30])
    assert 0 <= passed <= 30


def test_amcsd_texts_are_the_same_for_the_same_seed():
    first, second, other = amcsd_texts(3), amcsd_texts(3), amcsd_texts(4)
    assert first == second != other
    assert sorted(first) == sorted(other)


def test_parts():
    assert parts(list(range(10)), 3, 2) == [[0, 1, 2], [3, 4, 5]]
    assert parts(list(range(10)), 100, 3) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert parts([1], 5, 3) == [[1], [1], [1]]


def test_medians_are_of_the_laps():
    laps = timed(lambda n: sum(range(n)), [10, 100_000, 10])
    assert laps.wall < 0.1
    assert Seconds(2.0, 1.0).per(4) == Seconds(0.5, 0.25)
    assert peak_memory_mb() > 10.0


@pytest.mark.slow
def test_the_command_checks_the_round_trip(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no corpus here: crystals come from the AMCSD
    assert main(["bench", "--round-trip", "--sample", "20", "--json", "--workers", "1"]) == 0
    assert json.loads(capsys.readouterr().out) == {"n": 20, "identical": 20, "failures": []}


def test_lost_crystals_make_the_command_fail(capsys, monkeypatch, minerals):
    failure = trips.RoundTripFailure("minerals", "7", "NaCl", "exact", "cell differ by up to 1")
    monkeypatch.setattr(trips, "round_trip", lambda *_, **__: trips.RoundTrip(3, (failure,)))
    monkeypatch.setattr("disgen.bench.inputs.amcsd_sample", lambda *_: named(minerals[:3]))
    monkeypatch.setattr("disgen.cli.bench.DEFAULT_CORPUS", "nowhere")
    assert main(["bench", "--round-trip"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "2 of 3 crystals came back identical.",
        "minerals 7 (exact): cell differ by up to 1",
    ]


def threads_of_torch():
    import torch

    return torch.get_num_threads()
