"""Two judgements beside each other: every figure of both with number and interval, and where they differ.

A difference is marked only where the two intervals (95 %) do not overlap; figures that change with the number of
samples whatever these are (of more samples more are copies of each other, and more of the test split is found again)
are not marked unless both sides have as many.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from disgen.generation.checks import CHECKS
from disgen.judge.credible import MAX_DROP
from disgen.judge.volumes import VOLUME_WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable

Report = dict[str, Any]
SPLIT = "split"  # kind of a report on real crystals


class Unit(StrEnum):
    """What a figure is."""

    SHARE = "share"
    NUMBER = "number"
    VOLUME = "Å³"
    ENERGY = "eV/atom"


@dataclass(frozen=True)
class Figure:
    """A number with its interval (95 %), of n independent ones; the count behind a share."""

    value: float
    interval: tuple[float, float] | None
    n: int
    count: int | None = None


@dataclass(frozen=True)
class JudgedQuantity:
    """Something that judges say of a set of crystals.

    Attributes:
        key: its name in files.
        label: for people.
        sentence: what it is.
        unit: of its value.
        find: gives it from a report; None where that has none.
        of_size: it changes with the number of samples alone.
    """

    key: str
    label: str
    sentence: str
    unit: Unit
    find: Callable[[Report], Figure | None]
    of_size: bool = False


@dataclass(frozen=True)
class Contrast:
    """A quantity of two sets.

    Attributes:
        quantity: which one.
        left: of the first set; None where it is not known.
        right: of the second.
        comparable: False if the sizes of the sets forbid to compare it.
    """

    quantity: JudgedQuantity
    left: Figure | None
    right: Figure | None
    comparable: bool = True

    @property
    def differs(self) -> bool:
        """True if both are known, can be compared, and their intervals do not overlap."""
        if self.left is None or self.right is None or not self.comparable:
            return False
        mine, yours = self.left.interval, self.right.interval
        return mine is not None and yours is not None and (mine[1] < yours[0] or yours[1] < mine[0])


def contrasts(left: Report, right: Report) -> tuple[Contrast, ...]:
    """All quantities of two reports (`disgen.judge.report.report`), but for those that neither has."""
    same_size = left["n"] == right["n"]
    rows = (Contrast(q, q.find(left), q.find(right), comparable=same_size or not q.of_size) for q in QUANTITIES)
    return tuple(row for row in rows if row.left is not None or row.right is not None)


def contrast_records(left: Report, right: Report) -> list[dict[str, Any]]:
    """The same as plain records, a quantity each: values, intervals, numbers, and whether they differ."""
    return [
        {
            "quantity": row.quantity.key,
            "label": row.quantity.label,
            "unit": row.quantity.unit.value,
            **_columns("left", row.left),
            **_columns("right", row.right),
            "comparable": row.comparable,
            "differs": row.differs,
        }
        for row in contrasts(left, right)
    ]


def contrast_csv(left: Report, right: Report) -> str:
    """The records as CSV, with what both sides are in the first columns."""
    named: dict[str, Any] = {}
    for side, report in (("left", left), ("right", right)):
        named |= {f"{side}_run": report["run"], f"{side}_name": report["name"], f"{side}_seed": report["seed"]}
    records = [{**named, **record} for record in contrast_records(left, right)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def _columns(side: str, figure: Figure | None) -> dict[str, Any]:
    if figure is None:
        return dict.fromkeys(f"{side}_{name}" for name in ("value", "low", "high", "n", "count"))
    low, high = figure.interval or (None, None)
    return {
        f"{side}_value": figure.value,
        f"{side}_low": low,
        f"{side}_high": high,
        f"{side}_n": figure.n,
        f"{side}_count": figure.count,
    }


def _rate(part: tuple[str, ...], name: str, report: Report) -> Figure | None:
    """A rate of `disgen.evaluation.rates` in a part of the report."""
    found: Any = report
    for step in part:
        found = None if found is None else found.get(step)
    if found is None or found[name] is None:
        return None
    return Figure(found[name], tuple(found["intervals"][name]), found["denominators"][name], found["counts"][name])


def _area(which: str, report: Report) -> Figure | None:
    found = report["fidelity"]["auc"][which]["all_features"]
    return None if found is None else Figure(found["value"], tuple(found["interval"]), found["n"])


def _rediscovered(report: Report) -> Figure | None:
    return None if report["kind"] == SPLIT else _rate(("fidelity", "rediscovered"), "rediscovered", report)


def _species(report: Report) -> Figure | None:
    mean, found = report["mixtures"]["samples"]["species_a_site"], report["mixtures"]["samples"]
    return None if mean is None else Figure(mean["value"], tuple(mean["interval"]), found["n"])


def _median(found: dict[str, Any] | None) -> Figure | None:
    if found is None or found["median"] is None:
        return None
    return Figure(found["median"], tuple(found["interval"]), found["n"])


def _potential(report: Report) -> dict[str, Any] | None:
    """What the first potential says."""
    energies = report["energies"]
    return None if energies is None else next(iter(energies["potentials"].values()))


def _drop(report: Report) -> Figure | None:
    return _median((_potential(report) or {}).get("drop"))


def _msun(report: Report) -> Figure | None:
    found = _potential(report)
    return None if found is None else _rate(("stable",), "msun", found)


_CHECKED = {check.key: check for check in CHECKS}


def _checked(key: str, *, of_size: bool = False) -> JudgedQuantity:
    """The rate of a check among all samples."""
    check = _CHECKED[key]
    find = partial(_rate, ("shares",), check.rate)
    return JudgedQuantity(key, check.label, check.sentence, Unit.SHARE, find, of_size)


_WITH_ENERGIES = ("energies", "credible", "all_potentials")
_CREDIBLE = "legal, plausible distances, neutral, plausible mixtures, new, and the first of its kind among the samples"
# In the order in which tables show them.
QUANTITIES: tuple[JudgedQuantity, ...] = (
    JudgedQuantity(
        "credible_with_drop",
        "Credible",
        f"Samples that are {_CREDIBLE}, and lose at most {MAX_DROP} eV an atom when a potential relaxes an ordered "
        "decoration; of a subsample.",
        Unit.SHARE,
        partial(_rate, _WITH_ENERGIES, "credible"),
        of_size=True,
    ),
    JudgedQuantity(
        "credible",
        "Credible, without energies",
        f"Samples that are {_CREDIBLE}.",
        Unit.SHARE,
        partial(_rate, ("credible",), "credible"),
        of_size=True,
    ),
    JudgedQuantity(
        "credible_of_disordered",
        "The same, of the disordered",
        "Without energies, of the samples with a disordered site.",
        Unit.SHARE,
        partial(_rate, ("credible",), "of_disordered"),
        of_size=True,
    ),
    JudgedQuantity(
        "disordered",
        "Disordered",
        "Crystals with a site that is shared or partly empty.",
        Unit.SHARE,
        partial(_rate, ("disorder",), "disordered"),
    ),
    _checked("plausible"),
    _checked("neutral_mixed"),
    _checked("novel"),
    _checked("unique", of_size=True),
    JudgedQuantity(
        "auc",
        "Told from real crystals, AUC",
        "Area under the curve of a classifier that tells the crystals from the test split, or that from the validation "
        "split; 0.5: it cannot, 1: always.",
        Unit.NUMBER,
        partial(_area, "all"),
    ),
    JudgedQuantity(
        "auc_novel",
        "The same, new crystals only",
        "New: not in the training data.",
        Unit.NUMBER,
        partial(_area, "novel"),
    ),
    JudgedQuantity(
        "mixtures",
        "Plausible mixtures",
        "Sites of several species, each pair of which shares a site in real crystals or is chemically alike.",
        Unit.SHARE,
        partial(_rate, ("mixtures", "samples"), "sites"),
    ),
    JudgedQuantity("species_a_site", "Species on a site", "Mean over all sites.", Unit.NUMBER, _species),
    JudgedQuantity(
        "rediscovered",
        "Found again",
        "Crystals of the test split, amounts in steps of 0.05, that are among the samples.",
        Unit.SHARE,
        _rediscovered,
        of_size=True,
    ),
    JudgedQuantity(
        "volume", "Volume per atom, median", "Of all crystals.", Unit.VOLUME, lambda report: _median(report["volume"])
    ),
    JudgedQuantity(
        "volume_ratio",
        "Volume over the expected, median",
        "The volume over what the elements of each crystal lead one to expect; 1: the same.",
        Unit.NUMBER,
        lambda report: _median(report.get("volume_ratio")),
    ),
    JudgedQuantity(
        "volume_within",
        "Volume as expected",
        f"Crystals with {VOLUME_WITHIN[0]:g} to {VOLUME_WITHIN[1]:g} times the expected volume.",
        Unit.SHARE,
        partial(_rate, ("volume_ratio", "shares"), "within"),
    ),
    JudgedQuantity(
        "drop",
        "Energy drop, median",
        "What relaxation takes out of an ordered decoration, by the first potential; of a subsample.",
        Unit.ENERGY,
        _drop,
    ),
    JudgedQuantity(
        "msun",
        "Nearly stable, unique, new",
        "At most 0.1 eV an atom above the potential's hull of the Materials Project's crystals (MSUN); of a subsample.",
        Unit.SHARE,
        _msun,
        of_size=True,
    ),
)
