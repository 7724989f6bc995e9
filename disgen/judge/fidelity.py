"""The report's part on likeness: can samples be told from real crystals, and in what do they differ?"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.crystal import ATOMIC_NUMBER
from disgen.evaluation.distributions import ValueCounts, jensen_shannon
from disgen.evaluation.fidelity.classifier import auc
from disgen.evaluation.fidelity.coverage import coverage_and_density
from disgen.evaluation.fidelity.descriptor import column
from disgen.evaluation.fidelity.row import share_counts
from disgen.evaluation.rates import rates

if TYPE_CHECKING:
    from disgen.evaluation.fidelity.held_out import HeldOut
    from disgen.evaluation.fidelity.traits import Traits

DIVERGENCES = ("elements", "space_groups", "crystal_systems", "n_sites")
_SEED = 0
_REPLICATES = 100
_Z = 1.959963984540054
_SYMBOL = re.compile("[A-Z][a-z]?")


def fidelity(samples: Traits, novel: np.ndarray, real: Traits, held_out: HeldOut) -> dict[str, Any]:
    """How like real crystals samples are; plain JSON.

    Args:
        samples: n crystals.
        novel: (n,) True where a crystal's key is not of the training split.
        real: what they are compared with: the test split, or for its own crystals the validation split.
        held_out: both splits, which stand beside the samples as real against real, and for rediscovery.

    Returns:
        "auc": of "all" crystals, "novel" ones, and "real" (validation split against test split), each with
        "all_features" and "without_geometry" (`disgen.evaluation.fidelity.classifier`); "coverage" of "samples" and
        "real" (`disgen.evaluation.fidelity.coverage`); "differences" and "jensen_shannon" (see the functions), and
        "rediscovered", distinct keys of the test split found again, with amounts and without.
    """
    beside = _real(held_out)
    sets = {"all": (samples, real), "novel": (samples[novel], real)}
    names = ("rediscovered", "rediscovered_without_amounts")
    hits, whole = share_counts(samples, held_out)
    return {
        "auc": {**{name: _areas(*pair) for name, pair in sets.items()}, "real": beside["auc"]},
        "coverage": {"samples": coverage_and_density(samples, real), "real": beside["coverage"]},
        "differences": differences(samples, real),
        "jensen_shannon": {"samples": divergences(samples, real), "real": beside["jensen_shannon"]},
        "rediscovered": {
            "n": len(samples),
            **rates({name: hits[name] for name in names}, {name: whole[name] for name in names}),
        },
    }


@lru_cache(maxsize=2)
def _real(held_out: HeldOut) -> dict[str, Any]:
    """Real crystals against real ones: the same beside all samples, and more than half of the work for few."""
    pair = held_out.validation, held_out.test
    return {"auc": _areas(*pair), "coverage": coverage_and_density(*pair), "jensen_shannon": divergences(*pair)}


def _areas(samples: Traits, real: Traits) -> dict[str, Any]:
    return {"all_features": auc(samples, real), "without_geometry": auc(samples, real, geometry=False)}


def differences(samples: Traits, real: Traits) -> dict[str, Any]:
    """Means of both sets and their signed difference, samples less real crystals, by quantity.

    Quantities: sites, species a site, share of disordered sites, number of elements, volume per atom in Å³, share of
    crystals that are disordered, and of each disorder class. Each has "samples", "real", "difference", its "interval"
    (95 %, normal approximation for independent crystals), and "n" and "n_real"; None where a set is empty.
    """
    if not len(samples) or not len(real):
        return dict.fromkeys(quantities(real))
    result = {}
    yours = quantities(real)
    for name, mine in quantities(samples).items():
        gap = float(np.nanmean(mine) - np.nanmean(yours[name]))
        half = _Z * float(np.sqrt(np.nanvar(mine) / len(mine) + np.nanvar(yours[name]) / len(yours[name])))
        result[name] = {
            "samples": float(np.nanmean(mine)),
            "real": float(np.nanmean(yours[name])),
            "difference": gap,
            "interval": [gap - half, gap + half],
            "n": len(mine),
            "n_real": len(yours[name]),
        }
    return result


def quantities(traits: Traits) -> dict[str, np.ndarray]:
    """What `differences` compares, (n,) each."""
    mixtures = traits.mixtures
    mixed, vacant = mixtures.mixed > 0, mixtures.vacant > 0
    values = {
        "sites": mixtures.sites,
        "species_a_site": mixtures.species / mixtures.sites,
        "disordered_site_share": mixtures.disordered / mixtures.sites,
        "elements": traits.descriptor[:, column("n_elements")],
        "volume_per_atom": traits.descriptor[:, column("volume_per_atom")],
        "disordered": mixtures.disordered > 0,
        "ordered": ~mixed & ~vacant,
        "substitutional": mixed & ~vacant,
        "vacancy": vacant & ~mixed,
        "substitutional_and_vacancy": mixed & vacant,
    }
    return {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}


def divergences(samples: Traits, real: Traits) -> dict[str, Any]:
    """Jensen-Shannon divergences in bits by `DIVERGENCES`, each with "value", "interval" (95 %) and "n".

    The interval is the value ± 1.96 standard deviations of a bootstrap over the samples. Finite sets of one
    distribution diverge too; so read it beside that of real crystals.
    """
    return {name: _divergence(_occurrences(samples, name), _occurrences(real, name)) for name in DIVERGENCES}


def _divergence(mine: tuple[np.ndarray, np.ndarray], yours: tuple[np.ndarray, np.ndarray]) -> dict[str, Any] | None:
    (owner, values), reference = mine, ValueCounts.of(yours[1])
    value = jensen_shannon(ValueCounts.of(values), reference)
    if value is None:
        return None
    n = int(owner[-1]) + 1
    names, place = np.unique(values, return_inverse=True)
    rng = np.random.default_rng(_SEED)
    replicates = []
    for _ in range(_REPLICATES):
        weight = rng.multinomial(n, np.full(n, 1.0 / n))
        counts = np.bincount(place, weights=weight[owner], minlength=len(names))
        replicates.append(jensen_shannon(ValueCounts(names, counts), reference))
    half = _Z * float(np.std([found for found in replicates if found is not None]))
    return {"value": value, "interval": [max(0.0, value - half), min(1.0, value + half)], "n": n}


def _occurrences(traits: Traits, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Owner and value of everything that occurs: a value for each crystal, or each of its elements once."""
    if name == "elements":
        found = [sorted({ATOMIC_NUMBER[symbol] for symbol in _symbols(key)}) for key in traits.key]
        owner = np.repeat(np.arange(len(found)), [len(numbers) for numbers in found])
        return owner, np.array([number for numbers in found for number in numbers], dtype=float)
    feature = {"space_groups": "space_group", "crystal_systems": "crystal_system", "n_sites": "n_sites"}[name]
    return np.arange(len(traits)), traits.descriptor[:, column(feature)].astype(float)


def _symbols(key: str) -> list[str]:
    """The element symbols in a key, whose sites begin with their letter."""
    return [symbol for site in key.split("|")[1:] for symbol in _SYMBOL.findall(site[1:])]
