"""The headline: how many samples a crystallographer would believe.

A sample is *credible* if it

1. is legal: a crystal came out of it,
2. has plausible distances and volume (`disgen.generation.screening.Screen.plausible`),
3. is charge neutral, with mixed valence where an element is known for it,
4. has plausible mixtures only (`disgen.evaluation.fidelity.mixtures`),
5. is novel: its key is not of the training split,
6. is the first of its key among those that pass all this,
7. falls by at most 0.15 eV/atom when a potential relaxes it (`disgen.judge.energies`), where energies are asked for.

Alloys, neutral by rule, are part of the figure and also counted apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.errors import DisgenError
from disgen.evaluation.rates import rates

if TYPE_CHECKING:
    from disgen.evaluation.judging import Judged
    from disgen.generation.screening import Screening

MAX_DROP = 0.15  # eV/atom
CRITERIA = ("legal", "plausible", "neutral", "mixtures", "novel", "unique")


def credible(judged: Judged) -> tuple[np.ndarray, dict[str, int]]:
    """Which samples pass all checks but the last, and how many fail at each, the first that they fail.

    Args:
        judged: n samples of exact decoding, or crystals of another program.

    Returns:
        (n,) mask, and by each of `CRITERIA` the number of samples that it stops.
    """
    return passing(judged.screening, plausible_mixtures(judged))


def passing(checks: Screening, mixtures: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
    """The same of n screened samples; `mixtures` (n,) is True where all mixed sites are plausible."""
    alive = np.ones(len(checks), dtype=bool)
    stopped = {}
    passes = (checks.present, checks.plausible, checks.neutral_mixed, mixtures, checks.novel)
    for name, passed in zip(CRITERIA, passes, strict=False):
        stopped[name] = int((alive & ~passed).sum())
        alive &= passed
    first = np.zeros(len(checks), dtype=bool)
    places = np.flatnonzero(alive)
    first[places[np.unique(checks.key[places].astype(str), return_index=True)[1]]] = True
    stopped[CRITERIA[-1]] = int((alive & ~first).sum())
    return first, stopped


def plausible_mixtures(judged: Judged) -> np.ndarray:
    """(n,) True where there is a crystal whose mixed sites are all plausible."""
    return over_samples(judged, _traits(judged).mixtures.all_plausible)


def disordered(judged: Judged) -> np.ndarray:
    """(n,) True where there is a crystal with a disordered site."""
    return over_samples(judged, _traits(judged).mixtures.disordered > 0)


def over_samples(judged: Judged, flags: np.ndarray) -> np.ndarray:
    """Flags (c,) of the crystals as flags (n,) of the samples, False where there is no crystal."""
    result = np.zeros(len(judged), dtype=bool)
    result[judged.screening.present] = flags
    return result


def headline(judged: Judged) -> dict[str, Any]:
    """The figure without energies, of all samples; plain JSON.

    Returns:
        rates (`disgen.evaluation.rates`): "credible" of all samples; of these "alloys" and "without_alloys", and those
        that are "disordered", all as shares of all samples; and "of_disordered", of the samples with a disordered
        site. Under "stopped" the number of samples by the first check that they fail.
    """
    good, stopped = credible(judged)
    mixed = disordered(judged)
    return {**_rates(judged, good, mixed, np.ones(len(judged), dtype=bool)), "stopped": stopped}


def headline_with_drop(judged: Judged, picked: np.ndarray, quiet: np.ndarray) -> dict[str, Any]:
    """The same figure with energies, of a subsample; plain JSON.

    Args:
        judged: n samples.
        picked: (k,) which of them have been picked, at random among all.
        quiet: (k,) True where the drop is small enough; False where it is not known.
    """
    chosen = np.zeros(len(judged), dtype=bool)
    chosen[picked] = True
    calm = np.zeros(len(judged), dtype=bool)
    calm[picked] = quiet
    return _rates(judged, credible(judged)[0] & calm, disordered(judged), chosen)


def _rates(judged: Judged, good: np.ndarray, mixed: np.ndarray, chosen: np.ndarray) -> dict[str, Any]:
    alloy = judged.screening.alloy
    hits = {
        "credible": good,
        "alloys": good & alloy,
        "without_alloys": good & ~alloy,
        "disordered": good & mixed,
        "of_disordered": good & mixed,
    }
    whole = dict.fromkeys(hits, int(chosen.sum())) | {"of_disordered": int((chosen & mixed).sum())}
    return rates({name: int((flags & chosen).sum()) for name, flags in hits.items()}, whole)


def _traits(judged: Judged) -> Any:  # noqa: ANN401 (Traits, but for the message)
    if judged.traits is None:
        msg = "Only crystals of exact decoding can be judged: decode exactly."
        raise DisgenError(msg)
    return judged.traits
