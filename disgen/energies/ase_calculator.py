"""Any calculator of ASE as a potential, by its import path: ``mace.calculators:mace_mp(model='small')``.

Its weights are the user's business. Its energies count as uncorrected, whatever it was trained on: they are only ever
compared with energies of the same calculator with the same arguments.

| symbol | variable |
|---|---|
| V, volume | `cell.volume` |
| ∂E/∂ε = V σ, where σ is the stress | `strain_gradient` |
"""

from __future__ import annotations

import ast
import importlib
from dataclasses import dataclass, field
from importlib.metadata import packages_distributions, version
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.energies.potential import FAILED, UNCORRECTED, EnergyError, Evaluation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.energies.cell import Cell

_LAST = 94  # atomic number up to which hulls reach; what a calculator knows is not asked


@dataclass(frozen=True, eq=False)
class AsePotential:
    """A calculator as a `disgen.energies.potential.Potential`; it takes one cell after the other.

    Attributes:
        calculator: of ASE, with energy, and with forces and stress if cells are relaxed.
        name: the import path with its arguments.
        version: of the package, "" if it has none.
        correction: none.
        elements: all, since calculators do not say.
    """

    calculator: Any = field(repr=False)
    name: str
    version: str
    correction: str = UNCORRECTED
    elements: frozenset[int] = field(default=frozenset(range(1, _LAST + 1)), repr=False)

    def evaluate(self, cells: Sequence[Cell], *, gradients: bool = True) -> list[Evaluation]:
        """Energies, and forces and strain gradients if asked for."""
        return [self._evaluate(cell, gradients=gradients) for cell in cells]

    def _evaluate(self, cell: Cell, *, gradients: bool) -> Evaluation:
        from ase import Atoms  # noqa: PLC0415
        from ase.calculators.calculator import CalculatorError, PropertyNotImplementedError  # noqa: PLC0415

        atoms = Atoms(cell.numbers, positions=cell.positions, cell=cell.vectors, pbc=True, calculator=self.calculator)
        try:
            energy = float(atoms.get_potential_energy())
            if not gradients:
                return Evaluation(energy, np.zeros((0, 3)), np.zeros((3, 3)))
            stress = np.asarray(atoms.get_stress(voigt=False))
            return Evaluation(energy, np.asarray(atoms.get_forces(), dtype=float), cell.volume * stress)
        except PropertyNotImplementedError as error:
            msg = f"{self.name} gives no forces or no stress: take single points, or another calculator."
            raise EnergyError(msg) from error
        except CalculatorError:
            return FAILED


def load_ase(path: str) -> AsePotential:
    """The calculator at an import path, such as ``package.module:name`` or ``package.module:name(key='value')``.

    Raises:
        EnergyError: if the path is no such text, or there is nothing at it, or it cannot be made.
    """
    module, name, arguments = _parsed(path)
    try:
        maker = getattr(importlib.import_module(module), name)
    except ImportError as error:
        package = module.split(".", 1)[0]
        msg = f"There is no module {module}: install the package that holds it, perhaps pip install {package}."
        raise EnergyError(msg) from error
    except AttributeError as error:
        msg = f"The module {module} has no {name}: give the calculator as package.module:name."
        raise EnergyError(msg) from error
    try:
        calculator = maker(**arguments)
    except Exception as error:  # the calculator is a stranger's: whatever it raises, the user can mend its arguments
        msg = f"{path} cannot be made ({type(error).__name__}: {error}): check its arguments and its weights."
        raise EnergyError(msg.replace("\n", " ")) from error
    found = packages_distributions().get(module.split(".", 1)[0], ())
    return AsePotential(calculator, path, version(found[0]) if found else "")


def _parsed(path: str) -> tuple[str, str, Mapping[str, Any]]:
    """Module, name and arguments; only plain values are read, nothing is run."""
    module, _, call = path.partition(":")
    try:
        found = ast.parse(call, mode="eval").body
        arguments: dict[str, Any] = {}
        if isinstance(found, ast.Call) and not found.args:
            arguments = {str(word.arg): ast.literal_eval(word.value) for word in found.keywords}
            found = found.func
    except (SyntaxError, ValueError):
        found = None
    if not module or not isinstance(found, ast.Name):
        msg = f"{path!r} is no calculator: give package.module:name, or package.module:name(key='value')."
        raise EnergyError(msg)
    return module, found.id, arguments
