"""*Reproduce this*: what the app shows is run as it stands there, and gives the results that the app has."""

import argparse
import csv
import io
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from disgen.cli import condition, main
from disgen.generation.decoded import DecodedLatents, first_disordered
from disgen.generation.sampling import known_keys
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run
from disgen.search.settings import Settings
from disgen.search.targets import TARGETS, Targets, target_from_dict
from disgen.ui.base.reproduce import Recipe
from disgen.ui.conditioning.form_state import FORM, PRESETS, targets_of
from disgen.ui.conditioning.job import SearchRequest, start_search
from disgen.ui.conditioning.recipe import search_recipe
from disgen.ui.data.loading import SampleKey
from disgen.ui.data.sample_recipe import sample_recipe
from disgen.ui.overview.gallery import gallery_recipe

PATIENCE = 120.0  # s


@pytest.fixture(autouse=True)
def _somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def said(recipe):
    """What a script prints, line by line."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(recipe.python, {})  # noqa: S102 (ours)
    return printed.getvalue().splitlines()


def manifest():
    (path,) = Path.cwd().glob("*/manifest.csv")
    return list(csv.DictReader(path.open(encoding="utf-8")))


def stated(recipe):
    """The targets that a command line states."""
    parser = argparse.ArgumentParser()
    condition.add_commands(parser.add_subparsers())
    return condition.targets_of(parser.parse_args(recipe.command))


def form(**values):
    return {name: parameter.default for name, parameter in FORM.items()} | values


def test_a_search_is_made_again(small_run):
    targets = targets_of(form(elements="O", ratio="Mg 1, O 1", tolerance=0.4))
    request = SearchRequest(targets, "gaussian", Settings(n=6, steps=4, seed=3, learning_rate=0.2))
    progress = start_search(load_run(small_run), request).wait(PATIENCE).progress
    recipe = search_recipe(str(small_run), request, progress.found.step, "out")
    expected = [result.decoded.crystal for result in progress.found.results]
    formulas = [crystal.formula if crystal else "" for crystal in expected]
    assert [line.partition(" ")[2] for line in said(recipe)] == [formula or "no crystal" for formula in formulas]
    main(recipe.command)
    rows = manifest()
    assert [row["formula"] for row in rows] == formulas
    assert [row["latent_index"] for row in rows] == [str(result.latent) for result in progress.found.results]


@pytest.mark.parametrize("name", PRESETS)
def test_the_command_states_what_the_form_did(name):
    targets = targets_of(form(**PRESETS[name].values))
    recipe = search_recipe("open", SearchRequest(targets, "prior", Settings()), 400, "out")
    assert set(stated(recipe)) == set(targets)


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "forbidden elements", "elements": ["Pb", "Cd"]},
        {"kind": "crystal system", "systems": ["cubic", "trigonal"]},
        {"kind": "cell", "parameter": "a", "low": 3.8, "high": 4.2},
        {"kind": "volume per atom", "low": 10.0, "high": 14.5},
    ],
)
def test_every_kind_of_target_has_its_option(values):
    targets = Targets((target_from_dict(values),))
    recipe = search_recipe("open", SearchRequest(targets, "prior", Settings()), 400, "out")
    assert tuple(stated(recipe)) == targets.items
    assert values["kind"] in TARGETS


def test_samples_are_drawn_again(small_run):
    run = load_run(small_run)
    samples = SampleKey("gaussian", 12, 5, 0.8)
    z = fitted_estimator(run, "gaussian").sample(12, np.random.default_rng(5), 0.8)
    points = DecodedLatents.of(run, z, known_keys(run))
    recipe = sample_recipe(str(small_run), samples)
    expected = [(str(point.outcome), point.crystal.formula if point.crystal else "") for point in points]
    lines = [" ".join((outcome, formula or "no crystal")) for outcome, formula in expected]
    assert [line.partition(" ")[2] for line in said(recipe)] == lines
    recipe = Recipe((*recipe.command[:-1], "samples"), "")
    main(recipe.command)
    assert [(row["outcome"], row["formula"]) for row in manifest()] == expected


def test_the_gallery_is_found_again(small_run):
    run = load_run(small_run)
    found, drawn = first_disordered(run, fitted_estimator(run, "kde"), 1)
    (line,) = said(gallery_recipe(str(small_run), "kde", 1))
    assert line == " ".join((str(drawn), "samples:", *(point.crystal.formula for point in found)))


def test_a_command_is_written_for_a_shell():
    assert Recipe(("order", "a b.cif", "--site-mix", "Na=0.7"), "").line == (
        "python -m disgen order 'a b.cif' --site-mix Na=0.7"
    )
