"""How samples around a point, and paths between two, are made again without the app; no command does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.export.bundle import file_name
from disgen.ui.base.reproduce import Recipe

if TYPE_CHECKING:
    from disgen.crystal import WyckoffCrystal
    from disgen.ui.latent.map_state import AroundKey, MapPoint
    from disgen.ui.latent.nearby import PathKey

ORIGINAL = "original"  # origin of an uploaded crystal, see `disgen.ui.crystal.tray.Origin`
_AROUND = """\
{imports}
from disgen.generation.neighbourhood import sample_around
from disgen.generation.sampling import known_keys
{more}from disgen.model.checkpoint import load_run
{last}
run = load_run({run!r})
centre = {centre}
found = sample_around(run, centre, {n}, {seed}, radius={radius}, relative={relative}, known=known_keys(run))
"""
_PATH = """\
{imports}
from disgen.generation.neighbourhood import PathKind, interpolate
from disgen.generation.sampling import known_keys
{more}from disgen.model.checkpoint import load_run

run = load_run({run!r})
start = {start}
end = {end}
found = interpolate(run, start, end, {steps}, kind=PathKind({way!r}), known=known_keys(run))
"""
_TELL = """\
for number, point in enumerate(found):
    print(number, point.outcome, point.crystal.formula if point.crystal else "no crystal")
"""
_FITTED = "from disgen.latent.fitted import fitted_estimator\n"


def around_recipe(run: str, asked: AroundKey) -> Recipe:
    """The recipe of samples around a point of the map.

    Args:
        run: name of the model.
        asked: the samples.
    """
    python = _AROUND.format(
        imports="import numpy as np\n" if asked.centre.samples else "",
        more=_FITTED if asked.centre.samples else "",
        last="",
        run=run,
        centre=_latent(asked.centre),
        n=asked.n,
        seed=asked.seed,
        radius=asked.radius,
        relative=asked.relative,
    )
    return Recipe((), python.lstrip() + _TELL)


def path_recipe(run: str, asked: PathKey) -> Recipe:
    """The recipe of a path.

    Args:
        run: name of the model.
        asked: the path.
    """
    sampled = asked.start.samples or asked.end.samples
    python = _PATH.format(
        imports="import numpy as np\n" if sampled else "",
        more=_FITTED if sampled else "",
        run=run,
        start=_latent(asked.start),
        end=_latent(asked.end),
        steps=asked.steps,
        way=asked.way,
    )
    return Recipe((), python.lstrip() + _TELL)


def around_file_recipe(run: str, crystal: WyckoffCrystal, n: int, seed: int, radius: float) -> Recipe:
    """The recipe of samples around a crystal that was uploaded.

    Args:
        run: name of the model.
        crystal: the crystal, whose CIF the app hands out.
        n: how many.
        seed: of the noise.
        radius: in latent units.
    """
    name = file_name(crystal, ORIGINAL)
    python = _AROUND.format(
        imports="from pathlib import Path\n\nfrom disgen.cif import read_cif",
        more="",
        last="from disgen.representation import encode\n",
        run=run,
        centre=f"run.encode(*encode([read_cif(Path({name!r}).read_text())]))[0][0]",
        n=n,
        seed=seed,
        radius=radius,
        relative=False,
    )
    return Recipe((), python + _TELL, note=f"“Download original” above gives the file {name}.")


def _latent(place: MapPoint) -> str:
    """An expression for the latent of a point of the map."""
    if place.samples is None:
        return f"run.latents[{place.point.of!r}][{place.point.index}]"
    of = place.samples
    drawn = f"sample({of.n}, np.random.default_rng({of.seed}), {of.temperature})"
    return f"fitted_estimator(run, {of.estimator!r}).{drawn}[{place.point.index}]"
