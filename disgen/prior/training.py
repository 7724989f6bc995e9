"""How the two networks of the learned prior are trained."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from disgen.prior.geometry.inputs import Hints, Numbers, Skeletons, as_numbers, hints_of, skeletons_of
from disgen.prior.geometry.network import GeometryModel
from disgen.prior.geometry.parameters import Quantity, parameters
from disgen.prior.language.network import LanguageModel, LanguageSettings, as_tensors
from disgen.prior.language.tokens import Token, sentences
from disgen.prior.learning import LearningSettings, Task, half_precision, learn
from disgen.prior.material import Material, Shares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from torch import Tensor

    from disgen.crystal import WyckoffCrystal
    from disgen.prior.geometry.network import GeometrySettings
    from disgen.prior.geometry.templates import PlacedTemplate, Templates


# A sentence says whether its crystal is a relative, so these can be many without blurring what the corpus is like.
LANGUAGE_SHARES = Shares(ordered=(0.4, 0.25), exchanged=(0.5, 0.4))
GEOMETRY_SHARES = Shares(ordered=(0.5, 0.3), exchanged=(0.3, 0.1))
_PART = 64  # crystals of like length worked on at once: what fits into a processor's caches
_UNAIDED = 0.08  # share of crystals that the geometry's network is shown no known crystal for
_SHOWN = 8  # nearest known crystals, of which it is shown one, each with half the chance of the one before
_JITTER = {  # standard deviation of what is added to values in training
    Quantity.VOLUME: 0.05,
    Quantity.B_OVER_A: 0.004,
    Quantity.C_OVER_A: 0.004,
    Quantity.ALPHA: 0.01,
    Quantity.BETA: 0.01,
    Quantity.GAMMA: 0.01,
    Quantity.X: 0.001,
    Quantity.Y: 0.001,
    Quantity.Z: 0.001,
}


def train_language(
    material: Material,
    validation: Sequence[WyckoffCrystal],
    settings: LanguageSettings,
    learning: LearningSettings,
    resume: Path,
) -> tuple[LanguageModel, list[dict[str, float]]]:
    """Train the language model.

    Args:
        material: what it learns from.
        validation: canonical crystals whose mean negative log-probability decides which weights are kept.
        settings: its sizes.
        learning: how it learns.
        resume: file for the state of an interrupted training.

    Returns:
        The model in evaluation mode, and a row for each look.

    Raises:
        PriorError: if the saved state is damaged or of other settings.
    """
    watched, _ = sentences(validation)
    parts = [as_tensors(watched.take(part)) for part in _parts((watched.token != Token.PAD).sum(axis=1))]

    def draw(n: int, progress: float, rng: np.random.Generator) -> Iterator[dict[str, Tensor]]:
        batch = material.draw(n, LANGUAGE_SHARES, progress, rng)
        spelt, _ = sentences(batch.crystals, batch.source)
        return (as_tensors(spelt.take(part)) for part in _parts((spelt.token != Token.PAD).sum(axis=1)))

    def losses(model: torch.nn.Module, part: dict[str, Tensor]) -> Tensor:
        result: Tensor = model.losses(part)[0]  # type: ignore[operator]
        return result

    task = Task(draw, losses, lambda model: _mean(model, losses, parts))
    torch.manual_seed(learning.seed)
    model = LanguageModel(settings)
    best, history = learn(model, task, learning, resume)
    model.load_state_dict(best)
    return model.eval().requires_grad_(requires_grad=False), history


def train_geometry(
    material: Material,
    validation: Sequence[WyckoffCrystal],
    templates: Templates,
    volumes: np.ndarray,
    settings: GeometrySettings,
    learning: LearningSettings,
    resume: Path,
) -> tuple[GeometryModel, list[dict[str, float]]]:
    """Train the geometry's network; arguments and results as of `train_language`.

    Args:
        material: what it learns from.
        validation: canonical crystals that decide which weights are kept.
        templates: known crystals that it is shown, never the one that it is asked about.
        volumes: (101,) expected volumes of atoms.
        settings: its sizes.
        learning: how it learns.
        resume: file for the state of an interrupted training.
    """

    def prepared(
        crystals: Sequence[WyckoffCrystal], shown: Sequence[PlacedTemplate | None], rng: np.random.Generator | None
    ) -> list[tuple[Skeletons, Numbers, Hints]]:
        found = parameters(crystals, volumes).within_reach()
        value = found.value
        if rng is not None:
            value = value + _jitter()[found.kind] * rng.standard_normal(value.shape)
        found = replace(found, value=value.astype(np.float32))
        skeletons, hints = skeletons_of(crystals, volumes), hints_of(shown, found.value.shape[1], volumes)
        parts = []
        for part in _parts((found.kind > 0).sum(axis=1)):
            numbers = as_numbers(found.take(part))
            hinted = hints.take(part, numbers.value.shape[1])
            parts.append((Skeletons(*(column[part] for column in skeletons)), numbers, hinted))
        return parts

    known = [{crystal.key} for crystal in validation]
    nearest = [placed[0] if placed else None for placed in templates.placed(validation, 1, without=known)]
    watched = prepared(validation, nearest, None)

    def draw(n: int, progress: float, rng: np.random.Generator) -> Iterator[tuple[Skeletons, Numbers, Hints]]:
        batch = material.draw(n, GEOMETRY_SHARES, progress, rng)
        placed = templates.placed(batch.crystals, _SHOWN, without=[{key} for key in batch.keys])
        return iter(prepared(batch.crystals, [_one_of(some, rng) for some in placed], rng))

    def losses(model: torch.nn.Module, part: tuple[Skeletons, Numbers, Hints]) -> Tensor:
        result: Tensor = -model.log_prob(*part).sum(dim=1)  # type: ignore[operator]
        return result

    task = Task(draw, losses, lambda model: _mean(model, losses, watched))
    torch.manual_seed(learning.seed)
    model = GeometryModel(settings)
    best, history = learn(model, task, learning, resume)
    model.load_state_dict(best)
    return model.eval().requires_grad_(requires_grad=False), history


@torch.inference_mode()
def _mean(model: torch.nn.Module, losses: object, parts: Sequence[object]) -> float:
    """Mean loss over crystals."""
    with half_precision():
        every = torch.cat([losses(model, part) for part in parts])  # type: ignore[operator]
    return float(every.double().mean())


def _parts(lengths: np.ndarray) -> list[np.ndarray]:
    """Indices of crystals of like length, at most `_PART` together."""
    order = np.argsort(lengths, kind="stable")
    return [order[start : start + _PART] for start in range(0, len(order), _PART)]


def _one_of(placed: Sequence[PlacedTemplate], rng: np.random.Generator) -> PlacedTemplate | None:
    """One of the known crystals, the nearest most often, or none."""
    rank = int(rng.geometric(0.5)) - 1
    return None if not placed or rng.random() < _UNAIDED else placed[min(rank, len(placed) - 1)]


def _jitter() -> np.ndarray:
    """(kinds,) standard deviation of what is added to values in training."""
    return np.array([_JITTER.get(kind, 0.0) for kind in Quantity])
