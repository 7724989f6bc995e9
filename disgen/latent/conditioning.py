"""Search in the latent space for points whose crystals meet targets (paper, Section 4.5 and Appendix D).

A batch of latent points starts from what the learned prior draws for the targets (`disgen.generation.proposals`), or,
with another density estimator, from the best of a larger sample, improved by exchanging what is on their sites
(`disgen.latent.substitution`). It follows, with Adam, the gradient of the targets' losses through the
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

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from disgen.latent.target import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from disgen.latent.mixing import Mixing
    from disgen.latent.protocol import LatentEstimator
    from disgen.latent.targets import Targets
    from disgen.model.checkpoint import Run

CHECK_EVERY = 10  # steps
PATIENCE = 60  # steps


@dataclass(frozen=True)
class Settings:
    """How to search.

    Attributes:
        n: number of latent points.
        steps: most steps of the optimiser.
        seed: of the random numbers.
        learning_rate: of Adam, in standard deviations of the latents.
        prior_weight: λ; higher values keep the points closer to the prior's samples.
        mixing_weight: μ; higher values keep apart what does not mix in the training split.
        pool: size of the sample that points are chosen from, in multiples of n; the learned prior draws no more than
            it needs.
        restarts: whether points that are not good enough start anew.
    """

    n: int = 256
    steps: int = 400
    seed: int = 0
    learning_rate: float = 0.15
    prior_weight: float = 1.0
    mixing_weight: float = 10.0
    pool: int = 16
    restarts: bool = True

    def __post_init__(self) -> None:
        """Refuse settings with which nothing can be searched."""
        if min(self.n, self.pool) < 1 or min(self.steps, self.seed) < 0:
            msg = "A search needs at least one latent point, and neither its steps nor its seed may be negative."
            raise TargetError(msg)
        weights = (self.prior_weight, self.mixing_weight)
        if not (0.0 < self.learning_rate < np.inf and all(0.0 <= weight < np.inf for weight in weights)):
            msg = "The learning rate of a search must be above zero, and the weights of its terms not negative."
            raise TargetError(msg)


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a judge says about m latent points.

    Attributes:
        grade: (m,) whole numbers: 0 where a target is not met, 1 where all are, more for what is better still.
        key: (m,) what makes a crystal the same as another.
        charges: (m, 100) charge of an atom of each element where the amounts shall change until all charges add up to
            zero; 0 throughout where that is no matter.
    """

    grade: np.ndarray
    key: np.ndarray
    charges: np.ndarray


class Judge(Protocol):
    """Decodes latent points and says how good their crystals are."""

    @property
    def best(self) -> int:
        """The best grade that there is."""
        ...

    def __call__(self, z: np.ndarray) -> Verdict:
        """Verdict on latent points (m, d)."""
        ...


@dataclass(frozen=True, eq=False)
class Step:
    """Where a search stands. The arrays are copies: they stay as they are when the search goes on.

    Attributes:
        step: number of steps done.
        losses: mean over the points of each loss term, taken for each point where the sum of its terms was lowest.
        z: (n, d) float32, the best latents so far: by grade, then by loss.
        grades: (n,) their grades.
        found: (n,) the step at which each was found.
    """

    step: int
    losses: dict[str, float]
    z: np.ndarray = field(repr=False)
    grades: np.ndarray = field(repr=False)
    found: np.ndarray = field(repr=False)

    @property
    def successes(self) -> int:
        """How many points give a crystal that meets all targets."""
        return int((self.grades > 0).sum())

    @property
    def loss(self) -> float:
        """Sum of the loss terms; it never rises."""
        return sum(self.losses.values())


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
    from disgen.generation.proposals import propose  # noqa: PLC0415 (torch: settings and steps need not wait for it)
    from disgen.generation.sampling import known_keys  # noqa: PLC0415
    from disgen.latent.search import Search  # noqa: PLC0415
    from disgen.prior.estimator import CrystalPrior  # noqa: PLC0415

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
