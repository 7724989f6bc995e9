"""Maps of the latent space in the plane: t-SNE (openTSNE; paper, Fig. 4) and, as a second view, PCA.

A map compares what the latents decode to, if it is given a function that says it (`disgen.latent.likeness`), so that
near means alike; else it shows the plain latent space.

A map is fitted once, to the means of a run's entries, and stored as ``<method>.safetensors`` and ``<method>.json`` in
the run's ``maps`` folder (`disgen.latent.run_map`). `LatentMap.place` puts further latents into the same map without
moving it: for t-SNE each new point settles among its nearest neighbours of the mapped ones (openTSNE's *transform*),
whatever else is placed along with it. The neighbour search is rebuilt from the stored latents, so nothing is pickled.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import openTSNE
import scipy.sparse
from openTSNE.affinity import Affinities, PerplexityBasedNN, joint_probabilities_nn
from safetensors import SafetensorError
from safetensors.numpy import load_file
from safetensors.numpy import save as to_bytes
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from disgen.errors import DisgenError
from disgen.files import read_json, write_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Describe: TypeAlias = "Callable[[np.ndarray], np.ndarray]"  # latents (n, d) to vectors (n, e) whose distances count
Method = Literal["tsne", "pca"]
METHODS: tuple[Method, ...] = ("tsne", "pca")
METRICS: tuple[str, ...] = ("euclidean", "cosine")
LATENT, DESCRIBED = "latent", "likeness"  # what is compared, as maps state it

_FEWEST = 5  # latents; with fewer a map says nothing
# How openTSNE places new points by default; the divergence no longer changes after some 80 steps, openTSNE takes 250.
_PLACING_PERPLEXITY = 5
_PLACING_STEPS = 100
_PLACING_SETTINGS = {"learning_rate": 0.1, "exaggeration": 1.5, "momentum": 0.8, "max_grad_norm": 0.25}


class ProjectionError(DisgenError):
    """A map cannot be made, read or used; the message is one sentence."""


@dataclass(frozen=True)
class LatentMap:
    """Latents in the plane, and what it takes to place others among them.

    Attributes:
        method: "tsne" or "pca".
        settings: how the map was made (space; metric, perplexity and seed for t-SNE; explained variance for PCA).
        latents: (n, d) float32, the mapped latents.
        coordinates: (n, 2) float32, their places in half precision, in the same order.
        plane: (3, e) float32 for PCA, the mean of what is compared and the plane's two directions; empty for t-SNE.
        describe: the vectors (n, e) that are compared, of latents; None where the latents themselves are (e = d).
    """

    method: Method
    settings: dict[str, Any]
    latents: np.ndarray = field(repr=False)
    coordinates: np.ndarray = field(repr=False)
    plane: np.ndarray = field(repr=False)
    describe: Describe | None = field(default=None, repr=False)

    def place(self, z: np.ndarray) -> np.ndarray:
        """Places of further latents in this map, the same each time.

        Args:
            z: (m, d) finite numbers; m may be 0.

        Returns:
            (m, 2) float32.

        Raises:
            ProjectionError: if the shape is wrong or a number is not finite.
        """
        new = _checked(z, self.latents.shape[1])
        if not len(new):
            return np.zeros((0, 2), dtype=np.float32)
        compared = _described(new, self.describe)
        if self.method == "pca":
            flat: np.ndarray = ((compared - self.plane[0]) @ self.plane[1:].T).astype(np.float32)
            return flat
        start = self._embedding.prepare_partial(compared, perplexity=_PLACING_PERPLEXITY)
        placed = start.optimize(n_iter=_PLACING_STEPS, inplace=True, n_jobs=1, **_PLACING_SETTINGS)
        return np.asarray(placed, dtype=np.float32)

    @cached_property
    def _embedding(self) -> openTSNE.TSNEEmbedding:
        neighbours = _Neighbours(_described(self.latents, self.describe), self.settings["metric"])
        # Barnes-Hut, because interpolation would tie the result to how many points are placed at once.
        return openTSNE.TSNEEmbedding(self.coordinates, neighbours, negative_gradient_method="bh", n_jobs=1)


class _Neighbours(Affinities):  # type: ignore[misc]  # openTSNE ships no types
    """openTSNE's perplexity-based affinities of new points, without those of the mapped points among themselves."""

    def __init__(self, latents: np.ndarray, metric: str) -> None:
        super().__init__()
        self.index = NearestNeighbors(metric=metric, algorithm="brute", n_jobs=1).fit(latents)
        self.size = len(latents)
        self.P = scipy.sparse.csr_matrix((self.size, self.size))  # openTSNE asks for its shape only

    def to_new(
        self, data: np.ndarray, *, perplexity: float = _PLACING_PERPLEXITY, return_distances: bool = False
    ) -> scipy.sparse.csr_matrix | tuple[scipy.sparse.csr_matrix, np.ndarray, np.ndarray]:
        count = min(self.size, int(3 * perplexity))
        distances, neighbours = self.index.kneighbors(data, n_neighbors=count)
        affinities = joint_probabilities_nn(
            neighbours,
            distances,
            [min(perplexity, count / 3)],
            symmetrize=False,
            normalization="point-wise",
            n_reference_samples=self.size,
            n_jobs=1,
        )
        return (affinities, neighbours, distances) if return_distances else affinities


