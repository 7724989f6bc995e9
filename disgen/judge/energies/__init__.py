"""Crystals judged by interatomic potentials (`disgen.energies`): relaxation, energy above the potential's hull."""

from disgen.judge.energies.judge import judge_energies
from disgen.judge.energies.table import Energies, EnergyTable

__all__ = ["Energies", "EnergyTable", "judge_energies"]
