"""Encoding and decoding with a trained network: evaluation mode, no gradients, independent of the batch.

Matrix products may round differently for different numbers of rows. Every batch is therefore padded to the same size,
so that a crystal or a latent point gives the same numbers alone and in any company. The size is small, since most who
ask, as by a click on the map, want one: it takes 7 ms of a core in 32 rows, and took 44 ms in 256.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from disgen.model.output import DecoderOutput
from disgen.model.vae import VAE, to_output
from disgen.representation import MAX_SITES, Rows, SiteArrays

if TYPE_CHECKING:
    from torch import Tensor

    from disgen.model.scaler import LatticeScaler

_CHUNK = 32  # rows; thousands at once take a fifth longer than in chunks of 256


def standardise(c: Tensor, scaler: LatticeScaler) -> Tensor:
    """Crystal vectors c (n, 236) as the network takes them, from c with the cell in Å and degrees."""
    return torch.cat([scaler.transform(c[:, Rows.LATTICE]), c[:, Rows.SPACE_GROUP]], dim=1)


def encode(model: VAE, scaler: LatticeScaler, a: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and log-variance of q(z | A, c), each (n, d) float32.

    Args:
        model: the network.
        scaler: standardisation of the cell parameters.
        a: (n, 9, 183).
        c: (n, 236), cell in Å and degrees.

    Raises:
        ValueError: if the shapes are wrong.
    """
    if a.shape != (len(c), MAX_SITES, Rows.SITE) or c.shape != (len(c), Rows.CRYSTAL):
        msg = f"Expected A (n, 9, 183) and c (n, 236), got {a.shape} and {c.shape}."
        raise ValueError(msg)
    result = np.zeros((2, len(a), model.latent), dtype=np.float32)
    with _Inference(model) as device:
        for start in range(0, len(a), _CHUNK):
            part = slice(start, start + _CHUNK)
            c_part = standardise(torch.from_numpy(_padded(c[part])).to(device), scaler)
            values = model.encode(torch.from_numpy(_padded(a[part])).to(device), c_part)
            result[:, part] = torch.stack(values)[:, : len(a[part])].float().cpu().numpy()
    return result[0], result[1]


def encode_means(model: VAE, scaler: LatticeScaler, arrays: SiteArrays) -> np.ndarray:
    """Latent means (n, d) float32 of crystals as compact arrays; A is made dense a chunk at a time."""
    chunks = (arrays.take(slice(start, start + _CHUNK)) for start in range(0, len(arrays), _CHUNK))
    empty = np.zeros((0, model.latent), dtype=np.float32)
    return np.concatenate([empty, *(encode(model, scaler, *chunk.dense())[0] for chunk in chunks)])


def decode(model: VAE, scaler: LatticeScaler, z: np.ndarray) -> DecoderOutput:
    """Decoder outputs of latent points.

    Args:
        model: the network.
        scaler: standardisation of the cell parameters.
        z: (n, d) latent points.

    Raises:
        ValueError: if the shape is wrong or a number is not finite.
    """
    z = np.asarray(z, dtype=np.float32)
    if z.shape != (len(z), model.latent) or not np.isfinite(z).all():
        msg = f"Expected finite latent points of shape (n, {model.latent}), got an array of shape {z.shape}."
        raise ValueError(msg)
    parts = []
    with _Inference(model) as device:
        for start in range(0, max(len(z), 1), _CHUNK):
            part = z[start : start + _CHUNK]
            output = to_output(model.decode(torch.from_numpy(_padded(part)).to(device)), scaler)
            parts.append(output.take(slice(len(part))))
    return DecoderOutput.concatenate(parts)


class _Inference:
    """Evaluation mode without gradients, and the former mode afterwards; gives the network's device."""

    def __init__(self, model: VAE) -> None:
        self._model = model
        self._training = model.training
        self._guard = torch.inference_mode()

    def __enter__(self) -> torch.device:
        self._guard.__enter__()
        if self._training:
            self._model.eval()
        return next(self._model.parameters()).device

    def __exit__(self, *error: object) -> None:
        if self._training:
            self._model.train()
        self._guard.__exit__(*error)


def _padded(values: np.ndarray) -> np.ndarray:
    """A writable copy of (at most a chunk of) rows, filled up with the last one, or zeros if there is none."""
    padded = np.zeros((_CHUNK, *values.shape[1:]), dtype=np.float32)
    padded[: len(values)] = values
    if len(values):
        padded[len(values) :] = values[-1]
    return padded
