"""How fast crystals are read, represented, reconstructed, written and screened, on one thread; crystals per second."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from disgen.bench.clock import Seconds, timed
from disgen.bench.inputs import true_output
from disgen.cif import CifError, read_cif, write_cif
from disgen.generation.reconstruction import reconstruct
from disgen.generation.screening import screen
from disgen.representation import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from disgen.crystal import WyckoffCrystal

T = TypeVar("T")

_WARM_UP = 5  # inputs that are worked on before the clock starts, which builds the symmetry tables


@dataclass(frozen=True)
class Sizes:
    """How much is measured; every repetition gets fresh inputs, so that nothing is answered from memory.

    Attributes:
        texts: CIFs per repetition.
        crystals: crystals per repetition.
        latents: latents that are decoded, screened and written to a zip.
        conditioned: latents of one gradient step.
        placed: latents placed into the map.
        repetitions: of the short measurements.
        long_repetitions: of those that take seconds: writing the zip, and placing.
    """

    texts: int = 200
    crystals: int = 2000
    latents: int = 27_008
    conditioned: int = 1000
    placed: int = 5000
    repetitions: int = 5
    long_repetitions: int = 3


def reading_speed(texts: Sequence[str], sizes: Sizes) -> dict[str, Seconds]:
    """Seconds per CIF: to a canonical crystal (`read_per_s`), and to its representation (`represent_per_s`).

    Args:
        texts: CIFs; some may be refused, as in real life.
        sizes: how much is measured.
    """
    pieces = parts(texts, sizes.texts, sizes.repetitions)
    crystals_of(texts[-_WARM_UP:])
    return {
        "read_per_s": timed(crystals_of, pieces).per(len(pieces[0])),
        "represent_per_s": timed(lambda piece: encode(crystals_of(piece)), pieces).per(len(pieces[0])),
    }


def crystal_speed(crystals: Sequence[WyckoffCrystal], known: AbstractSet[str], sizes: Sizes) -> dict[str, Seconds]:
    """Seconds per crystal: reconstruction from the true representation, CIF text, and screening.

    Args:
        crystals: canonical crystals.
        known: keys that do not count as new.
        sizes: how much is measured.
    """
    pieces = parts(crystals, sizes.crystals, sizes.repetitions)
    few = crystals[-_WARM_UP:]
    screen(reconstruct(true_output(few)).crystals)
    works: dict[str, tuple[Callable[[Any], object], Iterable[Any]]] = {
        "reconstruct_per_s": (reconstruct, (true_output(piece) for piece in pieces)),
        "cif_per_s": (lambda piece: [write_cif(crystal) for crystal in piece], pieces),
        "screen_per_s": (lambda piece: screen(piece, known), pieces),
    }
    return {name: timed(work, inputs).per(len(pieces[0])) for name, (work, inputs) in works.items()}


def crystals_of(texts: Sequence[str]) -> list[WyckoffCrystal]:
    """Crystals of the CIFs that are not refused."""
    result = []
    for text in texts:
        with suppress(CifError):
            result.append(read_cif(text))
    return result


def parts(items: Sequence[T], size: int, repetitions: int) -> list[Sequence[T]]:
    """As many pieces as there are repetitions, of the given size or what there is; too few items are used again."""
    size = min(size, max(len(items) // repetitions, 1))
    starts = [number * size % len(items) for number in range(repetitions)]
    return [items[start : start + size] for start in starts]
