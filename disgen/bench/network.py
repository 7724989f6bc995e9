"""How long a run's network takes: latents to a zip of CIFs, a step of a search, and new points on its map."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import torch

from disgen.bench.clock import timed
from disgen.crystal import ATOMIC_NUMBER
from disgen.generation.sampling import crystals_of, known_keys
from disgen.generation.screening import outcomes, screen
from disgen.latent.fitted import fitted_estimator
from disgen.latent.projection import fit_map, load_map, stored_maps
from disgen.representation import Rows
from disgen.threads import one_thread
from disgen.ui.downloads import archive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from disgen.bench.clock import Seconds
    from disgen.bench.speed import Sizes
    from disgen.latent.projection import LatentMap
    from disgen.model.checkpoint import Run
    from disgen.model.vae import Heads

_SPACE_GROUP, _ELEMENTS = 62, ("Li", "P", "O")  # what the measured search looks for
_LEARNING_RATE = 0.01


def network_speed(run: Run, sizes: Sizes, seed: int) -> dict[str, Seconds]:
    """Seconds for latents to be on disk, for a gradient step, and for placing, on one thread.

    More threads make only the decoder faster, a sixth of the way to the disk, and cost time on a busy machine.
    """
    with one_thread():
        drawn = _latents(run, sizes.latents, sizes.long_repetitions, seed)
        to_disk = timed(lambda z: latents_to_zip(run, z), drawn)
        step = gradient_step(run, sizes.conditioned, seed)
        step()
        steps = timed(lambda _: step(), range(sizes.repetitions))
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


def gradient_step(run: Run, n: int, seed: int) -> Callable[[], float]:
    """One step of Adam on n latents through the frozen decoder, towards Li-P-O crystals in space group 62.

    The loss is the benchmark's own: it has the terms of the paper's conditional search (Section 4.4) but no more, all
    of them vectorised.

    Returns:
        A function that makes a step and returns the mean loss.
    """
    z = torch.from_numpy(next(iter(_latents(run, n, 1, seed)))).requires_grad_()
    optimiser = torch.optim.Adam([z], lr=_LEARNING_RATE)

    def step() -> float:
        optimiser.zero_grad()
        loss = _search_loss(run.model.decode(z)).mean()
        loss.backward()
        optimiser.step()
        return float(loss.detach())

    return step


def _search_loss(heads: Heads) -> Tensor:
    """(n,) improbability of the space group, of foreign elements on any site, and of lacking an element."""
    wanted = [ATOMIC_NUMBER[symbol] - 1 for symbol in _ELEMENTS]
    occupancy = heads.occupancy.softmax(-1)
    group = -heads.space_group.log_softmax(-1)[:, _SPACE_GROUP - 1]
    foreign = -occupancy[:, :, [*wanted, Rows.VACANCY]].sum(-1).clamp(min=1e-9).log().mean(-1)
    lacking = -occupancy[:, :, wanted].amax(1).clamp(min=1e-9).log().sum(-1)
    return group + foreign + lacking


def _latents(run: Run, n: int, repetitions: int, seed: int) -> Sequence[np.ndarray]:
    """As many sets of n new latents as there are repetitions, from the kernel density estimate."""
    estimator = fitted_estimator(run, "kde")
    return [estimator.sample(n, np.random.default_rng([seed, number])) for number in range(repetitions)]


def _map(run: Run, seed: int) -> LatentMap:
    latents = run.latents["test"]
    if "tsne" in stored_maps(run.maps_path):
        return load_map(run.maps_path, "tsne", latents)
    return fit_map(latents, "tsne", seed=seed)
