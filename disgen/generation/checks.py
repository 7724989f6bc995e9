"""The one table of checks: what is asked of every crystal, by name, for people, and for each manifest and table.

A check is a column of `disgen.generation.screening.Screening`, which computes it. Whoever writes or shows checks goes
through `CHECKS`, and takes numbers from `MEASURES`, so that a name means the same in every file and on every page.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING

from disgen.generation.outcome import Outcome
from disgen.wyckoff import symbol

if TYPE_CHECKING:
    from collections.abc import Callable

    from disgen.generation.screening import Screen

# Structural validity as in the paper (Section 4.3): no two atoms closer than this.
MIN_DISTANCE = 0.5  # Å
MIN_VOLUME_PER_ATOM = 1.0  # Å³
# The stricter line beside it.
PLAUSIBLE_CONTACT = 0.7  # of the sum of the covalent radii
PLAUSIBLE_VOLUME_PER_ATOM = (4.0, 80.0)  # Å³


class Basis(StrEnum):
    """What a check looks at."""

    CRYSTAL = "crystal"
    SAMPLES = "samples"  # the crystal among all that were screened with it
    TRAINING = "training"  # the crystal, and what the model has learnt from


@dataclass(frozen=True)
class Check:
    """A yes-or-no statement about a crystal.

    Attributes:
        key: name of its column in `Screening` and in every manifest.
        label: for people, two or three words.
        sentence: what it takes to pass.
        reason: gives the number or fact behind one crystal's verdict, in a few words.
        outcome: of a sample that fails it. Checks with one make up *sound*; a sample may fail the others.
        basis: what it looks at.
        aside: another reading of a check, or what is counted apart: fuller tables and manifests have it, others not.
        share: name of its rate in comparisons, where that is not the key: the paper's words.
    """

    key: str
    label: str
    sentence: str
    reason: Callable[[Screen], str]
    outcome: Outcome | None = None
    basis: Basis = Basis.CRYSTAL
    aside: bool = False
    share: str = ""

    @property
    def rate(self) -> str:
        """Name of its rate in comparisons."""
        return self.share or self.key

    @property
    def heading(self) -> str:
        """For narrow columns, the first word of its key."""
        return self.key.partition("_")[0].capitalize()


@dataclass(frozen=True)
class Measure:
    """A number that checks look at: name of its column, and what it is, with its unit."""

    key: str
    sentence: str


def _charge(screen: Screen) -> str:
    if screen.alloy:
        return "only metals, or one element"
    if screen.neutral:
        return "with one oxidation state per element"
    if screen.neutral_mixed:
        return "if mixed valence is allowed"
    return "in no combination of known oxidation states"


def _reading(screen: Screen) -> str:
    if screen.reads_back:
        return "its CIF gives the same crystal"
    if screen.read_group:
        return f"its CIF is read as another crystal, of {symbol(screen.read_group)} ({screen.read_group})"
    return "not read"


# In the order in which they are asked for; the first that is failed gives the outcome.
CHECKS: tuple[Check, ...] = (
    Check(
        "valid_split_aware",
        "Atoms apart",
        f"No two positions within {MIN_DISTANCE} Å, but for alternatives of a split position.",
        lambda screen: f"shortest distance {screen.min_distance_split_aware:.2f} Å",
        outcome=Outcome.TOO_CLOSE,
        share="validity_split_aware",
    ),
    Check(
        "plausible",
        "Plausible distances",
        f"Every distance at least {PLAUSIBLE_CONTACT} of the sum of the covalent radii, "
        f"{PLAUSIBLE_VOLUME_PER_ATOM[0]:g} to {PLAUSIBLE_VOLUME_PER_ATOM[1]:g} Å³ per atom.",
        lambda screen: f"{screen.volume_per_atom:.1f} Å³ per atom",
    ),
    Check(
        "neutral_mixed",
        "Charge neutral",
        "Known oxidation states add up to zero, mixed valence allowed; alloys count.",
        _charge,
        outcome=Outcome.NOT_NEUTRAL,
        share="neutrality_mixed",
    ),
    Check(
        "reads_back",
        "Comes back",
        "With its atoms apart and neutral, its CIF is read as the same crystal: no higher symmetry is near enough.",
        _reading,
        outcome=Outcome.PSEUDO_SYMMETRIC,
    ),
    Check(
        "unique",
        "Unique",
        "The first of its kind among the samples.",
        lambda screen: "the first of its kind" if screen.unique else "as an earlier one",
        basis=Basis.SAMPLES,
    ),
    Check(
        "novel",
        "New",
        "Not in the training data.",
        lambda screen: "not in the training data" if screen.novel else "in the training data",
        basis=Basis.TRAINING,
    ),
    Check(
        "valid",
        "Apart, all pairs",
        f"No two positions within {MIN_DISTANCE} Å, whatever their occupancies.",
        lambda screen: f"shortest distance {screen.min_distance:.2f} Å",
        aside=True,
        share="validity",
    ),
    Check(
        "neutral",
        "Neutral, one state",
        "Charge neutral with one oxidation state for each element; alloys count.",
        _charge,
        aside=True,
        share="neutrality",
    ),
    Check(
        "alloy",
        "Alloys",
        "Only metals, or one element: neutral by rule.",
        _charge,
        aside=True,
    ),
)
SOUND: tuple[Check, ...] = tuple(check for check in CHECKS if check.outcome is not None)
MAIN: tuple[Check, ...] = tuple(check for check in CHECKS if not check.aside)
SOUND_SENTENCE = f"{' and '.join(check.label.lower() for check in SOUND).capitalize()} at once."

MEASURES: tuple[Measure, ...] = (
    Measure("min_distance", "shortest distance between two positions, Å"),
    Measure("min_distance_split_aware", "the same without pairs that are never occupied together, Å"),
    Measure("volume_per_atom", "Å³, atoms counted with their occupancies"),
    Measure("read_group", "space group of the crystal that its CIF is read as; 0 if the sample was rejected before"),
)
CHECK_COLUMNS: tuple[str, ...] = (*(measure.key for measure in MEASURES), *(check.key for check in CHECKS))


def check_values(screen: Screen) -> dict[str, float | int | None]:
    """Numbers and verdicts of one sample by their column (`CHECK_COLUMNS`), for manifests and JSON.

    Numbers have four decimals unless they are whole, and are None where there is no crystal; a verdict is 1 if the
    check is passed, else 0.
    """
    numbers = [getattr(screen, measure.key) for measure in MEASURES]
    verdicts = [int(getattr(screen, check.key)) for check in CHECKS]
    rounded = [round(number, 4) if isfinite(number) else None for number in numbers]
    return dict(zip(CHECK_COLUMNS, (*rounded, *verdicts), strict=True))
