"""Accuracies that training reports after each epoch; the full tables are in `disgen.evaluation`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.representation import Rows

if TYPE_CHECKING:
    from disgen.model.output import DecoderOutput
    from disgen.representation import SiteArrays

METRICS = (
    "space_group_accuracy",
    "letter_accuracy",
    "multiplicity_accuracy",
    "element_accuracy",
    "occupancy_mae",
    "coordinate_mae",
    "length_mae",
    "angle_mae",
)


def reconstruction_metrics(output: DecoderOutput, truth: SiteArrays) -> dict[str, float]:
    """How well decoded latents agree with the crystals they were encoded from; NaN where there is nothing to compare.

    Returns:
        By the names of `METRICS`: shares of right space groups; of right letters and multiplicities over real sites;
        of right elements over ordered sites; mean absolute errors of the occupancies of the species present on
        disordered sites (a vacancy counts as a species), of the fractional coordinates of real sites (periodic), of
        a, b, c (Å) and of α, β, γ (degrees).
    """
    real, disordered = truth.real, truth.disordered
    ordered = real & ~disordered
    a, _ = truth.dense()
    occupancy = a[:, :, Rows.OCCUPANCY]
    present = (occupancy > 0.0) & disordered[:, :, None]
    offset = output.coordinates - truth.coordinates
    values = {
        "space_group_accuracy": output.space_group.argmax(1) + 1 == truth.space_group,
        "letter_accuracy": (output.letter.argmax(2) == truth.letter)[real],
        "multiplicity_accuracy": (output.multiplicity.argmax(2) == truth.multiplicity)[real],
        "element_accuracy": (output.occupancy.argmax(2) == occupancy.argmax(2))[ordered],
        "occupancy_mae": np.abs(output.occupancy - occupancy)[present],
        "coordinate_mae": np.abs(offset - np.round(offset))[real],
        "length_mae": np.abs(output.lattice - truth.cell)[:, :3],
        "angle_mae": np.abs(output.lattice - truth.cell)[:, 3:],
    }
    return {name: float(np.mean(values[name])) if values[name].size else float("nan") for name in METRICS}
