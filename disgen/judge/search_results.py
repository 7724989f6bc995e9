"""What a search found, judged and ranked once it is over; nothing here is known to the search itself.

Results stand in the order of: all targets met; credible (`disgen.judge.verdict`, without energies); the best of its
key; in no split of the corpus; no elements but those asked for; valid, neutral; how nearly the commonest charges of its
elements add up; a known relative is near; neutral with one oxidation state for each element; and the model's
log-probability. With the learned prior this is the log-probability of symmetry and contents, which compares crystals
with any number of atoms; the density of their geometry does not. With other estimators it is the log-density of the
latent point.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER, ELEMENTS
from disgen.energies.hull import shipped_tables
from disgen.evaluation.fidelity.mixtures import mixtures, pairs_on_sites
from disgen.judge.credible import passing
from disgen.judge.verdict import CorpusFacts, verdict
from disgen.prior.elements import usual_charges
from disgen.prior.estimator import CrystalPrior
from disgen.prior.geometry.parameters import expected_volume
from disgen.representation import SiteArrays
from disgen.search.target_chemistry import AllowedElements
from disgen.search.wishes import named_elements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.decoded import DecodedLatent
    from disgen.judge.energies.table import EnergyTable
    from disgen.judge.verdict import Verdict
    from disgen.latent.protocol import LatentEstimator
    from disgen.search.conditions import Checked, Checker
    from disgen.search.settings import Settings, Step


@dataclass(frozen=True)
class Energy:
    """What a potential says of a crystal, numbers in eV an atom; NaN where it has none.

    Attributes:
        drop: on relaxation; positive is downhill.
        above_hull: height above the hull of the same potential.
    """

    drop: float
    above_hull: float


@dataclass(frozen=True)
class SearchedPoint:
    """One latent point at the end of a search.

    Attributes:
        latent: its index in the batch.
        seed: of the search.
        step: at which the point was found.
        decoded: its crystal with all checks, and why it would be rejected as a sample, if it would.
        met: for each target whether it is met.
        log_probability: by the estimator that the search started from, in nats.
        verdict: what is thought of it without energies; None where there is no crystal.
        twin: one of better rank is the same crystal, by its key.
        near: a known crystal of the same skeleton is chemically near (`disgen.prior.geometry.templates`); True if the
            estimator has no idea.
        imbalance: charge per atom, in tenths of the elementary charge, if each element had its commonest one
            (`disgen.prior.elements`); 0 for what has no anion.
        foreign: symbols of elements that nobody asked for; none if no elements were named.
        expected_volume: volume per atom that the elements lead one to expect, in Å³; NaN if the estimator has no idea.
        energies: by potential, where they have been asked for.
    """

    latent: int
    seed: int
    step: int
    decoded: DecodedLatent
    met: tuple[bool, ...]
    log_probability: float
    verdict: Verdict | None
    twin: bool
    near: bool
    imbalance: int
    foreign: tuple[str, ...]
    expected_volume: float
    energies: dict[str, Energy] = field(default_factory=dict)

    @property
    def meets_all(self) -> bool:
        """Whether every target is met."""
        return all(self.met)

    @property
    def credible(self) -> bool:
        """All that can be told without energies speaks for it."""
        return self.verdict is not None and self.verdict.credible

    @property
    def new(self) -> bool:
        """It is in no split of the corpus."""
        return self.verdict is not None and self.verdict.new

    @property
    def good(self) -> bool:
        """It meets all targets, is credible and new, and the first such of its key."""
        return self.meets_all and self.credible and self.new and not self.twin


def credible_points(checker: Checker, checked: Checked) -> np.ndarray:
    """(n,) True for latent points whose crystals meet all targets and are credible, each key once."""
    met = checked.met.all(axis=1)
    good: np.ndarray = passing(checked.decoded.screening, _plausible_mixtures(checker, checked))[0] & met
    return good


def results_of(
    checker: Checker, step: Step, checked: Checked, estimator: LatentEstimator, settings: Settings
) -> tuple[SearchedPoint, ...]:
    """What a search found, the best first.

    Args:
        checker: of the search.
        step: the search's last, or any other.
        checked: what its latents decode to.
        estimator: that it started from.
        settings: of the search.
    """
    crystals = checked.decoded.crystals
    reference = CorpusFacts.of(checker.run)
    log_probability = _log_probabilities(crystals, step.z, estimator)
    expected, near = _expected_volumes(crystals, estimator), _near(crystals, estimator)
    asked = named_elements(checker.targets)
    for target in checker.targets:
        if isinstance(target, AllowedElements):
            asked |= frozenset(target.elements)
    found = [
        SearchedPoint(
            latent=index,
            seed=settings.seed,
            step=int(step.found[index]),
            decoded=decoded,
            met=tuple(checked.met[index].tolist()),
            log_probability=float(log_probability[index]),
            verdict=verdict(decoded.crystal, decoded.checks, reference) if decoded.crystal is not None else None,
            twin=False,
            near=bool(near[index]),
            imbalance=_imbalance(decoded.crystal),
            foreign=_foreign(decoded.crystal, asked),
            expected_volume=float(expected[index]),
        )
        for index, decoded in enumerate(checked.decoded)
    ]
    return _ranked(found)


def with_energies(
    results: Sequence[SearchedPoint], best: int, potentials: Sequence[str] = ("chgnet",), *, seed: int = 0
) -> tuple[SearchedPoint, ...]:
    """The same results; potentials have relaxed the best of them (`disgen.judge.energies`), the order stays.

    Args:
        results: the best first.
        best: how many to relax.
        potentials: names.
        seed: of the decorations.

    Raises:
        EnergyError: if a potential cannot be had.
    """
    from disgen.judge.energies import judge_energies  # noqa: PLC0415 (potentials take seconds to import)

    table = judge_energies(
        [result.decoded.crystal for result in results[:best]],
        seed=seed,
        potentials=potentials,
        references={name: shipped_tables(name) for name in potentials},
    )
    judged = [replace(result, energies=_energies(table, place)) for place, result in enumerate(results[:best])]
    return (*judged, *results[best:])


def _energies(table: EnergyTable, place: int) -> dict[str, Energy]:
    return {said.potential: Energy(float(said.drop[place]), float(said.above_hull[place])) for said in table.energies}


def _plausible_mixtures(checker: Checker, checked: Checked) -> np.ndarray:
    """(n,) True where there is a crystal whose mixed sites are all plausible."""
    there = [crystal for crystal in checked.decoded.crystals if crystal is not None]
    return _scattered(
        mixtures(there, pairs_on_sites(checker.known)).all_plausible, checked.decoded.crystals, missing=False
    )


def _log_probabilities(
    crystals: Sequence[WyckoffCrystal | None], z: np.ndarray, estimator: LatentEstimator
) -> np.ndarray:
    if not isinstance(estimator, CrystalPrior):
        return estimator.log_prob(z)
    there = [crystal for crystal in crystals if crystal is not None]
    return _scattered(estimator.log_prob_parts(there)[0], crystals, missing=-np.inf)


def _expected_volumes(crystals: Sequence[WyckoffCrystal | None], estimator: LatentEstimator) -> np.ndarray:
    there = [crystal for crystal in crystals if crystal is not None]
    if not isinstance(estimator, CrystalPrior) or not there:
        return np.full(len(crystals), np.nan)
    volumes = expected_volume(SiteArrays.from_crystals(there), estimator.volumes)
    return _scattered(volumes, crystals, missing=np.nan)


def _near(crystals: Sequence[WyckoffCrystal | None], estimator: LatentEstimator) -> np.ndarray:
    there = [crystal for crystal in crystals if crystal is not None]
    if not isinstance(estimator, CrystalPrior) or not there:
        return np.ones(len(crystals), dtype=bool)
    return _scattered(estimator.within_reach(there), crystals, missing=False)


def _imbalance(crystal: WyckoffCrystal | None) -> int:
    if crystal is None:
        return 0
    numbers = [ATOMIC_NUMBER[symbol] for symbol in crystal.composition]
    present = np.zeros((1, len(ELEMENTS) + 1), dtype=bool)
    present[0, numbers] = True
    charges = usual_charges(present)[0, numbers]
    if not (charges < 0.0).any():
        return 0
    total = float(charges @ np.array(list(crystal.composition.values())))
    return round(10.0 * abs(total) / crystal.n_atoms)


def _foreign(crystal: WyckoffCrystal | None, asked: frozenset[str]) -> tuple[str, ...]:
    return () if crystal is None or not asked else tuple(e for e in crystal.elements if e not in asked)


def _scattered(values: np.ndarray, crystals: Sequence[WyckoffCrystal | None], *, missing: float) -> np.ndarray:
    """Values of the crystals that are there, spread over all of them."""
    result = np.full(len(crystals), missing, dtype=values.dtype)
    result[[crystal is not None for crystal in crystals]] = values
    return result


def _ranked(found: Sequence[SearchedPoint]) -> tuple[SearchedPoint, ...]:
    """The best first; of crystals alike the best one stands before all others of its verdict."""
    seen: set[str] = set()
    ranked = []
    for result in sorted(found, key=_rank):
        key = result.decoded.checks.key
        ranked.append(replace(result, twin=key in seen))
        seen |= {key} if key else set()
    return tuple(sorted(ranked, key=lambda result: (-result.meets_all, -result.credible, result.twin)))


def _rank(result: SearchedPoint) -> tuple[float, ...]:
    checks = result.decoded.checks
    return (
        -result.meets_all,
        -result.credible,
        -result.new,
        len(result.foreign) > 0,
        -checks.valid_split_aware,
        -checks.neutral_mixed,
        result.imbalance,
        -result.near,
        -checks.neutral,
        -result.log_probability,
    )
