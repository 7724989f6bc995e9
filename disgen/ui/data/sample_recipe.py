"""How a set of samples is drawn again without the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.ui.base.reproduce import Recipe, options

if TYPE_CHECKING:
    from disgen.ui.data.loading import SampleKey

_PYTHON = """\
import numpy as np

from disgen.generation.decoded import DecodedLatents
from disgen.generation.sampling import known_keys
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run

run = load_run({run!r})
z = fitted_estimator(run, {estimator!r}).sample({n}, np.random.default_rng({seed}), {temperature})
decoded = DecodedLatents.of(run, z, known_keys(run))
for number, point in enumerate(decoded):
    print(number, point.outcome, point.crystal.formula if point.crystal else "no crystal")
"""


def sample_recipe(run: str, samples: SampleKey) -> Recipe:
    """The recipe of a set.

    Args:
        run: name of the model.
        samples: the set.
    """
    about = [("run", run), ("estimator", samples.estimator), ("n", samples.n), ("seed", samples.seed)]
    if samples.temperature != 1.0:
        about.append(("temperature", samples.temperature))
    out = f"disgen-{run}-{samples.estimator}-n{samples.n}-seed{samples.seed}"
    python = _PYTHON.format(
        run=run,
        estimator=samples.estimator,
        n=samples.n,
        seed=samples.seed,
        temperature=samples.temperature,
    )
    return Recipe(("sample", *options(about), "--no-polish", "--screen", "--out", out), python)
