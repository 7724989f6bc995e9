"""The view's state in the URL: read once when a session starts, written whenever it changes.

Widgets hold the state under the same names. Values from a URL are checked; what makes no sense counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Sequence

_RESTORED = "_restored"
_AND = ","  # between values of one parameter
_DECIMAL = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?")


@dataclass(frozen=True)
class Choice:
    """A parameter with a fixed set of values; the first is the default."""

    options: Sequence[str]

    @property
    def default(self) -> str:
        """What an absent parameter means."""
        return self.options[0]

    def parse(self, text: str) -> str | None:
        """The value, or None if there is no such option."""
        return text if text in self.options else None


@dataclass(frozen=True)
class Whole:
    """A whole number in a range; without a default, an absent parameter means that there is none."""

    default: int | None
    low: int
    high: int

    def parse(self, text: str) -> int | None:
        """The value, or None if it is no whole number in the range."""
        if not (text.isascii() and text.isdigit() and len(text) <= 10):  # noqa: PLR2004 (digits of 2³¹)
            return None
        return int(text) if self.low <= int(text) <= self.high else None


@dataclass(frozen=True)
class Decimal:
    """A number in a range, with at most three decimals."""

    default: float
    low: float
    high: float

    def parse(self, text: str) -> float | None:
        """The value, or None if it is no such number in the range."""
        if not _DECIMAL.fullmatch(text):
            return None
        return float(text) if self.low <= float(text) <= self.high else None


@dataclass(frozen=True)
class Switch:
    """Something that is on or off; off is the default."""

    default: bool = False

    def parse(self, text: str) -> bool | None:
        """The value, or None if it is neither "yes" nor "no"."""
        return {"yes": True, "no": False}.get(text)


@dataclass(frozen=True)
class Text:
    """A short line of text; empty is the default."""

    longest: int
    default: str = ""

    def parse(self, text: str) -> str | None:
        """The text, or None if it is too long, or more than a line."""
        return text if len(text) <= self.longest and text.isprintable() else None


@dataclass(frozen=True)
class Several:
    """Some of a fixed set of values; none is the default unless `initial` names some."""

    options: Sequence[str | int]
    initial: Sequence[str | int] = ()

    @property
    def default(self) -> list[str | int]:
        """What an absent parameter means."""
        return list(self.initial)

    def parse(self, text: str) -> list[str | int] | None:
        """The values, each once, or None if one of them is no option."""
        known = {str(option): option for option in self.options}
        names = dict.fromkeys(text.split(_AND))
        return [known[name] for name in names] if names.keys() <= known.keys() else None


@dataclass(frozen=True)
class Span:
    """A range of whole numbers within limits; all of them is the default."""

    low: int
    high: int

    @property
    def default(self) -> tuple[int, int]:
        """What an absent parameter means."""
        return self.low, self.high

    def parse(self, text: str) -> tuple[int, int] | None:
        """Both ends, or None if they are no rising range within the limits."""
        ends = [Whole(None, self.low, self.high).parse(end) for end in text.split(_AND)]
        if len(ends) != 2 or None in ends:  # noqa: PLR2004 (both ends)
            return None
        low, high = (int(end or 0) for end in ends)
        return (low, high) if low <= high else None


Value = str | int | float | list[str | int] | tuple[int, int] | None
Parameters = Mapping[str, Choice | Whole | Decimal | Switch | Text | Several | Span]


def read(params: Mapping[str, str], known: Parameters) -> dict[str, Value]:
    """Valid values among a URL's parameters."""
    found = {name: parameter.parse(params[name]) for name, parameter in known.items() if name in params}
    return {name: value for name, value in found.items() if value is not None}


def written(state: Mapping[str, Value], known: Parameters) -> dict[str, str]:
    """Parameters of the URL for a state: those that are not at their default."""
    return {
        name: _text(state[name])
        for name, parameter in known.items()
        if name in state and state[name] is not None and state[name] != parameter.default
    }


def restore(known: Parameters) -> None:
    """Take the state over from the URL, once a session and name, and give every name a value."""
    restored = st.session_state.setdefault(_RESTORED, set())
    fresh = {name: parameter for name, parameter in known.items() if name not in restored}
    for name, value in read(st.query_params.to_dict(), fresh).items():
        st.session_state[name] = value
    for name, parameter in fresh.items():
        st.session_state.setdefault(name, parameter.default)
    restored.update(fresh)


def publish(known: Parameters) -> None:
    """Write the state to the URL, where it differs."""
    wanted = written({name: st.session_state[name] for name in known if name in st.session_state}, known)
    present = {name: value for name, value in st.query_params.to_dict().items() if name in known}
    if wanted != present:
        others = {name: value for name, value in st.query_params.to_dict().items() if name not in known}
        st.query_params.from_dict({**others, **wanted})


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return _AND.join(map(str, value))
    return str(round(value, 3)) if isinstance(value, float) else str(value)
