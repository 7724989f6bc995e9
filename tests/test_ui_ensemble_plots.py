"""Pictures and tables of ensembles without a browser: what is drawn of which numbers."""

import re

import numpy as np
import pytest
from ensemble_crystals import AGSBTE2

from disgen.energies.treatment import Treatment
from disgen.ensembles.lowest import Lowest
from disgen.ensembles.plan import Plan, draw
from disgen.ensembles.properties import Properties, first_cells
from disgen.ensembles.report import Result
from disgen.ensembles.statistics import distribution
from disgen.ui.ensembles import plots, tables


def result(repeats, energies, density=7.178):
    n = len(energies)
    drawn = draw(AGSBTE2, Plan(repeats, n=n))
    cells = first_cells(drawn.cells)
    properties = Properties(
        potential="toy",
        version="1",
        correction="uncorrected",
        treatment=Treatment(),
        outcome=np.array(["single point"] * n, dtype=object),
        n_atoms=np.array([len(cell) for cell in cells]),
        degeneracy=np.ones(n, dtype=np.int64),
        different=n,
        energy=np.asarray(energies, dtype=float),
        density=np.full(n, density),
        volume=np.full(n, np.nan),
        magnetic_moment=np.full(n, np.nan),
        cells=cells,
    )
    return Result(drawn, properties, Lowest(float(np.nanmin(energies)) - 0.01, (1, 1, 2), "all 8 distinct decorations"))


RNG = np.random.default_rng(0)
RESULTS = (result((1, 1, 1), RNG.normal(-3.5, 0.01, 60)), result((2, 1, 1), RNG.normal(-3.49, 0.005, 60)))


def test_two_histograms_share_their_axis_and_hold_every_decoration():
    drawn = plots.histograms_html(RESULTS)
    assert drawn.count("<svg") == 1  # density is the same in every decoration, the others are not there
    assert "1×1×1 cells" in drawn
    shares = {
        size: sum(float(share) for share in re.findall(rf"<title>{size}: ([\d.]+) %", drawn))
        for size in ("1×1×1", "2×1×1")
    }
    assert shares == pytest.approx({"1×1×1": 100.0, "2×1×1": 100.0}, abs=1.5)  # each is rounded to 0.1 %
    assert plots.constants_text(RESULTS) == "The same in every decoration: Density 7.178 g/cm³."


def test_means_are_written_as_in_the_paper_where_they_are_about_normal():
    normal = distribution(RESULTS[0].properties.energy, np.ones(60))
    assert plots.described(normal) == f"μ = {normal.mean:.5g}, σ = {normal.std:.2g}"
    skewed = distribution(RNG.gamma(0.7, size=200), np.ones(200))
    assert "skewness +" in plots.described(skewed)


def test_different_densities_of_two_sizes_are_drawn():
    other = (RESULTS[0], result((2, 1, 1), [-3.5, -3.4], density=7.1))
    assert plots.histograms_html(other).count("<svg") == 2


def test_convergence_and_averages_have_a_curve_each():
    assert plots.convergence_html(RESULTS).count("<path") >= 6
    curve = plots.averages_html(RESULTS, "energy", 600.0)
    assert curve.count('fill="none"') == 3  # two curves, and where the temperature is
    assert plots.convergence_html((result((1, 1, 1), [np.nan, -3.0]),)) == ""


def test_tables_say_numbers_and_where_the_lowest_was_found():
    assert "0.5: 2 of 4" in tables.occupancies_html([one.drawn for one in RESULTS])
    assert "+0.00 a cell" in tables.occupancies_html([one.drawn for one in RESULTS])
    rows = tables.statistics_html(RESULTS)
    assert f"{RESULTS[0].properties.energy.mean():.6g}" in rows
    assert "1×1×2: all 8 distinct decorations" in tables.ordering_html(RESULTS)
    assert "At 300 K" in tables.averages_table_html(RESULTS, 300.0)
    assert "substitutional 0.347 k" in tables.entropy_text(AGSBTE2)
