"""Training: on a CPU, a GPU, or by several processes; resumable at any moment; the same numbers for the same seed.

The same call trains in one process or, started by `torchrun`, in several (`disgen.model.training.distributed`): a batch
is divided among them, so neither its size nor the schedule changes. While it runs, the output folder holds
`history.csv` and the state of the training; at its end it is a run folder (`disgen.model.checkpoint`). Running the same
command again continues where the last one stopped; in one process on a CPU, what it ends with is then bit by bit what
it would have been.
"""

from __future__ import annotations

import logging
import math
import time
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from disgen.model.checkpoint import RunError, load_run
from disgen.model.scaler import LatticeScaler
from disgen.model.training.augment import Augmenter
from disgen.model.training.dataset import Dataset
from disgen.model.training.display import Display
from disgen.model.training.distributed import Processes, join_processes
from disgen.model.training.history import log_row, read_history, tensorboard_writer, write_history
from disgen.model.training.learner import Learner
from disgen.model.training.release import release
from disgen.model.training.schedule import learning_rate
from disgen.model.training.state import (
    STATE_FILE,
    Progress,
    TrainError,
    identity_of,
    load_state,
    same_training,
    save_state,
)
from disgen.model.training.validation import LOSS_NAMES, named, validate

if TYPE_CHECKING:
    from disgen.model.config import Config
    from disgen.model.training.dataset import CorpusLike

_LOG = logging.getLogger(__name__)


def train(
    corpus: CorpusLike,
    config: Config,
    out: str | Path,
    *,
    max_minutes: float | None = None,
    show_progress: bool = True,
) -> Path:
    """Train a model, or go on with a training that was interrupted, and write its run folder.

    Args:
        corpus: crystals and their index.
        config: network, losses, augmentation and schedule.
        out: the run folder; all processes must see the same one.
        max_minutes: stop cleanly after this time; the same call continues later. The schedule does not change.
        show_progress: show losses, accuracies and the time left on standard error.

    Returns:
        The run folder.

    Raises:
        TrainError: if the corpus, the saved state or the processes do not fit, TensorBoard is wanted but missing, or
            the loss stops being a number.
    """
    out = Path(out)
    threads = torch.get_num_threads()
    if config.training.threads:
        torch.set_num_threads(config.training.threads)
    try:
        with join_processes() as processes, torch.random.fork_rng(processes.accelerators):
            trainer = Trainer(Dataset.from_corpus(corpus, config.training), config, out, processes)
            if processes.agree(processes.first and trainer.is_complete()):
                _LOG.info("%s holds this training, complete.", out)
                return out
            trainer.run(max_minutes=max_minutes, show_progress=show_progress and processes.first)
            if processes.first:
                trainer.release()
            processes.agree(0.0)  # the others wait until the folder is written
    finally:
        torch.set_num_threads(threads)
    return out


