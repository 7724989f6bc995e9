"""Loading, once for all sessions: single points of the map, samples around them, paths between them, neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from disgen.ui.data import loading, run_files
from disgen.ui.data.held import held_by_sessions
from disgen.ui.data.points import SPLIT_LABELS, TEST
from disgen.ui.data.selection import PointId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.decoded import DecodedLatent, DecodedLatents
    from disgen.generation.nearest import Nearest
    from disgen.latent.projection import Method
    from disgen.ui.data.loading import RunKey
    from disgen.ui.data.points import Points
    from disgen.ui.latent.map_state import AroundKey, MapPoint


@dataclass(frozen=True)
class PathKey:
    """Names the path from one point to another; way is a value of `disgen.generation.neighbourhood.PathKind`."""

    start: MapPoint
    end: MapPoint
    way: str
    steps: int


@dataclass(frozen=True)
class Neighbour:
    """An entry of the run near to something."""

    point: PointId
    formula: str
    space_group: int
    distance: float


@dataclass(frozen=True, eq=False)
class _Entries:
    """All entries with a latent, in the order of the index: rows in it, latents, split and number in the split."""

    rows: np.ndarray
    z: np.ndarray
    split: np.ndarray
    number: np.ndarray


def splits(key: RunKey) -> tuple[str, ...]:
    """Splits whose latents the run holds, the mapped one first; a light run has no other."""
    return tuple(name for name in SPLIT_LABELS if name in loading.load_run(key).latents)


def set_of(key: RunKey, place: MapPoint) -> Points:
    """The set that a point belongs to."""
    return loading.drawn_points(key, place.samples) if place.samples else loading.split_points(key, place.point.of)


def latent(key: RunKey, place: MapPoint) -> np.ndarray:
    """Latent (d,) of a point."""
    result: np.ndarray = set_of(key, place).z[place.point.index]
    return result


def decoded(key: RunKey, place: MapPoint) -> DecodedLatent:
    """What a point decodes to."""
    if place.samples:
        return loading.drawn_points(key, place.samples).decoded[place.point.index]
    found = run_files.decoded_entry(key, place.point.of, place.point.index)
    if found is None:
        msg = f"The run does not hold the {place.point.of} split."
        raise ValueError(msg)
    return found


def on_map(key: RunKey, place: MapPoint, view: Method) -> np.ndarray:
    """Place (2,) of a point on one of the maps."""
    if place.samples:
        drawn = loading.sampled_points(key, place.samples, view)
    else:
        drawn = loading.split_points(key, place.point.of, view)
    found: np.ndarray = drawn.xy[place.point.index]
    return found


@held_by_sessions(8, "samples around crystals", "Sampling and decoding …")
def around(key: RunKey, asked: AroundKey) -> DecodedLatents:
    """Samples around a point.

    Raises:
        NeighbourhoodError: if the settings make no sense.
        RunError: if the radius is relative, and the run is a light one.
    """
    from disgen.generation.neighbourhood import sample_around  # noqa: PLC0415

    return sample_around(
        loading.load_run(key),
        latent(key, asked.centre),
        asked.n,
        asked.seed,
        radius=asked.radius,
        relative=asked.relative,
        known=loading.known_keys(key),
    )


@held_by_sessions(8, "paths", "Decoding every step …")
def path(key: RunKey, asked: PathKey) -> DecodedLatents:
    """The steps of a path.

    Raises:
        NeighbourhoodError: if the two points leave the path open.
    """
    from disgen.generation.neighbourhood import PathKind, interpolate  # noqa: PLC0415

    ends = latent(key, asked.start), latent(key, asked.end)
    known = loading.known_keys(key)
    return interpolate(loading.load_run(key), *ends, asked.steps, kind=PathKind(asked.way), known=known)


@held_by_sessions(8, "places of samples around crystals", "Placing the samples on the map …")
def around_on_map(key: RunKey, asked: AroundKey, view: Method) -> np.ndarray:
    """Places (n, 2) of the samples around a point."""
    return loading.load_map(key, view).place(around(key, asked).z)


@held_by_sessions(8, "places of paths", "Placing the path on the map …")
def path_on_map(key: RunKey, asked: PathKey, view: Method) -> np.ndarray:
    """Places (steps, 2) of a path; its ends are where the map has them."""
    between = loading.load_map(key, view).place(path(key, asked).z[1:-1])
    return np.concatenate([on_map(key, asked.start, view)[None], between, on_map(key, asked.end, view)[None]])


@st.cache_resource(max_entries=256, show_spinner=False)
def nearest_latents(key: RunKey, place: MapPoint, k: int) -> tuple[Neighbour, ...]:
    """The entries nearest to a point by likeness (`disgen.latent.likeness`), without the point itself."""
    return near_latent(key, latent(key, place), k, leave_out=place.point)


@st.cache_resource(max_entries=256, show_spinner=False)
def nearest_compositions(key: RunKey, place: MapPoint, k: int) -> tuple[Neighbour, ...]:
    """The entries nearest by composition to what a point decodes to, without the point itself; none if to nothing."""
    crystal = decoded(key, place).crystal
    return near_composition(key, crystal, k, leave_out=place.point) if crystal else ()


@st.cache_resource(max_entries=256, show_spinner=False)
def nearest_on_map(key: RunKey, place: MapPoint, k: int, view: Method) -> np.ndarray:
    """Places (k, 2) of the entries nearest to a point by likeness."""
    return entry_places(key, [one.point for one in nearest_latents(key, place, k)], view)


def entry_places(key: RunKey, points: Sequence[PointId], view: Method) -> np.ndarray:
    """Places (n, 2) of entries on one of the maps."""
    if not points:
        return np.zeros((0, 2), dtype=np.float32)
    of_split = {name: loading.split_points(key, name, view).xy for name in {point.of for point in points}}
    return np.stack([of_split[point.of][point.index] for point in points])


def near_latent(key: RunKey, z: np.ndarray, k: int, *, leave_out: PointId | None = None) -> tuple[Neighbour, ...]:
    """The entries nearest to a latent (d,) by likeness (`disgen.latent.likeness`), all but one of them."""
    from disgen.generation import nearest  # noqa: PLC0415
    from disgen.latent import likeness  # noqa: PLC0415

    described = likeness.describe(loading.load_run(key), z[None])[0]
    return _neighbours(key, nearest.nearest_latents(described, _likenesses(key), k + 1), leave_out, k)


def near_composition(
    key: RunKey, crystal: WyckoffCrystal, k: int, *, leave_out: PointId | None = None
) -> tuple[Neighbour, ...]:
    """The entries nearest by composition to a crystal, all but one of them."""
    from disgen.generation import nearest  # noqa: PLC0415

    shares = nearest.composition_shares(crystal.composition)
    among = run_files.atom_shares(key)[_entries(key).rows]
    return _neighbours(key, nearest.nearest_compositions(shares, among, k + 1), leave_out, k)


def formula_of(key: RunKey, point: PointId) -> tuple[str, int]:
    """Formula and space group of a split's entry."""
    row = loading.split_points(key, point.of).table.iloc[point.index]
    return str(row["formula"]), int(row["space_group"])


