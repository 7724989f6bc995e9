"""What several tests share: real crystals, a small copy of the released run, and how examples are drawn."""

import json
import logging
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import settings
from safetensors.numpy import load_file, save_file

from disgen.cif import CifError, read_cif
from disgen.corpus import amcsd
from disgen.crystal import WyckoffCrystal
from disgen.model.checkpoint import load_run
from disgen.prior.estimator import CrystalPrior
from disgen.prior.geometry.network import GeometryModel, GeometrySettings
from disgen.prior.geometry.parameters import element_volumes
from disgen.prior.geometry.templates import Templates
from disgen.prior.language.network import LanguageModel, LanguageSettings

pytest_plugins = ["browsing", "commandline", "paging"]

# The same examples every time, however slow the machine.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

RELEASED = Path(__file__).parent.parent / "assets" / "models" / "open"
THINNED = {"train": 10, "validation": 10, "test": 20}  # one entry in so many is kept in the small copy
MINERALS = 1250
EVERY = 6  # of the database's 9,275 entries, so that all kinds of mineral are there


def pytest_configure() -> None:
    """Commands that tests start are to hear Ctrl-C, also where a shell in the background has them ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What drives a browser is tried again: on a busy machine a page may be late for a click, thrice it is not."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(autouse=True)
def keep_logging() -> Iterator[None]:
    """The command line takes over logging; give it back after each test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def ends() -> Iterator[None]:
    """A test of what could go on forever fails after a minute or two instead."""

    def late(*_: object) -> None:
        msg = "it does not end"
        raise TimeoutError(msg)

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(100)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def keep_main_module() -> Iterator[None]:
    """AppTest puts a page in the place of ``__main__``, which processes that are spawned later would run; undo that."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before


@pytest.fixture(scope="session")
def minerals() -> list[WyckoffCrystal]:
    """Crystals of AMCSD in the representation's limits, in the database's order."""
    kept = []
    for number, (_, text) in enumerate(amcsd.cifs()):
        if number % EVERY:
            continue
        try:
            kept.append(read_cif(text))
        except CifError:
            continue
        if len(kept) == MINERALS:
            break
    return kept


@pytest.fixture(scope="session")
def prior_run(small_run: Path, minerals: list[WyckoffCrystal], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small run with a learned prior of random weights, which is all that plumbing needs."""
    folder = tmp_path_factory.mktemp("with_prior") / "small"
    shutil.copytree(small_run, folder)
    torch.manual_seed(0)
    networks = LanguageModel(LanguageSettings(32, 1, 2)), GeometryModel(GeometrySettings(32, 1, 2, 4))
    volumes = element_volumes(minerals)
    known = Templates.of(minerals, volumes)
    prior = CrystalPrior.of(load_run(folder), *(network.eval() for network in networks), known, volumes)
    prior.save(folder / "estimators")
    return folder


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the released run with a part of its entries and no estimators, to be left as it is."""
    folder = tmp_path_factory.mktemp("released") / "small"
    left_out = ("estimators", "maps", "comparison.json", "reference.json", "judge", "heights.parquet")
    shutil.copytree(RELEASED, folder, ignore=shutil.ignore_patterns(*left_out))
    latents, index = load_file(folder / "latents.safetensors"), pd.read_parquet(folder / "index.parquet")
    thinned = {split: np.ascontiguousarray(latents[split][::step]) for split, step in THINNED.items()}
    save_file(thinned, folder / "latents.safetensors")  # which would take the memory of a strided array as it lies
    parts = [index[index["split"] == split].iloc[::step] for split, step in THINNED.items()]
    pd.concat(parts).to_parquet(folder / "index.parquet", index=False)
    config = json.loads((folder / "config.json").read_bytes())
    del config["files"]  # checksums of what has just been thinned
    (folder / "config.json").write_text(json.dumps(config))
    return folder
