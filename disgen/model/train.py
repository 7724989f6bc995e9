"""Training: one process, CPU or one GPU, resumable at any moment, the same numbers for the same seed.

While it runs, the output folder holds `history.csv` and the state of the training; at its end it is a run folder
(`disgen.model.checkpoint`). Running the same command again continues where the last one stopped.
"""

from __future__ import annotations

import logging
import math
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

import disgen
from disgen.model import inference
from disgen.model.augment import Augmenter
from disgen.model.checkpoint import SPLITS, RunError, half_precision, load_run, save_run, write_file
from disgen.model.dataset import Dataset
from disgen.model.loss import Losses, losses, total
from disgen.model.metrics import reconstruction_metrics
from disgen.model.output import DecoderOutput
from disgen.model.scaler import LatticeScaler
from disgen.model.schedule import learning_rate, make_optimiser
from disgen.model.state import STATE_FILE, Progress, TrainError, load_state, same_training, save_state
from disgen.model.vae import VAE, build_vae, to_output

if TYPE_CHECKING:
    from torch import Tensor

    from disgen.model.config import Config
    from disgen.model.dataset import CorpusLike
    from disgen.representation import SiteArrays

_LOG = logging.getLogger(__name__)
_EVALUATION_BATCH = 1024


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
        out: the run folder.
        max_minutes: stop cleanly after this time; the same call continues later. The schedule does not change.
        show_progress: draw a progress bar on standard error.

    Returns:
        The run folder.

    Raises:
        TrainError: if the corpus or the saved state does not fit, or the loss stops being a number.
    """
    out = Path(out)
    threads = torch.get_num_threads()
    if config.training.threads:
        torch.set_num_threads(config.training.threads)
    try:
        with torch.random.fork_rng():
            trainer = Trainer(Dataset.from_corpus(corpus, config.training), config, out)
            if trainer.is_complete():
                _LOG.info("%s holds this training, complete.", out)
                return out
            trainer.run(max_minutes=max_minutes, show_progress=show_progress)
            trainer.write_run()
    finally:
        torch.set_num_threads(threads)
    return out


class Trainer:
    """One training: network, optimiser and where it stands. Use `train`."""

    def __init__(self, data: Dataset, config: Config, out: Path) -> None:
        self.data, self.config, self.out = data, config, out
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.identity = {"config": config.to_dict(), "corpus": data.fingerprint, "entries": len(data.index)}
        self.scaler = LatticeScaler.fit(data.splits["train"].cell, log_lengths=config.model.log_lengths)
        self.augmenter = Augmenter.for_split(data.splits["train"], config.augment)
        torch.manual_seed(config.training.seed)
        self.model: VAE = build_vae(config.model).to(self.device)
        self.optimiser = make_optimiser(self.model, config.training)
        self.progress = Progress()
        self.best = _copy(self.model)
        self.rows: list[dict[str, float]] = []
        size = min(config.training.batch_size, len(data.splits["train"]))
        self.batch_size, self.steps = size, len(data.splits["train"]) // size
        self._saved = self._last_tick = time.monotonic()

    def is_complete(self) -> bool:
        """True if the folder already holds this training's finished run."""
        try:
            stored = load_run(self.out).config
        except RunError:
            return False
        return bool(stored["training"]["finished"]) and same_training(stored["identity"], self.identity)

    def run(self, *, max_minutes: float | None, show_progress: bool) -> None:
        """Train until the schedule or the given time is over."""
        self.out.mkdir(parents=True, exist_ok=True)
        state = self.out / STATE_FILE
        if state.exists():
            self.progress, self.best = load_state(state, self.model, self.optimiser, self.identity)
            self.rows = _history(self.out / "history.csv", self.progress.epoch)
            _LOG.info("Continuing %s after epoch %d.", self.out, self.progress.epoch)
        start = self.progress.seconds
        self._saved = self._last_tick = time.monotonic()
        with tqdm(total=1000, disable=not show_progress, bar_format="{desc} {percentage:3.0f}%|{bar}|{postfix}") as bar:
            while self.share_done() < 1.0:
                row = self.epoch()
                bar.n = round(1000 * min(self.share_done(), 1.0))
                bar.set_description(f"epoch {row['epoch']}", refresh=False)
                bar.set_postfix_str(_summary(row, self.seconds_left()))
                if max_minutes is not None and self.progress.seconds - start >= 60.0 * max_minutes:
                    break
        self.save()

    def share_done(self, step: int = 0) -> float:
        """Share of the schedule that is over, 0 to 1, at a step of the current epoch."""
        schedule = self.config.training
        if schedule.hours:
            return self.progress.seconds / (3600.0 * schedule.hours)
        return (self.progress.epoch + step / self.steps) / schedule.epochs

    def seconds_left(self) -> float:
        """Estimated time to the end of the schedule."""
        done = self.share_done()
        return self.progress.seconds * (1.0 - done) / done if done else math.nan

    def epoch(self) -> dict[str, float]:
        """One pass over the training split and one look at the validation split.

        Returns:
            The row of the history.

        Raises:
            TrainError: if the loss stops being a number.
        """
        settings = self.config.training
        split = self.data.splits["train"]
        rng = np.random.default_rng([settings.seed, self.progress.epoch])
        torch.manual_seed(int(rng.integers(2**62)))
        order = rng.permutation(len(split))
        self.model.train()
        sums, done, rate = torch.zeros(len(Losses._fields) + 1, device=self.device), 0, 0.0
        for step in range(self.steps):
            share = self.share_done(step)
            if share >= 1.0 and done:
                break
            rate = learning_rate(share, settings)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            batch = split.take(order[step * self.batch_size : (step + 1) * self.batch_size])
            a, c = self.tensors(self.augmenter(batch, share, rng))
            heads, mean, log_var = self.model(a, c)
            terms = losses(heads, mean, log_var, a, c, self.config.loss)
            loss = total(terms, self.config.loss)
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            if settings.clip:
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip)
            self.optimiser.step()
            sums += torch.stack([loss, *terms]).detach()
            done += 1
            self.tick()

        self.progress.epoch += 1
        row = {"epoch": self.progress.epoch, "seconds": 0.0, "learning_rate": rate}
        row |= _named("train", (sums / done).tolist()) | self.validate()
        self.tick()
        row["seconds"] = round(self.progress.seconds, 1)
        if not math.isfinite(row["train_total"]):
            msg = f"The loss is no longer a number in epoch {self.progress.epoch}: lower the learning rate."
            raise TrainError(msg)
        judged = row["validation_total"] if math.isfinite(row["validation_total"]) else row["train_total"]
        if judged < self.progress.best_loss:
            self.progress.best_epoch, self.progress.best_loss = self.progress.epoch, judged
            self.best = _copy(self.model)
        self.rows.append(row)
        write_file(self.out / "history.csv", pd.DataFrame(self.rows).to_csv(index=False).encode())
        if time.monotonic() - self._saved >= 60.0 * settings.checkpoint_minutes:
            self.save()
        return row

    def validate(self) -> dict[str, float]:
        """Losses and accuracies of the validation split, from the latent means."""
        split = self.data.splits["validation"]
        sums, parts = torch.zeros(len(Losses._fields) + 1), []
        self.model.eval()
        with torch.inference_mode():
            for start in range(0, len(split), _EVALUATION_BATCH):
                part = split.take(slice(start, start + _EVALUATION_BATCH))
                a, c = self.tensors(part)
                heads, mean, log_var = self.model(a, c)
                terms = losses(heads, mean, log_var, a, c, self.config.loss)
                sums += len(part) * torch.stack([total(terms, self.config.loss), *terms]).cpu()
                parts.append(to_output(heads, self.scaler))
        if not parts:
            return _named("validation", [math.nan] * len(sums))
        output = DecoderOutput.concatenate(parts)
        return _named("validation", (sums / len(split)).tolist()) | reconstruction_metrics(output, split)

    def tensors(self, batch: SiteArrays) -> tuple[Tensor, Tensor]:
        """A, and c with standardised cell parameters, on the device."""
        a, c = (torch.from_numpy(values).to(self.device) for values in batch.dense())
        return a, inference.standardise(c, self.scaler)

    def tick(self) -> None:
        """Count the time since the last tick as training time."""
        now = time.monotonic()
        self.progress.seconds += now - self._last_tick
        self._last_tick = now

    def save(self) -> None:
        """Write the state from which the training can go on."""
        save_state(self.out / STATE_FILE, self.progress, self.model, self.optimiser, self.best, self.identity)
        self._saved = time.monotonic()

    def write_run(self) -> None:
        """Write the run folder of the best epoch so far; a finished training needs its state no more."""
        finished = self.share_done() >= 1.0
        self.model.load_state_dict(self.best)
        self.model.eval()
        if self.config.training.weights_dtype == "float16":
            half_precision(self.model)
        means = {
            split: inference.encode_means(self.model, self.scaler, arrays) for split, arrays in self.data.splits.items()
        }
        metrics: dict[str, Any] = {"best_epoch": self.progress.best_epoch, "best_loss": self.progress.best_loss}
        for split in SPLITS[1:]:
            output = inference.decode(self.model, self.scaler, means[split])
            metrics[split] = reconstruction_metrics(output, self.data.splits[split])
        config = {
            "format": 1,
            "name": self.config.name,
            "identity": self.identity,
            "config": self.config.to_dict(),
            "corpus": {
                "fingerprint": self.data.fingerprint,
                "split_kind": self.config.training.split,
                "sizes": {split: len(arrays) for split, arrays in self.data.splits.items()},
                "excluded": self.data.excluded,
            },
            "training": {
                "finished": finished,
                "seed": self.config.training.seed,
                "epochs": self.progress.epoch,
                "best_epoch": self.progress.best_epoch,
                "wall_time_s": round(self.progress.seconds, 1),
                "parameters": sum(value.numel() for value in self.model.parameters()),
                "device": self.device.type,
                "threads": torch.get_num_threads(),
            },
            "versions": {
                "disgen": disgen.__version__,
                "python": platform.python_version(),
                "torch": torch.__version__,
                "numpy": np.__version__,
            },
        }
        save_run(
            self.out,
            config=config,
            model=self.model,
            scaler=self.scaler,
            index=self.data.index,
            latents=means,
            metrics=metrics,
            history=pd.DataFrame(self.rows),
        )
        if finished:
            (self.out / STATE_FILE).unlink(missing_ok=True)


def _copy(model: VAE) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _history(path: Path, epochs: int) -> list[dict[str, float]]:
    """Rows of the epochs done; a later one may have been written just before the training was killed."""
    if not path.is_file():
        return []
    table = pd.read_csv(path)
    return table[table["epoch"] <= epochs].to_dict("records")


def _named(split: str, values: list[float]) -> dict[str, float]:
    names = ("total", *Losses._fields)
    return {f"{split}_{name}": value for name, value in zip(names, values, strict=True)}


def _summary(row: dict[str, float], seconds_left: float) -> str:
    text = f"loss {row['train_total']:.3f}/{row['validation_total']:.3f}"
    if "letter_accuracy" in row:
        text += f", space group {row['space_group_accuracy']:.2%}, letters {row['letter_accuracy']:.2%}"
    return text + (f", {seconds_left / 60:.0f} min left" if math.isfinite(seconds_left) else "")
