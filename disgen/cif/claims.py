"""What a file states about its crystal besides cell, operations and atoms: formula, formula units, density, group."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from disgen.cif.atoms.element_names import in_formula
from disgen.cif.symmetry.symbols import settings_of_symbol
from disgen.cif.values import first_value, number

if TYPE_CHECKING:
    import gemmi

_PLAIN_FORMULA = re.compile(r"[A-Za-z0-9.,\s]+")
_BRACKETS = re.compile(r"\(([^()]*)\)(?!\s?[\d.])")  # around elements that share a site
_NUMBER_TAGS = ("_space_group_IT_number", "_symmetry_Int_Tables_number")
_NAME_TAGS = ("_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M", "_space_group_name_H-M")


@dataclass(frozen=True)
class Claims:
    """What a file states; None where it does not.

    Attributes:
        formula: atoms of a formula unit, by element; what cannot be read as a plain sum is left out.
        is_exact: the formula is a plain sum, fit for comparing.
        units: formula units in the stated cell (Z).
        density: g/cm³, as calculated by the file's author.
        volume: of the stated cell, Å³.
        number: of the space group.
        symbol: Hermann-Mauguin symbol, as written.
    """

    formula: dict[str, float] | None = None
    is_exact: bool = False
    units: float | None = None
    density: float | None = None
    volume: float | None = None
    number: int | None = None
    symbol: str = ""

    @property
    def group(self) -> int | None:
        """Number of the stated space group, by its symbol, else as given."""
        named = settings_of_symbol(self.symbol) if self.symbol else ()
        return named[0].number if named else self.number


def read_claims(block: gemmi.cif.Block) -> Claims:
    """The claims of a block."""
    text = re.sub(r"(?<=\d),(?=\d)", ".", first_value(block, ("_chemical_formula_sum",)))
    text = _BRACKETS.sub(r"\1", re.sub(r"\(\d+\)", "", text))
    formula = in_formula(text)
    is_exact = formula is not None and bool(_PLAIN_FORMULA.fullmatch(text))
    symbol = first_value(block, _NAME_TAGS)
    group = _positive(first_value(block, _NUMBER_TAGS))
    return Claims(
        formula=formula if formula and all(map(math.isfinite, formula.values())) else None,
        is_exact=is_exact,
        units=_positive(first_value(block, ("_cell_formula_units_Z",))),
        density=_positive(first_value(block, ("_exptl_crystal_density_diffrn",))),
        volume=_positive(first_value(block, ("_cell_volume",))),
        number=int(group) if group is not None and group in range(1, 231) else None,
        symbol="" if symbol in {"?", "."} else symbol,
    )


def _positive(text: str) -> float | None:
    value = number(text) if text else math.nan
    return value if math.isfinite(value) and value > 0.0 else None
