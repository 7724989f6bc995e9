"""What the networks are told of each element: numbers that the periodic table is ordered by, and its usual charge."""

from __future__ import annotations

from functools import cache

import numpy as np

from disgen.crystal import ELEMENTS
from disgen.generation.geometry.distances import COVALENT_RADII
from disgen.generation.geometry.radii import IONIC_RADII
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
# Usual charge of H to Fm as a cation, and of those that are also anions; 0 for none.
_POSITIVE = (
    "1 0 1 2 3 4 5 0 0 0 1 2 3 4 5 6 5 0 1 2 3 4 5 3 3 3 3 2 2 2 3 4 5 4 5 2 1 2 3 4 5 6 7 4 3 2 1 2 3 4 5 4 5 2 1 2 "
    "3 3 3 3 3 3 3 3 3 3 3 3 3 3 3 4 5 6 7 4 4 4 3 2 1 2 3 4 5 0 1 2 3 4 5 6 5 4 3 3 3 3 3 3"
)
_NEGATIVE = {1: -1, 5: -3, 6: -4, 7: -3, 8: -2, 9: -1, 14: -4, 15: -3, 16: -2, 17: -1, 32: -4, 33: -3, 34: -2, 35: -1}
_NEGATIVE |= {51: -3, 52: -2, 53: -1}
_ALWAYS_NEGATIVE = (8, 9, 17, 35, 53)
_NEGATIVE_WITHOUT_OXYGEN = (7, 16, 34, 52)


def usual_charges(present: np.ndarray) -> np.ndarray:
    """Charges (n, 101) that elements usually have in crystals of the elements `present` (n, 101), by atomic number.

    O and the halogens are anions, N, S, Se and Te unless there is oxygen, and any other element that can be one where
    it is the most electronegative of all. A rule of thumb for a network to start from, no statement on a crystal.
    """
    positive, negative, electronegativity = _charge_tables()
    anion = np.zeros(present.shape, dtype=bool)
    anion[:, _ALWAYS_NEGATIVE] = True
    anion[:, _NEGATIVE_WITHOUT_OXYGEN] = ~present[:, [8]]
    anion[np.arange(len(present)), np.where(present, electronegativity, -1.0).argmax(axis=1)] = True
    return np.where(anion & (negative < 0.0), negative, positive)


@cache
def _charge_tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Usual positive and negative charges and electronegativities, (101,) each by atomic number."""
    positive, negative, electronegativity = np.zeros((3, len(ELEMENTS) + 1))
    positive[1:] = np.array(_POSITIVE.split(), dtype=float)
    negative[list(_NEGATIVE)] = list(_NEGATIVE.values())
    electronegativity[1:] = np.array(_ELECTRONEGATIVITY.split(), dtype=float)
    return frozen(positive), frozen(negative), frozen(electronegativity)


@cache
def places() -> np.ndarray:
    """(101, 30) float32 by atomic number: `properties`, standardised, and one-hot row and column."""
    numbers = properties()[1:]
    row, column = (np.rint(10.0 * numbers[:, index]).astype(int) for index in (3, 4))
    table = np.zeros((len(ELEMENTS) + 1, 30), dtype=np.float32)
    table[1:, :5] = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    table[1:, 5:12] = np.eye(7)[row - 1]
    table[1:, 12:] = np.eye(18)[column - 1]
    return frozen(table)


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
