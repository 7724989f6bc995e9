"""Powder patterns against tabulated angles and intensities, and against sums that are done by hand."""

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.ensembles.diffraction import (
    DiffractionError,
    decorated_pattern,
    powder_pattern,
    read_measured,
    wavelength_of,
)
from disgen.generation.ordered.cell import draw_ordered_cell


def fcc(*species, a=3.75):
    return WyckoffCrystal(225, (a, a, a, 90.0, 90.0, 90.0), (WyckoffSite("a", 4, (0.0, 0.0, 0.0), species),))


SALT = WyckoffCrystal(
    225,
    (5.6402, 5.6402, 5.6402, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 1.0),)),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Cl", 1.0),)),
    ),
)
GOLD_COPPER = fcc(("Cu", 0.5), ("Au", 0.5))


def test_rock_salt_has_the_reflections_of_the_powder_diffraction_file():
    """PDF 5-628, NaCl at 26 °C, Cu Kα₁; B of Na and Cl are 1.7 and 1.4 Å² (Int. Tab. C)."""
    pattern = powder_pattern(SALT, "CuKa1", (20.0, 70.0), b_iso=1.5)
    card = {27.334: 13, 31.692: 100, 45.449: 55, 53.852: 2, 56.477: 15, 66.227: 6}
    assert pattern.two_theta == pytest.approx(list(card), abs=0.04)
    assert pattern.relative == pytest.approx(list(card.values()), abs=5.0)
    assert pattern.indices[:3] == ("111 (8)", "200 (6)", "220 (12)")
    assert pattern.spacing[1] == pytest.approx(5.6402 / 2)


def test_a_mixed_site_scatters_with_the_mean_of_its_species():
    """|F(111)|² of the mixture is the square of the mean of the two elements' amplitudes."""
    mixed, copper, gold = (
        powder_pattern(crystal).intensity[0] for crystal in (GOLD_COPPER, fcc(("Cu", 1.0)), fcc(("Au", 1.0)))
    )
    assert math.sqrt(mixed) == pytest.approx((math.sqrt(copper) + math.sqrt(gold)) / 2.0)


def test_a_vacancy_takes_from_the_intensity():
    half, full = (powder_pattern(fcc(("Cu", share))).intensity for share in (0.5, 1.0))
    assert half == pytest.approx(full / 4.0)


def test_ordered_cells_have_the_average_reflections_and_laues_diffuse_scattering_in_between():
    """Laue's monotonic diffuse scattering of N atoms at fixed amounts: x (1 - x) (f - f')² N² / (N - 1)."""
    cells = [draw_ordered_cell(GOLD_COPPER, (2, 2, 2), seed) for seed in range(60)]
    average, decorated = powder_pattern(GOLD_COPPER), decorated_pattern(cells)
    shared = np.abs(decorated.two_theta[:, None] - average.two_theta).min(axis=1) < 1e-3
    assert decorated.intensity[shared] == pytest.approx(average.intensity, rel=1e-6)
    # One atom in a simple cubic cell of twice the edge shows every reflection of the repeated cell with f² alone.
    copper, gold = (
        powder_pattern(
            WyckoffCrystal(221, (7.5, 7.5, 7.5, 90.0, 90.0, 90.0), (WyckoffSite("a", 1, (0, 0, 0), ((symbol, 1.0),)),))
        )
        for symbol in ("Cu", "Au")
    )
    assert decorated.two_theta == pytest.approx(copper.two_theta)
    laue = 0.25 * 32**2 / 31 * (np.sqrt(gold.intensity) - np.sqrt(copper.intensity)) ** 2 / 8**2
    assert decorated.intensity[~shared].sum() == pytest.approx(laue[~shared].sum(), rel=0.05)


def test_one_cell_of_an_ordered_crystal_has_its_pattern():
    cell = draw_ordered_cell(SALT, (2, 1, 1), 0)
    average, decorated = powder_pattern(SALT), decorated_pattern([cell])
    assert decorated.two_theta == pytest.approx(average.two_theta)
    assert decorated.intensity == pytest.approx(average.intensity)


def test_a_profile_keeps_the_area_of_every_line():
    pattern = powder_pattern(SALT, "CuKa", (20.0, 40.0))
    grid = np.linspace(10.0, 50.0, 40_001)
    area = np.trapezoid(pattern.profile(grid, 0.3), grid)
    assert area == pytest.approx(pattern.intensity.sum(), rel=1e-6)
    half = pattern.profile(grid, 0.3) >= pattern.profile(grid, 0.3).max() / 2.0
    assert half.sum() * 0.001 == pytest.approx(0.3, abs=0.01)


def test_the_table_says_what_the_pattern_says():
    pattern = powder_pattern(SALT)
    rows = list(csv.DictReader(io.StringIO(pattern.csv())))
    assert [float(row["two_theta_degrees"]) for row in rows] == pytest.approx(pattern.two_theta, abs=1e-4)
    assert [row["hkl"] for row in rows] == list(pattern.indices)


@given(st.lists(st.floats(0.0, 1e6), min_size=5, max_size=30), st.sampled_from([" ", "\t", ", ", ";"]))
def test_a_measured_pattern_comes_back_whatever_separates_its_columns(intensities, separator):
    angles = 10.0 + 0.02 * np.arange(len(intensities))
    text = "# 2theta I\n" + "\n".join(
        f"{angle!r}{separator}{intensity!r}{separator}7"
        for angle, intensity in zip(angles.tolist(), intensities, strict=True)
    )
    measured = read_measured(text)
    assert measured.two_theta.tolist() == angles.tolist()
    assert measured.intensity.tolist() == intensities


@pytest.mark.parametrize("text", ["", "10 20 30\n40 50 60", "a b\n" * 9, "20 1\n19 1\n18 1\n17 1\n16 1", "1 nan\n" * 9,
             "1" * 4_000_000 + "x 1", "\n".join(f"{angle} 1e999" for angle in range(9))])  # fmt: skip
@pytest.mark.usefixtures("ends")
def test_what_is_no_pattern_is_refused(text):
    with pytest.raises(DiffractionError):
        read_measured(text)


def test_wavelengths_are_names_or_numbers():
    assert wavelength_of("CuKa1") == pytest.approx(1.5406, abs=1e-3)
    assert wavelength_of("0.41") == 0.41
    for wrong in ("CuKx", "0", "-1", "nan", "inf"):
        with pytest.raises(DiffractionError, match="There is no wavelength"):
            wavelength_of(wrong)


@pytest.mark.parametrize(
    ("crystal", "wavelength", "angles", "sentence"),
    [
        (SALT, "CuKa", (1.0, 5.0), "no reflection"),
        (SALT, "CuKa", (90.0, 5.0), "must rise"),
        (fcc(("Cu", 1.0), a=60.0), "AgKa", (5.0, 90.0), "too many"),
        (fcc(("Fm", 1.0)), "CuKa", (5.0, 90.0), "not tabulated"),
    ],
)
def test_what_cannot_be_computed_is_said_in_a_sentence(crystal, wavelength, angles, sentence):
    with pytest.raises(DiffractionError, match=sentence):
        powder_pattern(crystal, wavelength, angles)


def test_a_width_must_be_above_zero_and_cells_of_one_size():
    with pytest.raises(DiffractionError, match="width"):
        powder_pattern(SALT).profile(np.linspace(5, 90, 10), 0.0)
    with pytest.raises(DiffractionError, match="one size"):
        decorated_pattern([draw_ordered_cell(GOLD_COPPER, repeats, 0) for repeats in ((1, 1, 1), (2, 1, 1))])
