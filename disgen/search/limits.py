"""What no search can find, since the representation does not hold it: sites of more than fifty positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen import wyckoff
from disgen.representation import MAX_MULTIPLICITY
from disgen.search.target import listed
from disgen.search.target_structure import SpaceGroups

if TYPE_CHECKING:
    from disgen.search.targets import Targets

_MOST_NAMED = 4  # space groups


def positions_left_out(space_group: int) -> tuple[str, ...]:
    """Wyckoff positions with more sites than the representation holds, such as ``96h``."""
    found = wyckoff.tables().multiplicity_of[space_group].tolist()
    return tuple(
        f"{number}{wyckoff.LETTERS[letter - 1]}" for letter, number in enumerate(found) if number > MAX_MULTIPLICITY
    )


def left_out_text(targets: Targets) -> str:
    """A sentence on the positions of the named space groups that no search can fill; empty if there are none."""
    named = [group for target in targets if isinstance(target, SpaceGroups) for group in target.numbers]
    missing = {group: positions_left_out(group) for group in named}
    words = [f"{listed(names, 'or')} of {wyckoff.symbol(group)} ({group})" for group, names in missing.items() if names]
    if not words:
        return ""
    more = f", nor on such of {len(words) - _MOST_NAMED} further groups" if len(words) > _MOST_NAMED else ""
    return (
        f"The model holds sites of up to {MAX_MULTIPLICITY} positions: crystals with atoms on "
        f"{'; on '.join(words[:_MOST_NAMED])}{more} cannot be found."
    )
