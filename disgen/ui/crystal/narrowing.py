"""Which rows of a table of crystals are wanted: by elements, symmetry, checks, volume and numbers.

Pure functions over arrays and a mapping, in the app the session's state, so that tests need no browser.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen import wyckoff
from disgen.corpus.search import space_group_number
from disgen.crystal import ATOMIC_NUMBER, ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

    import pandas as pd

    from disgen.crystal import WyckoffCrystal
    from disgen.judge.verdict import Verdict

Range = tuple[int, int]  # the highest number of a range stands for all above it as well

SPECIES: Range = (1, 9)
DISORDERED: Range = (0, 9)
VOLUME: Range = (0, 60)  # Å³ an atom
SYSTEMS = tuple(dict.fromkeys(map(wyckoff.crystal_system, range(1, wyckoff.SPACE_GROUPS + 1))))
CREDIBLE, NEW = "Credible", "New"


@dataclass(frozen=True, eq=False)
class Facts:
    """What rows can be told apart by; n rows, in the order of the table.

    Attributes:
        elements: (n, 100) bool, which elements each crystal has, by atomic number from 1.
        space_groups: (n,) numbers; 0 where there is no crystal.
        disordered: (n,) disordered sites.
        volumes: (n,) Å³ an atom; NaN where it is not known.
        checks: (n,) bool by name, whether a check holds.
        kinds: (n,) words by heading, such as the split of each.
    """

    elements: np.ndarray = field(repr=False)
    space_groups: np.ndarray = field(repr=False)
    disordered: np.ndarray = field(repr=False)
    volumes: np.ndarray = field(repr=False)
    checks: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    kinds: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.space_groups)

    @classmethod
    def of_crystals(
        cls,
        crystals: Sequence[WyckoffCrystal | None],
        checks: Mapping[str, np.ndarray] | None = None,
        kinds: Mapping[str, np.ndarray] | None = None,
    ) -> Facts:
        """Of crystals; None where a row has none."""
        elements = np.zeros((len(crystals), len(ELEMENTS)), dtype=bool)
        for row, crystal in zip(elements, crystals, strict=True):
            row[[ATOMIC_NUMBER[symbol] - 1 for symbol in crystal.elements] if crystal else []] = True
        return cls(
            elements,
            np.array([crystal.space_group if crystal else 0 for crystal in crystals], dtype=int),
            np.array([crystal.disordered_sites if crystal else 0 for crystal in crystals], dtype=int),
            np.array([crystal.volume / crystal.n_atoms if crystal else np.nan for crystal in crystals], dtype=float),
            checks or {},
            kinds or {},
        )

    @classmethod
    def of_table(cls, table: pd.DataFrame, elements: np.ndarray, kinds: Mapping[str, np.ndarray]) -> Facts:
        """Of a table with columns as `disgen.ui.data.points.Points` and an index of a run have them."""
        if "volume_per_atom" in table:
            volumes = table["volume_per_atom"].to_numpy(dtype=float, na_value=np.nan)
            volumes = np.where(volumes > 0.0, volumes, np.nan)
        else:
            volumes = np.full(len(table), np.nan)
        groups, disordered = (table[name].to_numpy(dtype=int) for name in ("space_group", "disordered_sites"))
        return cls(elements, groups, disordered, volumes, {}, kinds)


@dataclass(frozen=True)
class Filter:
    """What a row must be; by default, anything.

    Attributes:
        contains: elements that are all there.
        lacks: elements of which none is there.
        systems: crystal systems, one of them.
        space_group: number or symbol; empty for any.
        checks: names of those that all hold.
        kinds: by heading, words of which one is the row's.
        species: how many elements.
        disordered: how many disordered sites.
        volume: Å³ an atom.
    """

    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    space_group: str = ""
    checks: tuple[str, ...] = ()
    kinds: tuple[tuple[str, tuple[str, ...]], ...] = ()
    species: Range = SPECIES
    disordered: Range = DISORDERED
    volume: Range = VOLUME


ANYTHING = Filter()


def kept(facts: Facts, wanted: Filter) -> np.ndarray:
    """Numbers of the rows that are as wanted, in their order.

    Raises:
        SearchError: if there is no such space group.
    """
    found = np.ones(len(facts), dtype=bool)
    for symbol in wanted.contains:
        found &= facts.elements[:, ATOMIC_NUMBER[symbol] - 1]
    for symbol in wanted.lacks:
        found &= ~facts.elements[:, ATOMIC_NUMBER[symbol] - 1]
    if wanted.systems:
        groups = range(1, wyckoff.SPACE_GROUPS + 1)
        found &= np.isin(facts.space_groups, [one for one in groups if wyckoff.crystal_system(one) in wanted.systems])
    if wanted.space_group.strip():
        found &= facts.space_groups == space_group_number(wanted.space_group)
    for name in wanted.checks:
        found &= facts.checks.get(name, True)
    for heading, words in wanted.kinds:
        if words and heading in facts.kinds:
            found &= np.isin(facts.kinds[heading].astype(str), words)
    found &= _within(facts.elements.sum(axis=1), wanted.species, SPECIES)
    found &= _within(facts.disordered, wanted.disordered, DISORDERED)
    found &= _within(facts.volumes, wanted.volume, VOLUME)
    if replace(wanted, kinds=()) != ANYTHING:
        found &= facts.space_groups > 0  # a row without a crystal is of a kind, and nothing else
    return np.flatnonzero(found)


def verdict_checks(verdicts: Sequence[Verdict | None]) -> dict[str, np.ndarray]:
    """Checks of rows by their verdicts: credible, new, and each criterion; none hold where there is no verdict."""
    names = dict.fromkeys(criterion.name for found in verdicts if found for criterion in found.criteria)
    holding = [{one.name for one in found.criteria if one.holds} if found else set() for found in verdicts]
    return {
        CREDIBLE: np.array([found is not None and found.credible for found in verdicts], dtype=bool),
        NEW: np.array([found is not None and found.new for found in verdicts], dtype=bool),
        **{name: np.array([name in one for one in holding], dtype=bool) for name in names},
    }


def widget_key(table: str, name: str) -> str:
    """Where the state holds what one control of a table's filter says."""
    return f"{table}_filter_{name}"


