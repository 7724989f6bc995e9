"""Crystals to and from other programs' objects: pymatgen, ASE, PyXtal, and the JSON of OPTIMADE.

Each pair of functions is lossless where the other side can hold the crystal: what comes back is the same canonical
`WyckoffCrystal`. py3Dmol's view is `disgen.view`.

| other side | shared sites | partly empty sites | symmetry |
|---|---|---|---|
| pymatgen's `Structure` | yes | yes | found again |
| ASE's `Atoms` | in ``info["occupancy"]``, as ASE's reader of CIFs does | the same | found again |
| OPTIMADE's structure | yes | as the species "vacancy" | found again |
| PyXtal's `pyxtal` | no: refused | no: refused | held |
"""

from disgen.export.adapters.ase import from_ase, to_ase
from disgen.export.adapters.cells import AdapterError
from disgen.export.adapters.optimade import from_optimade, to_optimade
from disgen.export.adapters.pymatgen import from_pymatgen, to_pymatgen
from disgen.export.adapters.pyxtal import from_pyxtal, to_pyxtal

__all__ = [
    "AdapterError",
    "from_ase",
    "from_optimade",
    "from_pymatgen",
    "from_pyxtal",
    "to_ase",
    "to_optimade",
    "to_pymatgen",
    "to_pyxtal",
]
