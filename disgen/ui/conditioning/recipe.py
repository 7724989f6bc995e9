"""How a search is made again without the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from disgen.ui.base.reproduce import Recipe, options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from disgen.ui.conditioning.job import SearchRequest

_PYTHON = """\
from disgen.judge.search_results import results_of
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run
from disgen.search.conditioning import optimise
from disgen.search.conditions import Checker
from disgen.search.settings import Settings
from disgen.search.targets import Targets
from disgen.threads import one_thread

run = load_run({run!r})
targets = Targets.from_dict({targets!r})
settings = Settings(n={n}, steps={steps}, seed={seed}, learning_rate={rate!r})
with one_thread():
    estimator, checker = fitted_estimator(run, {estimator!r}), Checker.of(run, targets)
    *_, last = optimise(run, targets, estimator, checker, checker.mixing, settings)
    found = results_of(checker, last, checker.check(last.z), estimator, settings)
for result in found:
    print(result.good, result.decoded.crystal.formula if result.decoded.crystal else "no crystal")
"""


def search_recipe(run: str, request: SearchRequest, steps: int, stem: str) -> Recipe:
    """The recipe of a search.

    Args:
        run: name of the model.
        request: what was searched for.
        steps: so many were made.
        stem: names the results' folder.
    """
    settings = request.settings
    about = [
        *(("run", run), ("estimator", request.estimator), ("n", settings.n), ("steps", steps)),
        *(("seed", settings.seed), ("learning-rate", settings.learning_rate)),
    ]
    wishes = [word for target in request.targets for word in _OPTIONS[target.kind](target)]
    tolerances = {target.tolerance for target in request.targets if hasattr(target, "tolerance")}
    wishes += [word for tolerance in tolerances for word in ("--tolerance", str(tolerance))]
    python = _PYTHON.format(
        run=run,
        targets=request.targets.to_dict(),
        estimator=request.estimator,
        n=settings.n,
        steps=steps,
        seed=settings.seed,
        rate=settings.learning_rate,
    )
    return Recipe(("condition", *wishes, *options(about), "--out", stem), python)


def _amounts(pairs: tuple[tuple[str, float], ...]) -> str:
    return ",".join(f"{name}={amount}" for name, amount in pairs)


# By kind of target, the option of the command that states it.
_OPTIONS: Mapping[str, Callable[[Any], tuple[str, ...]]] = {
    "required elements": lambda target: ("--elements", *target.elements),
    "allowed elements": lambda target: ("--allowed-only", *target.elements),
    "forbidden elements": lambda target: ("--forbidden", *target.elements),
    "site mix": lambda target: ("--site-mix", _amounts(target.shares)),
    "ratio": lambda target: ("--ratio", _amounts(target.amounts)),
    "space group": lambda target: ("--space-group", *map(str, target.numbers)),
    "crystal system": lambda target: ("--crystal-system", *target.systems),
    "sites": lambda target: ("--sites", f"{target.low}-{target.high}"),
    "disordered sites": lambda target: ("--disordered-sites", f"{target.low}-{target.high}"),
    "cell": lambda target: (f"--{target.parameter}", f"{target.low}:{target.high}"),
    "volume per atom": lambda target: ("--volume-per-atom", f"{target.low}:{target.high}"),
}
