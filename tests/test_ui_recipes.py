"""*Reproduce this*: what the app shows is run as it stands there, and gives the results that the app has."""

import argparse
import csv
import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from ensemble_crystals import AGSBTE2

from disgen.cif import write_cif
from disgen.cli import condition, main
from disgen.energies.treatment import Mode, Treatment
from disgen.ensembles.cells import Kind
from disgen.ensembles.plan import Plan, draw
from disgen.ensembles.properties import compute
from disgen.ensembles.report import Result, summary
from disgen.generation.decoded import DecodedLatents, first_disordered
from disgen.generation.neighbourhood import PathKind, interpolate, sample_around
from disgen.generation.sampling import known_keys
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run
from disgen.representation import encode
from disgen.search.settings import Settings
from disgen.search.targets import TARGETS, Targets, target_from_dict
from disgen.ui.base.reproduce import Recipe
from disgen.ui.conditioning.form_state import FORM, PRESETS, targets_of
from disgen.ui.conditioning.job import SearchRequest, start_search
from disgen.ui.conditioning.recipe import search_recipe
from disgen.ui.crystal.tray import Item, Origin
from disgen.ui.data.loading import SampleKey
from disgen.ui.data.sample_recipe import sample_recipe
from disgen.ui.data.selection import PointId
from disgen.ui.ensembles.recipe import ensemble_recipe
from disgen.ui.ensembles.settings import EnsembleRequest
from disgen.ui.ensembles.source import Chosen
from disgen.ui.estimators.job import ComparisonRequest, start_comparison
from disgen.ui.estimators.recipe import comparison_recipe
from disgen.ui.latent.map_state import AroundKey, MapPoint
from disgen.ui.latent.nearby import PathKey
from disgen.ui.latent.recipes import around_file_recipe, around_recipe, path_recipe
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


HERE = MapPoint(None, PointId("test", 3))
SAMPLED = MapPoint(SampleKey("gaussian", 5, 1, 0.7), PointId("gaussian", 2))


def latent(run, place):
    if place.samples is None:
        return run.latents[place.point.of][place.point.index]
    of = place.samples
    drawn = fitted_estimator(run, of.estimator).sample(of.n, np.random.default_rng(of.seed), of.temperature)
    return drawn[place.point.index]


def told(found):
    return [
        f"{number} {point.outcome} {point.crystal.formula if point.crystal else 'no crystal'}"
        for number, point in enumerate(found)
    ]


@pytest.mark.parametrize("centre", [HERE, SAMPLED])
def test_samples_around_a_point_are_drawn_again(small_run, centre):
    run, asked = load_run(small_run), AroundKey(centre, 0.6, True, 4, 2)
    found = sample_around(run, latent(run, centre), 4, 2, radius=0.6, relative=True, known=known_keys(run))
    assert said(around_recipe(str(small_run), asked)) == told(found)


@pytest.mark.parametrize("end", [MapPoint(None, PointId("train", 1)), SAMPLED])
def test_a_path_is_walked_again(small_run, end):
    run = load_run(small_run)
    ends = latent(run, HERE), latent(run, end)
    found = interpolate(run, *ends, 4, kind=PathKind.SPHERICAL, known=known_keys(run))
    assert said(path_recipe(str(small_run), PathKey(HERE, end, "spherical", 4))) == told(found)


def test_samples_around_a_file_are_drawn_again(small_run):
    run, crystal = load_run(small_run), AGSBTE2
    recipe = around_file_recipe(str(small_run), crystal, 4, 3, 0.5)
    Path(Item(crystal, Origin("", "original")).stem + ".cif").write_text(write_cif(crystal), encoding="utf-8")
    centre = run.encode(*encode([crystal]))[0][0]
    assert said(recipe) == told(sample_around(run, centre, 4, 3, radius=0.5, known=known_keys(run)))


@pytest.mark.parametrize(
    ("kind", "treatment"),
    [
        (Kind.RANDOM, Treatment()),
        (Kind.DISTINCT, Treatment()),
        (Kind.RANDOM, Treatment(Mode.IN_TURN, 3)),
    ],
)
def test_the_energies_of_an_ensemble_are_computed_again(kind, treatment, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("DISGEN_HOME", str(tmp_path / "home"))
    plan = Plan((1, 1, 2) if kind is Kind.DISTINCT else (2, 1, 1), kind, 3, 4, neutral=True)
    calculator = "ase.calculators.lj:LennardJones(sigma=2.5, epsilon=0.1, rc=7.0)"
    drawn = draw(AGSBTE2, plan)
    expected = summary(Result(drawn, compute(drawn.cells, calculator, treatment), None), [450.0])
    chosen = Chosen(AGSBTE2, "example")
    stiffer = calculator.replace("7.0", "6.0")
    recipe = ensemble_recipe(chosen, plan, EnsembleRequest((plan,), calculator, treatment, stiffer), 450.0)
    Path(Item(AGSBTE2, Origin("", chosen.origin)).stem + ".cif").write_text(write_cif(AGSBTE2), encoding="utf-8")
    mean = expected["energy_per_atom"]["mean"]
    assert any(f"energy per atom            {mean:.5f}" in line for line in said(recipe))
    capsys.readouterr()
    assert main([*recipe.command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    for name in ("n", "seed", "supercell", "kind", "treatment", "steps", "boltzmann", "energy_per_atom"):
        assert found[name] == expected[name]
    assert found["second"]["calculator"] == stiffer


def test_a_comparison_is_made_again(small_run, capsys):
    run = load_run(small_run)
    request = ComparisonRequest(("gaussian",), 5, 2)
    result = start_comparison(run, request).wait(PATIENCE).progress.result
    result["run"] = str(small_run)
    recipe = comparison_recipe(result)
    yields = [row["yield"] for row in result["rows"]]
    assert [float(line.rpartition(" ")[2]) for line in said(recipe)] == yields
    capsys.readouterr()
    assert main([*recipe.command, "--workers", "1", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    timed = [{name: value for name, value in row.items() if name != "seconds"} for row in again["rows"]]
    assert timed == [{name: value for name, value in row.items() if name != "seconds"} for row in result["rows"]]


@pytest.mark.parametrize(
    ("ways", "words"),
    [
        ([("exact", False)], ["--decoding", "exact", "--no-polish"]),
        ([("free", False), ("exact", False), ("exact", True)], []),
        ([("exact", False), ("exact", True)], ["--decoding", "exact"]),
    ],
)
def test_a_comparison_says_which_ways_it_took(ways, words):
    rows = [
        {"estimator": name, "decoding": decoding, "polished": polished}
        for name in ("test", "kde")
        for decoding, polished in ways
    ]
    result = {"run": "open", "n": 9, "seed": 1, "rows": rows}
    command = ("compare", "--run", "open", "--estimators", "kde", "-n", "9", "--seed", "1", *words)
    assert comparison_recipe(result).command == command
    assert comparison_recipe({**result, "rows": rows[: len(ways)]}) is None  # of the test split alone
