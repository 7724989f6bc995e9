"""Functions whose values stay with the sessions that ask for them, and are computed once for equal requests.

For what depends on a person's own samples or clicks: a cache of the server's would be overrun by many people.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import streamlit as st

from disgen.ui.base import kept
from disgen.ui.base.kept import Shelf
from disgen.ui.base.resumable import Resumable, at_once

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

P = ParamSpec("P")
T = TypeVar("T")
MOST_SAMPLES = 54_016  # in a session; with their crystals 27,008 take some 200 MB
_SHARED = 24  # values of a function that the server holds, whoever asked for them


def held_by_sessions(most: int, what: str, doing: str = "") -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let each session hold the last values of a function, and the server the last `_SHARED` of all sessions.

    So what one person looks at is never lost to others, and what all look at is there for the next one.

    Args:
        most: values that a session holds.
        what: such values are, for people who are told that some were let go for their bytes.
        doing: said while a value is computed; nothing is if it is empty.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        name = f"{function.__module__}.{function.__qualname__}"

        @wraps(function)
        def ask(*arguments: P.args, **named: P.kwargs) -> T:
            key = (arguments, tuple(sorted(named.items())))  # all of it must be hashable
            shelves, session = _shelves(name, most), cast("MutableMapping[str, Any]", st.session_state)
            value: Resumable[T] = shelves.own.get(
                session, key, lambda: at_once(partial(function, *arguments, **named)), 1, what
            )
            shelves.shared.get(shelves.server, key, lambda: value, 1)
            with st.spinner(doing) if doing and not value.done else nullcontext():
                result = value.result()
            let_go_and_tell()
            return result

        return ask

    return decorate


def let_go_and_tell() -> None:
    """Let go of what is too much, and say what this session has lost; to be called once a value has been made."""
    gone = kept.let_go(cast("MutableMapping[str, Any]", st.session_state))
    if gone:
        st.toast(
            f"Let go: {', '.join(gone)}. A session holds up to {MOST_SAMPLES:,} samples and "
            f"{kept.MOST_BYTES // 1_000_000} MB, all sessions {kept.MOST_OF_ALL // 1_000_000:,} MB; what is looked at "
            "again is computed again.",
            icon=":material/inventory:",
        )


@dataclass(frozen=True, eq=False)
class _Shelves:
    """Values of one function: those that sessions hold, and those that the server does.

    Attributes:
        own: of the sessions.
        shared: of the server, as if it were one more session.
        server: that session's state.
    """

    own: Shelf[Resumable[Any]]
    shared: Shelf[Resumable[Any]]
    server: dict[str, Any] = field(default_factory=dict)


@st.cache_resource(show_spinner=False)
def _shelves(name: str, most: int) -> _Shelves:
    return _Shelves(Shelf(name, most, tells=False), Shelf(name, _SHARED, tells=False))
