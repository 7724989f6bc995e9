"""How stable crystals are: hulls of references by one potential, and ordered and disordered crystals above them."""

from disgen.ensembles.stability.candidates import CandidateError, candidate, of_properties
from disgen.ensembles.stability.diagram import Diagram, Placed, diagram
from disgen.ensembles.stability.entries import HullEntry
from disgen.ensembles.stability.system import (
    SystemReferences,
    corpus_entries,
    materials_project_entries,
    store_references,
    system_references,
)

__all__ = [
    "CandidateError",
    "Diagram",
    "HullEntry",
    "Placed",
    "SystemReferences",
    "candidate",
    "corpus_entries",
    "diagram",
    "materials_project_entries",
    "of_properties",
    "store_references",
    "system_references",
]
