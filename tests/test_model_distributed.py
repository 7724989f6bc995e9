"""Training by two processes that `torchrun` starts: the same steps as by one."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from synthetic import random_crystals
from torch import nn

from disgen.corpus.filters import FilterTable
from disgen.corpus.storage import FORMAT, Corpus, fingerprint, save_corpus
from disgen.model.checkpoint import load_run
from disgen.model.config import Config, load_config
from disgen.model.training.distributed import Processes, join_processes
from disgen.model.training.state import TrainError
from disgen.model.training.train import _batch_size, train
from disgen.model.vae import VAE, Heads
from disgen.representation import MAX_SITES, Rows

ROOT = Path(__file__).parent.parent
CONFIG = """
[model]
filters = 2
latent = 8
[loss]
occupancy = "cross_entropy"
kl = "sum"
[loss.weights]
kl = 0.01
occupancy = 1.0
[training]
epochs = 6
batch_size = 26
learning_rate = 3e-3
clip = 20.0
ema = 0.9
threads = 1
"""


class Plain(VAE):
    """Nothing random and nothing that looks at the whole batch, so that only the division of work is left to differ.

    One parameter is used every other time, one never.
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.latent = latent
        self.sites, self.out = nn.Linear(MAX_SITES * Rows.SITE, latent), nn.Linear(latent, MAX_SITES * Rows.SITE)
        self.crystal, self.sometimes = nn.Linear(latent, Rows.CRYSTAL), nn.Parameter(torch.zeros(latent))
        self.never = nn.Parameter(torch.zeros(latent))
        self.register_buffer("calls", torch.tensor(0))

    def encode(self, a: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean = self.sites(a.flatten(1)).tanh() + c.mean(1, keepdim=True)
        return mean, torch.zeros_like(mean)

    def decode(self, z: torch.Tensor) -> Heads:
        crystal, site = self.crystal(z), self.out(z).unflatten(1, (MAX_SITES, Rows.SITE))
        return Heads(
            site[:, :, Rows.OCCUPANCY],
            site[:, :, Rows.MULTIPLICITY],
            site[:, :, Rows.DISORDERED.start],
            site[:, :, Rows.COORDINATES],
            site[:, :, Rows.LETTER],
            crystal[:, Rows.LATTICE],
            crystal[:, Rows.SPACE_GROUP],
        )

    def forward(self, a: torch.Tensor, c: torch.Tensor) -> tuple[Heads, torch.Tensor, torch.Tensor]:
        self.calls += self.training
        mean, log_var = self.encode(a, c)
        return self.decode(mean + self.sometimes if self.calls.item() % 2 else mean), mean, log_var


def make_corpus(n: int = 150) -> Corpus:
    crystals, position = random_crystals(n, seed=7), np.arange(n)
    keys = [crystal.key for crystal in crystals]
    index = pd.DataFrame(
        {
            "source": "made up",
            "id": [str(number) for number in position],
            "formula": [crystal.formula for crystal in crystals],
            "space_group": [crystal.space_group for crystal in crystals],
            "n_sites": [len(crystal.sites) for crystal in crystals],
            "disordered_sites": [crystal.disordered_sites for crystal in crystals],
            "disorder": [str(crystal.disorder_class) for crystal in crystals],
            "n_elements": [len(crystal.elements) for crystal in crystals],
            "key": keys,
            "h_missing": False,
            "uniform_vacancy": False,
            "split_key": np.select([position % 10 < 7, position % 10 < 8], ["train", "validation"], "test"),
            "split_random": "train",
        }
    )
    rejected = pd.DataFrame({name: pd.Series(dtype=str) for name in ("source", "id", "reason", "sentence")})
    cells = np.array([crystal.cell for crystal in crystals])
    meta = {"format": FORMAT, "fingerprint": fingerprint(keys, cells), "sources": []}
    return Corpus(crystals, index, rejected, FilterTable({"made up": n}, {"made up": {}}), meta)


def two_processes(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


PLAIN = """
import sys, tomllib
sys.path.insert(0, {tests!r})
import test_model_distributed as here
from disgen.model.training import learner
learner.build_vae = lambda config: here.Plain(config.latent)
here.train(here.make_corpus(), here.Config.from_dict(tomllib.loads(here.CONFIG)), sys.argv[1], show_progress=False)
"""


@pytest.fixture
def plain(monkeypatch):
    monkeypatch.setattr("disgen.model.training.learner.build_vae", lambda config: Plain(config.latent))


def test_two_processes_make_the_steps_of_one_and_continue_its_training(plain, tmp_path):
    config = Config.from_dict(tomllib.loads(CONFIG))
    train(make_corpus(), config, tmp_path / "one", show_progress=False)
    train(make_corpus(), config, tmp_path / "two", max_minutes=0.0, show_progress=False)
    script = tmp_path / "script.py"
    script.write_text(PLAIN.format(tests=str(Path(__file__).parent)))
    done = two_processes(str(script), str(tmp_path / "two"))
    assert done.returncode == 0, done.stderr
    one, two = (pd.read_csv(tmp_path / name / "history.csv").drop(columns="seconds") for name in ("one", "two"))
    assert json.loads((tmp_path / "two" / "config.json").read_text())["training"]["processes"] == 2
    assert one["train_total"].iloc[-1] < 0.97 * one["train_total"].iloc[0]
    # Rounding alone is left: a gradient that is not averaged, or a crystal seen twice, shows in the third digit.
    pd.testing.assert_frame_equal(one, two, rtol=1e-5)


@pytest.mark.slow
def test_the_command_line_trains_a_light_run_by_two_processes(tmp_path):
    save_corpus(make_corpus(), tmp_path / "corpus")
    (tmp_path / "tiny.toml").write_text(CONFIG + 'release = "light"\n')
    files = ["--corpus", str(tmp_path / "corpus"), "--config", str(tmp_path / "tiny.toml")]
    done = two_processes("-m", "disgen", "train", *files, "--out", str(tmp_path / "two"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["processes"] == 2
    assert done.stderr.count("epoch 6, 100%") == 1  # one process speaks
    run = load_run(tmp_path / "two")
    assert {path.name for path in run.path.iterdir() if path.is_dir()} == {"maps"}  # estimators need training latents
    alone = load_run(train(make_corpus(), load_config(tmp_path / "tiny.toml"), tmp_path / "one", show_progress=False))
    # Batch normalisation and latent noise differ between the two, gradients and schedule do not.
    totals = ["learning_rate", "train_total", "validation_total"]
    pd.testing.assert_frame_equal(run.history[totals], alone.history[totals], rtol=0.03)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_shares_of_a_batch_are_disjoint_and_complete(count):
    batch = np.random.default_rng(0).permutation(30)
    parts = [Processes(rank, count, torch.device("cpu")).share(batch) for rank in range(count)]
    assert {len(part) for part in parts} == {30 // count}
    assert sorted(np.concatenate(parts)) == list(range(30))


def test_processes_get_equal_shares_of_which_each_is_a_batch():
    assert _batch_size(1000, 256, 1) == 256
    assert _batch_size(1000, 256, 3) == 255
    assert _batch_size(9, 256, 2) == 8
    with pytest.raises(TrainError, match="too small for 3 processes"):
        _batch_size(5, 256, 3)


def test_a_process_alone_needs_no_others(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join_processes() as processes:
        model, values = nn.Linear(2, 2), torch.ones(3)
        assert processes.first
        assert processes.wrap(model) is model
        assert processes.agree(0.1) == 0.1
        assert processes.mean(values) is values
        assert not torch.distributed.is_initialized()


def test_no_more_processes_than_gpus(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(TrainError, match="has 1 GPUs"), join_processes():
        pass
