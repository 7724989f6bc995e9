"""Training of one network: deterministic, and resumable between two looks at what it has not learnt from.

Random numbers need no saved state: every stretch between two looks has generators of its own.
"""

from __future__ import annotations

import json
import logging
import math
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import torch
from safetensors.torch import save as tensors_to_bytes

from disgen.files import write_file
from disgen.model.training.average import WeightAverage
from disgen.prior.errors import PriorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torch import Tensor, nn

_LOG = logging.getLogger(__name__)
_CLIP = 1.0


@dataclass(frozen=True)
class LearningSettings:
    """How a network learns.

    Attributes:
        steps: most of the optimiser.
        patience: looks without a lower loss of the validation split after which it ends earlier.
        batch_size: crystals a step.
        learning_rate: highest one; it rises over the first fiftieth and falls as a cosine.
        weight_decay: of AdamW.
        average: decay of the average of the weights, a step.
        look_every: steps from one look at the validation split to the next.
        seed: of weights and batches.
    """

    steps: int
    patience: int = 10
    batch_size: int = 128
    learning_rate: float = 7e-4
    weight_decay: float = 0.03
    average: float = 0.998
    look_every: int = 100
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Task:
    """What a network learns.

    Attributes:
        draw: parts of a batch, for its size, the share of the training that is over (0 to 1) and a generator; each
            part is what `losses` takes.
        losses: loss (n,) of each crystal of a part, in nats.
        judge: mean loss of the validation split by a network with the given weights; lower is better.
    """

    draw: Callable[[int, float, np.random.Generator], Iterator[Any]]
    losses: Callable[[nn.Module, Any], Tensor]
    judge: Callable[[nn.Module], float]


def learn(
    model: nn.Module, task: Task, settings: LearningSettings, resume: Path
) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    """Train a network.

    Args:
        model: with its first weights.
        task: what it learns.
        settings: how.
        resume: file that the state is written to at every look, and read from if it is there.

    Returns:
        The averaged weights with the lowest loss on the validation split, and a row for each look.

    Raises:
        PriorError: if the saved state is damaged or of other settings.
    """
    training = _Training(model, task, settings)
    if resume.is_file():
        training.load(resume)
    while not training.is_over:
        training.stretch()
        training.save(resume)
    return training.best, training.history


class _Training:
    """Where one training stands."""

    def __init__(self, model: nn.Module, task: Task, settings: LearningSettings) -> None:
        self.model, self.task, self.settings = model, task, settings
        self.optimiser = torch.optim.AdamW(
            model.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.average = WeightAverage(model, settings.average)
        self.step = 0
        self.best = _weights(model)
        self.history: list[dict[str, float]] = []

    @property
    def is_over(self) -> bool:
        """True when all steps are made, or nothing has become better for too long."""
        best = self.losses.index(min(self.losses)) if self.losses else 0
        return self.step >= self.settings.steps or len(self.losses) - 1 - best >= self.settings.patience

    @property
    def losses(self) -> list[float]:
        """Losses of the validation split, look by look."""
        return [row["validation"] for row in self.history]

    def stretch(self) -> None:
        """The steps up to the next look, and the look."""
        settings, start = self.settings, time.perf_counter()
        rng = np.random.default_rng([settings.seed, self.step])
        torch.manual_seed(int(rng.integers(2**62)))  # dropout
        last = min(self.step + settings.look_every, settings.steps)
        self.model.train()
        total = 0.0
        for step in range(self.step, last):
            for group in self.optimiser.param_groups:
                group["lr"] = settings.learning_rate * _rate(step / settings.steps)
            self.optimiser.zero_grad(set_to_none=True)
            for part in self.task.draw(settings.batch_size, step / settings.steps, rng):
                with half_precision():
                    loss = self.task.losses(self.model, part).sum() / settings.batch_size
                loss.backward()
                total += loss.item()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), _CLIP)
            self.optimiser.step()
            self.average.update(self.model, step)
        found = self.task.judge(self.average.model.eval())
        row = {
            "step": last,
            "loss": total / (last - self.step),
            "validation": found,
            "seconds": time.perf_counter() - start,
        }
        _LOG.info("Step %(step)d: loss %(loss).3f, validation %(validation).3f, %(seconds).0f s.", row)
        self.history.append(row)
        self.step = last
        if found <= min(self.losses):
            self.best = _weights(self.average.model)

    def save(self, path: Path) -> None:
        """Write the state."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in self.average.model.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        for index, values in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in values.items()}
        metadata = {"history": json.dumps(self.history), "settings": json.dumps(asdict(self.settings))}
        copies = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, tensors_to_bytes(copies, metadata=metadata))

    def load(self, path: Path) -> None:
        """Go on from a saved state.

        Raises:
            PriorError: if it is damaged or of other settings.
        """
        try:
            with safetensors.safe_open(path, framework="pt") as file:
                metadata = file.metadata()
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
            if json.loads(metadata["settings"]) != asdict(self.settings):
                msg = f"The saved training {path} has other settings: delete it to start again."
                raise PriorError(msg)
            self.model.load_state_dict(_with_prefix(tensors, "model."))
            self.average.model.load_state_dict(_with_prefix(tensors, "average."))
            moments: dict[int, dict[str, Tensor]] = {}
            for name, value in _with_prefix(tensors, "optimiser.").items():
                index, _, key = name.partition(".")
                moments.setdefault(int(index), {})[key] = value
            groups = self.optimiser.state_dict()["param_groups"]
            self.optimiser.load_state_dict({"state": moments, "param_groups": groups})
            self.best, self.history = _with_prefix(tensors, "best."), json.loads(metadata["history"])
        except (OSError, KeyError, RuntimeError, safetensors.SafetensorError) as error:
            msg = f"The saved training {path} is damaged or of another version: delete it to start again."
            raise PriorError(msg) from error
        self.step = int(self.history[-1]["step"])


def half_precision() -> torch.autocast:
    """A context in which products of matrices are computed in bfloat16, where that is faster."""
    return torch.autocast("cpu", torch.bfloat16, enabled=halves_are_fast())


def halves_are_fast() -> bool:
    """True if the processor has bfloat16 in hardware."""
    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001 (the only way to ask)


def _rate(share: float) -> float:
    return min(share / 0.02 + 0.01, 1.0) * (0.5 + 0.5 * math.cos(math.pi * share))


def _weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