def wanted_of(state: Mapping[Any, Any], table: str, headings: Sequence[str] = ()) -> Filter:
    """What the controls of a table's filter say; those that were never shown say nothing.

    Args:
        state: the session's.
        table: its key.
        headings: of the kinds that its rows have.
    """

    def said(name: str) -> Any:  # noqa: ANN401 (a widget's value)
        return state.get(widget_key(table, name))

    return Filter(
        tuple(said("contains") or ()),
        tuple(said("lacks") or ()),
        tuple(said("systems") or ()),
        str(said("space_group") or "").strip(),
        tuple(said("checks") or ()),
        tuple((heading, tuple(words)) for heading in headings if (words := said(heading))),
        said("species") or SPECIES,
        said("disordered") or DISORDERED,
        said("volume") or VOLUME,
    )


def forget(state: MutableMapping[Any, Any], table: str, headings: Sequence[str] = ()) -> None:
    """All rows of a table are wanted again."""
    blank: dict[str, Any] = {"contains": [], "lacks": [], "systems": [], "space_group": "", "checks": []}
    blank |= {"species": SPECIES, "disordered": DISORDERED, "volume": VOLUME} | {heading: [] for heading in headings}
    for name, value in blank.items():
        state[widget_key(table, name)] = value


def _within(values: np.ndarray, wanted: Range, whole: Range) -> np.ndarray:
    """Which values lie in a range; unknown ones do if it leaves none out."""
    (low, high), (lowest, highest) = wanted, whole
    found = np.ones(len(values), dtype=bool)
    if low > lowest:
        found &= values >= low
    if high < highest:
        found &= values <= high
    return found
