"""How a comparison of samplers is made again without the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from disgen.ui.base.reproduce import Recipe, options
from disgen.ui.estimators.tables import TEST, VARIANTS, variants_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_PYTHON = """\
from disgen.evaluation.comparison import VARIANTS, comparison_rows
from disgen.evaluation.reference import find_reference
from disgen.model.checkpoint import load_run

run = load_run({run!r})
ways = {ways!r}
variants = [variant for variant in VARIANTS if (variant.decoding.value, variant.polished) in ways]
rows = comparison_rows(
    run, find_reference(run), n={n}, seed={seed}, estimators={estimators!r}, variants=variants, workers=1
)
for row in rows:
    print(row["estimator"], row["decoding"], "repaired" if row["polished"] else "as it is", row["yield"])
"""


def comparison_recipe(result: Mapping[str, Any]) -> Recipe | None:
    """The recipe of a comparison (`disgen.evaluation.comparison.comparison`); None while it has no sampler's rows."""
    estimators = [name for name in dict.fromkeys(row["estimator"] for row in result["rows"]) if name != TEST]
    if not estimators:
        return None
    ways = [VARIANTS[name][1:] for name in variants_of(result)]
    decodings = [("decoding", decoding) for decoding in dict.fromkeys(decoding for decoding, _ in ways)]
    command = ["compare", *options([("run", result["run"])]), "--estimators", *estimators]
    command += options([("n", result["n"]), ("seed", result["seed"])])
    command += options(decodings) if len(decodings) == 1 else ()
    command += [] if any(polished for _, polished in ways) else ["--no-polish"]
    python = _PYTHON.format(
        run=result["run"], ways=ways, n=result["n"], seed=result["seed"], estimators=tuple(estimators)
    )
    return Recipe(tuple(command), python)
