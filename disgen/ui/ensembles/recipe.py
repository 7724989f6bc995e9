"""How the energies of an ensemble are computed again without the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.energies.treatment import Treatment
from disgen.ensembles.cells import Kind
from disgen.export.bundle import file_name
from disgen.ui.base.reproduce import Recipe, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.ensembles.plan import Plan
    from disgen.ui.ensembles.settings import EnsembleRequest
    from disgen.ui.ensembles.source import Chosen

_PYTHON = """\
from pathlib import Path

from disgen.cif import read_cif
from disgen.energies.treatment import Mode, Treatment
from disgen.ensembles.cells import Kind
from disgen.ensembles.lowest import compute_small, lowest_energy, small_cells
from disgen.ensembles.plan import Plan, draw
from disgen.ensembles.properties import compute
from disgen.ensembles.report import Result, as_text, summary

crystal = read_cif(Path({file!r}).read_text(encoding="utf-8"))
treatment = {treatment}
drawn = draw(crystal, Plan({repeats}, Kind.{kind}, {n}, {seed}, {neutral}))
for calculator in {calculators!r}:
    properties = compute(drawn.cells, calculator, treatment)
    small = compute_small(small_cells(crystal), calculator, treatment)
    result = Result(drawn, properties, lowest_energy(drawn, properties, small))
    print(as_text(summary(result, [{temperature}])))
"""
_KINDS: Mapping[Kind, tuple[str, ...]] = {Kind.DISTINCT: ("--all",), Kind.QUASIRANDOM: ("--quasirandom",)}


def ensemble_recipe(chosen: Chosen, plan: Plan, wishes: EnsembleRequest, temperature: float) -> Recipe:
    """The recipe of one ensemble.

    Args:
        chosen: the crystal, whose CIF the page hands out.
        plan: what was drawn of it.
        wishes: calculators and what was done with each decoration.
        temperature: of the averages, in K.
    """
    treatment = wishes.treatment
    file, size = file_name(chosen.crystal, chosen.origin), "x".join(map(str, plan.repeats))
    relaxed = treatment != Treatment()
    words = _KINDS.get(plan.kind, ("--n", str(plan.n)))
    words += ("--neutral",) if plan.neutral else ()
    words += ("--relax", *options([("steps", treatment.steps)])) if relaxed else ()
    words += ("--second", wishes.second) if wishes.second else ()
    about = [("calculator", wishes.calculator), ("temperatures", f"{temperature:g}"), ("seed", plan.seed)]
    out = f"{file.removesuffix('.cif')}-{size}-{plan.kind.name.lower()}-seed{plan.seed}"
    python = _PYTHON.format(
        file=file,
        calculators=wishes.calculators,
        treatment=f"Treatment(Mode.{treatment.mode.name}, {treatment.steps})",
        repeats=plan.repeats,
        kind=plan.kind.name,
        n=plan.n,
        seed=plan.seed,
        neutral=plan.neutral,
        temperature=temperature,
    )
    command = ("ensemble", file, "--supercell", size, *words, *options(about), "--out", out)
    return Recipe(command, python, note=f"“Download CIF” above gives the file {file}.")
