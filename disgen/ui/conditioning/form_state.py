"""The form of the Conditioning page: what is in its URL, its presets, and the targets that it states.

Pure functions over a mapping, in the app the session's state, so that tests need no browser. Lists of elements,
mixtures and ranges are texts, so that they can be typed and be part of a URL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from disgen import wyckoff
from disgen.crystal import ELEMENTS
from disgen.drawing.contents import VACANCY
from disgen.errors import DisgenError
from disgen.latent.registry import DEFAULT, ESTIMATORS
from disgen.representation import MAX_SITES
from disgen.ui.base.urlstate import Choice, Decimal, Parameters, Several, Span, Switch, Text, Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from disgen.search.settings import Settings
    from disgen.search.targets import Target, Targets
    from disgen.ui.base.urlstate import Value

LONGEST = 300  # characters of a text
MOST_POINTS, MOST_STEPS, MOST_SEED = 1000, 2000, 2**31 - 1
SLOWEST, FASTEST = 0.005, 2.0  # learning rate
CELL: Mapping[str, str] = {
    "cell_a": "a / Å",
    "cell_b": "b / Å",
    "cell_c": "c / Å",
    "cell_alpha": "α / °",
    "cell_beta": "β / °",
    "cell_gamma": "γ / °",
}
VOLUME = "atom_volume"
SITES, DISORDERED = Span(1, MAX_SITES), Span(0, MAX_SITES)
FORM: Parameters = {
    "elements": Text(LONGEST),
    "only": Switch(),
    "also": Text(LONGEST),
    "forbidden": Text(LONGEST),
    "groups": Several(range(1, wyckoff.SPACE_GROUPS + 1)),
    "systems": Several(wyckoff.CRYSTAL_SYSTEMS),
    "sites": SITES,
    "disordered": DISORDERED,
    "mix": Text(LONGEST),
    "ratio": Text(LONGEST),
    "tolerance": Decimal(0.05, 0.005, 0.495),
    **dict.fromkeys((*CELL, VOLUME), Text(LONGEST)),
}
ADVANCED: Parameters = {
    "search_n": Whole(256, 1, MOST_POINTS),
    "search_steps": Whole(400, 0, MOST_STEPS),
    "search_rate": Decimal(0.15, SLOWEST, FASTEST),
    "search_from": Choice((DEFAULT, *(name for name in ESTIMATORS if name != DEFAULT))),
    "search_seed": Whole(0, 0, MOST_SEED),
}
PARAMETERS: Parameters = {**FORM, **ADVANCED}

# Anyone's text meets these patterns: none of them can match the same characters in two ways, or it would take forever.
_GAP = re.compile(r"[\s,;:=+·-]*")
_AMOUNT = re.compile(rf"([^\W\d_]+|{VACANCY})[\s:=]*(\d+(?:\.\d*)?|\.\d+)?")
_RANGE = re.compile(r"\s*(\d+(?:\.\d*)?)\s*(?:-|–|:|to|\.\.)\s*(\d+(?:\.\d*)?)\s*")
_FORMULA = re.compile(r"(?:[A-Z][a-z]?(?:\d+(?:\.\d*)?)?)+")
_EMPTY = frozenset({"vacancy", "vacancies", VACANCY})


class FormError(DisgenError):
    """Something in the form cannot be read; one sentence."""


@dataclass(frozen=True)
class Preset:
    """An example to begin with.

    Attributes:
        label: for people.
        about: what it asks for, in a sentence.
        values: of the form's parameters; the others are at their defaults.
    """

    label: str
    about: str
    values: Mapping[str, Value]


PRESETS: Mapping[str, Preset] = {
    "lipo": Preset(
        "Li–P–O in Pnma",
        "The paper's first case: lithium, phosphorus and oxygen in space group 62 with one disordered site.",
        {"elements": "Li P O", "groups": [62], "disordered": (1, 1)},
    ),
    "znvo": Preset(
        "Zn–V–O, mixed",
        "The paper's second case: nothing but zinc, vanadium and oxygen, zinc and vanadium half and half on one site.",
        {"elements": "Zn V O", "only": True, "mix": "Zn 0.5, V 0.5"},
    ),
    "rocksalt": Preset(
        "High-entropy rock salt",
        "Five metals in about equal shares on one of the two sites of an oxide in space group 225, as in "
        "(Mg, Co, Ni, Cu, Zn)O.",
        {
            "elements": "Mg Co Ni Cu Zn O",
            "only": True,
            "groups": [225],
            "sites": (2, 2),
            "mix": "Mg 0.2, Co 0.2, Ni 0.2, Cu 0.2, Zn 0.2",
            "ratio": "Mg 1, O 5",
            "tolerance": 0.1,
        },
    ),
    "layered": Preset(
        "Na layered oxide with vacancies",
        "About Na0.67MnO2: a sodium site that is one third empty, a full one of manganese and one of oxygen; in the "
        "space groups of O3 and P2 layers, with the axis a of such layers.",
        {
            "elements": "Na Mn O",
            "only": True,
            "groups": [166, 194],
            "sites": (3, 3),
            "disordered": (1, 1),
            "mix": "Na 0.67, vacancy 0.33",
            "ratio": "Na 2, Mn 3, O 6",
            "tolerance": 0.1,
            "cell_a": "2.8–3.0",
        },
    ),
}


def clear(state: MutableMapping[Any, Any]) -> None:
    """Empty the form; what is advanced stays."""
    for name, parameter in FORM.items():
        state[name] = parameter.default


def is_empty(state: Mapping[Any, Any]) -> bool:
    """Whether nothing is asked for; a tolerance alone is nothing."""
    return all(state[name] == FORM[name].default for name in FORM if name not in {"tolerance", "also"})


def apply_preset(state: MutableMapping[Any, Any], name: str) -> None:
    """Fill the form with one of `PRESETS`."""
    clear(state)
    for parameter, value in PRESETS[name].values.items():
        state[parameter] = list(value) if isinstance(value, list) else value


def second_list(state: Mapping[Any, Any]) -> str:
    """The other list of elements: those that are forbidden, or, where no others are allowed, may be there too."""
    return "also" if state["only"] else "forbidden"


def symbols(text: str) -> tuple[str, ...]:
    """Names of elements in a text, each once; "Li3PO4" counts as "Li P O", what is no element stays as it is."""
    words: list[str] = []
    for word in re.findall(r"[^\s,;:/+_–-]+", text):
        parts = re.findall(r"[A-Z][a-z]?", word) if word not in ELEMENTS and _FORMULA.fullmatch(word) else []
        words += parts if parts and set(parts) <= set(ELEMENTS) else [word]
    return tuple(dict.fromkeys(word.capitalize() if word.capitalize() in ELEMENTS else word for word in words))


def marked(state: Mapping[Any, Any]) -> dict[str, list[str]]:
    """The elements of both lists, as the periodic table shows them; in both, an element counts as required."""
    first = [symbol for symbol in symbols(state["elements"]) if symbol in ELEMENTS]
    second = [symbol for symbol in symbols(state[second_list(state)]) if symbol in ELEMENTS and symbol not in first]
    return {"first": first, "second": second}


def mark(state: MutableMapping[Any, Any], chosen: object) -> None:
    """Take over what was marked in the periodic table; what makes no sense is left out."""
    lists = chosen if isinstance(chosen, dict) else {}
    for name, key in (("elements", "first"), (second_list(state), "second")):
        found = lists.get(key)
        if isinstance(found, list):
            state[name] = " ".join(symbol for symbol in found if symbol in ELEMENTS)


def targets_of(state: Mapping[Any, Any]) -> Targets:
    """The targets that the form states.

    Raises:
        FormError: if a text cannot be read.
        TargetError: if the targets are impossible, or there is none.
    """
    from disgen.search import targets as kinds  # noqa: PLC0415 (torch: not before the first paint)

    elements, only = symbols(state["elements"]), bool(state["only"])
    mixes = [amounts(part, "Zn 0.5, V 0.5") for part in state["mix"].split(";") if part.strip()]
    ratios = [amounts(part, "Na 2, Fe 1") for part in state["ratio"].split(";") if part.strip()]
    named = (*elements, *(name for pairs in (*mixes, *ratios) for name, _ in pairs if name != kinds.VACANCY))
    others, forbidden = symbols(state["also"]), symbols(state["forbidden"])
    found: list[Target] = []

    def add(wanted: object, make: Callable[[], Target]) -> None:
        if wanted:
            found.append(make())

    add(elements, lambda: kinds.RequiredElements(elements))
    add(only, lambda: kinds.AllowedElements((*named, *others)))
    add(forbidden and not only, lambda: kinds.ForbiddenElements(forbidden))
    found += [kinds.SiteMix(pairs, state["tolerance"]) for pairs in mixes]
    found += [kinds.CompositionRatio(pairs, state["tolerance"]) for pairs in ratios]
    add(state["groups"], lambda: kinds.SpaceGroups(tuple(state["groups"])))
    add(state["systems"], lambda: kinds.CrystalSystems(tuple(state["systems"])))
    add(_chosen(state, "sites"), lambda: kinds.SiteCount(*state["sites"]))
    add(_chosen(state, "disordered"), lambda: kinds.DisorderedSites(*state["disordered"]))
    found += [
        kinds.CellRange(name.removeprefix("cell_"), *ends(state[name], label))
        for name, label in CELL.items()
        if state[name].strip()
    ]
    add(state[VOLUME].strip(), lambda: kinds.VolumePerAtom(*ends(state[VOLUME], "volume per atom")))
    return kinds.Targets(tuple(found))


def settings_of(state: Mapping[Any, Any]) -> Settings:
    """How to search."""
    from disgen.search.settings import Settings  # noqa: PLC0415

    return Settings(
        n=int(state["search_n"] or 1),
        steps=int(state["search_steps"] or 0),
        seed=int(state["search_seed"] or 0),
        learning_rate=float(state["search_rate"] or SLOWEST),
    )


def amounts(text: str, example: str) -> tuple[tuple[str, float], ...]:
    """(Name, amount) pairs of a text such as "Zn 0.5, V 0.5", "Zn=0.5,V=0.5" or "Zn0.5V0.5".

    Raises:
        FormError: if it is no such text; the sentence shows the example.
    """
    pairs = [("vacancy" if name.lower() in _EMPTY else name, amount) for name, amount in _AMOUNT.findall(text) if name]
    between = _AMOUNT.sub("", text)
    if not pairs or not _GAP.fullmatch(between) or not all(amount for _, amount in pairs):
        msg = f"“{text.strip()}” cannot be read: write each name with its amount, such as “{example}”."
        raise FormError(msg)
    return tuple((name, float(amount)) for name, amount in pairs)


def ends(text: str, what: str) -> tuple[float, float]:
    """Both ends of a range such as "3.8–4.2", "3.8-4.2" or "3.8 to 4.2".

    Raises:
        FormError: if it is no range.
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        msg = f"The range of {what.partition(' / ')[0]}, “{text.strip()}”, cannot be read: write it like “3.8–4.2”."
        raise FormError(msg)
    return float(found[1]), float(found[2])


def _chosen(state: Mapping[Any, Any], name: str) -> bool:
    """Whether a range leaves something out."""
    return tuple(state[name]) != FORM[name].default
