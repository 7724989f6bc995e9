"""Loading, once for all sessions: runs, maps, fitted estimators and samples.

What is cached here is shared between sessions and never changed: models are in evaluation mode, arrays read-only. Sets
of samples are held by the sessions that look at them (`disgen.ui.base.kept`).
Caches are keyed by a run's folder and its time of change, so that a retrained run is read anew.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import streamlit as st

from disgen.places import program_folder
from disgen.ui.base import samplers
from disgen.ui.base.kept import Shelf
from disgen.ui.base.resumable import Resumable
from disgen.ui.data import held

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, MutableMapping

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.decoded import DecodedLatent
    from disgen.latent.projection import LatentMap, Method
    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run
    from disgen.ui.data.points import Points

_COMES_ALONG = program_folder() / "assets"
_DATING = (
    "config.json",
    "weights.safetensors",
    "scaler.json",
    "latents.safetensors",
    "index.parquet",
    "metrics.json",
    "figures.safetensors",
    "corpus.json",
    "reference.json",
    "comparison.json",
    "conditioning.json",
    "estimators/prior.json",
)
FEATURED_FROM = 200  # points of the test split among which the overview finds its crystal
FEATURED_ELEMENTS = 4  # that make a clear picture
FEATURED_CONTRAST = 0.25  # of the elements' colours, at least, so that they can be told apart
FEATURED_SIZE = 16  # positions in the cell that make a good picture


@dataclass(frozen=True)
class RunKey:
    """Names one state of one run folder."""

    name: str
    path: str
    changed: int


@dataclass(frozen=True)
class SampleKey:
    """Names one set of samples."""

    estimator: str
    n: int
    seed: int
    temperature: float = 1.0


def _silent(share: float, what: str) -> None:
    """No progress is shown."""


def run_key(name: str) -> RunKey:
    """Key of one of `disgen.model.checkpoint.available_runs`.

    Raises:
        RunError: if there is no such run.
    """
    from disgen.model.checkpoint import RunError, available_runs  # noqa: PLC0415 (torch: not before the first paint)

    path = available_runs().get(name)
    if path is None:
        msg = f"There is no run {name!r} under assets/models or in your models folder."
        raise RunError(msg)
    changed = max((file.stat().st_mtime_ns for part in _DATING if (file := path / part).is_file()), default=0)
    return RunKey(name, str(path), changed)


def usable_runs() -> tuple[list[str], list[str]]:
    """Names of the runs that can be used, and a sentence for each of the others.

    Those that come with the program are taken as they are; a person's own may be half copied, or come from anywhere.
    """
    from disgen.model.checkpoint import available_runs  # noqa: PLC0415 (torch: not before the first paint)

    runs = available_runs()
    problems = {name: _problem(run_key(name)) for name, path in runs.items() if not path.is_relative_to(_COMES_ALONG)}
    sentences = [f"The run {name!r} is left out. {problem}" for name, problem in problems.items() if problem]
    return [name for name in runs if not problems.get(name)], sentences


@st.cache_data(max_entries=64, show_spinner="Checking your models …")
def _problem(key: RunKey) -> str:
    from disgen.model.checkpoint import problem_of  # noqa: PLC0415

    return problem_of(Path(key.path))


@st.cache_resource(max_entries=3, show_spinner="Loading the model …")
def load_run(key: RunKey) -> Run:
    """A run with its model in evaluation mode and read-only latents.

    Raises:
        RunError: if a file is missing or damaged.
    """
    from disgen.model.checkpoint import load_run as load  # noqa: PLC0415

    _limit_threads()
    run = load(Path(key.path))
    for values in run.latents.values():
        values.setflags(write=False)
    return run


@st.cache_resource(max_entries=6, show_spinner="Loading the map …")
def load_map(key: RunKey, view: Method = "tsne") -> LatentMap:
    """One of the maps of a run's entries.

    Raises:
        ProjectionError: if it is missing or damaged.
    """
    from disgen.latent import run_map  # noqa: PLC0415

    return run_map.load_run_map(load_run(key), view)


@st.cache_resource(max_entries=18, show_spinner=False)
def split_points(key: RunKey, split: str = "test", view: Method = "tsne") -> Points:
    """A split on one of the maps.

    Raises:
        ProjectionError: if that is missing or damaged.
    """
    from disgen.latent import run_map  # noqa: PLC0415
    from disgen.ui.data import points  # noqa: PLC0415

    run = load_run(key)
    return points.split_points(run, split, load_map(key, view).coordinates[run_map.rows_of(run, split)])


@st.cache_resource(max_entries=12, show_spinner=False)
def entries(key: RunKey, splits: tuple[str, ...], view: Method = "tsne") -> Points:
    """Several splits as one set on one of the maps, one after the other."""
    from disgen.ui.data import points  # noqa: PLC0415

    return points.joined([split_points(key, split, view) for split in splits])


@st.cache_resource(max_entries=9, show_spinner="Fitting the estimator to the training latents …")
def fitted_estimator(key: RunKey, name: str) -> LatentEstimator:
    """A density estimator fitted to the training latents; as the run stores it, if it does."""
    from disgen.latent import fitted  # noqa: PLC0415

    return fitted.fitted_estimator(load_run(key), name)


def sampled_points(
    key: RunKey, samples: SampleKey, view: Method, progress: Callable[[float, str], object] = _silent
) -> Points:
    """Samples of an estimator, decoded and placed on one of the maps.

    Args:
        key: of the run.
        samples: names the set.
        view: on which map.
        progress: called with the share that is done, 0 to 1, and with what is being done. Where it ends the script, the
            next call goes on from there.
    """
    drawn = drawn_points(key, samples, progress)
    shelf = _shelves().placed
    placing = shelf.get(_session(), (key, samples, view), lambda: _placing(key, view, drawn), samples.n)
    placed = placing.result(lambda share: progress(share, "Placing on the map"))
    held.let_go_and_tell()
    return placed


def drawn_points(key: RunKey, samples: SampleKey, progress: Callable[[float, str], object] = _silent) -> Points:
    """As `sampled_points`, without places on a map."""
    shelf = _shelves().drawn
    words = f"{samples.n:,} {samplers.label(samples.estimator)} samples with seed {samples.seed}"
    drawing = shelf.get(_session(), (key, samples), lambda: _drawing(key, samples), samples.n, words)
    drawn = drawing.result(lambda share: progress(share, "Sampling and decoding"))
    held.let_go_and_tell()
    return drawn


@dataclass(frozen=True, eq=False)
class _SampleShelves:
    """Sets of samples, held by the sessions that look at them."""

    drawn: Shelf[Resumable[Points]]
    placed: Shelf[Resumable[Points]]


@st.cache_resource(show_spinner=False)
def _shelves() -> _SampleShelves:
    return _SampleShelves(Shelf("drawn", held.MOST_SAMPLES), Shelf("placed", 2 * held.MOST_SAMPLES))  # on two maps


def _session() -> MutableMapping[str, Any]:
    return cast("MutableMapping[str, Any]", st.session_state)


def _drawing(key: RunKey, samples: SampleKey) -> Resumable[Points]:
    from disgen.ui.data import points  # noqa: PLC0415

    def steps() -> Generator[float, None, Points]:  # a fit takes a while, in which others ask for theirs
        estimator = fitted_estimator(key, samples.estimator)
        return points.sampling(load_run(key), estimator, samples.n, samples.seed, temperature=samples.temperature)

    return Resumable(steps)


def _placing(key: RunKey, view: Method, drawn: Points) -> Resumable[Points]:
    from disgen.ui.data import points  # noqa: PLC0415

    def steps() -> Generator[float, None, Points]:
        xy = yield from points.placing(load_map(key, view), drawn.z)
        return replace(drawn, xy=xy)

    return Resumable(steps, lambda placed: placed.xy.nbytes)  # the rest are the drawn ones


@st.cache_resource(max_entries=3, show_spinner=False)
def known_keys(key: RunKey) -> frozenset[str]:
    """Keys of the crystals that a run was trained on."""
    from disgen.generation import sampling  # noqa: PLC0415

    return sampling.known_keys(load_run(key))


@st.cache_resource(max_entries=24, show_spinner="Sampling disordered crystals …")
def gallery(key: RunKey, estimator: str, seed: int) -> tuple[list[DecodedLatent], int]:
    """Eight disordered crystals from an estimator, and how many samples it took."""
    from disgen.generation.decoded import first_disordered  # noqa: PLC0415

    return first_disordered(load_run(key), fitted_estimator(key, estimator), seed)


@st.cache_resource(max_entries=3, show_spinner=False)
def featured(key: RunKey) -> WyckoffCrystal | None:
    """The decoded test crystal that the overview shows: with mixed and partly empty sites, of a good size and shape."""
    from disgen.crystal import DisorderClass  # noqa: PLC0415
    from disgen.drawing.contents import colour_distance  # noqa: PLC0415
    from disgen.generation.decoded import DecodedLatents  # noqa: PLC0415
    from disgen.generation.geometry.distances import COVALENT_RADII  # noqa: PLC0415
    from disgen.generation.geometry.radii import mean_radius  # noqa: PLC0415

    run = load_run(key)
    decoded = DecodedLatents.of(run, run.latents["test"][:FEATURED_FROM])
    crystals = [latent.crystal for latent in decoded if latent.crystal is not None and latent.checks.plausible]
    wanted = (DisorderClass.BOTH, DisorderClass.SUBSTITUTIONAL, DisorderClass.VACANCY, DisorderClass.ORDERED)

    def oddity(crystal: WyckoffCrystal) -> tuple[bool, int, float]:
        elongation = max(crystal.cell[:3]) / min(crystal.cell[:3])
        # A site's second wedge is seen if it is wide, and not on an atom as small as H.
        wedges = max(
            sorted((0.0, site.vacancy, *dict(site.occupancies).values()))[-2] * mean_radius(site, COVALENT_RADII)
            for site in crystal.sites
        )
        size = abs(crystal.n_positions / FEATURED_SIZE - 1.0)
        return (
            colour_distance(crystal.elements, "jmol") < FEATURED_CONTRAST,
            wanted.index(crystal.disorder_class),
            elongation + size + abs(len(crystal.elements) - FEATURED_ELEMENTS) - 4.0 * wedges,
        )

    return min(crystals, key=oddity, default=None)


@st.cache_resource(show_spinner=False)
def _limit_threads() -> None:
    """Leave cores to other sessions; torch refuses nothing if this is called once, before any model runs."""
    import torch  # noqa: PLC0415

    torch.set_num_threads(max(1, min(4, (os.cpu_count() or 2) - 1)))
