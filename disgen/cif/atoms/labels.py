"""Which element an atom is: type symbols, labels, and the conventions of those who write them.

A type symbol is an element's symbol in any case, with a mass before and a charge behind it. A label is read by one of
two conventions, the same for all labels of a file: by the *mixed* one a second letter counts if it is lower case
(AMCSD: ``CA1`` is a carbon), by the *capital* one if the pair is an element (old programs: ``CA1`` is a calcium).
Where the two differ, the stated formula decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from disgen.cif.atoms.element_names import ALIASES, HEAVY, element_of, letters
from disgen.cif.doubts import Doubt, DoubtKind
from disgen.cif.errors import CifError, CifReason
from disgen.crystal import ATOMIC_NUMBER

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_OXYGEN_WITH_HYDROGEN = re.compile(r"^(Wat|WAT|wat|O-?[Hh]|O[Ww])")
_WATER_WORD = re.compile(r"^wat(er)?(?![A-Za-z])", re.IGNORECASE)
_MAYBE_MOLECULE = re.compile(r"^(CO|NO|PO|HO|BN|CN|SN|OS|NB|CS|SC|PB|NP)\d(?![\d.]*[+-])")
_WATER = re.compile(r"^([HD]2O|[HD]O[HD]|O[HD]2?|OH3|H3O|O-H|OW|WAT\w*)(?![A-Za-z])", re.IGNORECASE)
_SEVERAL = re.compile(r"^\(?[A-Z][a-z]?[\d.]*\s*[/,&]\s*[A-Z][a-z]?")  # a label such as Ca/Sr1
_PAIR = re.compile(r"^[A-Z][a-z]?[A-Z][a-z](?![A-Za-z])")  # such as CaSr1; a single second letter may name the site
_VACANCY = re.compile(r"^(vac(ancy)?|va|box|□)(?![a-z])", re.IGNORECASE)
_MAYBE_VACANCY = re.compile(r"^x(?![a-z])", re.IGNORECASE)
_FORMAL_CHARGE = re.compile(r"\d*\.?\d*[+-]\d*\.?\d*$|\((?:I{1,3}|IV|VI{0,3})\)$")
_STATE = re.compile(r"([A-Z][a-z]?)(sp|val|v|iso)")  # scattering factors by hybridisation or valence, such as Csp3
_PLACEHOLDERS = {"M", "T", "X", "A", "R", "Q", "L", "Me", "Tm", "Ln", "Re"}  # for an element that is said elsewhere


@dataclass(frozen=True)
class Name:
    """What a row of the atom list calls its atom.

    Attributes:
        label: ``_atom_site_label``.
        kind: ``_atom_site_type_symbol``, empty if there is none.
        shared: another row has the same coordinates, or the occupancy is below one.
    """

    label: str
    kind: str
    shared: bool = False

    @property
    def text(self) -> str:
        """What tells the element: the type symbol, else the label."""
        return self.kind or self.label

    @property
    def carries_hydrogen(self) -> bool:
        """True if it says that hydrogen belongs to the atom (water, hydroxyl)."""
        return any(_OXYGEN_WITH_HYDROGEN.match(text) for text in (self.label, self.kind)) or (
            bool(_WATER.match(self.kind))
        )


def elements_of(
    names: Sequence[Name], formula: Mapping[str, float] | None
) -> tuple[tuple[str | None, ...], tuple[Doubt, ...]]:
    """The element of each atom, None for a vacancy.

    Args:
        names: of all atoms of a file.
        formula: as stated, by element.

    Raises:
        CifError: if a name is no element, or may be one of two and nothing decides.
    """
    stated = frozenset(formula or ())
    capital = _capitals(names, stated)
    found = [_of_type(name, stated) if name.kind else _of_label(name, stated, name.label in capital) for name in names]
    doubts: list[Doubt] = []
    rest = stated - {element for element in found if element}
    unknown = [number for number, element in enumerate(found) if element is None]
    vacant = [n for n in unknown if _is_vacancy(names[n], stated, rest)]
    unknown = sorted(set(unknown) - set(vacant))
    if unknown:
        decided = _from_the_rest([names[n] for n in unknown], rest - {"H"})
        for number in unknown:
            found[number] = decided
        doubts.append(
            _told(f"{_where(names[unknown[0]])} was read as {decided}, which the stated formula leaves over.")
        )
    if left_out := [names[n] for n in vacant if _MAYBE_VACANCY.match(names[n].text)]:
        doubts.append(_told(f"{_where(left_out[0])} was taken as a vacancy and left out."))
    for number, (name, element) in enumerate(zip(names, found, strict=True)):
        is_tritium = name.kind == "T" and "H" not in stated
        is_molecule = not stated and _MAYBE_MOLECULE.match(name.kind)
        is_open = is_tritium or is_molecule or not _is_plain(name.kind, element or "")
        guessed = bool(name.kind) and number not in unknown and is_open
        if element is not None and guessed:
            doubts.append(_told(f"{_where(name)} is {name.kind[:40]!r}, which was read as {element}."))
        if element is not None and element not in ATOMIC_NUMBER:
            sentence = (
                f"{_where(name)} is {element}, an element beyond fermium (atomic number 100): it cannot be encoded."
            )
            raise CifError(CifReason.HEAVY_ELEMENT, sentence)
    return tuple(found), tuple(doubts)


def _of_type(name: Name, stated: Collection[str]) -> str | None:
    """The element of a type symbol, None if it is none."""
    kind = name.kind
    if _WATER.match(kind) or kind.startswith("Wat"):
        return "O"
    if _VACANCY.match(kind):
        return None
    plain = _FORMAL_CHARGE.sub("", kind)
    runs = re.findall(r"[A-Za-z]+", plain)
    if len(runs) > 1 or re.match(r"\d*\.\d", kind) or (runs and _is_several(runs[0])):
        raise _mixture(name)
    head = runs[0] if runs else ""
    symbol = head.capitalize()
    if symbol == "T" and stated and "H" not in stated:  # a tetrahedral site rather than tritium
        return None
    if len(head) > 1 and head.isupper() and stated and symbol not in stated and head[0] in stated:
        sentence = (
            f"{_where(name)} is {kind[:40]!r}, which the stated formula does not have: give its element's symbol."
        )
        raise CifError(CifReason.UNKNOWN_ELEMENT, sentence)
    if symbol in ATOMIC_NUMBER or symbol in HEAVY:
        return symbol
    if (match := _STATE.fullmatch(head)) is not None and match[1] in ATOMIC_NUMBER:
        return match[1]
    return ALIASES.get(symbol) or element_of(head)


def _is_plain(kind: str, element: str) -> bool:
    """True if a type symbol is that of the element, or says more of it in a known way (hybridisation, hydrogen)."""
    head = letters(re.sub(r"^\d+", "", kind)).capitalize()
    return head == element or ALIASES.get(head) == element or any((_WATER.match(kind), _STATE.fullmatch(head)))


def _is_several(run: str) -> bool:
    """True of letters that are several symbols in a row, such as ``NaK``, and no element in capitals."""
    parts = re.findall(r"[A-Z][a-z]?", run)
    known = all(part in ATOMIC_NUMBER for part in parts)
    return len(parts) > 1 and "".join(parts) == run and known and run.capitalize() not in ATOMIC_NUMBER


def _mixture(name: Name) -> CifError:
    sentence = (
        f"{_where(name)} is {name.text[:40]!r}, which is no element but a mixture: list each element with its share."
    )
    return CifError(CifReason.UNKNOWN_ELEMENT, sentence)


def _of_label(name: Name, stated: Collection[str], capital: bool) -> str | None:  # noqa: FBT001
    label = name.label
    pair = _PAIR.match(label)
    if _SEVERAL.match(label) or (pair and not stated and _is_several(pair[0])):
        raise _mixture(name)
    if _WATER_WORD.match(label):
        return "O"
    if _VACANCY.match(label) and not ("V" in stated and label.startswith(("V", "v")) and not label.startswith("Vac")):
        return None
    text = re.sub(r"^\d+(?=[A-Za-z])", "", label)
    head = letters(text)
    if head == "T" and "H" not in stated:
        return None
    if head == "W" and stated and "W" not in stated and "O" in stated:
        return "O"
    return _pair(text) if capital else element_of(text)


def _pair(label: str) -> str | None:
    """Element that a label starts with when case does not count and two letters are better than one."""
    head = letters(label)
    for symbol in (head[:2].capitalize(), head[:1].upper()):
        if symbol in ATOMIC_NUMBER:
            return symbol
    return None


def _capitals(names: Sequence[Name], stated: frozenset[str]) -> frozenset[str]:
    """The labels to read by the capital convention.

    Raises:
        CifError: if labels may be read either way.
    """
    labels = {name.label for name in names if not name.kind and not _WATER_WORD.match(name.label)}
    pairs = {label: (element_of(label), _pair(label)) for label in labels}
    open_ = {label for label, (mixed, capital) in pairs.items() if mixed != capital and _ambiguous(label)}
    if not open_:
        return frozenset()
    by_formula = {
        label: pairs[label][1] in stated
        for label in open_
        if (pairs[label][0] in stated) != (pairs[label][1] in stated)
    }
    chosen = {label for label, capital in by_formula.items() if capital}
    undecided = open_ - by_formula.keys()
    if not undecided:
        return frozenset(chosen)
    others = {name.kind.capitalize() for name in names} | {
        pairs[label][label in chosen] for label in labels - undecided
    }
    missed = [len(stated - others - {pairs[label][side] for label in undecided}) for side in (0, 1)]
    has_mixed = any(letters(label)[1:2].islower() for label in labels - open_)
    votes = [has_mixed + len(by_formula) - len(chosen), len(chosen) + any(not pairs[n][0] for n in undecided)]
    for one, other in (missed[::-1], votes, (bool(stated), 0)):
        if one != other:
            return frozenset(chosen if one > other else chosen | undecided)
    label = min(undecided)
    mixed, capital = pairs[label]
    sentence = f"Atom {label[:40]!r} may be {mixed} or {capital}: give it a type symbol, or the file a formula."
    raise CifError(CifReason.UNKNOWN_ELEMENT, sentence)


def _ambiguous(label: str) -> bool:
    """True if the case of a label's first two letters is not that of a symbol."""
    head = letters(label)[:2]
    return head.islower() or (len(head) > 1 and head.isupper())


def _is_vacancy(name: Name, stated: Collection[str], rest: Collection[str]) -> bool:
    """True if an atom without an element is an empty place; an ``X`` only if it shares one, or nothing is missing."""
    if _VACANCY.match(name.text):
        return True
    return bool(_MAYBE_VACANCY.match(name.text)) and not rest and (name.shared or bool(stated))


def _from_the_rest(unknown: Sequence[Name], rest: Collection[str]) -> str:
    """The one element that the formula has and no other atom is.

    Raises:
        CifError: if there is none, or more than one, or several names ask for it.
    """
    asking = {letters(name.text).capitalize() for name in unknown}
    if len(rest) == 1 and len(asking) == 1 and asking <= _PLACEHOLDERS:
        return min(rest)
    name = unknown[0]
    sentence = f"{_where(name)} is {name.text[:40]!r}, which is no element: give it a type symbol from H to Fm."
    raise CifError(CifReason.UNKNOWN_ELEMENT, sentence)


def _where(name: Name) -> str:
    return f"Atom {(name.label or name.kind)[:40]!r}"


def _told(sentence: str) -> Doubt:
    return Doubt(DoubtKind.ELEMENT, sentence)
