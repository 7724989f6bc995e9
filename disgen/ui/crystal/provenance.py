"""Where the crystal of a point comes from: for file names, and for the tray."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.ui.crystal.tray import Origin, latent_numbers

if TYPE_CHECKING:
    from disgen.generation.decoded import DecodedLatent
    from disgen.ui.data.loading import RunKey, SampleKey
    from disgen.ui.data.selection import PointId


def origin(samples: SampleKey | None, point: PointId) -> str:
    """Fit for a file name: ``test-12``, ``kde-n300-seed0-12`` or, at a temperature, ``kde-n300-seed0-t0.8-12``."""
    if samples is None or point.of != samples.estimator:
        return str(point)
    temperature = "" if samples.temperature == 1.0 else f"-t{samples.temperature:g}"
    return f"{point.of}-n{samples.n}-seed{samples.seed}{temperature}-{point.index}"


def source_of(key: RunKey, samples: SampleKey | None, point: PointId, decoded: DecodedLatent) -> Origin:
    """For the tray, what a point decodes to; samples are those on the map, if there are any."""
    sampled = samples if samples is not None and point.of == samples.estimator else None
    return Origin(
        key.name,
        origin(samples, point),
        sampled.estimator if sampled else "",
        sampled.seed if sampled else None,
        latent_numbers(decoded.z),
        str(decoded.outcome),
        decoded.checks.novel,
    )
