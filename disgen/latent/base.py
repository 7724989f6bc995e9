"""The checks of the input and the storage that all density estimators share.

A fitted estimator is stored as ``<name>.safetensors`` and ``<name>.json``, never as a pickle.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file
from safetensors.numpy import save as to_bytes

from disgen.files import read_json, write_file, write_files
from disgen.latent.protocol import EstimatorError, Stored, check_request, checked_latents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal
    from disgen.model.checkpoint import Run


@dataclass
class BaseEstimator(ABC):
    """Checks of the input and storage, the same for all estimators; subclasses supply the mathematics.

    A subclass's dataclass fields are its settings; what `_fit` returns is its state, a dictionary of arrays. The one
    that `_latent_array` names has the latent dimension as its last axis. What `_fit` chose, where a setting left it
    open, is read off the state by `_choices`.
    """

    name: ClassVar[str]
    stored: ClassVar[Stored] = Stored.ALL
    learns: ClassVar[bool] = True  # False if a fit takes nothing but the dimension from the latents
    _latent_array: ClassVar[str] = "mean"
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

    def of_run(self, run: Run) -> Self:  # noqa: ARG002 (most need latents only)
        """The same estimator, told which run it belongs to; the learned prior needs its autoencoder."""
        return self

    def sample(self, n: int, rng: np.random.Generator, temperature: float = 1.0) -> np.ndarray:
        """Draw latents.

        Args:
            n: how many, at least 1.
            rng: source of randomness; equal generators give equal samples.
            temperature: factor on the standard deviation of the noise around each sample's centre, above 0.

        Returns:
            (n, d) float32.

        Raises:
            EstimatorError: if n is below 1, the temperature is no number above 0, or nothing has been fitted.
        """
        check_request(n, temperature)
        return self._sample(int(n), rng, self._fitted(), float(temperature)).astype(np.float32)

    def draw(
        self, n: int, rng: np.random.Generator, temperature: float = 1.0
    ) -> tuple[np.ndarray, list[WyckoffCrystal] | None]:
        """Draw latents as `sample` does, with their crystals where the estimator draws these and not latents.

        Returns:
            What `sample` gives, and n canonical crystals; None if the crystals are whatever the latents decode to.

        Raises:
            EstimatorError: as for `sample`.
        """
        return self.sample(n, rng, temperature), None

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
        result: int = self._fitted()[self._latent_array].shape[-1]
        return result

    @property
    def settings(self) -> dict[str, object]:
        """What it was asked to do and, once fitted, what it chose; JSON-able."""
        return self._asked() | (self._choices(self._state) if self._state else {})

    def save(self, folder: Path, beside: Mapping[str, bytes] = MappingProxyType({})) -> None:
        """Write ``<name>.safetensors`` (state) and ``<name>.json`` (settings) into a folder, made if need be.

        Args:
            folder: of the estimators.
            beside: further files, by name, which are there with these two or not at all.

        Raises:
            EstimatorError: if nothing has been fitted.
        """
        arrays = to_bytes({key: np.ascontiguousarray(value) for key, value in self._fitted().items()})
        folder.mkdir(parents=True, exist_ok=True)
        files = {folder / name: content for name, content in beside.items()}
        files[_arrays_path(folder, self.name)] = arrays
        write_files(files | {_settings_path(folder, self.name): self._record()})

    def save_choices(self, folder: Path) -> None:
        """Write ``<name>.json`` only: what was asked for, what the fit chose, and the number of dimensions.

        Raises:
            EstimatorError: if nothing has been fitted.
        """
        folder.mkdir(parents=True, exist_ok=True)
        write_file(_settings_path(folder, self.name), self._record())

    def _record(self) -> bytes:
        record = {
            "estimator": self.name,
            "settings": self._asked(),
            "choices": self._choices(self._fitted()),
            "dimension": self.dimension,
        }
        return (json.dumps(record, indent=2, sort_keys=True) + "\n").encode()

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            EstimatorError: if a file is missing or damaged; the sentence names it.
        """
        record, estimator = cls._read(folder, chosen=False)
        path = _arrays_path(folder, cls.name)
        try:
            estimator._state = {  # noqa: SLF001 (of this class)
                key: _frozen(value) for key, value in load_file(path).items()
            }
            complete = estimator.dimension == record["dimension"]
        except FileNotFoundError as error:
            raise EstimatorError(_lacking(cls.name, path)) from error
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise EstimatorError(_damaged(cls.name, path)) from error
        if not complete:
            msg = f"The stored {cls.name} estimator in {path} does not fit its settings: fit and save it again."
            raise EstimatorError(msg)
        return estimator

    @classmethod
    def with_choices(cls, folder: Path) -> Self:
        """An estimator to be fitted, whose settings leave nothing open: `save_choices` has written what to choose.

        Raises:
            EstimatorError: if the file is missing or damaged; the sentence names it.
        """
        return cls._read(folder, chosen=True)[1]

    @classmethod
    def _read(cls, folder: Path, *, chosen: bool) -> tuple[dict[str, Any], Self]:
        """What ``<name>.json`` says, and the estimator that it describes, not fitted."""
        path = _settings_path(folder, cls.name)
        try:
            record = read_json(path)
            estimator = cls(**record["settings"] | (record["choices"] if chosen else {}))
        except FileNotFoundError as error:
            raise EstimatorError(_lacking(cls.name, path)) from error
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise EstimatorError(_damaged(cls.name, path)) from error
        return record, estimator

    @abstractmethod
    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """State from checked float64 latents."""

    @abstractmethod
    def _sample(
        self, n: int, rng: np.random.Generator, state: dict[str, np.ndarray], temperature: float
    ) -> np.ndarray: ...

    @abstractmethod
    def _log_prob(self, z: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray: ...

    def _choices(self, state: dict[str, np.ndarray]) -> dict[str, object]:  # noqa: ARG002 (nothing is left open here)
        """What the fit chose, by name; JSON-able."""
        return {}

    def _fitted(self) -> dict[str, np.ndarray]:
        if not self._state:
            msg = f"The {self.name} estimator has not seen any latents yet: fit it first."
            raise EstimatorError(msg)
        return self._state

    def _asked(self) -> dict[str, object]:
        names = {item.name for item in fields(self) if item.init}
        return {key: value for key, value in asdict(self).items() if key in names}


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


def _lacking(name: str, path: Path) -> str:
    return f"The stored {name} estimator lacks {path}: fit and save it again."


def _damaged(name: str, path: Path) -> str:
    return f"The stored {name} estimator in {path} is damaged: fit and save it again."


def _arrays_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.safetensors"


def _settings_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"
