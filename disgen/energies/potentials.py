"""Which interatomic potentials there are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from disgen.energies.potential import EnergyError

if TYPE_CHECKING:
    from disgen.energies.potential import Potential

POTENTIALS = ("chgnet", "7net-0")


@cache
def load_potential(name: str) -> Potential:
    """The potential of this name, with the weights in its package's wheel; loaded once in a process.

    Raises:
        EnergyError: if there is none of this name, or its package is not installed.
    """
    if name not in POTENTIALS:
        msg = f"There is no potential {name!r}: take one of {', '.join(POTENTIALS)}."
        raise EnergyError(msg)
    # Each of them takes seconds to import.
    if name == "chgnet":
        from disgen.energies.chgnet import load_chgnet  # noqa: PLC0415

        return load_chgnet()
    from disgen.energies.sevennet import load_sevennet  # noqa: PLC0415

    return load_sevennet(name)
