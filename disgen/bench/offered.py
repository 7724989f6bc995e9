"""Samples of every sampler whose CIFs are offered: each is written in every form of CIF, read, and compared.

What is offered is what `disgen.generation.read_back` says comes back, by its short way; here every text is read in full
by the public reader. Samples are taken as the app shows them, and polished as `sample` writes them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from disgen.bench.round_trip import difference, in_chunks
from disgen.cif import CifError, read, write_cif
from disgen.export import p1_cif
from disgen.generation.geometry.pairs import PairsError
from disgen.generation.geometry.polish import polish
from disgen.generation.ordered.alternatives import NO_GROUP, disorder_groups
from disgen.generation.read_back import read_back
from disgen.generation.sampling import draw
from disgen.latent.fitted import fitted_estimator
from disgen.latent.registry import ESTIMATORS
from disgen.processes import process_pool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.model.checkpoint import Run

SAMPLES = 2000
SYMMETRY, P1, ALTERNATIVES = "with symmetry", "in P1", "with alternatives"  # forms of a crystal's CIF
_CHUNK = 50  # crystals sent to a process at once


@dataclass(frozen=True)
class Lost:
    """A CIF that is offered and gives another crystal."""

    formula: str
    space_group: int
    form: str
    reason: str


@dataclass(frozen=True)
class Offered:
    """What became of some samples.

    Attributes:
        sampler: name of the density estimator.
        polished: atoms that clash were moved apart first.
        n: samples.
        crystals: of them that are crystals.
        offered: of these whose CIF is offered.
        cifs: written, by form.
        lost: CIFs that gave another crystal.
    """

    sampler: str
    polished: bool
    n: int
    crystals: int
    offered: int
    cifs: dict[str, int] = field(default_factory=dict)
    lost: tuple[Lost, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form, with the number of CIFs that came back identical."""
        written = sum(self.cifs.values())
        return {**asdict(self), "written": written, "identical": written - len(self.lost)}


def offered_by_all(run: Run, n: int, seed: int, workers: int, *, progress: bool = True) -> Iterator[Offered]:
    """Some samples of each sampler, as they are and polished, one set after the other.

    Args:
        run: the model.
        n: samples of each.
        seed: of each.
        workers: number of processes that read.
        progress: draw a progress bar on standard error.

    Raises:
        RunError: if the run is a light one.
        RoundTripError: if a process ends before its time.
    """
    with process_pool(workers) as pool:
        for name in ESTIMATORS:
            drawn = draw(run, fitted_estimator(run, name), n, seed).reconstructions
            crystals = [crystal for crystal in drawn.crystals if crystal is not None]
            for polished in (False, True):
                made = polish(crystals) if polished else crystals
                title = f"{name}, polished" if polished else name
                parts = list(in_chunks(pool, tried, made, _CHUNK, title, progress=progress))
                cifs: Counter[str] = sum((Counter(part[1]) for part in parts), Counter())
                lost = tuple(one for part in parts for one in part[2])
                yield Offered(name, polished, n, len(made), sum(part[0] for part in parts), dict(cifs), lost)


def tried(crystals: Sequence[WyckoffCrystal]) -> tuple[int, dict[str, int], tuple[Lost, ...]]:
    """How many of some crystals are offered, their CIFs by form, and those that gave another crystal."""
    offered = [crystal for crystal, same in zip(crystals, read_back(crystals).same, strict=True) if same]
    cifs: Counter[str] = Counter()
    lost = []
    for crystal in offered:
        for form, text in cif_forms(crystal).items():
            cifs[form] += 1
            if reason := _what_is_wrong(crystal, text):
                lost.append(Lost(crystal.formula, crystal.space_group, form, reason))
    return len(offered), dict(cifs), tuple(lost)


def cif_forms(crystal: WyckoffCrystal) -> dict[str, str]:
    """The CIFs of a crystal that can be taken from the app, by form."""
    forms = {SYMMETRY: write_cif(crystal), P1: p1_cif(crystal)}
    try:
        groups = disorder_groups(crystal)
    except PairsError:  # too many positions: then the app offers none either
        return forms
    if any(group != NO_GROUP for group in groups):
        forms[ALTERNATIVES] = write_cif(crystal, groups=groups)
    return forms


def _what_is_wrong(crystal: WyckoffCrystal, text: str) -> str:
    """In what the crystal that a CIF gives differs from the one that was written, or ""."""
    try:
        back = read(text).crystal
    except CifError as error:
        return f"it cannot be read: {error}"
    return "" if back == crystal else difference(crystal, back) or "numbers differ by less than can be seen"