def fit_map(
    latents: np.ndarray,
    method: Method = "tsne",
    *,
    metric: str = "euclidean",
    perplexity: float = 30.0,
    seed: int = 0,
    describe: Describe | None = None,
) -> LatentMap:
    """Map latents into the plane; the same latents, settings and seed give the same map on one machine.

    Args:
        latents: (n, d) finite numbers, n at least 5.
        method: "tsne" (started from PCA, as openTSNE recommends) or "pca".
        metric: distance between latents for t-SNE, "euclidean" or "cosine".
        perplexity: how many neighbours each point heeds, for t-SNE; lowered to n / 3 where there are too few.
        seed: seed of the jitter on the PCA start of t-SNE.
        describe: what is compared, a function from latents to vectors; the latents themselves if there is none.

    Raises:
        ProjectionError: if the latents or a setting cannot be used.
    """
    z = _checked(latents)
    if len(z) < _FEWEST:
        msg = f"A map needs at least {_FEWEST} latents, got {len(z)}."
        raise ProjectionError(msg)
    space = LATENT if describe is None else DESCRIBED
    if method == "pca":
        coordinates, plane, share = _principal_plane(_described(z, describe))
        settings: dict[str, Any] = {"space": space, "explained_variance": share}
        return LatentMap("pca", settings, _frozen(z), _rounded(coordinates), _frozen(plane), describe)
    if method != "tsne" or metric not in METRICS or not perplexity > 0.0 or seed < 0:
        msg = (
            f"There is no map {method!r} with metric {metric!r}, perplexity {perplexity} and seed {seed}: "
            f"methods are {', '.join(METHODS)}, metrics {', '.join(METRICS)}, perplexity is above and seed at least 0."
        )
        raise ProjectionError(msg)
    perplexity = min(float(perplexity), (len(z) - 1) / 3.0)
    compared = _described(z, describe)
    affinities = PerplexityBasedNN(compared, perplexity, method="exact", metric=metric, n_jobs=1, random_state=seed)
    start = openTSNE.initialization.pca(compared, random_state=seed)
    tsne = openTSNE.TSNE(n_jobs=1, random_state=seed)
    coordinates = np.asarray(tsne.fit(affinities=affinities, initialization=start), dtype=np.float32)
    settings = {"space": space, "metric": metric, "perplexity": perplexity, "seed": seed, "initialization": "pca"}
    nothing = np.zeros((0, z.shape[1]), dtype=np.float32)
    return LatentMap("tsne", settings, _frozen(z), _rounded(coordinates), _frozen(nothing), describe)


