"""Sets of samples: drawn in the background for as long as somebody asks, and packed with all that was found."""

import csv
import io
import time
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from disgen.cif import read_cif
from disgen.generation.outcome import Outcome
from disgen.generation.read_back import comes_back
from disgen.generation.sampling import draw
from disgen.latent.fitted import fitted_estimator
from disgen.latent.projection import LatentMap
from disgen.model.checkpoint import load_run
from disgen.ui.data.loading import RunKey, SampleKey
from disgen.ui.estimators import samples as sample_sets
from disgen.ui.estimators.samples import SampleSets, archive

PATIENCE = 120.0  # s
KEY = RunKey("small", "somewhere", 0)
N = 12


@pytest.fixture(scope="module")
def run(small_run):
    return load_run(small_run)


@pytest.fixture(scope="module")
def latent_map(run):
    z = run.latents["test"]
    return LatentMap("pca", {}, z, z[:, :2], np.eye(2, z.shape[1], dtype=np.float32))


def wait(sets, run, latent_map, names):
    end = time.monotonic() + PATIENCE
    while sets.ask(run, latent_map, names).ready(names) < len(names):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def sets(run, latent_map):
    found = SampleSets(KEY, N, 5)
    wait(found, run, latent_map, ("gaussian", "kde"))
    return found


def test_samples_are_those_of_their_seed(run, sets):
    drawn = sets.look()
    assert list(drawn.found) == ["gaussian", "kde"]
    assert drawn.problems == {}
    for name, points in drawn.found.items():
        samples = draw(run, fitted_estimator(run, name), N, 5)
        assert np.array_equal(points.z, samples.z)
        assert [point.crystal for point in points.decoded] == list(samples.reconstructions.crystals)


def test_what_is_there_is_not_drawn_again(run, latent_map, sets):
    before = sets.look().found["kde"]
    sets.ask(run, latent_map, ("kde", "gaussian"))
    assert sets.look().found["kde"] is before


def test_a_sampler_that_cannot_be_sampled_does_not_hold_up_the_others(run, latent_map):
    found = SampleSets(KEY, 3, 0)
    wait(found, run, latent_map, ("prior", "no-such", "gaussian"))
    assert list(found.look().found) == ["gaussian"]
    assert "disgen prior" in found.look().problems["prior"]
    assert "no-such" in found.look().problems["no-such"]


def test_a_failure_that_nobody_foresaw_is_a_sentence_too(run, latent_map, monkeypatch):
    monkeypatch.setattr(sample_sets, "_estimator", lambda *_: 1 / 0)
    found = SampleSets(KEY, 3, 0)
    wait(found, run, latent_map, ("gaussian",))
    assert found.look().problems["gaussian"].endswith(".")


def test_nothing_more_is_drawn_when_nobody_asks(run, latent_map, monkeypatch):
    monkeypatch.setattr(sample_sets, "_PATIENCE", -1.0)
    found = SampleSets(KEY, 3, 0)
    found.ask(run, latent_map, ("gaussian",))
    assert not found._job.wait(PATIENCE).goes_on
    assert found.look().ready(("gaussian",)) == 0
    monkeypatch.setattr(sample_sets, "_PATIENCE", 20.0)
    wait(found, run, latent_map, ("gaussian",))
    assert list(found.look().found) == ["gaussian"]


def test_the_zip_holds_every_crystal_that_comes_back_and_lists_every_sample(sets):
    decoded = list(sets.look().found["gaussian"].decoded)
    decoded[3] = replace(decoded[3], crystal=None, outcome=Outcome.EMPTY)
    content = archive(SampleKey("gaussian", N, 5), decoded, lambda _: None)
    assert content == archive(SampleKey("gaussian", N, 5), decoded, lambda _: None)
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        rows = list(csv.DictReader(io.StringIO(bundle.read("manifest.csv").decode())))
        assert [row["outcome"] for row in rows] == [str(point.outcome) for point in decoded]
        assert rows[3]["file"] == ""
        files = [row["file"] for row in rows if row["file"]]
        assert set(bundle.namelist()) == {"manifest.csv", *files}
        for row, point in zip(rows, decoded, strict=True):
            if point.crystal is None:
                continue
            assert row["formula"] == point.crystal.formula
            if comes_back(point.crystal):
                assert row["file"].endswith(f"gaussian-n{N}-seed5-{row['sample']}.cif")
                assert read_cif(bundle.read(row["file"])) == point.crystal
            else:
                assert row["file"] == ""
            assert row["novel"] == str(int(point.checks.novel))
            assert float(row["volume_per_atom"]) == pytest.approx(point.checks.volume_per_atom, abs=1e-4)
