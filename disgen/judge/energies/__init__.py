"""Crystals judged by interatomic potentials: forces, relaxation, energy above the hull of the same potential."""

from disgen.judge.energies.judge import judge_energies
from disgen.judge.energies.potential import EnergyError
from disgen.judge.energies.potentials import POTENTIALS
from disgen.judge.energies.table import Energies, EnergyTable

__all__ = ["POTENTIALS", "Energies", "EnergyError", "EnergyTable", "judge_energies"]
