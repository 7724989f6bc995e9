"""Powder diffraction patterns (X-rays) of disordered crystals: of the average structure, and of ordered cells of it.

The average structure scatters with the occupancy-weighted mean of what may sit on each position, which gives its Bragg
reflections (pymatgen's `XRDCalculator`: kinematic, with Lorentz-polarisation factor, without anomalous dispersion; one
isotropic thermal motion for all atoms, by default none). Ordered cells repeat the average structure's lattice and so
have more reflections: the weak ones in between are the diffuse scattering of the disorder, or the superlattice
reflections of an order.

    I(2θ) = Σ |F_hkl|² (1 + cos² 2θ) / (sin² θ cos θ)
    F_hkl = Σ_j o_j f_j(s) exp(-B s²) exp 2πi (h x_j + k y_j + l z_j),  s = sin θ / λ

| symbol | variable | unit |
|---|---|---|
| λ | `wavelength` | Å |
| 2θ | `two_theta` | degrees |
| I, summed over the reflections at one angle | `intensity` | electrons², of one conventional cell of the crystal |
| o_j | the sites' occupancies | |
| B = 8π² ⟨u²⟩ | `b_iso` | Å² |
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from disgen.errors import DisgenError
from disgen.export import ordered_structure
from disgen.export.adapters.pymatgen import to_pymatgen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymatgen.core import Structure

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.ordered.cell import OrderedCell

DEFAULT_WAVELENGTH = "CuKa"
TWO_THETA = (5.0, 90.0)  # degrees
WIDTH = 0.2  # degrees, full width at half maximum of a line of a laboratory's diffractometer
_MOST_REFLECTIONS = 400_000  # points of the reciprocal lattice, some seconds and a few hundred MB
_SAME_ANGLE = 1e-4  # degrees
_WEAKEST = 1e-3  # of 100, below which a reflection is not listed
_LEAST_POINTS = 5  # of a measured pattern
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")


class DiffractionError(DisgenError):
    """A pattern cannot be computed or read; one sentence why."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """Reflections in the order of their angles.

    Attributes:
        wavelength: Å.
        two_theta: (k,) degrees.
        spacing: (k,) distance d of the lattice planes, Å.
        intensity: (k,) electrons², as in the module's table.
        indices: (k,) one hkl of each family of planes at that angle with the number of planes in it, as "111 (8)".
    """

    wavelength: float
    two_theta: np.ndarray = field(repr=False)
    spacing: np.ndarray = field(repr=False)
    intensity: np.ndarray = field(repr=False)
    indices: tuple[str, ...] = field(repr=False)

    def __len__(self) -> int:
        """Number of angles."""
        return len(self.two_theta)

    @property
    def relative(self) -> np.ndarray:
        """(k,) intensities, the strongest being 100."""
        result: np.ndarray = 100.0 * self.intensity / self.intensity.max(initial=np.finfo(float).tiny)
        return result

    def profile(self, grid: np.ndarray, width: float = WIDTH) -> np.ndarray:
        """Intensities at the angles of a grid (m,), each reflection a Gaussian whose area is its intensity.

        Args:
            grid: (m,) 2θ, degrees.
            width: full width at half maximum, degrees.

        Raises:
            DiffractionError: if the width is not above zero.
        """
        if not width > 0.0:
            msg = "The width of a line must be above zero: give some tenths of a degree."
            raise DiffractionError(msg)
        sigma = width / np.sqrt(8.0 * np.log(2.0))
        result = np.zeros(len(grid))
        for angle, intensity in zip(self.two_theta.tolist(), self.intensity.tolist(), strict=True):
            near = slice(*np.searchsorted(grid, [angle - 6.0 * sigma, angle + 6.0 * sigma]))
            result[near] += intensity * np.exp(-0.5 * ((grid[near] - angle) / sigma) ** 2)
        found: np.ndarray = result / (sigma * np.sqrt(2.0 * np.pi))
        return found

    def csv(self) -> str:
        """A row a reflection: 2θ, d, relative intensity, indices."""
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("two_theta_degrees", "d_angstrom", "relative_intensity", "hkl"))
        for angle, d, height, hkl in zip(self.two_theta, self.spacing, self.relative, self.indices, strict=True):
            writer.writerow((f"{angle:.4f}", f"{d:.5f}", f"{height:.4f}", hkl))
        return table.getvalue()


@dataclass(frozen=True, eq=False)
class MeasuredPattern:
    """A pattern of a diffractometer.

    Attributes:
        two_theta: (m,) degrees, ascending.
        intensity: (m,) in whatever unit.
    """

    two_theta: np.ndarray = field(repr=False)
    intensity: np.ndarray = field(repr=False)


@cache
def wavelengths() -> Mapping[str, float]:
    """Wavelengths in Å by anode and line, as pymatgen names them: "CuKa" is the mean of Kα₁ and Kα₂."""
    from pymatgen.analysis.diffraction.xrd import WAVELENGTHS  # noqa: PLC0415 (half a second)

    return dict(WAVELENGTHS)


def wavelength_of(name: str) -> float:
    """Å of a name of `wavelengths`, or of a number.

    Raises:
        DiffractionError: if it is neither.
    """
    found = wavelengths().get(name)
    if found is not None:
        return found
    try:
        value = float(name)
    except ValueError:
        value = 0.0
    if not 0.05 <= value <= 10.0:  # noqa: PLR2004 (hard X-rays to the longest that powders are measured with)
        known = ", ".join(wavelengths())
        msg = f"There is no wavelength {name!r}: give one of {known}, or a number in Å from 0.05 to 10."
        raise DiffractionError(msg)
    return value


def powder_pattern(
    crystal: WyckoffCrystal,
    wavelength: str = DEFAULT_WAVELENGTH,
    two_theta: tuple[float, float] = TWO_THETA,
    *,
    b_iso: float = 0.0,
) -> Pattern:
    """The pattern of the average structure.

    Args:
        crystal: ordered or disordered.
        wavelength: as `wavelength_of` takes it.
        two_theta: first and last angle, degrees.
        b_iso: of all atoms, Å².

    Raises:
        DiffractionError: if an element's scattering is not known, the range is impossible or holds no reflection, or
            there are too many of them.
    """
    return _pattern(to_pymatgen(crystal), wavelength_of(wavelength), two_theta, b_iso, cells=1)


def decorated_pattern(
    cells: Sequence[OrderedCell],
    wavelength: str = DEFAULT_WAVELENGTH,
    two_theta: tuple[float, float] = TWO_THETA,
    *,
    b_iso: float = 0.0,
) -> Pattern:
    """The mean pattern of ordered cells of one crystal, on the scale of the average structure's.

    Args:
        cells: equally repeated; at least one.
        wavelength: as `wavelength_of` takes it.
        two_theta: first and last angle, degrees.
        b_iso: of all atoms, Å².

    Raises:
        DiffractionError: as `powder_pattern`, or if there is no cell or their sizes differ.
    """
    if len({cell.repeats for cell in cells}) != 1:
        msg = "A mean pattern needs one or more ordered cells of one size: draw them with the same repeats."
        raise DiffractionError(msg)
    length = wavelength_of(wavelength)
    size = int(np.prod(cells[0].repeats))
    return _mean([_pattern(ordered_structure(cell), length, two_theta, b_iso, cells=size) for cell in cells])


def read_measured(text: str) -> MeasuredPattern:
    """A pattern of two columns, 2θ in degrees and intensity, with blanks, commas or semicolons in between.

    Lines that do not begin with a number are passed over, and so are further columns.

    Raises:
        DiffractionError: if there are not enough points, or angles do not rise.
    """
    rows = []
    for line in text.splitlines():
        words = re.split(r"[\s,;]+", line.strip())
        if len(words) > 1 and all(_NUMBER.fullmatch(word) for word in words[:2]):
            rows.append((float(words[0]), float(words[1])))
    if len(rows) < _LEAST_POINTS:
        msg = "The file is no pattern of two columns: give 2θ in degrees and an intensity in each line."
        raise DiffractionError(msg)
    angles, intensities = np.array(rows).T
    if not np.isfinite(intensities).all():
        msg = "An intensity of the pattern is too large to be a number."
        raise DiffractionError(msg)
    if not (np.diff(angles) > 0.0).all() or not 0.0 <= angles[0] < angles[-1] <= 180.0:  # noqa: PLR2004 (a half turn)
        msg = "The first column of the pattern must be 2θ in degrees, rising from line to line."
        raise DiffractionError(msg)
    return MeasuredPattern(angles, intensities)


def _pattern(
    structure: Structure, wavelength: float, two_theta: tuple[float, float], b_iso: float, *, cells: int
) -> Pattern:
    """The pattern of a structure that is so many conventional cells of its crystal."""
    from pymatgen.analysis.diffraction.xrd import XRDCalculator  # noqa: PLC0415 (half a second)

    low, high = two_theta
    if not 0.0 <= low < high <= 180.0:  # noqa: PLR2004 (a half turn)
        msg = "The angles 2θ must rise and lie between 0 and 180 degrees."
        raise DiffractionError(msg)
    radius = 2.0 * np.sin(np.radians(high / 2.0)) / wavelength
    if 4.0 / 3.0 * np.pi * radius**3 * structure.volume > _MOST_REFLECTIONS:
        msg = "There are too many reflections up to that angle: take a longer wavelength or a smaller range."
        raise DiffractionError(msg)
    motion = {element.symbol: b_iso for element in structure.composition}
    try:
        found = XRDCalculator(wavelength, debye_waller_factors=motion).get_pattern(
            structure, scaled=False, two_theta_range=two_theta
        )
    except ValueError as error:
        if "scattering coefficients" in str(error):
            msg = "How one of the elements scatters X-rays is not tabulated: there is no pattern of this crystal."
        else:  # pymatgen looks for the highest of no intensities
            msg = "There is no reflection in that range of angles: take a wider one."
        raise DiffractionError(msg) from error
    indices = tuple(" ".join(f"{_hkl(one['hkl'])} ({one['multiplicity']})" for one in some) for some in found.hkls)
    return Pattern(wavelength, np.array(found.x), np.array(found.d_hkls), np.array(found.y) / cells**2, indices)


def _mean(patterns: Sequence[Pattern]) -> Pattern:
    """The mean of patterns of one lattice, without reflections that are next to nothing."""
    angles = np.concatenate([pattern.two_theta for pattern in patterns])
    steps, first, which = np.unique(np.rint(angles / _SAME_ANGLE), return_index=True, return_inverse=True)
    sums = np.zeros(len(steps))
    np.add.at(sums, which, np.concatenate([pattern.intensity for pattern in patterns]) / len(patterns))
    kept = sums > _WEAKEST / 100.0 * sums.max()
    spacing = np.concatenate([pattern.spacing for pattern in patterns])
    names = [name for pattern in patterns for name in pattern.indices]
    chosen = first[kept]
    indices = tuple(names[place] for place in chosen.tolist())
    return Pattern(patterns[0].wavelength, angles[chosen], spacing[chosen], sums[kept], indices)


def _hkl(indices: tuple[int, ...]) -> str:
    """Indices without blanks, where none has two digits or a sign."""
    return ("" if all(0 <= index < 10 for index in indices) else ",").join(map(str, indices))  # noqa: PLR2004 (digits)
