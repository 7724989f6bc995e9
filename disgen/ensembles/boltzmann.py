"""Averages over decorations at a temperature (paper, Eq. 5), with how often each decoration occurs.

⟨P⟩ = Σ_i g_i p_i exp(-E_i / k_B T) / Σ_j g_j exp(-E_j / k_B T)

| symbol | variable |
|---|---|
| E_i, energy of the whole cell, eV | `energies` |
| g_i, decorations that i stands for (1 where they were drawn at random) | `degeneracy` |
| p_i | `values` |
| w_i, the share of i in the sums | `weights` |
| number of decorations that carry the sum: 1 / Σ_i w_i² / g_i (Kish) | `effective_size` |
| S, ideal entropy of mixing an atom: -k_B Σ_s m_s Σ_E x_sE ln x_sE / atoms | `ideal_entropy` |
| T* = (⟨E⟩ - E_min) / S, energies an atom | `ordering_temperature` |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp, xlogy

from disgen.ensembles.errors import EnsembleError
from disgen.generation.ordered.species_counts import shares_of

if TYPE_CHECKING:
    from disgen.crystal import DisorderClass, WyckoffCrystal

BOLTZMANN = 8.617333262e-5  # eV/K
CARRIED = 0.5  # share of the sum from which one decoration carries it
FEW = 10  # decorations that carry the sum, below which it is not to be trusted


@dataclass(frozen=True)
class Average:
    """An average at a temperature.

    Attributes:
        temperature: K.
        value: in the property's unit.
        effective_size: number of decorations that carry the sum.
        largest_weight: share of the sum of the decoration that has most of it.
    """

    temperature: float
    value: float
    effective_size: float
    largest_weight: float

    @property
    def warning(self) -> str:
        """One sentence why it is not to be trusted; empty otherwise."""
        if self.largest_weight >= CARRIED:
            return (
                f"At {self.temperature:g} K one decoration carries {100 * self.largest_weight:.0f} % of the sum, so "
                "that the average is hardly more than its value."
            )
        if self.effective_size < FEW:
            return (
                f"At {self.temperature:g} K only {self.effective_size:.1f} decorations carry the sum: draw more, or go "
                "to a higher temperature."
            )
        return ""


def weights(energies: np.ndarray, degeneracy: np.ndarray, temperature: float) -> np.ndarray:
    """Shares of the decorations in the sums of Eq. 5, (n,), which add up to one.

    Args:
        energies: (n,) of whole cells, eV; all of the same atoms.
        degeneracy: (n,) decorations that each stands for.
        temperature: K, above 0; infinity for the random mix.

    Raises:
        EnsembleError: if the temperature is not above 0.
    """
    if not temperature > 0.0:
        msg = f"A temperature is above 0 K, not {temperature:g} K."
        raise EnsembleError(msg)
    exponents = np.log(degeneracy) - (energies - energies.min(initial=np.inf)) / (BOLTZMANN * temperature)
    result: np.ndarray = np.exp(exponents - logsumexp(exponents))
    return result


def average(values: np.ndarray, energies: np.ndarray, degeneracy: np.ndarray, temperature: float) -> Average:
    """A property's average at a temperature; decorations without a value or an energy are passed over.

    Args:
        values: (n,) of the property.
        energies: (n,) of whole cells, eV; all of the same atoms.
        degeneracy: (n,) decorations that each stands for.
        temperature: K, above 0; infinity for the random mix.

    Raises:
        EnsembleError: if the temperature is not above 0, or nothing is there.
    """
    there = np.isfinite(values) & np.isfinite(energies)
    if not there.any():
        msg = "No decoration has both an energy and this property, so there is nothing to average."
        raise EnsembleError(msg)
    times = degeneracy[there].astype(float)
    share = weights(energies[there], times, temperature)
    return Average(
        temperature,
        float(share @ values[there]),
        float(1.0 / np.sum(share**2 / times)),
        float((share / times).max()),
    )


def ideal_entropy(crystal: WyckoffCrystal) -> float:
    """Ideal configurational entropy, eV/K an atom: every site mixed at random, whatever excludes what."""
    return sum(entropy_by_class(crystal).values())


def entropy_by_class(crystal: WyckoffCrystal) -> dict[DisorderClass, float]:
    """The share of each kind of disorder in the ideal configurational entropy, eV/K an atom."""
    found: dict[DisorderClass, float] = {}
    for site in crystal.sites:
        if not site.is_disordered:
            continue
        shares = np.array([share for _, share in shares_of(site)])
        mixing = -BOLTZMANN * site.multiplicity * float(xlogy(shares, shares).sum()) / crystal.n_atoms
        found[site.disorder_class] = found.get(site.disorder_class, 0.0) + mixing
    return found


@dataclass(frozen=True)
class Ordering:
    """An estimate of the temperature at which order gives way to disorder.

    Attributes:
        temperature: T*, K; 0 or below where the random mix is the lowest.
        stderr: of T* by that of the mean energy, K.
        mean: energy of the random mix, eV an atom.
        lowest: of the best decoration that is known, eV an atom.
        entropy: ideal, eV/K an atom.
    """

    temperature: float
    stderr: float
    mean: float
    lowest: float
    entropy: float


def ordering_temperature(mean: float, stderr: float, lowest: float, entropy: float) -> Ordering | None:
    """T*, above which the entropy of the random mix outweighs the energy that the best decoration saves.

    It neglects short-range order, vibrations, and that the best decoration may not be among those that were looked at,
    so it is an estimate.

    Args:
        mean: energy of the random mix, eV an atom.
        stderr: of the mean.
        lowest: energy of the best decoration, eV an atom, by the same potential and treatment.
        entropy: ideal, eV/K an atom.

    Returns:
        None where nothing is mixed.
    """
    if entropy <= 0.0:
        return None
    return Ordering((mean - lowest) / entropy, stderr / entropy, mean, lowest, entropy)


@dataclass(frozen=True)
class Spread:
    """A temperature by two calculators.

    Attributes:
        middle: of the two, K.
        half_difference: K, which is the error bar: the standard error of one calculator's mean knows nothing of it.
    """

    middle: float
    half_difference: float


def between_calculators(first: float, second: float) -> Spread:
    """T* by two calculators, in K, as one estimate with its error bar."""
    return Spread((first + second) / 2.0, abs(first - second) / 2.0)
