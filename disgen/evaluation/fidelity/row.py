"""What the table of samplers says of their crystals' fidelity (`disgen.evaluation.comparison`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from disgen.evaluation.fidelity.classifier import auc
from disgen.evaluation.fidelity.traits import without_amounts
from disgen.evaluation.rates import rates

if TYPE_CHECKING:
    import numpy as np

    from disgen.evaluation.fidelity.held_out import HeldOut
    from disgen.evaluation.fidelity.traits import Traits

FIGURES = ("disordered", "auc", "auc_novel", "rediscovered", "mixtures")


def fidelity_row(samples: Traits | None, novel: np.ndarray, held_out: HeldOut | None) -> dict[str, Any]:
    """The figures of a row, plain JSON.

    Args:
        samples: n crystals; None where they are not judged, and every figure is None.
        novel: (n,) True where a crystal's key is not of the training split.
        held_out: real crystals; None only where samples are.

    Returns:
        - "disordered": share of the crystals with a disordered site
        - "auc", "auc_novel": area under the ROC curve of a classifier that tells crystals, or novel ones, from those of
            the test split (`disgen.evaluation.fidelity.classifier`)
        - "rediscovered": share of the distinct keys of the test split, but those that the training split has, that are
            among the crystals' keys
        - "mixtures": of the crystals with mixed sites the share in which all of these are plausible

        and "fidelity", with counts, denominators and intervals of them.
    """
    if samples is None or held_out is None:
        return {**dict.fromkeys(FIGURES), "fidelity": None}
    shares = rates(*share_counts(samples, held_out))
    areas = {"auc": auc(samples, held_out.test), "auc_novel": auc(samples[novel], held_out.test)}
    return {
        "disordered": shares["disordered"],
        **{name: None if area is None else area["value"] for name, area in areas.items()},
        "rediscovered": shares["rediscovered"],
        "mixtures": shares["mixtures"],
        "fidelity": {"against": held_out.crystals, **shares, **areas},
    }


def share_counts(samples: Traits, held_out: HeldOut) -> tuple[dict[str, int], dict[str, int]]:
    """Counts and denominators of "disordered", "mixtures", "rediscovered" and "rediscovered_without_amounts"."""
    mixed = samples.mixtures.mixed > 0
    hits = {
        "disordered": int((samples.mixtures.disordered > 0).sum()),
        "mixtures": int((mixed & samples.mixtures.all_plausible).sum()),
        "rediscovered": len(held_out.keys.intersection(samples.key)),
        "rediscovered_without_amounts": len(held_out.plain_keys.intersection(without_amounts(samples.key))),
    }
    denominators = {
        "disordered": len(samples),
        "mixtures": int(mixed.sum()),
        "rediscovered": len(held_out.keys),
        "rediscovered_without_amounts": len(held_out.plain_keys),
    }
    return hits, denominators
