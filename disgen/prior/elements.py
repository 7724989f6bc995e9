"""What the geometry's network is told of each element: numbers that the periodic table is ordered by."""

from __future__ import annotations

from functools import cache

import numpy as np

from disgen.crystal import ELEMENTS
from disgen.generation.distances import COVALENT_RADII
from disgen.generation.radii import IONIC_RADII
from disgen.wyckoff import frozen

# Pauling's electronegativities of H to Fm (CRC Handbook, as pymatgen has them); 1.5 for He, Ne and Ar, which have none.
_ELECTRONEGATIVITY = (
    "2.2 1.5 .98 1.57 2.04 2.55 3.04 3.44 3.98 1.5 .93 1.31 1.61 1.9 2.19 2.58 3.16 1.5 .82 1 1.36 1.54 1.63 1.66 "
    "1.55 1.83 1.88 1.91 1.9 1.65 1.81 2.01 2.18 2.55 2.96 3 .82 .95 1.22 1.33 1.6 2.16 1.9 2.2 2.28 2.2 1.93 1.69 "
    "1.78 1.96 2.05 2.1 2.66 2.6 .79 .89 1.1 1.12 1.13 1.14 1.13 1.17 1.2 1.2 1.1 1.22 1.23 1.24 1.25 1.1 1.27 1.3 "
    "1.5 2.36 1.9 2.2 2.2 2.28 2.54 2 1.62 2.33 2.02 2 2.2 2.2 .7 .9 1.1 1.3 1.5 1.38 1.36 1.28 1.3 1.3 1.3 1.3 1.3 "
    "1.3"
)
# Row and column of the periodic table; lanthanides and actinides stand in column 3.
_ROW = (
    "1 1 2 2 2 2 2 2 2 2 3 3 3 3 3 3 3 3 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 6 6 "
    "6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7"
)
_COLUMN = (
    "1 18 1 2 13 14 15 16 17 18 1 2 13 14 15 16 17 18 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 1 2 3 4 5 6 7 8 9 "
    "10 11 12 13 14 15 16 17 18 1 2 3 3 3 3 3 3 3 3 3 3 3 3 3 3 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 1 2 3 3 3 3 "
    "3 3 3 3 3 3 3 3"
)


@cache
def properties() -> np.ndarray:
    """(101, 5) float32 by atomic number: ionic and covalent radius in Å, electronegativity, row and column over ten."""
    table = np.zeros((len(ELEMENTS) + 1, 5), dtype=np.float32)
    table[1:, 0] = [IONIC_RADII[symbol] for symbol in ELEMENTS]
    table[1:, 1] = [COVALENT_RADII[symbol] for symbol in ELEMENTS]
    table[1:, 2] = np.array(_ELECTRONEGATIVITY.split(), dtype=float)
    table[1:, 3] = np.array(_ROW.split(), dtype=float) / 10.0
    table[1:, 4] = np.array(_COLUMN.split(), dtype=float) / 10.0
    return frozen(table)
