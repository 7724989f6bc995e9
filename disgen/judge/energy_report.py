"""The report's part on energies: what potentials say of a random subsample, and the headline with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.evaluation.rates import rates
from disgen.judge.credible import MAX_DROP, disordered, headline_with_drop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.evaluation.judging import Judged
    from disgen.judge.energies.table import Energies, EnergyTable

STABLE, METASTABLE = 0.0, 0.1  # eV/atom above the hull of the same potential
_FIGURES = ("drop", "largest_force", "volume_change", "above_hull")
_REPLICATES = 1000


def picked(n: int, size: int, seed: int) -> np.ndarray:
    """Numbers of `size` of n samples, or of all if there are fewer; rising."""
    if size >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng([seed, n]).choice(n, size, replace=False))


def energy_report(
    judged: Judged, chosen: np.ndarray, table: EnergyTable, potentials: Sequence[str], seed: int
) -> dict[str, Any]:
    """What potentials say of some of the samples; plain JSON.

    Args:
        judged: n samples.
        chosen: (k,) which of them were relaxed, picked at random among all.
        table: arrays (k,) by potential (`disgen.judge.energies.judge_energies`), NaN where there is no figure.
        potentials: their names.
        seed: of the bootstrap.

    Returns:
        "n", "numbers" of the samples, "max_drop" in eV/atom; by potential quartiles of the drop (eV/atom), the largest
        force before (eV/Å), the relative change of volume, the energy above the hull (eV/atom), and "stable": rates of
        all k for "sun" and "msun" (stable, or at most 0.1 eV/atom above the hull; unique and novel), of which
        "msun_disordered" and "msun_alloys"; and under "credible" the headline by each potential and by
        "all_potentials".
    """
    quiet = {name: table[name].quiet(MAX_DROP) for name in potentials}
    together = np.logical_and.reduce(list(quiet.values()))
    return {
        "n": len(chosen),
        "numbers": chosen.tolist(),
        "max_drop": MAX_DROP,
        "potentials": {name: _of_potential(judged, chosen, table[name], seed) for name in potentials},
        "credible": {
            **{name: headline_with_drop(judged, chosen, quiet[name]) for name in potentials},
            "all_potentials": headline_with_drop(judged, chosen, together),
        },
    }


def _of_potential(judged: Judged, chosen: np.ndarray, energies: Energies, seed: int) -> dict[str, Any]:
    new = (judged.screening.unique & judged.screening.novel)[chosen]
    metastable = energies.metastable(METASTABLE) & new
    hits = {
        "sun": energies.metastable(STABLE) & new,
        "msun": metastable,
        "msun_disordered": metastable & disordered(judged)[chosen],
        "msun_alloys": metastable & judged.screening.alloy[chosen],
    }
    names, counts = np.unique(np.asarray(energies.outcome).astype(str), return_counts=True)
    known = bool(np.isfinite(energies.above_hull).any())
    return {
        "correction": energies.correction,
        "outcomes": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        **{name: quartiles(getattr(energies, name), seed) for name in _FIGURES},
        "stable": rates(
            {name: int(flags.sum()) for name, flags in hits.items()}, dict.fromkeys(hits, len(chosen) if known else 0)
        ),
    }


def quartiles(values: np.ndarray, seed: int) -> dict[str, Any]:
    """Median and quartiles of the numbers among values (k,), the median's interval (95 %, bootstrap), and their "n"."""
    there = np.asarray(values, dtype=float)
    there = there[np.isfinite(there)]
    if not len(there):
        return {**dict.fromkeys(("median", "lower_quartile", "upper_quartile", "interval")), "n": 0}
    low, median, high = (float(value) for value in np.quantile(there, [0.25, 0.5, 0.75]))
    again = np.median(np.random.default_rng(seed).choice(there, (_REPLICATES, len(there))), axis=1)
    return {
        "median": median,
        "lower_quartile": low,
        "upper_quartile": high,
        "interval": [float(value) for value in np.quantile(again, [0.025, 0.975])],
        "n": len(there),
    }
