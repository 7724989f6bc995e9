"""The learned prior: a flow from normal noise to latents, trained by flow matching (`disgen.latent.velocity`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from disgen.latent.protocol import BaseEstimator, EstimatorError, Stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

    from disgen.latent.velocity import Field

_PIECE = 16  # dimensions to a token where no layout is given
_HELD_BACK = 0.05  # share of the latents that early stopping watches, where none are given for that
_SMALLEST_DEVIATION = 1e-3
_CHUNK = 1024
_LEARNT, _BEFORE = "velocity.", "before."  # prefixes of the weights of v and v' in the state


@dataclass
class FlowEstimator(BaseEstimator):
    """A continuous normalising flow whose velocity field is a small transformer.

    A sample is where t ε flows to, ε ~ N(0, s² I), at temperature t and with spread s. `fit` learns from the latents
    it is given; `disgen.latent.prior` trains the released one on more than those.

    A flow that has learnt in further rounds remembers what it was before them, and may go on in the direction in which
    they have led it: with guidance w it follows v + w (v - v'), where v' is the field before the first such round
    (autoguidance; Karras et al. 2024). Densities are those of the field that is followed.

    Attributes:
        layout: sizes of the parts that a latent consists of (`VAE.layout`); equal pieces if empty.
        width: of the transformer.
        blocks: of the transformer.
        heads: attention heads.
        training_steps: most optimiser steps.
        batch_size: latents a step.
        learning_rate: highest learning rate; it rises over the first hundredth and falls as a cosine.
        looks: how often the loss of the held-back latents is measured in the course of the training.
        patience: looks without a lower such loss after which training ends.
        spread: standard deviation s of the noise that flows; below 1, samples keep to where the field is known best.
        rounds: how often it has learnt from crystals that passed all checks (`disgen.generation.further_rounds`), after
            the first training; steps and learning rate are those of the last one.
        guidance: w.
        sampling_steps: Heun steps from noise to latents, two evaluations of the network each (four with guidance).
        seed: of weights, batches, noise, and of the signs that estimate divergences.
    """

    name: ClassVar[str] = "flow"
    stored: ClassVar[Stored] = Stored.APART
    layout: tuple[int, ...] = ()
    width: int = 128
    blocks: int = 3
    heads: int = 4
    training_steps: int = 4000
    batch_size: int = 256
    learning_rate: float = 1e-3
    looks: int = 20
    patience: int = 5
    spread: float = 1.0
    rounds: int = 0
    guidance: float = 0.0
    sampling_steps: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse settings that give no flow."""
        self.layout = tuple(self.layout)  # a list in the stored settings
        numbers = (self.width, self.blocks, self.heads, self.training_steps, self.batch_size, self.looks)
        if (
            min((*numbers, self.patience, self.sampling_steps, *self.layout)) < 1
            or self.width % self.heads
            or min(self.learning_rate, self.spread) <= 0.0
            or min(self.rounds, self.guidance) < 0
        ):
            msg = (
                "A flow needs positive sizes, steps, learning rate and spread, a width that its heads divide, and no "
                "negative guidance."
            )
            raise EstimatorError(msg)

    @property
    def steps_between_looks(self) -> int:
        """Optimiser steps from one look at the held-back latents to the next."""
        return max(self.training_steps // self.looks, 1)

    def parts(self, dimension: int) -> tuple[int, ...]:
        """Sizes of a latent's parts.

        Raises:
            EstimatorError: if the layout does not add up to the number of dimensions.
        """
        if not self.layout:
            whole, rest = divmod(dimension, _PIECE)
            return (_PIECE,) * whole + ((rest,) if rest else ())
        if sum(self.layout) != dimension:
            msg = f"The flow's layout adds up to {sum(self.layout)} latent dimensions, got {dimension}."
            raise EstimatorError(msg)
        return self.layout

    def learn(
        self,
        draw: Callable[[np.random.Generator], np.ndarray],
        watched: np.ndarray,
        scale: tuple[np.ndarray, np.ndarray],
        resume: Path | None = None,
        *,
        start: FlowEstimator | None = None,
    ) -> FlowEstimator:
        """Learn from a stream of latents.

        Args:
            draw: a batch (m, d) of latents, new ones each time.
            watched: (k, d) latents that early stopping judges by.
            scale: mean and standard deviation (d,) of the latents.
            resume: file for the state of an interrupted training.
            start: a fitted flow of the same sizes to begin with; its scale is kept, whatever the latents' own.

        Returns:
            The estimator itself.

        Raises:
            EstimatorError: if the layout does not fit, or the saved state does not.
        """
        from disgen.latent.flow_training import Stream, learn_velocity  # noqa: PLC0415 (PyTorch, for fitting only)

        begin = None if start is None else start._fitted()  # noqa: SLF001 (of this class)
        mean, deviation = (np.asarray(values, dtype=np.float32) for values in scale)
        deviation = np.maximum(deviation, _SMALLEST_DEVIATION)
        if begin is not None:
            mean, deviation = begin["mean"], begin["deviation"]
        stream = Stream(
            lambda rng: (draw(rng) - mean) / deviation,
            (watched - mean) / deviation,
            None if begin is None else _weights_of(begin, _LEARNT),
        )
        weights = learn_velocity(self, self.parts(len(mean)), stream, resume)
        state = {"mean": mean, "deviation": deviation} | {f"{_LEARNT}{name}": w for name, w in weights.items()}
        if begin is not None:
            before = _BEFORE if any(name.startswith(_BEFORE) for name in begin) else _LEARNT
            state |= {f"{_BEFORE}{name}": w.numpy() for name, w in _weights_of(begin, before).items()}
        for array in state.values():
            array.setflags(write=False)
        self._state = state
        return self

    def with_state_of(self, other: FlowEstimator) -> FlowEstimator:
        """This estimator with what another one of the same sizes has learnt."""
        self._state = dict(other._fitted())
        return self

    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        order = np.random.default_rng(self.seed).permutation(len(z))
        held = max(round(_HELD_BACK * len(z)), 1)
        learnt = z[order[held:]] if len(z) > 1 else z
        scale = learnt.mean(axis=0), learnt.std(axis=0)
        self.learn(lambda rng: learnt[rng.integers(len(learnt), size=self.batch_size)], z[order[:held]], scale)
        return self._state

    def _sample(self, n: int, rng: np.random.Generator, state: dict[str, np.ndarray], temperature: float) -> np.ndarray:
        import torch  # noqa: PLC0415 (slow import)

        from disgen.latent.velocity import transport  # noqa: PLC0415

        velocity = self._velocity(state)
        noise = temperature * self.spread * rng.standard_normal((n, len(state["mean"])), dtype=np.float32)
        # Chunks of one size, so that a sample does not depend on how many are drawn.
        padded = np.zeros((-(-n // _CHUNK) * _CHUNK if n > _CHUNK else n, noise.shape[1]), dtype=np.float32)
        padded[:n] = noise
        chunks = [
            transport(velocity, torch.from_numpy(padded[start : start + _CHUNK]), self.sampling_steps).numpy()
            for start in range(0, len(padded), _CHUNK)
        ]
        return np.concatenate(chunks)[:n] * state["deviation"] + state["mean"]

    def _log_prob(self, z: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        import torch  # noqa: PLC0415 (slow import)

        from disgen.latent.velocity import log_density  # noqa: PLC0415

        velocity = self._velocity(state)
        generator = torch.Generator().manual_seed(self.seed)
        standard = torch.from_numpy(((z - state["mean"]) / state["deviation"]).astype(np.float32))
        parts = [
            log_density(velocity, part, self.spread, self.sampling_steps * 2, generator)
            for part in standard.split(_CHUNK)
        ]
        return torch.cat(parts).double().numpy() - np.log(state["deviation"].astype(np.float64)).sum()

    def _velocity(self, state: dict[str, np.ndarray]) -> Field:
        from disgen.latent.velocity import Guided, Velocity  # noqa: PLC0415

        def field(prefix: str) -> Velocity:
            velocity = Velocity(self.parts(len(state["mean"])), self.width, self.blocks, self.heads)
            velocity.load_state_dict(_weights_of(state, prefix))
            return velocity.requires_grad_(requires_grad=False).eval()

        if not self.guidance or not self.rounds:
            return field(_LEARNT)
        return Guided(field(_LEARNT), field(_BEFORE), self.guidance)


def _weights_of(state: dict[str, np.ndarray], prefix: str) -> dict[str, Tensor]:
    """Parameters of a velocity field, copied."""
    import torch  # noqa: PLC0415 (slow import)

    return {
        name.removeprefix(prefix): torch.from_numpy(values.copy())
        for name, values in state.items()
        if name.startswith(prefix)
    }
