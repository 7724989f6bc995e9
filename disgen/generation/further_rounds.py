"""Later rounds of the learned prior: it learns from crystals that passed every check, its own among them.

After its first training the flow knows where crystals lie, but one in four of its samples is not neutral, and many are
too tight. In a further round, isovalent relatives of the training crystals and the flow's own samples are decoded,
polished and screened; those that are valid, plausible, neutral and new are encoded again, each key once, and the flow
goes on learning from them alone (rejection-sampling fine-tuning; Gulcehre et al. 2023, "Reinforced self-training").
What counts as new is measured against the training split only, and no crystal of another split has a part in it.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load as arrays_from_bytes
from safetensors.numpy import save as arrays_to_bytes

from disgen.files import write_file
from disgen.generation.polish import polish
from disgen.generation.sampling import crystals_of, known_keys
from disgen.generation.screening import screen
from disgen.latent.prior import IsovalentLatents
from disgen.latent.protocol import EstimatorError
from disgen.model import inference
from disgen.representation import encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal
    from disgen.latent.flow import FlowEstimator
    from disgen.model.checkpoint import Run
    from disgen.representation import SiteArrays

_LOG = logging.getLogger(__name__)
WANTED = 80_000  # crystals that passed, for each round
TRAINING_STEPS = 6000
LEARNING_RATE = 5e-4
GUIDANCE = 2.0  # for the samples of the next round
_SPREADS = (0.7, 0.9)  # of the noise that the flow's own samples are drawn from
_DRAWN = 2048  # latents at a time
_WATCHED = 2000  # latents of those that passed, held back for early stopping
_FEWEST = 1 / 64  # share of a draw that has to pass


@dataclass(frozen=True, eq=False)
class Passed:
    """What the encoder makes of n crystals that passed every check.

    Attributes:
        mean: (n, d) float16 means of q(z | X).
        deviation: (n, d) float16 standard deviations.
    """

    mean: np.ndarray
    deviation: np.ndarray

    def __len__(self) -> int:
        """Number of crystals."""
        return len(self.mean)

    def __getitem__(self, rows: slice) -> Passed:
        """Some of them."""
        return Passed(self.mean[rows], self.deviation[rows])

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Latents (n, d) float32 drawn from q(z | X) of crystals drawn with equal chance."""
        rows = rng.integers(len(self), size=n)
        noise = rng.standard_normal((n, self.mean.shape[1]), dtype=np.float32)
        return self.mean[rows].astype(np.float32) + self.deviation[rows].astype(np.float32) * noise


def further_round(
    run: Run,
    flow: FlowEstimator,
    train: SiteArrays,
    folder: Path,
    *,
    wanted: int = WANTED,
    training_steps: int = TRAINING_STEPS,
) -> FlowEstimator:
    """One more round of learning.

    Args:
        run: a loaded run with its training split.
        flow: its learned prior so far.
        train: crystals of the training split, in the order of the run's index.
        folder: for what an interrupted round needs to go on; removed at the end.
        wanted: crystals that have to pass.
        training_steps: optimiser steps.

    Raises:
        EstimatorError: if hardly any sample passes.
    """
    taught = replace(
        flow,
        rounds=flow.rounds + 1,
        training_steps=training_steps,
        learning_rate=LEARNING_RATE,
        guidance=GUIDANCE,
    )
    path = folder / "passed.safetensors"
    if path.is_file():
        passed = Passed(**arrays_from_bytes(path.read_bytes()))
    else:
        passed = gather(run, flow, train, wanted)
        folder.mkdir(parents=True, exist_ok=True)
        write_file(path, arrays_to_bytes({"mean": passed.mean, "deviation": passed.deviation}))
    held = min(_WATCHED, len(passed) // 10)
    rng = np.random.default_rng([flow.seed, taught.rounds])
    watched, learnt = passed[:held].draw(held, rng), passed[held:]
    scale = passed.mean.mean(axis=0, dtype=np.float64), passed.mean.std(axis=0, dtype=np.float64)
    taught.learn(
        lambda rng: learnt.draw(taught.batch_size, rng), watched, scale, folder / "training.safetensors", start=flow
    )
    shutil.rmtree(folder)
    return taught


def gather(run: Run, flow: FlowEstimator, train: SiteArrays, wanted: int) -> Passed:
    """Crystals that pass every check, half of them relatives of training crystals, half of them the flow's own.

    Args:
        run: a loaded run with its training split.
        flow: its learned prior so far.
        train: crystals of the training split, in the order of the run's index.
        wanted: how many; a few more are found.

    Raises:
        EstimatorError: if hardly any sample passes.
    """
    keys = run.split_index("train")["key"].to_numpy()
    # Some minerals have been determined a hundred times: here every crystal counts once.
    relatives = IsovalentLatents(run, train.take(np.sort(np.unique(keys, return_index=True)[1])), _DRAWN)
    seen = set(known_keys(run))
    rng = np.random.default_rng([flow.seed, flow.rounds + 1, 1])
    sources: tuple[Callable[[], np.ndarray], ...] = (
        lambda: relatives(rng),
        lambda: replace(flow, spread=float(rng.uniform(*_SPREADS))).with_state_of(flow).sample(_DRAWN, rng),
    )
    parts: list[Passed] = []
    found = 0
    while found < wanted:
        before = found
        for draw in sources:
            crystals = _passing(run, draw(), seen)
            if crystals:
                mean, log_var = inference.encode(run.model, run.scaler, *encode(crystals))
                parts.append(Passed(mean.astype(np.float16), np.exp(0.5 * log_var).astype(np.float16)))
            found += len(crystals)
        _LOG.info("%d of %d crystals have passed.", found, wanted)
        if found - before < _FEWEST * _DRAWN * len(sources):
            msg = (
                f"Of {_DRAWN * len(sources)} samples of run {run.name!r} only {found - before} were valid, neutral and "
                "new: its prior cannot learn from them; leave the further rounds out (--rounds 0)."
            )
            raise EstimatorError(msg)
    every = Passed(np.concatenate([part.mean for part in parts]), np.concatenate([part.deviation for part in parts]))
    order = rng.permutation(len(every))
    return Passed(every.mean[order], every.deviation[order])


def _passing(run: Run, z: np.ndarray, seen: set[str]) -> list[WyckoffCrystal]:
    """Polished crystals of latents that pass and whose keys have not been seen; these are added to them."""
    crystals = [crystal for crystal in crystals_of(run, z).crystals if crystal is not None]
    crystals = list(polish(crystals, threads=1))
    checks = screen(crystals)
    good = checks.valid_split_aware & checks.plausible & checks.neutral_mixed
    passed = []
    for crystal, fine, key in zip(crystals, good, checks.key, strict=True):
        if fine and key not in seen:
            seen.add(key)
            passed.append(crystal)
    return passed
