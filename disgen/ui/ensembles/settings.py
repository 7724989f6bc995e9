"""What is asked for on the page: its address, and requests made of it. Pure functions, tested without a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from disgen.energies.potentials import POTENTIALS
from disgen.energies.treatment import Mode, Treatment
from disgen.ensembles.cells import Kind
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.plan import Plan
from disgen.ui.base.urlstate import Choice, Switch, Text, Whole
from disgen.ui.latent.map_parameters import PARAMETERS as MAP_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.generation.ordered.supercell import Repeats
    from disgen.ui.base.urlstate import Parameters

EXAMPLE, TRAY, UPLOAD, MAP = "example", "tray", "upload", "map"
SOURCES = {EXAMPLE: "Example: AgSbTe₂", TRAY: "Tray", UPLOAD: "My CIF", MAP: "Latent map"}
KINDS = {"random": Kind.RANDOM, "distinct": Kind.DISTINCT, "quasirandom": Kind.QUASIRANDOM}
SINGLE, RELAX = "single", "relax"
MOST = 1000  # decorations of each supercell on the page
MOST_STEPS = 200
MOST_SEED = 2**31 - 1
MOST_REPEATS = 6
_LONGEST = 40  # characters of a text in a sentence
FROM, FIRST, SECOND, NUMBER, SEED, KIND, NEUTRAL = "from", "cell", "second", "cells", "cells_seed", "kind", "neutral"
CALCULATOR, OTHER, TREATMENT, STEPS = "calculator", "other_calculator", "treatment", "relax_steps"
TEMPERATURE, NONE = "kelvin", "none"
_OF_MAP = ("set", "n", "seed", "temperature", "of", "point")  # names of a point on the map, as the map's own address
PARAMETERS: Parameters = {
    FROM: Choice(tuple(SOURCES)),
    FIRST: Text(11, "2"),
    SECOND: Text(11, "3"),
    NUMBER: Whole(50, 1, MOST),
    SEED: Whole(0, 0, MOST_SEED),
    KIND: Choice(tuple(KINDS)),
    NEUTRAL: Switch(),
    CALCULATOR: Choice(POTENTIALS),
    OTHER: Choice((NONE, *POTENTIALS)),
    TREATMENT: Choice((SINGLE, RELAX)),
    STEPS: Whole(60, 1, MOST_STEPS),
    TEMPERATURE: Whole(600, 50, 3000),
    **{name: MAP_PARAMETERS[name] for name in _OF_MAP},
}


@dataclass(frozen=True)
class EnsembleRequest:
    """What is to be drawn and computed.

    Attributes:
        plans: one for each supercell, one or two.
        calculator: name of a potential.
        treatment: of each decoration.
        second: name of another potential for the same decorations; empty for none.
    """

    plans: tuple[Plan, ...]
    calculator: str
    treatment: Treatment
    second: str = ""

    @property
    def calculators(self) -> tuple[str, ...]:
        """One name or two."""
        return (self.calculator, self.second) if self.second else (self.calculator,)


def wishes_of(state: Mapping[Any, Any]) -> EnsembleRequest:
    """What the widgets say.

    Raises:
        EnsembleError: if a supercell is not what it should be.
    """
    sizes = [repeats_of(state[FIRST])]
    if str(state[SECOND] or "").strip():
        sizes.append(repeats_of(state[SECOND]))
    plans = tuple(
        Plan(
            repeats,
            KINDS[state[KIND] or "random"],
            int(state[NUMBER] or 1),
            int(state[SEED] or 0),
            bool(state[NEUTRAL]),
        )
        for repeats in dict.fromkeys(sizes)
    )
    relaxed = state[TREATMENT] == RELAX
    treatment = Treatment(Mode.IN_TURN, int(state[STEPS] or 1)) if relaxed else Treatment()
    second = "" if state[OTHER] in {NONE, state[CALCULATOR], None} else str(state[OTHER])
    return EnsembleRequest(plans, state[CALCULATOR], treatment, second)


def repeats_of(text: str | None) -> Repeats:
    """Conventional cells along the axes, of "2" or "2x2x1".

    Raises:
        EnsembleError: if the text is neither.
    """
    parts = [part.strip() for part in str(text or "").lower().replace("×", "x").split("x")]
    parts = parts * 3 if len(parts) == 1 else parts
    if len(parts) == 3 and all(re.fullmatch("[0-9]{1,9}", part) for part in parts):  # noqa: PLR2004
        a, b, c = (int(part) for part in parts)
        if min(a, b, c) >= 1 and max(a, b, c) <= MOST_REPEATS:
            return a, b, c
    given = str(text)[:_LONGEST]
    msg = f"A supercell is one whole number from 1 to {MOST_REPEATS}, or three such as 2x2x1, not “{given}”."
    raise EnsembleError(msg)
