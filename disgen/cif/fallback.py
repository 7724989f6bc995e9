"""A second reader for files whose syntax gemmi refuses: pymatgen, with tolerant settings.

pymatgen can take minutes over a small hostile file and its parser has had holes, so it runs in a process of its own
with a time limit, and only plain numbers come back.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from disgen.cif.parse import AsymmetricUnit, Atom
from disgen.crystal import ATOMIC_NUMBER

_LOG = logging.getLogger(__name__)
SECONDS = 20.0
_ROOT = Path(__file__).parents[2]  # where Python finds this package, also in a plain clone used from elsewhere
_TOLERANCES = {"occupancy_tolerance": 2.0, "site_tolerance": 1e-3}


def parse_with_pymatgen(text: bytes) -> AsymmetricUnit | None:
    """All atoms of the first structure that pymatgen finds, or None if it finds none in time.

    Args:
        text: the file's content, already known to be no valid CIF.
    """
    command = [sys.executable, "-m", "disgen.cif.fallback"]
    try:
        done = subprocess.run(  # noqa: S603
            command, input=text, capture_output=True, timeout=SECONDS, check=True, cwd=_ROOT
        )
        found = json.loads(done.stdout)
        atoms = tuple(Atom(element, element, None, occupancy, tuple(xyz)) for element, occupancy, xyz in found["atoms"])
    except (subprocess.SubprocessError, ValueError, KeyError) as error:
        _LOG.debug("pymatgen does not read it either: %s", error)
        return None
    if not atoms or any(atom.element not in ATOMIC_NUMBER for atom in atoms):
        return None
    note = "The file is not a valid CIF; it was read tolerantly, so compare the result with what you expect."
    return AsymmetricUnit(
        cell=tuple(found["cell"]),
        rotations=np.eye(3, dtype=np.int64)[None],
        translations=np.zeros((1, 3)),
        atoms=atoms,
        formula=None,
        notes=(note,),
    )


def _read_here(text: str) -> dict[str, Any]:
    from pymatgen.io.cif import CifParser  # noqa: PLC0415 (only in the process that needs it)

    warnings.simplefilter("ignore")
    structure = CifParser.from_str(text, **_TOLERANCES).parse_structures(primitive=False, on_error="raise")[0]
    atoms = [
        (getattr(species, "symbol", ""), float(occupancy), site.frac_coords.tolist())
        for site in structure
        for species, occupancy in site.species.items()
    ]
    return {"cell": list(structure.lattice.parameters), "atoms": atoms}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_read_here(sys.stdin.buffer.read().decode("utf-8-sig", errors="replace"))))
