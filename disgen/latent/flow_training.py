"""Training of the learned prior's velocity field: deterministic, and resumable between two looks at what it watches.

Random numbers need no saved state: every stretch between two looks has generators of its own.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import safetensors
import torch
from safetensors.torch import save as tensors_to_bytes

from disgen.files import write_file
from disgen.latent.protocol import EstimatorError
from disgen.latent.velocity import Velocity, matching_loss
from disgen.model.average import WeightAverage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

    from disgen.latent.flow import FlowEstimator

_LOG = logging.getLogger(__name__)
_PAIRS = 8  # of noise and time for each watched latent
_WARMUP = 0.01
_DECAY = 0.999  # of the average of the weights
_CLIP = 1.0


@dataclass(frozen=True, eq=False)
class Stream:
    """What a velocity field learns from, standardised.

    Attributes:
        draw: a batch (m, d) of latents, new ones each time.
        watched: (k, d) latents that early stopping judges by.
        start: weights to begin with, by parameter name; random ones if None.
    """

    draw: Callable[[np.random.Generator], np.ndarray]
    watched: np.ndarray
    start: dict[str, Tensor] | None = None


def learn_velocity(
    settings: FlowEstimator, layout: tuple[int, ...], stream: Stream, resume: Path | None = None
) -> dict[str, np.ndarray]:
    """Weights of the velocity field with the lowest matching loss on the watched latents.

    Args:
        settings: sizes, steps, rate, patience and seed.
        layout: sizes of the parts of a latent.
        stream: what to learn from.
        resume: file that the state is written to at every look, and read from if it is there; removed at the end.

    Returns:
        Arrays float32 by parameter name; averages over the last steps.

    Raises:
        EstimatorError: if the saved state is damaged or of other settings.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        training = _Training(settings, layout, stream)
        if resume is not None and resume.is_file():
            training.load(resume)
        while not training.is_over():
            training.stretch(stream.draw)
            if resume is not None:
                training.save(resume)
    if resume is not None:
        resume.unlink(missing_ok=True)
    return {name: value.numpy() for name, value in training.best.items()}


class _Training:
    """Where one training stands."""

    def __init__(self, settings: FlowEstimator, layout: tuple[int, ...], stream: Stream) -> None:
        self.settings, self.layout = settings, layout
        self.velocity = Velocity(layout, settings.width, settings.blocks, settings.heads)
        if stream.start is not None:
            self.velocity.load_state_dict(stream.start)
        rate = settings.learning_rate
        self.optimiser = torch.optim.AdamW(self.velocity.parameters(), lr=rate, weight_decay=0.01, fused=True)
        self.average = WeightAverage(self.velocity, _DECAY)
        self.judged = torch.from_numpy(np.repeat(stream.watched, _PAIRS, axis=0).astype(np.float32))
        self.noise, self.times = torch.randn(self.judged.shape), _spread_times(len(self.judged))
        self.best = _weights(self.average.model)
        self.progress: dict[str, float] = {"step": 0, "best_loss": math.inf, "since": 0}

    def is_over(self) -> bool:
        """True when all steps are made or the watched loss has stopped falling."""
        return self.progress["step"] >= self.settings.training_steps or self.progress["since"] >= self.settings.patience

    def stretch(self, draw: Callable[[np.random.Generator], np.ndarray]) -> None:
        """The steps up to the next look, and the look."""
        settings, first = self.settings, int(self.progress["step"])
        rng = np.random.default_rng([settings.seed, first])
        torch.manual_seed(int(rng.integers(2**62)))
        last = min(first + settings.steps_between_looks, settings.training_steps)
        loss = math.nan
        for step in range(first, last):
            for group in self.optimiser.param_groups:
                group["lr"] = settings.learning_rate * _rate(step / settings.training_steps)
            latents = torch.from_numpy(draw(rng).astype(np.float32))
            term = matching_loss(self.velocity, latents, torch.randn_like(latents), _spread_times(len(latents)))
            self.optimiser.zero_grad(set_to_none=True)
            term.backward()
            torch.nn.utils.clip_grad_norm_(self.velocity.parameters(), _CLIP)
            self.optimiser.step()
            self.average.update(self.velocity, step)
            loss = term.item()
        found = self.watched_loss()
        _LOG.info("Step %d of %d: loss %.4f, watched %.4f.", last, settings.training_steps, loss, found)
        better = found < self.progress["best_loss"]
        if better:
            self.best = _weights(self.average.model)
        self.progress = {
            "step": last,
            "best_loss": min(found, self.progress["best_loss"]),
            "since": 0 if better else self.progress["since"] + 1,
        }

    def watched_loss(self) -> float:
        """Matching loss of the averaged weights on the watched latents, always with the same noise and times."""
        with torch.inference_mode():
            parts = zip(*(values.split(1024) for values in (self.judged, self.noise, self.times)), strict=True)
            sums = [matching_loss(self.average.model, z, e, t).item() * len(z) for z, e, t in parts]
        return sum(sums) / len(self.judged)

    def save(self, path: Path) -> None:
        """Write the state."""
        tensors = {f"velocity.{name}": value for name, value in self.velocity.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in self.average.model.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        for index, values in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in values.items()}
        metadata = {"progress": json.dumps(self.progress), "settings": json.dumps(self.settings.settings)}
        copies = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, tensors_to_bytes(copies, metadata=metadata))

    def load(self, path: Path) -> None:
        """Go on from a saved state.

        Raises:
            EstimatorError: if it is damaged or of other settings.
        """
        try:
            with safetensors.safe_open(path, framework="pt") as file:
                metadata = file.metadata()
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
            if json.loads(metadata["settings"]) != json.loads(json.dumps(self.settings.settings)):
                msg = f"The saved training {path} has other settings: delete it to start again."
                raise EstimatorError(msg)
            self.velocity.load_state_dict(_with_prefix(tensors, "velocity."))
            self.average.model.load_state_dict(_with_prefix(tensors, "average."))
            moments: dict[int, dict[str, Tensor]] = {}
            for name, value in _with_prefix(tensors, "optimiser.").items():
                index, _, key = name.partition(".")
                moments.setdefault(int(index), {})[key] = value
            groups = self.optimiser.state_dict()["param_groups"]
            self.optimiser.load_state_dict({"state": moments, "param_groups": groups})
            self.best, self.progress = _with_prefix(tensors, "best."), json.loads(metadata["progress"])
        except (OSError, KeyError, RuntimeError, safetensors.SafetensorError) as error:
            msg = f"The saved training {path} is damaged or of another version: delete it to start again."
            raise EstimatorError(msg) from error


def _rate(share: float) -> float:
    return min(share / _WARMUP + 0.01, 1.0) * (0.5 + 0.5 * math.cos(math.pi * share))


def _spread_times(n: int) -> Tensor:
    """Times (n,) in (0, 1) spread evenly, more of them in the middle than at the ends, in random order."""
    even = (torch.randperm(n) + torch.rand(n)) / n
    return torch.sigmoid(torch.special.ndtri(even.clamp(1e-4, 1.0 - 1e-4)))


def _weights(velocity: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in velocity.state_dict().items()}


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
