"""The learned prior of a run, put together from its trained networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from disgen.prior.calibration import calibrate
from disgen.prior.estimator import CrystalPrior
from disgen.prior.geometry.templates import Templates
from disgen.prior.material import without_amounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.model.checkpoint import Run
    from disgen.prior.geometry.network import GeometryModel
    from disgen.prior.language.network import LanguageModel
    from disgen.prior.material import Material


def assemble(
    run: Run,
    material: Material,
    train: Sequence[WyckoffCrystal],
    language: LanguageModel,
    geometry: GeometryModel,
    volumes: np.ndarray,
    rng: np.random.Generator,
) -> tuple[CrystalPrior, dict[str, object]]:
    """The prior, its share of disordered crystals put right.

    Args:
        run: that it belongs to.
        material: what it has learnt from.
        train: crystals of the training split, whose share of disordered ones samples are to have.
        language: trained.
        geometry: trained.
        volumes: (101,) expected volumes of atoms in Å³.
        rng: source of randomness.

    Returns:
        The prior, and shares of crystals with a disordered site: of the training split, and of samples before that was
        put right.
    """
    # To start a geometry from, one crystal of those that differ in their amounts only is enough.
    different = {without_amounts(crystal): crystal for crystal in (*material.ordered, *material.corpus)}
    templates = Templates.of(list(different.values()), volumes)
    share = float(np.mean([crystal.disordered_sites > 0 for crystal in train]))
    prior = CrystalPrior.of(run, language, geometry, templates, volumes)
    found = calibrate(language, templates, share, prior.reach, rng)
    prior.disordered, prior.repeated = found.disordered, found.repeated
    return prior, {"train": share, "drawn": found.drawn}
