"""What is wrong with a crystal, if anything: distances, charge, whether it comes back from a file, and is new.

`screen` looks at a batch and reports every check of the table in `disgen.generation.checks` for every crystal;
`outcomes` turns the checks into the one reason that counts for each sample. Nothing is dropped: whoever shows a rate
can state its denominator.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.generation.checks import (
    MIN_DISTANCE,
    MIN_VOLUME_PER_ATOM,
    PLAUSIBLE_CONTACT,
    PLAUSIBLE_VOLUME_PER_ATOM,
    SOUND,
)
from disgen.generation.geometry.distances import measure
from disgen.generation.neutrality import neutrality
from disgen.generation.outcome import Outcome
from disgen.generation.read_back import ReadBack, read_back

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from disgen.crystal import WyckoffCrystal


@dataclass(frozen=True)
class Screen:
    """All checks of one crystal.

    The numbers are those of `disgen.generation.checks.MEASURES`, the verdicts those of `CHECKS`.

    Attributes:
        key: what makes it the same as another (`WyckoffCrystal.key`), empty where there is no crystal.
        min_distance: shortest distance between two positions, Å.
        min_distance_split_aware: the same without pairs that are never occupied together, Å.
        volume_per_atom: Å³, atoms counted with their occupancies.
        valid: no distance up to 0.5 Å and more than 1 Å³ per atom.
        valid_split_aware: the same by the split-aware distance.
        plausible: every split-aware distance at least 0.7 of the sum of the covalent radii, 4 to 80 Å³ per atom.
        neutral: charge neutral with one oxidation state per element; alloys count as neutral.
        neutral_mixed: charge neutral if mixed valence is allowed.
        alloy: only metals, or a single element: neutral by rule.
        read_group: space group of the crystal that its CIF is read as (`disgen.generation.read_back`); 0 if nothing can
            be read, or nobody looked: what is rejected before is not read, since that takes longer than all else.
        reads_back: that crystal is this one.
        unique: the first crystal of the batch with its key.
        novel: its key is not among the known ones.
    """

    key: str
    min_distance: float
    min_distance_split_aware: float
    volume_per_atom: float
    valid: bool
    valid_split_aware: bool
    plausible: bool
    neutral: bool
    neutral_mixed: bool
    alloy: bool
    read_group: int
    reads_back: bool
    unique: bool
    novel: bool


@dataclass(frozen=True)
class Screening:
    """The checks of n samples as arrays, (n,) each, named and meant as in `Screen`; ``screening[i]`` is a `Screen`.

    Where a sample gave no crystal (`present` is False), numbers are NaN or 0, and every check is False.
    """

    present: np.ndarray
    key: np.ndarray
    min_distance: np.ndarray
    min_distance_split_aware: np.ndarray
    volume_per_atom: np.ndarray
    valid: np.ndarray
    valid_split_aware: np.ndarray
    plausible: np.ndarray
    neutral: np.ndarray
    neutral_mixed: np.ndarray
    alloy: np.ndarray
    read_group: np.ndarray
    reads_back: np.ndarray
    unique: np.ndarray
    novel: np.ndarray

    @classmethod
    def concatenate(cls, parts: Sequence[Screening]) -> Screening:
        """The parts, at least one, one after the other; which are unique is judged anew over all of them."""
        columns = {item.name: np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(cls)}
        present = columns["present"]
        return cls(**columns | {"unique": _scatter(_first_of_each(columns["key"][present].tolist()), present)})

    def part(self, rows: slice) -> Screening:
        """Some of the samples; which are unique stays as it was judged among all."""
        return Screening(**{item.name: getattr(self, item.name)[rows] for item in fields(Screening)})

    @property
    def sound(self) -> np.ndarray:
        """(n,) True where every check is passed whose failure rejects a sample: `disgen.generation.checks.SOUND`."""
        result: np.ndarray = np.logical_and.reduce([self.present, *(getattr(self, check.key) for check in SOUND)])
        return result

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.present)

    def __getitem__(self, index: int) -> Screen:
        """The checks of one sample."""
        values: list[Any] = [np.asarray(getattr(self, item.name)[index]).item() for item in fields(Screen)]
        return Screen(*values)

    def __iter__(self) -> Iterator[Screen]:
        """The checks of all samples, in order."""
        return (self[index] for index in range(len(self)))


def screen(crystals: Sequence[WyckoffCrystal | None], known_keys: AbstractSet[str] = frozenset()) -> Screening:
    """Check crystals.

    Args:
        crystals: canonical crystals, None for samples that gave none.
        known_keys: keys of the crystals that do not count as new, those of the training split.

    Raises:
        DisgenError: if a crystal's space group does not have one of its letters.
    """
    present = np.array([crystal is not None for crystal in crystals], dtype=bool)
    there = [crystal for crystal in crystals if crystal is not None]
    geometry = measure(there)
    verdicts = [neutrality(crystal.composition) if crystal.sites else None for crystal in there]
    keys = [crystal.key for crystal in there]

    volume = geometry.volume_per_atom
    large = volume > MIN_VOLUME_PER_ATOM
    low, high = PLAUSIBLE_VOLUME_PER_ATOM
    apart = (geometry.min_distance_split_aware > MIN_DISTANCE) & large
    neutral = np.array([verdict is not None and verdict.mixed_valence for verdict in verdicts], dtype=bool)
    read = _read_back(there, geometry.min_distance, apart & neutral)
    columns = {
        "key": np.array(keys, dtype=object),
        "min_distance": geometry.min_distance,
        "min_distance_split_aware": geometry.min_distance_split_aware,
        "volume_per_atom": volume,
        "valid": (geometry.min_distance > MIN_DISTANCE) & large,
        "valid_split_aware": apart,
        "plausible": (geometry.min_contact >= PLAUSIBLE_CONTACT) & (volume >= low) & (volume <= high),
        "neutral": np.array([verdict is not None and verdict.one_state for verdict in verdicts], dtype=bool),
        "neutral_mixed": neutral,
        "alloy": np.array([verdict is not None and verdict.alloy for verdict in verdicts], dtype=bool),
        "read_group": read.group,
        "reads_back": read.same,
        "unique": _first_of_each(keys),
        "novel": np.array([key not in known_keys for key in keys], dtype=bool),
    }
    return Screening(present=present, **{name: _scatter(column, present) for name, column in columns.items()})


def outcomes(screening: Screening, reconstructed: Sequence[Outcome] | None = None) -> tuple[Outcome, ...]:
    """The one reason that counts for each sample, the first that holds in the order of `Outcome`.

    A sample is a duplicate if an earlier one of the same key was sound; so of several alike one good one stays, and the
    number of `OK` samples is the yield.

    Args:
        screening: the checks of n samples.
        reconstructed: the reconstruction's outcomes of the same samples; may be left out if all gave a crystal.

    Raises:
        ValueError: if the lengths differ, or a sample without a crystal has no reason for that.
    """
    if reconstructed is None:
        reconstructed = (Outcome.OK,) * len(screening)
    if len(reconstructed) != len(screening):
        msg = f"Got {len(reconstructed)} reconstruction outcomes for {len(screening)} screened samples."
        raise ValueError(msg)
    passed = [(check.outcome, getattr(screening, check.key)) for check in SOUND]
    seen: set[str] = set()
    result: list[Outcome] = []
    for index, before in enumerate(reconstructed):
        if before is not Outcome.OK:
            result.append(before)
            continue
        if not screening.present[index]:
            msg = f"Sample {index} gave no crystal, but its reconstruction says it did: pass its outcomes along."
            raise ValueError(msg)
        failed = next((outcome for outcome, holds in passed if outcome and not holds[index]), None)
        if failed is not None:
            outcome = failed
        elif screening.key[index] in seen:
            outcome = Outcome.DUPLICATE
        else:
            seen.add(screening.key[index])
            outcome = Outcome.OK if screening.novel[index] else Outcome.KNOWN
        result.append(outcome)
    return tuple(result)


def count(samples: Collection[Outcome]) -> dict[str, int]:
    """How many samples had each outcome, every outcome named; the numbers add up to the number of samples."""
    found = Counter(samples)
    return {outcome.value: found[outcome] for outcome in Outcome}


def _read_back(crystals: Sequence[WyckoffCrystal], min_distance: np.ndarray, looked_at: np.ndarray) -> ReadBack:
    """`read_back` of those that are looked at; of the others nothing is known."""
    chosen = np.flatnonzero(looked_at)
    found = read_back([crystals[index] for index in chosen.tolist()], min_distance[chosen])
    same, group = np.zeros(len(crystals), bool), np.zeros(len(crystals), found.group.dtype)
    same[chosen], group[chosen] = found.same, found.group
    return ReadBack(same, group)


def _first_of_each(keys: Sequence[str]) -> np.ndarray:
    """True where a key stands for the first time."""
    first = np.zeros(len(keys), dtype=bool)
    first[np.unique(keys, return_index=True)[1] if keys else []] = True
    return first


def _scatter(column: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Spread the values of the crystals over all samples."""
    empty: float | str | bool = {"f": np.nan, "b": False, "i": 0}.get(column.dtype.kind, "")
    result = np.full(len(present), empty, dtype=column.dtype)
    result[present] = column
    result.setflags(write=False)
    return result
