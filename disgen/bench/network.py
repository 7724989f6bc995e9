"""How long a run's network takes: latents to a zip of CIFs, a step of a search, and new points on its map."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from disgen.bench.clock import timed
from disgen.export.bundle import archive
from disgen.generation.sampling import crystals_of, known_keys
from disgen.generation.screening import outcomes, screen
from disgen.latent.fitted import fitted_estimator
from disgen.latent.projection import stored_maps
from disgen.latent.run_map import fit_run_map, load_run_map
from disgen.search.conditioning import optimise
from disgen.search.conditions import Checker
from disgen.search.settings import CHECK_EVERY, Settings
from disgen.search.targets import DisorderedSites, RequiredElements, SpaceGroups, Targets
from disgen.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from disgen.bench.clock import Seconds
    from disgen.bench.speed import Sizes
    from disgen.latent.projection import LatentMap
    from disgen.model.checkpoint import Run
    from disgen.search.settings import Step


def network_speed(run: Run, sizes: Sizes, seed: int) -> dict[str, Seconds]:
    """Seconds for latents to be on disk, for a gradient step, and for placing, on one thread.

    More threads make only the decoder faster, a sixth of the way to the disk, and cost time on a busy machine.
    """
    with one_thread():
        drawn = _latents(run, sizes.latents, sizes.long_repetitions, seed)
        to_disk = timed(lambda z: latents_to_zip(run, z), drawn)
        searching = search(run, sizes.conditioned, seed)
        next(searching)
        steps = timed(lambda _: next(searching), range(min(sizes.repetitions, CHECK_EVERY - 1)))
        new = _latents(run, sizes.placed, sizes.long_repetitions, seed + 1)
        placed = timed(_map(run, seed).place, new)
    return {
        f"latent_to_disk_{sizes.latents}_s": to_disk,
        f"condition_step_{sizes.conditioned}_s": steps,
        f"place_{sizes.placed}_s": placed,
    }


def latents_to_zip(run: Run, z: np.ndarray) -> int:
    """Decode latents (n, d), reconstruct, screen against the training split, and write all crystals' CIFs to one zip.

    Returns:
        How many passed all checks.
    """
    samples = crystals_of(run, z)
    verdicts = outcomes(screen(samples.crystals, known_keys(run)), samples.outcomes)
    named = [(crystal, f"kde-{i}") for i, crystal in enumerate(samples.crystals) if crystal is not None]
    with TemporaryDirectory() as folder:
        (Path(folder) / "samples.zip").write_bytes(archive([c for c, _ in named], [name for _, name in named]))
    return sum(verdict == "ok" for verdict in verdicts)


def search(run: Run, n: int, seed: int) -> Iterator[Step]:
    """A search with n latents for the paper's case (Appendix D): Li-P-O, space group 62, one disordered site.

    Its first step is the start; each after it is a gradient step, and every `CHECK_EVERY`-th checks the crystals too.
    """
    targets = Targets((RequiredElements(("Li", "P", "O")), SpaceGroups((62,)), DisorderedSites(1, 1)))
    checker = Checker.of(run, targets)
    settings = Settings(n=n, seed=seed, pool=1, restarts=False)
    return optimise(run, targets, fitted_estimator(run, "kde"), checker, checker.mixing, settings)


def _latents(run: Run, n: int, repetitions: int, seed: int) -> Sequence[np.ndarray]:
    """As many sets of n new latents as there are repetitions, from the kernel density estimate."""
    estimator = fitted_estimator(run, "kde")
    return [estimator.sample(n, np.random.default_rng([seed, number])) for number in range(repetitions)]


def _map(run: Run, seed: int) -> LatentMap:
    return load_run_map(run, "tsne") if "tsne" in stored_maps(run.maps_path) else fit_run_map(run, "tsne", seed)
