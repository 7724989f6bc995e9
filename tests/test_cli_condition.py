"""`python -m disgen condition` on a small copy of the released model."""

import csv
import json

import pytest

from disgen.cif import read_cif
from disgen.cli import main
from disgen.search.targets import Targets

SMALL = ["-n", "24", "--steps", "30", "--seed", "3"]
WISHES = ["--elements", "Na", "O", "--disordered-sites", "1-3", "--crystal-system", "trigonal", "cubic", "hexagonal"]
NINE = ("H", "B", "C", "N", "O", "F", "P", "S", "K")
CONTRACT = {
    "run",
    "targets",
    "n",
    "steps",
    "success",
    "success_valid",
    "success_unique_novel",
    "base_rate",
    "credible",
    "best",
    "seconds",
    "trace",
}


@pytest.fixture
def few_samples(monkeypatch):
    """A quick base rate, where it is no matter."""
    from disgen.search.conditions import Checker

    monkeypatch.setattr(Checker.base_rate, "__defaults__", (50,))


def condition(capsys, *options):
    capsys.readouterr()
    status = main(["condition", *map(str, options)])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture(scope="module")
def searched(small_run, tmp_path_factory):
    """Two runs of the same command: folders and what was printed."""
    import contextlib
    import io

    runs = []
    for name in ("one", "again"):
        folder, out = tmp_path_factory.mktemp("condition") / name, io.StringIO()
        with contextlib.redirect_stdout(out):
            assert main(["condition", *WISHES, *SMALL, "--run", str(small_run), "--out", str(folder), "--json"]) == 0
        runs.append((folder, json.loads(out.getvalue())))
    return runs


def test_json(searched):
    _, result = searched[0]
    assert result.keys() >= CONTRACT
    assert (result["n"], result["steps"], result["seed"]) == (24, 30, 3)
    assert 0.0 <= result["success_unique_novel"] <= result["success_valid"] <= result["success"] <= 1.0
    assert result["success"] > result["base_rate"]
    assert [step["step"] for step in result["trace"]] == list(range(31))
    assert result["trace"][-1]["successes"] == pytest.approx(24 * result["success"])
    losses = [step["loss"] for step in result["trace"]]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == pytest.approx(sum(result["trace"][-1]["losses"].values()), abs=1e-3)


