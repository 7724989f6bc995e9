"""One row of the comparison: rates, outcomes and distances of a set of samples (paper, Section 4.3 and Table 3).

Rates are shares of *all* samples, so that one row can be read from left to right. The same rates stand under
"of_crystals" as shares of the crystals, and under "paper" as Table 3 prints them: generation and symmetry matching of
all samples, validity and neutrality of "all structures not removed during the reconstruction process", under its plain
rules (0.5 Å whatever the occupancies; one oxidation state for each element). Our reconstruction also removes crystals
with two sites on one fixed position, which the paper's symmetry matching accepts.

Intervals take samples as independent of each other. That is not quite so for "unique", "novel" and "yield", where of
several alike only one counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.evaluation.distributions import distances
from disgen.evaluation.rates import rates
from disgen.generation.checks import CHECKS
from disgen.generation.outcome import Outcome
from disgen.generation.screening import count, outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.evaluation.distributions import ValueCounts
    from disgen.evaluation.judging import Judged

_OF_CRYSTALS = (*(check.rate for check in CHECKS), "sound", "yield")
_OF_PAPER = {"generation": "n", "sma": "n", "validity": "crystals", "neutrality": "crystals"}


def row(judged: Judged, reference: Mapping[str, ValueCounts] | None = None) -> dict[str, Any]:
    """What is to be said of a set of samples, as plain JSON.

    Args:
        judged: n samples.
        reference: distributions that those of the samples' crystals are compared with; None to leave that out.

    Returns:
        "n" samples, and of them the shares

        - "generation": at least one site, and a cell that is not degenerate
        - "sma": every (letter, multiplicity) pair is what the space group demands
        - "fixed_site_reuse": two sites on one position without free coordinates
        - "legal": a crystal came out
        - each of `disgen.generation.checks.CHECKS`, by `Check.rate`
        - "sound": what rejects no sample (`disgen.generation.screening.Screening.sound`)
        - "yield": sound, unique among the sound ones, and novel

        with "counts", "denominators" and "intervals" (Wilson, 95 %) by the same names; "of_crystals" and "paper"
        likewise; "outcomes", the number of samples by the one reason that counts for each; and, if there is a
        reference, "wasserstein" and "jensen_shannon".
    """
    checks = judged.screening
    reasons = count(outcomes(checks, judged.reconstructed))
    hits = {
        "generation": _sum(judged.generated),
        "sma": _sum(judged.symmetry_matched),
        "fixed_site_reuse": _sum(judged.fixed_site_reused),
        "legal": _sum(checks.present),
        **{check.rate: _sum(getattr(checks, check.key)) for check in CHECKS},
        "sound": _sum(checks.sound),
        "yield": reasons[Outcome.OK.value],
    }
    sizes = {"n": len(judged), "crystals": hits["legal"]}
    result = {
        "n": len(judged),
        **rates(hits, dict.fromkeys(hits, sizes["n"])),
        "of_crystals": rates({name: hits[name] for name in _OF_CRYSTALS}, dict.fromkeys(hits, sizes["crystals"])),
        "paper": rates(
            {name: hits[name] for name in _OF_PAPER}, {name: sizes[group] for name, group in _OF_PAPER.items()}
        ),
        "outcomes": reasons,
    }
    return result | (distances(judged.properties, reference) if reference is not None else {})


def _sum(values: np.ndarray) -> int:
    return int(np.count_nonzero(values))