class Trainer:
    """One training, as one process sees it: network, optimiser and where it stands. Use `train`."""

    def __init__(self, data: Dataset, config: Config, out: Path, processes: Processes) -> None:
        self.data, self.config, self.out, self.processes = data, config, out, processes
        self.identity = identity_of(config, data)
        self.scaler = LatticeScaler.fit(data.splits["train"].cell, log_lengths=config.model.log_lengths)
        self.augmenter = Augmenter.for_split(data.splits["train"], config.augment)
        self.learner = Learner(config, self.scaler, processes)
        self.progress = Progress()
        self.best = self.learner.weights()
        self.rows: list[dict[str, float]] = []
        self.batch_size = _batch_size(len(data.splits["train"]), config.training.batch_size, processes.count)
        self.steps = len(data.splits["train"]) // self.batch_size
        self._saved = self._last_tick = time.monotonic()

    def is_complete(self) -> bool:
        """True if the folder already holds this training's finished run."""
        try:
            stored = load_run(self.out).config
        except RunError:
            return False
        return bool(stored["training"]["finished"]) and same_training(stored["identity"], self.identity)

    def run(self, *, max_minutes: float | None, show_progress: bool) -> None:
        """Train until the training or the given time is over."""
        settings = self.config.training
        self.out.mkdir(parents=True, exist_ok=True)
        self.resume()
        end = math.inf if max_minutes is None else self.progress.seconds + 60.0 * max_minutes
        logs = settings.tensorboard and self.processes.first
        with (
            Display(show=show_progress) as display,
            closing(tensorboard_writer(self.out, self.progress.epoch)) if logs else nullcontext() as writer,
        ):
            over = self.processes.agree(self.is_over())
            while not over:
                row = self.epoch(display)
                if self.processes.first:
                    self.judge(row)
                    display.epoch(row, self.share_done(), self.seconds_left())
                    if writer:
                        log_row(writer, row)
                over = self.processes.agree(self.is_over() or self.progress.seconds >= end)
        if self.processes.first:
            self.save()

    def resume(self) -> None:
        """Go on from the saved state, if there is one.

        Raises:
            TrainError: if it does not fit, or the processes do not see the same one.
        """
        self._saved = self._last_tick = time.monotonic()
        state = self.out / STATE_FILE
        if state.exists():
            self.progress, self.best = load_state(state, self.learner, self.identity)
            self.rows = read_history(self.out, self.progress.epoch)
            _LOG.info("Continuing %s after epoch %d.", self.out, self.progress.epoch)
        if self.processes.agree(self.progress.epoch) != self.progress.epoch:
            msg = f"The processes find different states in {self.out}: choose a folder that all machines share."
            raise TrainError(msg)

    def share_done(self, step: int = 0) -> float:
        """Share of the schedule that is over, 0 to 1, at a step of the current epoch."""
        schedule = self.config.training
        if schedule.hours:
            return self.progress.seconds / (3600.0 * schedule.hours)
        return (self.progress.epoch + step / self.steps) / schedule.epochs

    def is_over(self) -> bool:
        """True if the schedule is over, or the validation loss has not fallen for as many epochs as is allowed."""
        patience = self.config.training.patience
        return self.share_done() >= 1.0 or 0 < patience <= self.progress.epoch - self.progress.best_epoch

    def seconds_left(self) -> float:
        """Estimated time to the end of the schedule."""
        done = self.share_done()
        return self.progress.seconds * max(1.0 - done, 0.0) / done if done else math.nan

    def epoch(self, display: Display) -> dict[str, float]:
        """One pass over the training split.

        Returns:
            Number of the epoch, learning rate and mean losses.

        Raises:
            TrainError: if the loss stops being a number.
        """
        settings, processes = self.config.training, self.processes
        split = self.data.splits["train"]
        order = np.random.default_rng([settings.seed, self.progress.epoch]).permutation(len(split))
        rng = np.random.default_rng([settings.seed, self.progress.epoch, 1 + processes.rank])
        torch.manual_seed(int(rng.integers(2**62)))
        sums, done, rate = torch.zeros(len(LOSS_NAMES), device=processes.device), 0, 0.0
        for step in range(self.steps):
            share = self.share_done(step)
            if settings.hours:  # the clocks of several processes differ: the first one's counts
                share = processes.agree(share)
            if share >= 1.0 and done:
                break
            rate = learning_rate(share, settings)
            own = processes.share(order[step * self.batch_size : (step + 1) * self.batch_size])
            sums += self.learner.step(self.augmenter(split.take(own), share, rng), rate, self.progress.steps)
            self.progress.steps += 1
            done += 1
            self.tick()
            display.step(share)

        self.progress.epoch += 1
        means = processes.mean(sums / done).tolist()
        if not math.isfinite(means[0]):
            msg = f"The loss is no longer a number in epoch {self.progress.epoch}: lower the learning rate."
            raise TrainError(msg)
        return {"epoch": self.progress.epoch, "seconds": 0.0, "learning_rate": rate, **named("train", means)}

    def judge(self, row: dict[str, float]) -> None:
        """Validate after an epoch, keep its weights if they are the best, and write what is known."""
        row |= validate(
            self.learner.judged, self.data.splits["validation"], self.scaler, self.config.loss, self.processes.device
        )
        self.tick()
        row["seconds"] = round(self.progress.seconds, 1)
        loss = row["validation_total"] if math.isfinite(row["validation_total"]) else row["train_total"]
        if loss < self.progress.best_loss:
            self.progress.best_epoch, self.progress.best_loss = self.progress.epoch, loss
            self.best = self.learner.weights()
        self.rows.append(row)
        write_history(self.out, self.rows)
        if time.monotonic() - self._saved >= 60.0 * self.config.training.checkpoint_minutes:
            self.save()

    def tick(self) -> None:
        """Count the time since the last tick as training time."""
        now = time.monotonic()
        self.progress.seconds += now - self._last_tick
        self._last_tick = now

    def save(self) -> None:
        """Write the state from which the training can go on."""
        save_state(self.out / STATE_FILE, self.progress, self.learner, self.best, self.identity)
        self._saved = time.monotonic()

    def release(self) -> None:
        """Write the run folder of the best epoch so far; a finished training needs its state no more."""
        finished = self.is_over()
        self.learner.model.load_state_dict(self.best)
        release(
            self.out,
            config=self.config,
            data=self.data,
            model=self.learner.model,
            scaler=self.scaler,
            progress=self.progress,
            history=self.rows,
            about={"finished": finished, "device": self.processes.device.type, "processes": self.processes.count},
        )
        if finished:
            (self.out / STATE_FILE).unlink(missing_ok=True)


def _batch_size(entries: int, wanted: int, processes: int) -> int:
    """Crystals per step of all processes together: as configured, but equally many for each, and no more than exist."""
    size = min(wanted, entries)
    size -= size % processes
    if size < 2 * processes:
        msg = f"A batch of {min(wanted, entries)} crystals is too small for {processes} processes: start fewer."
        raise TrainError(msg)
    return size
