"""Which interatomic potentials there are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from disgen.energies.potential import EnergyError

if TYPE_CHECKING:
    from disgen.energies.potential import Potential

# SevenNet's weights by our names: the package's name, and which of its functionals where it has several.
_SEVENNETS = {
    "7net-0": ("7net-0", None),
    "7net-l3i5": ("7net-l3i5", None),
    "7net-mf-0-pbe": ("7net-mf-0", "PBE"),
    "7net-mf-0-r2scan": ("7net-mf-0", "R2SCAN"),
}
POTENTIALS = ("chgnet", *_SEVENNETS)


@cache
def load_potential(name: str) -> Potential:
    """The potential of this name; loaded once in a process.

    Args:
        name: one of `POTENTIALS`, with the weights in its package's wheel, or the import path of a calculator of ASE
            (`disgen.energies.ase_calculator`).

    Raises:
        EnergyError: if there is none of this name, or its package is not installed.
    """
    # Each of them takes seconds to import.
    if name == "chgnet":
        from disgen.energies.chgnet import load_chgnet  # noqa: PLC0415

        return load_chgnet()
    if name in _SEVENNETS:
        from disgen.energies.sevennet import load_sevennet  # noqa: PLC0415

        return load_sevennet(name, *_SEVENNETS[name])
    if ":" in name:
        from disgen.energies.ase_calculator import load_ase  # noqa: PLC0415

        return load_ase(name)
    msg = f"There is no potential {name!r}: take one of {', '.join(POTENTIALS)}, or an import path package.module:name."
    raise EnergyError(msg)