def test_cifs_and_manifest(searched):
    folder, result = searched[0]
    targets = Targets.from_dict(json.loads((folder / "targets.json").read_text()))
    assert targets.to_dict() == result["targets"]
    with (folder / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert sorted(int(row["latent_index"]) for row in rows) == list(range(24))
    assert [int(row["rank"]) for row in rows] == list(range(1, 25))
    written = [row for row in rows if row["file"]]
    assert sum(row["conditions"] == "3/3" for row in rows) == round(24 * result["success"])
    assert result["distinct_valid"] <= len(written) > 0
    assert {row["file"] for row in written} == {path.name for path in folder.glob("*.cif")}
    for row in written:
        crystal = read_cif((folder / row["file"]).read_bytes())
        assert all(targets.met(crystal))
        assert crystal.formula == row["formula"]
        assert crystal.space_group == int(row["space_group"])
        assert row["conditions"] == "3/3"
        assert all(row[target.text] == "1" for target in targets)
        assert row["seed"] == "3"
        assert 0 <= int(row["step"]) <= 30
        volume = crystal.volume / crystal.n_atoms
        assert float(row["volume_per_atom"]) == pytest.approx(volume, abs=0.01)
        assert set(row["foreign_elements"].split()) == set(crystal.composition) - {"Na", "O"}
    assert sum(row["credible"] == "1" and row["conditions"] == "3/3" for row in rows) == result["credible"]
    assert [best["formula"] for best in result["best"]] == [row["formula"] for row in rows[:20]]
    for row in rows:
        assert bool(row["file"]) == (row["conditions"] == "3/3" and row["valid_split_aware"] == "1")


def test_it_repeats_exactly(searched):
    (one, first), (again, second) = searched
    for name in ("manifest.csv", "targets.json"):
        assert (one / name).read_bytes() == (again / name).read_bytes()
    timeless = [[step | {"seconds": 0} for step in result["trace"]] for result in (first, second)]
    assert timeless[0] == timeless[1]


@pytest.mark.usefixtures("few_samples")
def test_every_option_is_understood(small_run, capsys):
    status, out, _ = condition(
        capsys,
        *("--elements", "na", "O", "--allowed-only", "Na", "O", "Fe", "Mn", "--forbidden", "H"),
        *("--space-group", "166", "R-3c", "--crystal-system", "trigonal", "--disordered-sites", "2", "--sites", "3-5"),
        *("--site-mix", "Na=0.7,vacancy=0.3", "--site-mix", "Fe=0.5,Mn=0.5", "--ratio", "Fe=1,Mn=1"),
        *("--a", "2.5:4", "--gamma", "119:121", "--volume-per-atom", "8:16", "--tolerance", "0.1"),
        *("-n", 2, "--steps", 1, "--run", small_run, "--json"),
    )
    assert status == 0
    assert json.loads(out)["conditions"] == [
        "contains Na and O",
        "nothing but Na, O, Fe and Mn",
        "no H",
        "a site with Na 0.7, vacancy 0.3 (±0.1)",
        "a site with Fe 0.5, Mn 0.5 (±0.1)",
        "Fe:Mn = 1:1 (±0.1)",
        "space group 166 (R-3m) or 167 (R-3c)",
        "trigonal",
        "2 disordered sites",
        "3 to 5 sites",
        "a from 2.5 to 4 Å",
        "gamma from 119 to 121°",
        "8 to 16 Å³ per atom",
    ]


@pytest.mark.usefixtures("few_samples")
def test_only_the_required_elements(small_run, capsys):
    status, out, _ = condition(
        capsys, "--elements", "Zn", "V", "O", "--allowed-only", "-n", 2, "--steps", 0, "--run", small_run
    )
    assert status == 0
    assert out.startswith("contains Zn, V and O; nothing but Zn, V and O: ")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "There is no target"),
        (["--elements", "Xx"], "There is no element 'Xx' here"),
        (["--elements", "1" * 5000], "There is no element '1111111111111111111111111111111111111111…' here"),
        (["--space-group", "1" * 5000], "There is no space group '1111111111111111111111111111111111111111…': "),
        (["--elements", "101"], "There is no element '101' here"),
        (["--space-group", "231"], "There is no space group 231"),
        (["--elements", "Li", "--forbidden", "Li"], "Li is required and forbidden at once"),
        (["--elements", *NINE, "--allowed-only", "Zn"], "H, B, C, N, O, F, P, S and K are"),
        (["--disordered-sites", "4", "--sites", "2"], "There cannot be 4 disordered sites among 2 sites"),
        (["--disordered-sites", "some"], "must be a number, got 'some'"),
        (["--site-mix", "Zn=0.8,V=0.8"], "adds up to 1.6"),
        (["--site-mix", "Zn"], "An occupancy must be a number"),
        (["--a", "5"], "cannot be from 5 to 5"),
        (["--elements", "Li", "--energies", "1", "--potentials", "guess"], "There is no potential 'guess'"),
        (["--allowed-only"], "The list of allowed elements is empty"),
    ],
)
def test_what_cannot_be_gets_one_sentence_before_anything_runs(options, sentence, capsys):
    status, out, err = condition(capsys, *options, "--run", "there/is/no/such/run")
    assert status == 1
    assert out == ""
    assert sentence in err
    assert err.strip().count("\n") == 0


@pytest.mark.usefixtures("few_samples")
def test_ctrl_c_keeps_what_has_been_found(small_run, tmp_path, capsys, monkeypatch):
    from disgen.search import conditioning

    whole = conditioning.optimise

    def interrupted(*arguments):
        for step in whole(*arguments):
            if step.step == 5:
                raise KeyboardInterrupt
            yield step

    monkeypatch.setattr(conditioning, "optimise", interrupted)
    status, out, err = condition(capsys, *WISHES, *SMALL, "--run", small_run, "--out", tmp_path / "out", "--json")
    assert status == 0
    assert json.loads(out)["steps"] == 4
    assert "Stopped after step 4" in err
    assert len((tmp_path / "out" / "manifest.csv").read_text().splitlines()) == 25


def test_benchmark(small_run, tmp_path, capsys, monkeypatch):
    import shutil

    from disgen.judge import conditioning_benchmark

    monkeypatch.setattr(conditioning_benchmark.benchmark, "__defaults__", (1,))
    folder = tmp_path / "run"
    shutil.copytree(small_run, folder)
    status, out, _ = condition(capsys, "--benchmark", "-n", 2, "--steps", 1, "--store", "--run", folder, "--json")
    assert status == 0
    figures = json.loads(out)
    assert figures["all"]["targets"] == 3
    assert figures == conditioning_benchmark.load_benchmark(folder)
