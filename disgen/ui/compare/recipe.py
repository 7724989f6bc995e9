"""How the figures of both sides are had again without the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.ui.base.reproduce import Recipe, options
from disgen.ui.compare.settings import CIFS, TEST

if TYPE_CHECKING:
    from disgen.ui.compare.side import Side

_PYTHON = """\
import json

from disgen.judge.contrast import contrast_records

left, right = (json.load(open(name)) for name in ("left.json", "right.json"))
for row in contrast_records(left, right):
    print(row["label"], row["left_value"], row["right_value"], "differs" if row["differs"] else "")
"""
FOLDER = "my_cifs"


def recipes(left: Side, right: Side) -> dict[str, Recipe]:
    """A recipe for each side, and what sets the two beside each other, under its heading."""
    return {
        "Left": Recipe(_command(left), "", "left.json"),
        "Right": Recipe(_command(right), "", "right.json"),
        "Both": Recipe((), _PYTHON),
    }


def _command(side: Side) -> tuple[str, ...]:
    """The command that prints a side's report."""
    report = side.report or {}
    about: list[tuple[str, object]] = [("run", side.key.name)]
    if side.source == CIFS:
        return ("judge", *options([*about, ("cifs", FOLDER)]), "--json")
    about.append(("estimator", side.source))
    if side.source != TEST or not side.stored:
        about.append(("n", report["n"]))
    about.append(("seed", report["seed"]))
    if report["energies"] is not None:
        about.append(("energies", report["energies"]["n"]))
    return ("judge", *options(about), "--json")
