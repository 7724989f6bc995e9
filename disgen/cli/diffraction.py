"""`diffraction`: the powder pattern of a crystal, and of ordered cells of it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from disgen.cli.common import add_json, add_seed, at_least, check_file, emit
from disgen.cli.crystals import notes_of, read_or_refuse
from disgen.files import write_file

if TYPE_CHECKING:
    import argparse

_LOG = logging.getLogger(__name__)
_SHOWN = 12  # reflections that are listed for people


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser("diffraction", help="the X-ray powder pattern of a crystal")
    command.add_argument("cif", type=Path, help="a CIF")
    command.add_argument(
        "--wavelength",
        default="CuKa",
        metavar="NAME",
        help="anode and line, as CuKa, CuKa1, MoKa, CoKa, or a number in Å (default: CuKa)",
    )
    command.add_argument(
        "--range",
        type=float,
        nargs=2,
        default=(5.0, 90.0),
        metavar=("LOW", "HIGH"),
        help="first and last angle 2θ in degrees (default: 5 90)",
    )
    command.add_argument(
        "--b-iso", type=float, default=0.0, metavar="B", help="thermal motion of all atoms in Å² (default: 0, none)"
    )
    command.add_argument(
        "--cells",
        type=at_least(0),
        default=0,
        metavar="N",
        help="the mean pattern of so many random ordered cells instead of the average structure's (default: 0)",
    )
    command.add_argument(
        "--repeats", type=at_least(1), nargs=3, metavar=("A", "B", "C"), help="size of these cells (default: suggested)"
    )
    add_seed(command)
    command.add_argument("--out", type=Path, metavar="FILE", help="write the reflections as CSV")
    add_json(command)
    command.set_defaults(command=diffraction)


def diffraction(arguments: argparse.Namespace) -> None:
    """Print or write the reflections."""
    from disgen.ensembles.diffraction import decorated_pattern, powder_pattern  # noqa: PLC0415 (help need not wait)
    from disgen.generation.ordered.cell import draw_ordered_cell  # noqa: PLC0415
    from disgen.generation.ordered.supercell import suggest_repeats  # noqa: PLC0415

    if arguments.out is not None:
        check_file(arguments.out)
    crystal, reading = read_or_refuse(arguments.cif)
    low, high = arguments.range
    repeats = None
    if arguments.cells:
        a, b, c = repeats = tuple(arguments.repeats or suggest_repeats(crystal))
        seeds = range(arguments.seed, arguments.seed + arguments.cells)
        cells = [draw_ordered_cell(crystal, (a, b, c), seed, stated=reading.alternatives) for seed in seeds]
        pattern = decorated_pattern(cells, arguments.wavelength, (low, high), b_iso=arguments.b_iso)
    else:
        pattern = powder_pattern(crystal, arguments.wavelength, (low, high), b_iso=arguments.b_iso)
    if arguments.out is not None:
        write_file(arguments.out, pattern.csv().encode())
    for note in reading.notes:
        _LOG.warning("Doubtful: %s", note)
    rows = zip(pattern.two_theta, pattern.spacing, pattern.relative, pattern.indices, strict=True)
    reflections = [
        {"two_theta": round(float(angle), 4), "d": round(float(d), 5), "intensity": round(float(height), 4), "hkl": hkl}
        for angle, d, height, hkl in rows
    ]
    result = {
        "accepted": True,
        "formula": crystal.formula,
        "space_group": crystal.space_group,
        "wavelength": pattern.wavelength,
        "two_theta": [low, high],
        "b_iso": arguments.b_iso,
        "of": "average structure" if repeats is None else "ordered cells",
        "cells": arguments.cells,
        "repeats": repeats,
        "seed": arguments.seed if repeats else None,
        "reflections": reflections,
        "file": None if arguments.out is None else str(arguments.out),
        "notes": notes_of(reading),
    }
    heading = (
        f"{crystal.formula} ({crystal.space_group}), {result['of']}, {pattern.wavelength:g} Å: {len(pattern)} angles, "
        "the strongest first: 2θ in degrees, d in Å, intensity, indices"
    )
    strongest = (-pattern.intensity).argsort()[:_SHOWN].tolist()
    lines = [
        f"  {pattern.two_theta[k]:9.3f} {pattern.spacing[k]:9.4f} {pattern.relative[k]:8.2f}  {pattern.indices[k]}"
        for k in strongest
    ]
    emit(result, "\n".join([heading, *lines]), as_json=arguments.json)