@st.cache_resource(max_entries=3, show_spinner=False)
def _entries(key: RunKey) -> _Entries:
    run = loading.load_run(key)
    column = run.index["split"].to_numpy(dtype=object)
    number = np.zeros(len(column), dtype=np.int64)
    z = np.zeros((len(column), run.latents[TEST].shape[1]), dtype=np.float32)
    held = np.zeros(len(column), dtype=bool)
    for split, latents in run.latents.items():
        rows = np.flatnonzero(column == split)
        number[rows], z[rows], held[rows] = np.arange(len(rows)), latents, True
    rows = np.flatnonzero(held)
    return _Entries(rows, z[rows], column[rows], number[rows])


@st.cache_resource(max_entries=3, show_spinner="Decoding all entries, once, to compare them …")
def _likenesses(key: RunKey) -> np.ndarray:
    """(n, e) likeness of all entries, in half precision: they are thousands."""
    from disgen.latent import likeness  # noqa: PLC0415

    return likeness.describe(loading.load_run(key), _entries(key).z).astype(np.float16)


def points_of_rows(key: RunKey, rows: np.ndarray) -> tuple[PointId, ...]:
    """Those entries among some rows of the run's index, in rising order, whose latents the run holds."""
    entries = _entries(key)
    there = np.flatnonzero(np.isin(entries.rows, rows))
    return tuple(PointId(str(entries.split[one]), int(entries.number[one])) for one in there)


def _neighbours(key: RunKey, found: Nearest, leave_out: PointId | None, k: int) -> tuple[Neighbour, ...]:
    entries = _entries(key)
    result = []
    for row, distance in zip(found.rows.tolist(), found.distances.tolist(), strict=True):
        point = PointId(str(entries.split[row]), int(entries.number[row]))
        if point != leave_out:
            result.append(Neighbour(point, *formula_of(key, point), distance))
    return tuple(result[:k])
