"""Tables of the page of ensembles as HTML."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from disgen.ensembles.boltzmann import BOLTZMANN, between_calculators, entropy_by_class
from disgen.ensembles.cells import Kind
from disgen.ensembles.errors import EnsembleError
from disgen.ensembles.occupancies import charges, occupancies
from disgen.ensembles.site_classes import site_classes
from disgen.ensembles.statistics import distribution
from disgen.ensembles.thermodynamics import boltzmann, order_disorder
from disgen.ui.base.html_table import table_html
from disgen.ui.ensembles.plots import MEASURES, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.ensembles.plan import Drawn
    from disgen.ensembles.report import Result
    from disgen.generation.ordered.supercell import Supercell


def classes_html(supercell: Supercell) -> str:
    """How each orbit is disordered."""
    rows = [
        [one.label, one.position, one.contents, one.kind.value, ", ".join(one.excludes) or "none"]
        for one in site_classes(supercell)
    ]
    head = ("Site", "Wyckoff", "Occupancies", "Disorder", "Never filled together with near")
    return table_html(head, [list(map(html.escape, row)) for row in rows], name="classes")


def occupancies_html(drawn: Sequence[Drawn]) -> str:
    """Wanted and realised occupancies, a pair of columns for each supercell; the charge in the last row."""
    sizes = ["×".join(map(str, one.cells.supercell.repeats)) for one in drawn]
    tables = [occupancies(one.cells) for one in drawn]
    rows = []
    for same in zip(*tables, strict=True):
        first = same[0]
        cells = [first.site, first.species, f"{first.wanted:.4g}"]
        for row in same:
            varies = "" if row.is_exact else " (mean)"
            cells.append(f"{row.realised:.4g}{varies}: {row.atoms:.4g} of {row.positions}")
        rows.append(cells)
    wanted_realised = [charges(one.cells, one.states) for one in drawn]
    if all(realised is not None for _, realised in wanted_realised):
        rows.append(["charge", "", "0", *(f"{(realised or 0.0) + 0.0:+.2f} a cell" for _, realised in wanted_realised)])
    head = ("Site", "Species", "Wanted", *(f"Realised in {size}" for size in sizes))
    return table_html(head, [list(map(html.escape, row)) for row in rows], name="occupancies")


def statistics_html(results: Sequence[Result]) -> str:
    """Moments of every property in every supercell."""
    rows = []
    for name, (title, unit) in MEASURES.items():
        for result in results:
            is_sample = result.drawn.cells.kind is not Kind.DISTINCT
            found = distribution(getattr(result.properties, name), result.properties.degeneracy, is_sample=is_sample)
            if found is None:
                continue
            normality = "" if found.normality is None else f"{found.normality:.2g}"
            rows.append(
                [
                    f"{title} / {unit}",
                    size_text(result),
                    str(found.n),
                    f"{found.mean:.6g} ± {found.stderr:.1g}",
                    f"{found.std:.3g}",
                    f"{found.skew:+.2f}",
                    normality,
                    f"{found.lowest:.6g}",
                    f"{found.highest:.6g}",
                ]
            )
    head = ("Property", "Supercell", "n", "Mean", "σ", "Skewness", "Normal? p", "Lowest", "Highest")
    return table_html(head, [list(map(html.escape, row)) for row in rows], name="statistics")


def averages_table_html(results: Sequence[Result], temperature: float) -> str:
    """Both limits and the average at a temperature; a sentence for a supercell whose decorations cannot be weighed."""
    rows = []
    for result in results:
        for name, (title, unit) in MEASURES.items():
            try:
                found = boltzmann(result.properties, temperature, name)
                mix = boltzmann(result.properties, float("inf"), name)
                best = boltzmann(result.properties, 1e-3, name)
            except EnsembleError:
                continue
            numbers = (f"{mix.value:.6g}", f"{found.value:.6g}", f"{best.value:.6g}", f"{found.effective_size:.1f}")
            rows.append([f"{title} / {unit}", size_text(result), *numbers])
    head = ("Property", "Supercell", "Random mix", f"At {temperature:g} K", "Best drawn", "Decorations that carry it")
    return table_html(head, [list(map(html.escape, row)) for row in rows], name="averages")


def ordering_html(results: Sequence[Result]) -> str:
    """Estimates of the order-disorder temperature, with what goes into them."""
    rows = []
    for result in results:
        found = order_disorder(result.drawn, result.properties, result.lowest)
        if found is None or result.lowest is None:
            continue
        size = "×".join(map(str, result.lowest.repeats))
        rows.append(
            [
                size_text(result),
                result.properties.potential,
                f"{found.temperature:.0f} ± {found.stderr:.0f} K",
                f"{1000 * (found.mean - found.lowest):.1f} meV",
                f"{size}: {result.lowest.found_in}",
                f"{found.entropy / BOLTZMANN:.3f} k",
            ]
        )
    head = ("Supercell", "Calculator", "T*", "⟨E⟩ − E_min an atom", "E_min found in", "Ideal entropy an atom")
    return table_html(head, [list(map(html.escape, row)) for row in rows], name="ordering")


def spread_sentences(results: Sequence[Result], second: Sequence[Result]) -> list[str]:
    """T* of each supercell that two calculators computed, with the error bar that their difference is."""
    sentences = []
    for one, other in zip(results, second, strict=False):  # the second one's come one after the other
        found = [order_disorder(each.drawn, each.properties, each.lowest) for each in (one, other)]
        stars = [ordering.temperature for ordering in found if ordering is not None]
        if len(stars) == len(found):
            spread = between_calculators(*stars)
            sentences.append(
                f"{size_text(one)}: T* = {spread.middle:.0f} ± {spread.half_difference:.0f} K, the middle of both "
                "calculators and half their difference, which says more of its error than either one's own."
            )
    return sentences


def entropy_text(crystal: WyckoffCrystal) -> str:
    """Ideal configurational entropy by kind of disorder."""
    parts = ", ".join(f"{kind.value} {value / BOLTZMANN:.3f} k" for kind, value in entropy_by_class(crystal).items())
    return f"Ideal configurational entropy an atom: {parts}."
