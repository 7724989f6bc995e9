"""Search in the latent space for points whose crystals meet targets (paper, Section 4.5 and Appendix D).

A batch of latent points starts from what the learned prior draws for the targets (`disgen.search.proposals`), or,
with another density estimator, from the best of a larger sample, improved by exchanging what is on their sites
(`disgen.search.substitution`). It follows, with Adam, the gradient of the targets' losses through the
frozen decoder, all points at once:

    L(z) = Σ_t l_t(z) + μ l_mix(z) + λ |z - s(z)|² / (d σ²)

| symbol | variable | |
|---|---|---|
| l_t | `Target.loss` | loss of a target |
| μ, l_mix | `Settings.mixing_weight`, `Mixing.loss` | species that seldom share a site do so |
| λ | `Settings.prior_weight` | weight of the prior |
| s(z) | `anchor` | the nearest point of the sample, of plain samples for each part of the latent by itself |
| d, σ² | `spread` | latent dimensions, and mean variance of the sample |

The last two terms keep points where the decoder is trustworthy. The last one is the negative log-density of a kernel
estimate of the prior, of which in many dimensions only the nearest kernel counts; it asks an estimator for samples
only, so every estimator will do.

Every few steps the points are decoded and judged, and the best of each is kept. Where all targets are met, but not all
that is judged is good, occupancies are changed towards neutrality, and, of plain samples, parts of the latent at
random. A point has
`PATIENCE` steps; then it stays as it is if its crystal is as good as can be and unlike those of the others, else it
starts anew from the next best of the sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.generation.sampling import known_keys
from disgen.prior.estimator import CrystalPrior
from disgen.search.batch import Search
from disgen.search.proposals import propose
from disgen.search.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from disgen.latent.protocol import LatentEstimator
    from disgen.model.checkpoint import Run
    from disgen.search.mixing import Mixing
    from disgen.search.settings import Judge, Step
    from disgen.search.targets import Targets


def optimise(
    run: Run,
    targets: Targets,
    estimator: LatentEstimator,
    judge: Judge,
    mixing: Mixing,
    settings: Settings | None = None,
) -> Iterator[Step]:
    """Search, a step at a time; whoever stops listening keeps the last step's latents.

    Args:
        run: a loaded run, whose decoder is frozen and in evaluation mode.
        targets: what the crystals shall be.
        estimator: fitted to the run's latents; starting points are drawn from it.
        judge: decodes and grades points.
        mixing: what shares sites in the run's training split.
        settings: how to search.

    Yields:
        The start, then the state after each step: the same for the same seed. There are fewer than `Settings.steps` if
        all points are as good as can be.
    """
    settings = settings or Settings()
    rng = np.random.default_rng(settings.seed)
    proposed = isinstance(estimator, CrystalPrior)
    if isinstance(estimator, CrystalPrior):
        pool = propose(estimator, targets, known_keys(run), n=settings.n, pool=settings.pool, rng=rng)
    else:
        pool = estimator.sample(settings.pool * settings.n, rng)
    search = Search(run, targets, pool, judge, mixing, settings, proposed=proposed)
    yield search.state(0)
    for step in range(1, settings.steps + 1):
        if search.finished:
            return
        search.advance(step)
        yield search.state(step)
