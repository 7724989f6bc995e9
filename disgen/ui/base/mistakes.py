"""What goes wrong while a page is drawn: its sentence, or a number under which the log has what happened.

What a mistake in the program says could tell strangers of the server and of other people's files
(`client.showErrorDetails`). A fragment and a dialog are drawn again without their page, so each has to tell by itself.
"""

from __future__ import annotations

import logging
import secrets
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from disgen.errors import DisgenError
from disgen.ui.base.elements import plain_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TOLD = "_told"  # of an exception of which people have been told
_LOG = logging.getLogger(__name__)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Show what goes wrong in here: an error of ours as its sentence, any other with a number, and raised again.

    Args:
        where: for the log.
    """
    try:
        yield
    except DisgenError as error:
        st.error(plain_markdown(str(error)), icon=":material/error:")
    except Exception as error:
        if not any(getattr(one, _TOLD, False) for one in (error, error.__context__)):  # a fragment within a page
            number = f"{secrets.randbelow(10**8):08d}"
            _LOG.exception("Error %s on %s", number, where)
            st.error(
                f"Something went wrong that is not your mistake: tell whoever runs this server the number {number}.",
                icon=":material/bug_report:",
            )
            setattr(error, _TOLD, True)
        raise


def fragment(function: Callable[..., None], *, run_every: float | None = None) -> Callable[..., None]:
    """As `st.fragment`, of a function that tells what goes wrong in it."""
    return st.fragment(_guarded(function), run_every=run_every)


def dialog(
    title: str, *, width: Literal["medium", "large"], on_dismiss: Callable[[], None] | Literal["ignore"] = "ignore"
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As `st.dialog`, of a function that tells in the dialog what goes wrong in it."""
    shown = st.dialog(title, width=width, on_dismiss=on_dismiss)
    return lambda function: shown(_guarded(function))


def _guarded(function: Callable[..., None]) -> Callable[..., None]:
    """The function, which tells what goes wrong in it."""

    @wraps(function)
    def guarded(*arguments: Any, **named: Any) -> None:  # noqa: ANN401 (whatever the function takes)
        with told(f"{function.__module__}.{function.__qualname__}"):
            function(*arguments, **named)

    return guarded
