"""Between several ways of reading a file: the one that agrees best with what the file states about itself.

Ways differ in the symmetry (`disgen.cif.symmetry.settings`) and in what numbers mean
(`disgen.cif.standard.sites.Question`). The one with the fewest disagreements is taken, of equals the first; where that
decides nothing and the crystals differ, both are named.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from disgen.cif.doubts import Doubt, DoubtKind
from disgen.cif.errors import CifError, CifReason
from disgen.cif.standard.checks import contents, disagreements, formula_gap
from disgen.cif.standard.sites import OVER_FULL, Placement, Question, place

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from disgen.cif.parse import AsymmetricUnit
    from disgen.cif.symmetry.settings import Setting
    from disgen.crystal import WyckoffCrystal

# A wrong formula, atoms on top of each other and over-full sites weigh more than what authors copy from elsewhere.
_WEIGHTS = {DoubtKind.FORMULA: 4, DoubtKind.DISTANCE: 3, DoubtKind.CONTENTS: 3, DoubtKind.DENSITY: 2}
_OVER_FULL_WEIGHT = 4
_NEARLY_FULL = 0.95
_LONGEST_POSITIONS = 40  # characters
_SAME_GAP = 2e-3  # of shares in all atoms


@dataclass(frozen=True, eq=False)
class Way:
    """One way of reading a file.

    Attributes:
        setting: its symmetry.
        placement: its sites.
        answers: what is read other than usual.
        against: what the file states otherwise.
    """

    setting: Setting
    placement: Placement
    answers: tuple[Question, ...]
    against: tuple[Doubt, ...]

    @property
    def is_over_full(self) -> bool:
        """True if a site holds more than one atom."""
        return any(sum(site.amounts.values()) > OVER_FULL for site in self.placement.sites)

    @property
    def weight(self) -> int:
        """How much speaks against it."""
        return sum(_WEIGHTS.get(doubt.kind, 1) for doubt in self.against) + _OVER_FULL_WEIGHT * self.is_over_full


def best_way(
    unit: AsymmetricUnit,
    basis: np.ndarray,
    *,
    lacks_hydrogen: Callable[[Placement], bool],
    find: Callable[[Placement], WyckoffCrystal],
    likely: bool = True,
) -> tuple[Way, tuple[Doubt, ...]]:
    """The way to read an asymmetric unit, and what is doubtful about the choice.

    Args:
        unit: as parsed.
        basis: (3, 3) cell vectors as rows, Å.
        lacks_hydrogen: tells of a placement whether hydrogen is missing.
        find: the crystal of a placement; asked for only where the file's statements do not decide.
        likely: take the likelier meaning of amounts also where neither Z, density nor multiplicities are stated.

    Raises:
        CifError: if no way leads to sites.
    """

    def tried(setting: Setting, answers: tuple[Question, ...] = ()) -> Way:
        placement = place(unit.atoms, setting.operations, basis, answers)
        missing = lacks_hydrogen(placement)
        return Way(setting, placement, answers, disagreements(placement, unit.claims, basis, lacks_hydrogen=missing))

    ways: list[Way] = []
    problem: CifError | None = None
    for setting in unit.settings:
        try:
            way = tried(setting)
        except CifError as error:
            problem = error
            continue
        asked = [one for one in way.placement.questions if _is_decidable(one, way, unit, likely=likely)]
        others = [tried(setting, (question,)) for question in asked]
        ways += [*others, way] if _is_likely_other(way) else [way, *others]
    if not ways:
        raise problem or CifError(CifReason.NO_SYMMETRY, "The CIF states no symmetry that can be used: add operations.")
    if len(ways) > 1:
        ways = _least_contradicted(ways, unit)
    chosen = ways[0]
    rivals = [way for way in ways[1:] if way.setting is not chosen.setting and not way.answers]
    if not rivals:
        return chosen, _answers_told(chosen, unit)
    chosen, told = _by_symmetry([chosen, *rivals], unit, find)
    return chosen, (*_answers_told(chosen, unit), *told)


def _is_likely_other(way: Way) -> bool:
    """True if the other meaning of the numbers is the better guess where nothing else is stated.

    An atom beside a special position was refined there: what its operations make of it is what the file says.
    """
    placement = way.placement
    all_full = min(placement.general_shares) > _NEARLY_FULL and Question.GENERAL_SHARES in placement.questions
    return all_full or Question.SPLIT in placement.questions or (placement.is_complete and not way.is_over_full)


def _is_decidable(question: Question, way: Way, unit: AsymmetricUnit, *, likely: bool) -> bool:
    """True if the file states enough to tell how its numbers are meant, or one meaning is likelier anyway.

    Full atoms at equivalent positions are one atom, whatever is stated: no position holds two.
    """
    claims = unit.claims
    counted = claims.units is not None or claims.density is not None or any(atom.multiplicity for atom in unit.atoms)
    if question is Question.SPLIT:
        return counted or likely
    if question is Question.MERGED:
        is_impossible = likely and way.is_over_full
        return is_impossible or counted or way.placement.is_complete or len(set(claims.formula or ()) - {"H"}) > 1
    if claims.formula is None and not counted:
        return False
    # A formula that counts the atoms of the cell settles it, and without a full site there is no reason to ask.
    amounts = contents(way.placement.sites)
    as_stated = claims.formula is not None and all(
        math.isclose(amounts.get(element, 0.0), n, abs_tol=1e-3, rel_tol=0.01) for element, n in claims.formula.items()
    )
    return not as_stated and max(way.placement.general_shares) > _NEARLY_FULL


def _least_contradicted(ways: list[Way], unit: AsymmetricUnit) -> list[Way]:
    """Those with the fewest disagreements, and of them those nearest to the stated formula."""
    least = min(way.weight for way in ways)
    equal = [way for way in ways if way.weight == least]
    gaps = [formula_gap(contents(way.placement.sites), unit.claims) for way in equal]
    return [way for way, gap in zip(equal, gaps, strict=True) if gap < min(gaps) + _SAME_GAP]


def _by_symmetry(
    ways: list[Way], unit: AsymmetricUnit, find: Callable[[Placement], WyckoffCrystal]
) -> tuple[Way, tuple[Doubt, ...]]:
    """Of ways that agree equally well the one whose crystal has the stated space group; a doubt names another one."""
    crystals: list[tuple[Way, WyckoffCrystal]] = []
    for way in ways:
        try:
            crystals.append((way, find(way.placement)))
        except CifError:
            continue
    if not crystals:
        return ways[0], ()
    stated = [pair for pair in crystals if pair[0].setting.is_open and pair[1].space_group == unit.claims.group]
    (chosen, crystal), *others = stated or crystals
    other = next((pair for pair in others if pair[1] != crystal), None)
    if other is None:
        return chosen, ()
    what = f"{chosen.setting.name} was used and gives {_described(crystal)}"
    also = f"{other[0].setting.name} would give {_described(other[1])}"
    sentence = f"The file does not say which of several settings it means: {what}, but {also}."
    return chosen, (Doubt(DoubtKind.ORIGIN, sentence),)


def _may_be_general(placement: Placement) -> bool:
    """True if a site would be full, were the occupancies relative to the general position."""
    return Question.GENERAL_SHARES in placement.questions and max(placement.general_shares) > _NEARLY_FULL


def _described(crystal: WyckoffCrystal) -> str:
    """Formula, space group and positions, as far as they fit into a sentence."""
    positions = " ".join(f"{site.multiplicity}{site.letter}" for site in crystal.sites)
    more = f"; {positions}" if len(positions) <= _LONGEST_POSITIONS else ""
    return f"{crystal.formula} ({crystal.space_group}{more})"


def _answers_told(way: Way, unit: AsymmetricUnit) -> tuple[Doubt, ...]:
    """What was decided about the meaning of the file's numbers."""
    told = []
    placement = way.placement
    if placement.merged:
        sentence = "The same atoms are listed again at equivalent positions; each was counted once."
        told.append(Doubt(DoubtKind.EQUIVALENTS, sentence))
    elif Question.MERGED in placement.questions:
        sentence = "The same atoms are listed again at equivalent positions; their occupancies were added up."
        told.append(Doubt(DoubtKind.EQUIVALENTS, sentence))
    if Question.GENERAL_SHARES in way.answers:
        sentence = (
            "The occupancies were read as multiplicity over that of the general position, as FullProf writes them."
        )
        told.append(Doubt(DoubtKind.OCCUPANCY, sentence))
    elif unit.claims.formula is None and _may_be_general(placement):
        sentence = (
            "All occupancies are so small that they may be meant relative to the general position, as in FullProf."
        )
        told.append(Doubt(DoubtKind.OCCUPANCY, sentence))
    if Question.SPLIT in way.answers:
        sentence = (
            f"Atom {placement.beside[0]!r} lies beside a special position; its amount was kept when it was put there."
        )
        told.append(Doubt(DoubtKind.POSITION, sentence))
    elif Question.SPLIT in placement.questions:
        sentence = (
            f"Atom {placement.beside[0]!r} lies beside a special position and was put there; its amount is doubtful."
        )
        told.append(Doubt(DoubtKind.POSITION, sentence))
    if placement.moved:
        sentence = f"Atom {placement.moved[0]!r} was put on the special position that its rounded coordinates mean."
        told.append(Doubt(DoubtKind.POSITION, sentence))
    return tuple(told)
