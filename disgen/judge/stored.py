"""Judgements in a run's folder, one file for each sampler, and what a table shows of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from disgen.errors import DisgenError
from disgen.evaluation.fidelity.held_out import FOLDER
from disgen.evaluation.stored import load_figures, store_figures

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.model.checkpoint import Run

FORMAT = 2
_NAME = re.compile(r"[\w.-]+")
_PARTS = {
    *("format", "run", "name", "kind", "about", "n", "seed", "against"),
    *("shares", "disorder", "credible", "fidelity", "mixtures"),
    *("volume", "volume_ratio", "distributions", "examples", "energies"),
}


class JudgementError(DisgenError):
    """Nothing can be judged as asked, or a stored judgement is damaged; the message is one sentence."""


def store_judgement(run: Run, report: dict[str, Any]) -> Path:
    """Write a judgement into the run's folder as ``judge/<name>.json``, in place of an earlier one; its path.

    Raises:
        JudgementError: if its name is none for a file.
    """
    name = str(report["name"])
    if not _NAME.fullmatch(name):
        msg = f"A judgement cannot be stored as {name!r}: name the folder in letters, digits, dots and dashes."
        raise JudgementError(msg)
    path = run.path / FOLDER / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    store_figures(path, report)
    return path


def load_judgements(folder: Path) -> dict[str, dict[str, Any]]:
    """All judgements that a run's folder holds, by name.

    Raises:
        JudgementError: if one is damaged or of another version.
    """
    found = {}
    for path in sorted((folder / FOLDER).glob("*.json")):
        report = load_figures(path, _is_whole, command="python -m disgen judge --store", error=JudgementError)
        found[str(report["name"])] = report
    return found


def _is_whole(report: dict[str, Any]) -> bool:
    return report.keys() >= _PARTS and report["format"] == FORMAT


def summary(report: dict[str, Any]) -> dict[str, Any]:
    """The figures of a judgement that a table shows, by name; each a number, or None where it is not known.

    Returns:
        "name", "n", "disordered", "novel", "auc", "auc_novel", "auc_novel_without_geometry", "auc_real", "coverage",
        "density", "rediscovered" (share) and "rediscovered_count", "mixtures" (share of crystals with mixed sites),
        "credible", "credible_of_disordered", "yield"; with energies "credible_with_drop" and
        "credible_with_drop_of_disordered" (by all potentials), and by potential under "potentials" the "median" and
        "upper" quartile of the drop, "sun" and "msun".
    """
    likeness, energies = report["fidelity"], report["energies"]
    areas = likeness["auc"]

    def value(found: dict[str, Any] | None) -> float | None:
        return None if found is None else found["value"]

    cover = likeness["coverage"]["samples"] or {"coverage": None, "density": None}
    row = {
        "name": report["name"],
        "n": report["n"],
        "disordered": report["disorder"]["disordered"],
        "novel": report["shares"]["novel"],
        "auc": value(areas["all"]["all_features"]),
        "auc_novel": value(areas["novel"]["all_features"]),
        "auc_novel_without_geometry": value(areas["novel"]["without_geometry"]),
        "auc_real": value(areas["real"]["all_features"]),
        "coverage": value(cover["coverage"]),
        "density": value(cover["density"]),
        "rediscovered": likeness["rediscovered"]["rediscovered"],
        "rediscovered_count": likeness["rediscovered"]["counts"]["rediscovered"],
        "mixtures": report["mixtures"]["samples"]["crystals"],
        "credible": report["credible"]["credible"],
        "credible_of_disordered": report["credible"]["of_disordered"],
        "yield": report["shares"]["yield"],
        "credible_with_drop": None,
        "credible_with_drop_of_disordered": None,
        "potentials": {},
    }
    if energies is None:
        return row
    together = energies["credible"]["all_potentials"]
    return row | {
        "credible_with_drop": together["credible"],
        "credible_with_drop_of_disordered": together["of_disordered"],
        "potentials": {
            name: {
                "median": part["drop"]["median"],
                "upper": part["drop"]["upper_quartile"],
                "sun": part["stable"]["sun"],
                "msun": part["stable"]["msun"],
            }
            for name, part in energies["potentials"].items()
        },
    }
