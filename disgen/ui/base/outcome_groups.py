"""What became of samples as figures group it, in words and colours that are the same everywhere.

Two readings: the outcomes of reconstruction and screening, whose first group is the yield, and the verdict, whose first
is *credible*.
"""

from __future__ import annotations

from dataclasses import dataclass

from disgen.drawing.palettes import QUALITATIVE
from disgen.generation.checks import CHECKS
from disgen.generation.outcome import Outcome

_DARK, _LIGHT = "#101415", "#ffffff"


@dataclass(frozen=True)
class OutcomeGroup:
    """What became of samples, for people.

    Attributes:
        label: in legends.
        colour: in all figures.
        ink: of what is written on that colour.
        outcomes: what it takes together.
    """

    label: str
    colour: str
    ink: str
    outcomes: tuple[Outcome, ...]


# In the order in which samples are lost, from the last look to the first; the first group is the yield.
OUTCOME_GROUPS: tuple[OutcomeGroup, ...] = (
    OutcomeGroup("New, valid and neutral (yield)", QUALITATIVE[2], _LIGHT, (Outcome.OK,)),
    OutcomeGroup("In the training data", QUALITATIVE[4], _DARK, (Outcome.KNOWN,)),
    OutcomeGroup("Duplicate", QUALITATIVE[3], _DARK, (Outcome.DUPLICATE,)),
    OutcomeGroup("Pseudo-symmetric", QUALITATIVE[7], _LIGHT, (Outcome.PSEUDO_SYMMETRIC,)),
    OutcomeGroup("Not neutral", QUALITATIVE[5], _LIGHT, (Outcome.NOT_NEUTRAL,)),
    OutcomeGroup("Atoms too close", QUALITATIVE[1], _DARK, (Outcome.TOO_CLOSE,)),
    OutcomeGroup(
        "No crystal",
        QUALITATIVE[6],
        _DARK,
        (
            Outcome.EMPTY,
            Outcome.ILLEGAL_LETTER,
            Outcome.MULTIPLICITY_MISMATCH,
            Outcome.FIXED_SITE_REUSED,
            Outcome.DEGENERATE_CELL,
        ),
    ),
)
_GROUP_OF = {str(outcome): number for number, group in enumerate(OUTCOME_GROUPS) for outcome in group.outcomes}


@dataclass(frozen=True)
class VerdictGroup:
    """What the verdict on samples is, for people.

    Attributes:
        criterion: the first that they fail, one of `disgen.judge.credible.CRITERIA`; empty for credible ones.
        label: in legends.
        colour: in all figures; that of the outcome that says the same, where one does.
        ink: of what is written on that colour.
    """

    criterion: str
    label: str
    colour: str
    ink: str


_LABELS = {check.key: check.label for check in CHECKS}
# Credible samples, then those that fail, from the last criterion to the first.
VERDICT_GROUPS: tuple[VerdictGroup, ...] = (
    VerdictGroup("", "Credible", QUALITATIVE[2], _LIGHT),
    VerdictGroup("unique", f"Fails: {_LABELS['unique']}", QUALITATIVE[3], _DARK),
    VerdictGroup("novel", f"Fails: {_LABELS['novel']}", QUALITATIVE[4], _DARK),
    VerdictGroup("mixtures", "Fails: Mixtures", QUALITATIVE[0], _LIGHT),
    VerdictGroup("neutral", f"Fails: {_LABELS['neutral_mixed']}", QUALITATIVE[5], _LIGHT),
    VerdictGroup("plausible", f"Fails: {_LABELS['plausible']}", QUALITATIVE[1], _DARK),
    VerdictGroup("legal", "No crystal", QUALITATIVE[6], _DARK),
)


def group_of(outcome: str) -> OutcomeGroup:
    """What an outcome counts among."""
    return OUTCOME_GROUPS[_GROUP_OF[outcome]]
