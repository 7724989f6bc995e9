"""CHGNet (Deng et al., Nat. Mach. Intell. 5, 1031, 2023), weights 0.3.0: energies with the MP2020 corrections.

Forces are taken from the derivatives of the energy by fractional coordinates and basis vectors. CHGNet's own way to
them keeps the graph for a second derivative, which training needs and nobody here, and costs four times as much.

| symbol | variable |
|---|---|
| L, basis vectors as rows | `vectors` |
| f, fractional coordinates | inputs of the network, as L |
| F = -(∂E/∂f) L⁻ᵀ | `forces` |
| ∂E/∂ε at L (1 + ε), f fixed: Lᵀ ∂E/∂L | `strain_gradient` |
"""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from disgen.energies.potential import CORRECTED, FAILED, ISOLATED, EnergyError, Evaluation, batches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.energies.cell import Cell

_ATOMS_AT_ONCE = 128  # more of them save no time on a core, and need memory
_UNTRAINED = range(84, 89)  # Po to Ra do not occur in the training data, which end with Pu
_LAST = 94


@dataclass(frozen=True, eq=False)
class ChgnetPotential:
    """CHGNet as a `disgen.energies.potential.Potential`."""

    network: Any = field(repr=False)
    version: str
    name: str = "chgnet"
    correction: str = CORRECTED
    elements: frozenset[int] = field(default=frozenset(range(1, _LAST + 1)) - frozenset(_UNTRAINED), repr=False)

    def evaluate(self, cells: Sequence[Cell], *, gradients: bool = True) -> list[Evaluation]:
        """Energies, and forces and strain gradients if asked for."""
        return [
            evaluation
            for batch in batches(cells, _ATOMS_AT_ONCE)
            for evaluation in self._evaluate(cells[batch], gradients=gradients)
        ]

    def _evaluate(self, cells: Sequence[Cell], *, gradients: bool) -> list[Evaluation]:
        graphs = [_graph(self.network.graph_converter, cell) for cell in cells]
        found: list[Evaluation] = [FAILED if graph is None else ISOLATED for graph in graphs]
        whole = [place for place, cell in enumerate(cells) if _reaches_all(graphs[place], cell)]
        if not whole:
            return found
        kept = [graphs[place] for place in whole]
        sizes = torch.tensor([len(cells[place]) for place in whole])
        with torch.set_grad_enabled(gradients), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # CHGNet makes plain numbers of volumes that take part in derivatives
            output = self.network(kept, task="em")
            energies, moments = output["e"] * sizes, [float(moment.sum()) for moment in output["m"]]
        slopes: tuple[torch.Tensor, ...] = ()
        if gradients:
            inputs = [tensor for graph in kept for tensor in (graph.atom_frac_coord, graph.lattice)]
            slopes = torch.autograd.grad(energies.sum(), inputs)
        for number, place in enumerate(whole):
            energy = float(energies[number])
            if not gradients:
                found[place] = Evaluation(energy, np.zeros((0, 3)), np.zeros((3, 3)), magnetic_moment=moments[number])
                continue
            vectors = cells[place].vectors
            by_fraction, by_vectors = (slope.double().numpy() for slope in slopes[2 * number : 2 * number + 2])
            forces = -np.linalg.solve(vectors, by_fraction.T).T
            found[place] = Evaluation(energy, forces, vectors.T @ by_vectors, magnetic_moment=moments[number])
        return found


def load_chgnet() -> ChgnetPotential:
    """The network with the weights in its wheel, on the processor.

    Raises:
        EnergyError: if the package is not installed.
    """
    try:
        from chgnet.model import CHGNet  # noqa: PLC0415 (seconds)
    except ImportError as error:
        msg = "CHGNet is not installed: pip install chgnet."
        raise EnergyError(msg) from error
    with contextlib.redirect_stdout(io.StringIO()):  # it announces itself, and standard output is for results
        network = CHGNet.load(use_device="cpu", verbose=False)
    network.graph_converter.set_isolated_atom_response("ignore")  # they are looked for here
    return ChgnetPotential(network.eval().requires_grad_(requires_grad=False), version("chgnet"))


def _graph(convert: Any, cell: Cell) -> Any:  # noqa: ANN401 (CHGNet's own types)
    """CHGNet's graph of a cell, whose coordinates and vectors take part in derivatives; None if it finds none."""
    from pymatgen.core import Lattice, Structure  # noqa: PLC0415

    try:
        return convert(Structure(Lattice(cell.vectors), cell.numbers, cell.positions, coords_are_cartesian=True))
    except (RuntimeError, ValueError):  # neighbours that do not pair up, in cells far from any crystal
        return None


def _reaches_all(graph: Any, cell: Cell) -> bool:  # noqa: ANN401 (CHGNet's own type)
    """Whether every atom has a neighbour."""
    return graph is not None and len(np.unique(graph.atom_graph.reshape(-1, 2)[:, 0])) == len(cell)
