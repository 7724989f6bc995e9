"""All figures of `python -m disgen bench`, as one JSON-able table."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from disgen.bench.clock import peak_memory_mb
from disgen.bench.inputs import amcsd_texts, corpus_sample
from disgen.bench.speed import Sizes, crystal_speed, crystals_of, reading_speed
from disgen.corpus.workers import default_workers
from disgen.generation.sampling import known_keys

if TYPE_CHECKING:
    from pathlib import Path

    from disgen.bench.clock import Seconds
    from disgen.model.checkpoint import Run

_LOG = logging.getLogger(__name__)


def measure(corpus: Path | None, run: Run | None, *, seed: int = 0, sizes: Sizes | None = None) -> dict[str, Any]:
    """Measure everything, on one thread.

    Args:
        corpus: folder of the corpus whose crystals are worked on; without one, the AMCSD's CIFs are read instead.
        run: whose network is measured; its figures are None without one.
        seed: which CIFs, crystals and latents.
        sizes: how much is measured.

    Returns:
        Crystals per second (``…_per_s``) and seconds (``…_s``) by the clock; the same by processor time under
        "processor_time"; and what was measured.

    Raises:
        CorpusError: if there is no such corpus, or no AMCSD.
    """
    sizes = sizes or Sizes()
    with threadpool_limits(1):
        _LOG.info("Reading CIFs …")
        texts = [text for _, text in amcsd_texts(seed)[: (sizes.texts + 1) * sizes.repetitions]]
        found = reading_speed(texts, sizes)
        if corpus is None:
            crystals = crystals_of(texts)
        else:
            crystals = [entry.crystal for entry in corpus_sample(corpus, sizes.crystals * sizes.repetitions, seed)]
        known = frozenset() if run is None else known_keys(run)
        _LOG.info("Reconstructing, writing and screening crystals …")
        found |= crystal_speed(crystals, known, sizes)
        if run is not None:
            from disgen.bench.network import network_speed  # noqa: PLC0415 (torch takes seconds)

            _LOG.info("Decoding latents, searching and placing …")
            found |= network_speed(run, sizes, seed)
    names = (
        *found,
        f"latent_to_disk_{sizes.latents}_s",
        f"condition_step_{sizes.conditioned}_s",
        f"place_{sizes.placed}_s",
    )
    return {
        **{name: _figure(found[name], name, cpu=False) if name in found else None for name in names},
        "peak_memory_mb": round(peak_memory_mb(), 1),
        "cores": default_workers(),
        "processor_time": {name: _figure(seconds, name, cpu=True) for name, seconds in found.items()},
        "crystals": "amcsd" if corpus is None else "corpus",
        "crystals_per_repetition": min(sizes.crystals, len(crystals) // sizes.repetitions),
        "cifs_per_repetition": min(sizes.texts, len(texts) // sizes.repetitions),
        "repetitions": sizes.repetitions,
        "seed": seed,
        "run": None if run is None else run.name,
    }


def table(figures: dict[str, Any]) -> str:
    """The figures as aligned text."""
    rows = [(name, value) for name, value in figures.items() if not isinstance(value, dict)]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {'-' if value is None else value}" for name, value in rows)


def _figure(seconds: Seconds, name: str, *, cpu: bool) -> float:
    """A rate or a time to four digits."""
    value = seconds.cpu if cpu else seconds.wall
    return float(f"{1.0 / value if name.endswith('_per_s') else value:.4g}")
