"""SevenNet (Park et al., J. Chem. Theory Comput. 20, 4857, 2024), an optional potential: uncorrected energies.

| symbol | variable |
|---|---|
| V, volume | `volume` |
| ∂E/∂ε = -V s, where s is what SevenNet calls stress | `strain_gradient` |
"""

from __future__ import annotations

import warnings
from copy import deepcopy
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from disgen.energies.potential import ISOLATED, UNCORRECTED, EnergyError, Evaluation, batches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.energies.cell import Cell

_ATOMS_AT_ONCE = 128
_MATRIX = np.array([[0, 3, 5], [3, 1, 4], [5, 4, 2]])  # SevenNet's order xx, yy, zz, xy, yz, zx as a matrix


@dataclass(frozen=True, eq=False)
class SevennetPotential:
    """SevenNet as a `disgen.energies.potential.Potential`.

    Attributes:
        network: energies, forces and stresses.
        energies_only: the same without the last two.
        cutoff: of neighbours, Å.
        name: as in `disgen.energies.potentials.POTENTIALS`.
        version: of the package.
        elements: atomic numbers that it knows.
        functional: which of those that the weights were trained on; None where there is one only.
        correction: none.
    """

    network: Any = field(repr=False)
    energies_only: Any = field(repr=False)
    cutoff: float
    name: str
    version: str
    elements: frozenset[int] = field(repr=False)
    functional: str | None = None
    correction: str = UNCORRECTED

    def evaluate(self, cells: Sequence[Cell], *, gradients: bool = True) -> list[Evaluation]:
        """Energies, and forces and strain gradients if asked for."""
        return [
            evaluation
            for batch in batches(cells, _ATOMS_AT_ONCE)
            for evaluation in self._evaluate(cells[batch], gradients=gradients)
        ]

    def _evaluate(self, cells: Sequence[Cell], *, gradients: bool) -> list[Evaluation]:
        from torch_geometric.data import Batch  # noqa: PLC0415 (seconds)

        graphs = [_graph(cell, self.cutoff, self.functional) for cell in cells]
        found: list[Evaluation] = [ISOLATED] * len(cells)
        whole = [
            place
            for place, (graph, cell) in enumerate(zip(graphs, cells, strict=True))
            if len(torch.unique(graph["edge_index"][1])) == len(cell)
        ]
        if not whole:
            return found
        batch = Batch.from_data_list([graphs[place] for place in whole])
        if gradients:
            output = self.network(batch)
        else:
            with torch.no_grad():
                output = self.energies_only(batch)
        energies = output["inferred_total_energy"].detach().double().numpy()
        if not gradients:
            for place, energy in zip(whole, energies, strict=True):
                found[place] = Evaluation(float(energy), np.zeros((0, 3)), np.zeros((3, 3)))
            return found
        ends = np.cumsum([len(cells[place]) for place in whole])[:-1]
        forces = np.split(output["inferred_force"].detach().double().numpy(), ends)
        stresses = output["inferred_stress"].detach().double().numpy()
        for place, energy, force, stress in zip(whole, energies, forces, stresses, strict=True):
            found[place] = Evaluation(float(energy), force, -stress[_MATRIX] * cells[place].volume)
        return found


def load_sevennet(name: str, weights: str, functional: str | None = None) -> SevennetPotential:
    """The network with the weights in its wheel, on the processor.

    Args:
        name: of ours.
        weights: as the package calls them, such as "7net-0".
        functional: "PBE" or "R2SCAN", for weights that were trained on several.

    Raises:
        EnergyError: if the package is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of accelerators that only a GPU has
            from sevenn.util import load_checkpoint  # noqa: PLC0415 (seconds)

            checkpoint = load_checkpoint(weights)
            network = checkpoint.build_model().eval().requires_grad_(requires_grad=False)
    except ImportError as error:
        msg = f"SevenNet, which {name} needs, is not installed: pip install sevenn."
        raise EnergyError(msg) from error
    network.set_is_batch_data(True)
    energies_only = deepcopy(network)
    energies_only.delete_module_by_key("force_output")
    energies_only.key_grad = None
    elements = frozenset(int(number) for number in checkpoint.config["_type_map"])
    about = (float(network.cutoff), name, version("sevenn"), elements, functional)
    return SevennetPotential(network, energies_only, *about)


def _graph(cell: Cell, cutoff: float, functional: str | None) -> Any:  # noqa: ANN401 (SevenNet's own type)
    from ase import Atoms  # noqa: PLC0415
    from sevenn.atom_graph_data import AtomGraphData  # noqa: PLC0415
    from sevenn.train.dataload import unlabeled_atoms_to_graph  # noqa: PLC0415

    atoms = Atoms(cell.numbers, positions=cell.positions, cell=cell.vectors, pbc=True)
    graph = AtomGraphData.from_numpy_dict(unlabeled_atoms_to_graph(atoms, cutoff, with_shift=False))
    if functional is not None:
        graph["data_modality"] = functional
    return graph
