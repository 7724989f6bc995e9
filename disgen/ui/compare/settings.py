"""What is compared: the page's address, and what it asks of the judges. Pure functions, tested without a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from disgen.latent.registry import DEFAULT, ESTIMATORS
from disgen.ui.base.samplers import label
from disgen.ui.base.urlstate import Choice, Switch, Text, Whole

if TYPE_CHECKING:
    from disgen.cif.bundle import CifFile
    from disgen.ui.base.urlstate import Parameters
    from disgen.ui.data.loading import RunKey

SIDES = ("a", "b")
TEST, CIFS = "test", "cifs"
MOST = 27_008  # samples, as many as the paper draws
MOST_SEED = 2**31 - 1
N, SEED, ANEW, OPEN = "judged_n", "judged_seed", "anew", "crystal"
SAME = ""  # the model that is picked for the page
PARAMETERS: Parameters = {
    "of_a": Choice((DEFAULT, *(name for name in ESTIMATORS if name != DEFAULT), TEST, CIFS)),
    "of_b": Choice((TEST, DEFAULT, *(name for name in ESTIMATORS if name != DEFAULT), CIFS)),
    "model_a": Text(80, SAME),
    "model_b": Text(80, SAME),
    N: Whole(2000, 1, MOST),
    SEED: Whole(0, 0, MOST_SEED),
    ANEW: Switch(),
    OPEN: Text(8),
}


@dataclass(frozen=True)
class WantedSet:
    """A set of crystals that is to be judged anew.

    Attributes:
        key: of the run.
        source: name of a sampler, "test" or "cifs".
        n: samples; 0 for all CIFs.
        seed: of the samples.
        digest: of the CIFs; empty for what is none.
        files: the CIFs.
    """

    key: RunKey
    source: str
    n: int
    seed: int
    digest: str = ""
    files: tuple[CifFile, ...] = field(default=(), repr=False, compare=False)

    @property
    def label(self) -> str:
        """For people."""
        return f"{source_label(self.source)} of {self.key.name}" if self.source != CIFS else source_label(CIFS)


def source_label(source: str) -> str:
    """What a source is called."""
    return "CIFs of mine" if source == CIFS else label(source)


def opened(text: str) -> tuple[str, int] | None:
    """Side and number of the crystal that the address names, as in "a-3"; None if it names none."""
    side, _, number = text.partition("-")
    return (side, int(number)) if side in SIDES and number.isascii() and number.isdigit() else None
