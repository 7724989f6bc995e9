"""What every density estimator of the latent space has in common: the protocol, the checks and the storage.

A fitted estimator is stored as ``<name>.safetensors`` and ``<name>.json``, never as a pickle.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

if TYPE_CHECKING:
    from pathlib import Path


class EstimatorError(ValueError):
    """A latent estimator cannot do what was asked; the message is one sentence."""


@runtime_checkable
class LatentEstimator(Protocol):
    """What the samplers, the comparison and the app ask of a density estimator."""

    name: ClassVar[str]

    def fit(self, z: np.ndarray) -> Self:
        """Learn from training latents (n, d) and return itself; `EstimatorError` if they cannot be used."""
        ...

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw n latents, (n, d) float32; equal generators give equal samples."""
        ...

    def log_prob(self, z: np.ndarray) -> np.ndarray:
        """Log-density in nats of each latent (n, d), (n,) float64."""
        ...

    def save(self, folder: Path) -> None:
        """Write the fitted estimator into a folder."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        ...


@dataclass
class BaseEstimator(ABC):
    """Checks of the input and storage, the same for all estimators; subclasses supply the mathematics.

    A subclass's dataclass fields are its settings; what `_fit` returns is its state, a dictionary of float32 arrays.
    """

    name: ClassVar[str]
    _state: dict[str, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)

    def fit(self, z: np.ndarray) -> Self:
        """Learn from training latents.

        Args:
            z: (n, d) finite numbers, not changed.

        Returns:
            The estimator itself.

        Raises:
            EstimatorError: if there are none, too few, or some are not finite.
        """
        self._state = {key: _frozen(value) for key, value in self._fit(checked_latents(z)).items()}
        return self

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw latents.

        Args:
            n: how many, at least 1.
            rng: source of randomness; equal generators give equal samples.

        Returns:
            (n, d) float32.

        Raises:
            EstimatorError: if n is below 1, or nothing has been fitted.
        """
        if n < 1:
            msg = f"Cannot draw {n} samples: ask for at least one."
            raise EstimatorError(msg)
        return self._sample(int(n), rng, self._fitted()).astype(np.float32)

    def log_prob(self, z: np.ndarray) -> np.ndarray:
        """Log-density of latents.

        Args:
            z: (n, d) finite numbers, not changed.

        Returns:
            (n,) float64, in nats.

        Raises:
            EstimatorError: if the shape is wrong, some are not finite, or nothing has been fitted.
        """
        state = self._fitted()
        return self._log_prob(checked_latents(z, self.dimension), state)

    @property
    def dimension(self) -> int:
        """Number of latent dimensions d that the estimator was fitted to."""
        return next(iter(self._fitted().values())).shape[-1]

    def save(self, folder: Path) -> None:
        """Write ``<name>.safetensors`` (state) and ``<name>.json`` (settings) into a folder, made if need be.

        Raises:
            EstimatorError: if nothing has been fitted.
        """
        state = self._fitted()
        folder.mkdir(parents=True, exist_ok=True)
        save_file({key: np.ascontiguousarray(value) for key, value in state.items()}, _arrays_path(folder, self.name))
        record = {"estimator": self.name, "settings": self._settings(), "dimension": self.dimension}
        _settings_path(folder, self.name).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            EstimatorError: if a file is missing or damaged; the sentence names it.
        """
        path = _settings_path(folder, cls.name)
        try:
            record = json.loads(path.read_text())
            estimator = cls(**record["settings"])
            path = _arrays_path(folder, cls.name)
            estimator._state = {key: _frozen(value) for key, value in load_file(path).items()}
            complete = bool(estimator._state) and estimator.dimension == record["dimension"]
        except FileNotFoundError as error:
            msg = f"The stored {cls.name} estimator lacks {path}: fit and save it again."
            raise EstimatorError(msg) from error
        except (OSError, ValueError, TypeError, KeyError, SafetensorError) as error:
            msg = f"The stored {cls.name} estimator in {path} is damaged: fit and save it again."
            raise EstimatorError(msg) from error
        if not complete:
            msg = f"The stored {cls.name} estimator in {path} does not fit its settings: fit and save it again."
            raise EstimatorError(msg)
        return estimator

    @abstractmethod
    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """State from checked float64 latents; the last axis of the first array is the latent one."""

    @abstractmethod
    def _sample(self, n: int, rng: np.random.Generator, state: dict[str, np.ndarray]) -> np.ndarray: ...

    @abstractmethod
    def _log_prob(self, z: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray: ...

    def _fitted(self) -> dict[str, np.ndarray]:
        if not self._state:
            msg = f"The {self.name} estimator has not seen any latents yet: fit it first."
            raise EstimatorError(msg)
        return self._state

    def _settings(self) -> dict[str, object]:
        names = {item.name for item in fields(self) if item.init}
        return {key: value for key, value in asdict(self).items() if key in names}


def checked_latents(z: np.ndarray, dimension: int | None = None) -> np.ndarray:
    """A float64 copy of latents (n, d).

    Raises:
        EstimatorError: if they are not a table of finite numbers with d columns.
    """
    values = np.array(z, dtype=np.float64)
    if values.ndim != 2 or 0 in values.shape:  # noqa: PLR2004 (rows and columns)
        msg = f"Latents must be a table with one row per crystal, got an array of shape {values.shape}."
        raise EstimatorError(msg)
    if dimension is not None and values.shape[1] != dimension:
        msg = f"The estimator was fitted to {dimension} latent dimensions, got {values.shape[1]}."
        raise EstimatorError(msg)
    bad = int((~np.isfinite(values)).any(axis=1).sum())
    if bad:
        msg = f"{bad} of {len(values)} latents hold a number that is not finite: leave them out."
        raise EstimatorError(msg)
    return values


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


def _arrays_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.safetensors"


def _settings_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"
