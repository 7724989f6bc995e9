"""*Reproduce this*: how to get the same results again, on the command line and in Python."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Recipe:
    """How results are made again.

    Attributes:
        command: words of the command line after ``python -m disgen``; none if no command does it.
        python: a script; none if the command alone does it.
        to: file that the command's output goes to, if it does not go to the screen.
        note: a sentence on what they need.
    """

    command: tuple[str, ...]
    python: str
    to: str = ""
    note: str = ""

    @property
    def line(self) -> str:
        """The command line, for a shell."""
        return f"python -m disgen {shlex.join(self.command)}" + (f" > {shlex.quote(self.to)}" if self.to else "")


def show_recipe(recipe: Recipe, *, key: str) -> None:
    """A button that opens the recipe."""
    show_recipes({"": recipe}, key=key)


def show_recipes(recipes: dict[str, Recipe], *, key: str) -> None:
    """A button that opens recipes, each under its heading."""
    with st.popover("Reproduce this", icon=":material/replay:", key=key):
        for heading, recipe in recipes.items():
            if recipe.note:
                st.caption(recipe.note)
            if recipe.command:
                st.caption(f"{heading}: on the command line" if heading else "On the command line")
                st.code(recipe.line, language="bash", wrap_lines=True)
            if recipe.python:
                st.caption(f"{heading}: in Python" if heading else "In Python")
                st.code(recipe.python, language="python")


def options(pairs: Sequence[tuple[str, object]]) -> tuple[str, ...]:
    """Options of a command with their values."""
    return tuple(word for name, value in pairs for word in (f"--{name}" if len(name) > 1 else f"-{name}", str(value)))
