"""How each orbit of a crystal is disordered, and which orbits are positional alternatives of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from disgen.drawing.contents import occupancy_text, site_labels

if TYPE_CHECKING:
    from disgen.crystal import DisorderClass
    from disgen.generation.ordered.supercell import Supercell


@dataclass(frozen=True)
class SiteClass:
    """One orbit.

    Attributes:
        label: as in CIFs, such as "Li2".
        position: multiplicity and Wyckoff letter, such as "96h".
        contents: what sits there, as text.
        kind: ordered, substitutional, vacancy or both.
        excludes: labels of the orbits, itself among them, of which positions are too close to its own to be filled
            together.
    """

    label: str
    position: str
    contents: str
    kind: DisorderClass
    excludes: tuple[str, ...]

    @property
    def is_positional(self) -> bool:
        """True if its positions are alternatives of others, or of each other."""
        return bool(self.excludes)


def site_classes(supercell: Supercell) -> tuple[SiteClass, ...]:
    """The class of each orbit, in the crystal's order.

    Args:
        supercell: any supercell of the crystal, which knows the pairs that exclude each other.
    """
    sites, labels = supercell.crystal.sites, site_labels(supercell.crystal)
    pairs = {tuple(pair) for pair in supercell.owners[supercell.excluded].tolist()}
    both = pairs | {(second, first) for first, second in pairs}
    return tuple(
        SiteClass(
            label,
            f"{site.multiplicity}{site.letter}",
            occupancy_text(site),
            site.disorder_class,
            tuple(labels[other] for other in sorted(second for first, second in both if first == number)),
        )
        for number, (site, label) in enumerate(zip(sites, labels, strict=True))
    )
