"""How to search, where a search stands, and who judges its points: see `disgen.search.conditioning`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from disgen.search.target import TargetError

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
class Grades:
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

    def __call__(self, z: np.ndarray) -> Grades:
        """Grades of latent points (m, d)."""
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