def save_map(latent_map: LatentMap, folder: Path) -> None:
    """Write a map into a folder, made if need be; the latents stay with the run and are only fingerprinted."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {"coordinates": latent_map.coordinates.astype(np.float16), "plane": latent_map.plane}
    content = to_bytes({key: np.ascontiguousarray(value) for key, value in arrays.items()})
    record = {
        "method": latent_map.method,
        "settings": latent_map.settings,
        "latents": _fingerprint(latent_map.latents),
        "openTSNE": openTSNE.__version__,
    }
    text = json.dumps(record, indent=2, sort_keys=True) + "\n"
    path = _path(folder, latent_map.method)
    write_files({path: content, path.with_suffix(".json"): text.encode()})


def load_map(folder: Path, method: Method, latents: np.ndarray, describe: Describe | None = None) -> LatentMap:
    """Read a stored map.

    Args:
        folder: a run's ``maps`` folder.
        method: "tsne" or "pca".
        latents: (n, d) the latents that were mapped, in the same order; float16 copies of them will do.
        describe: what is compared, see `fit_map`; not used by a map that was made without.

    Raises:
        ProjectionError: if a file is missing or damaged, the map is of other latents, or it was made with a function
            that is not given; the sentence names the file.
    """
    z = _checked(latents)
    path = _path(folder, method).with_suffix(".json")
    try:
        record = read_json(path)
        settings, fingerprint = dict(record["settings"]), record["latents"]
        path = _path(folder, method)
        arrays = load_file(path)
        coordinates, plane = arrays["coordinates"].astype(np.float32), arrays["plane"]
    except FileNotFoundError as error:
        msg = f"The map file {path} is missing: make the maps again with `python -m disgen map`."
        raise ProjectionError(msg) from error
    except (OSError, ValueError, TypeError, KeyError, SafetensorError) as error:
        msg = f"The map file {path} is damaged: make the maps again with `python -m disgen map`."
        raise ProjectionError(msg) from error
    if coordinates.shape != (len(z), 2) or fingerprint != _fingerprint(z):
        msg = f"The map in {path} belongs to other latents: make the maps again with `python -m disgen map`."
        raise ProjectionError(msg)
    if settings.get("space", LATENT) == LATENT:  # maps made before there was a choice do not say
        describe = None
    elif describe is None:
        msg = f"The map in {path} compares what latents decode to: load it with the run's function for that."
        raise ProjectionError(msg)
    return LatentMap(method, settings, _frozen(z), _frozen(coordinates), _frozen(plane), describe)


def stored_maps(folder: Path) -> tuple[Method, ...]:
    """Methods of the maps that lie in a folder."""
    return tuple(method for method in METHODS if _path(folder, method).is_file())


def _principal_plane(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Places (n, 2) of vectors (n, e), their mean with the two directions (3, e), and both shares of the variance.

    The largest component of each direction is positive, as scikit-learn has it.
    """
    directions = min(2, vectors.shape[1])
    with np.errstate(invalid="ignore"):  # of points that are all alike no direction has a share
        found = PCA(directions, svd_solver="full").fit(vectors.astype(np.float64))
    plane = np.zeros((3, vectors.shape[1]), dtype=np.float32)
    plane[0] = found.mean_
    plane[1 : 1 + directions] = found.components_
    return (vectors - plane[0]) @ plane[1:].T, plane, np.nan_to_num(found.explained_variance_ratio_).tolist()


def _described(z: np.ndarray, describe: Describe | None) -> np.ndarray:
    return z if describe is None else _checked(describe(z))


def _checked(z: np.ndarray, dimension: int | None = None) -> np.ndarray:
    values = np.array(z, dtype=np.float32)
    if values.ndim != 2 or values.shape[1] == 0 or (dimension is not None and values.shape[1] != dimension):  # noqa: PLR2004
        wanted = "(n, d)" if dimension is None else f"(n, {dimension})"
        msg = f"Latents for a map must be a table of shape {wanted}, got {values.shape}."
        raise ProjectionError(msg)
    if not np.isfinite(values).all():
        msg = "Some latents hold a number that is not finite, and such a point has no place on a map: leave them out."
        raise ProjectionError(msg)
    return values


def _fingerprint(latents: np.ndarray) -> str:
    """Digest of the latents in half precision, in which runs store them."""
    return hashlib.sha256(np.ascontiguousarray(latents, dtype=np.float16).tobytes()).hexdigest()


def _path(folder: Path, method: str) -> Path:
    return folder / f"{method}.safetensors"


def _rounded(coordinates: np.ndarray) -> np.ndarray:
    """Places as they are stored: half precision is a thousandth of the map."""
    return _frozen(coordinates.astype(np.float16).astype(np.float32))


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array
