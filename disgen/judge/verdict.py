"""One crystal judged as a person would: is it credible, and is it known?

The criteria are those of the headline (`disgen.judge.credible`), each with its reason, and the volume on both sides. A
crystal that fails none is *credible*; it is *new* if its key is of no entry of the run's index, whatever the split, and
not among the keys that the model was trained on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from disgen.crystal import ATOMIC_NUMBER
from disgen.evaluation.fidelity.mixtures import mixtures, pairs_on_sites
from disgen.generation.checks import CHECKS
from disgen.generation.oxidation import assignment
from disgen.generation.sampling import known_keys
from disgen.judge.volumes import VOLUME_WITHIN, corpus_entries, element_volumes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    import numpy as np

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.screening import Screen
    from disgen.model.checkpoint import Run

_READS_BACK = next(check for check in CHECKS if check.key == "reads_back")
_MATERIALS_PROJECT = re.compile(r"\bm(?:p|vc)-\d+")


@dataclass(frozen=True)
class Entry:
    """An entry of a run's corpus: its split, or `REST` where a light run does not say which; source and identifier."""

    split: str
    source: str
    identifier: str

    @property
    def materials_project(self) -> str | None:
        """Identifier of the entry of the Materials Project that it derives from, if it does."""
        found = _MATERIALS_PROJECT.search(self.identifier)
        return found.group() if found else None


@dataclass(frozen=True, eq=False)
class CorpusFacts:
    """What crystals are held against.

    Attributes:
        entries: by key, the first of each.
        trained: keys of the crystals that the model was trained on.
        together: (100, 100) elements that share a site in a training crystal.
        volumes: (101,) Å³ of an atom of each element, by atomic number; None where the run does not say volumes.
    """

    entries: Mapping[str, Entry] = field(repr=False)
    trained: AbstractSet[str] = field(repr=False)
    together: np.ndarray = field(repr=False)
    volumes: np.ndarray | None = field(repr=False)

    @classmethod
    def of(cls, run: Run) -> CorpusFacts:
        """Of the entries of a run's corpus, and the keys that it was trained on.

        Of a light run they are those that it holds, and the others if they are at hand (`disgen.model.same_corpus`).
        """
        index, trained = corpus_entries(run), known_keys(run)
        rows = zip(index["key"], index["split"], index["source"], index["id"], strict=True)
        entries: dict[str, Entry] = {}
        for key, split, source, identifier in rows:
            entries.setdefault(str(key), Entry(str(split), str(source), str(identifier)))
        return cls(entries, trained, pairs_on_sites(trained), element_volumes(run))


@dataclass(frozen=True)
class Criterion:
    """Something that a credible crystal fulfils: its name, whether this one does, and the number or fact behind it."""

    name: str
    holds: bool
    why: str


@dataclass(frozen=True)
class Verdict:
    """What is thought of a crystal.

    Attributes:
        criteria: in the order in which they are asked.
        entry: the entry of the index that it is, if it is one.
        trained: the model was trained on it.
    """

    criteria: tuple[Criterion, ...]
    entry: Entry | None
    trained: bool

    @property
    def credible(self) -> bool:
        """True if all criteria hold."""
        return all(criterion.holds for criterion in self.criteria)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the criteria that do not hold."""
        return tuple(criterion.name for criterion in self.criteria if not criterion.holds)

    @property
    def new(self) -> bool:
        """True if it is no entry and was not trained on."""
        return self.entry is None and not self.trained


def verdict(crystal: WyckoffCrystal, checks: Screen, reference: CorpusFacts) -> Verdict:
    """Judge a crystal that has been screened."""
    key = crystal.key
    criteria = (
        Criterion("Distances", checks.plausible, f"shortest {checks.min_distance_split_aware:.2f} Å"),
        _volume(crystal, reference.volumes),
        _charges(crystal, checks),
        _mixtures(crystal, reference.together),
        Criterion(_READS_BACK.label, checks.reads_back, _READS_BACK.reason(checks)),
    )
    there = tuple(criterion for criterion in criteria if criterion is not None)
    return Verdict(there, reference.entries.get(key), key in reference.trained)


def _volume(crystal: WyckoffCrystal, volumes: np.ndarray | None) -> Criterion | None:
    if volumes is None:
        return None
    amounts = crystal.composition.items()
    expected = sum(amount * float(volumes[ATOMIC_NUMBER[symbol]]) for symbol, amount in amounts) / crystal.n_atoms
    found = crystal.volume / crystal.n_atoms
    low, high = VOLUME_WITHIN
    why = f"{found:.1f} Å³ per atom, {found / expected - 1.0:+.0%} of the {expected:.1f} Å³ that its elements take"
    return Criterion("Volume", low <= found / expected <= high, why.replace("-", "−"))


def _charges(crystal: WyckoffCrystal, checks: Screen) -> Criterion:
    if checks.alloy:
        return Criterion("Charge neutral", holds=True, why="an alloy or an element: neutral by rule")
    found = assignment(crystal.composition)
    if found is None:
        return Criterion("Charge neutral", holds=False, why="in no combination of known oxidation states")
    odd = f"; odd: {', '.join(found.odd)}" if found.odd else ""
    return Criterion("Charge neutral", checks.neutral_mixed, found.text + odd)


def _mixtures(crystal: WyckoffCrystal, together: np.ndarray) -> Criterion:
    found = mixtures([crystal], together)
    mixed, plausible = int(found.mixed[0]), int(found.plausible[0])
    why = f"{plausible} of {mixed} mixed sites hold elements that share sites" if mixed else "no mixed site"
    return Criterion("Mixtures", mixed == plausible, why)
