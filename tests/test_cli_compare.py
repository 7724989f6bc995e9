"""`python -m disgen compare` on the released model."""

import json
import shutil

import pytest

from disgen.cli import main
from disgen.evaluation.comparison import load_comparison
from disgen.evaluation.reference import FILE

OPTIONS = ["-n", "30", "--seed", "2", "--estimators", "gaussian", "kde", "gaussian", "--workers", "1"]
CONTRACT = {
    "estimator",
    "decoding",
    "generation",
    "sma",
    "fixed_site_reuse",
    "validity",
    "validity_split_aware",
    "neutrality",
    "neutrality_mixed",
    "unique",
    "novel",
    "yield",
    "disordered",
    "auc",
    "auc_novel",
    "rediscovered",
    "mixtures",
    "seconds",
}


def compare(capsys, folder, *options):
    capsys.readouterr()
    assert main(["compare", "--run", str(folder), *OPTIONS, *options]) == 0
    return capsys.readouterr()


def test_json(small_run, capsys):
    said = compare(capsys, small_run, "--json")
    result = json.loads(said.out)
    assert result.keys() >= {"run", "n", "seed", "rows", "ceiling"}
    assert (result["n"], result["seed"]) == (30, 2)
    assert all(row.keys() >= CONTRACT for row in result["rows"])
    names = [(row["estimator"], row["decoding"], row["polished"]) for row in result["rows"]]
    ways = [("free", False), ("exact", False), ("exact", True)]
    assert names == [(name, *way) for name in ("test", "gaussian", "kde") for way in ways]
    assert result["ceiling"]["crystals"] == "reconstructed"
    assert "The ceiling is the test split's reconstruction" in said.err


@pytest.mark.parametrize(
    ("options", "ways"),
    [
        (["--decoding", "free"], {("free", False)}),
        (["--decoding", "exact", "--no-polish"], {("exact", False)}),
        (["--no-polish"], {("exact", False), ("free", False)}),
    ],
)
def test_decodings(small_run, capsys, options, ways):
    rows = json.loads(compare(capsys, small_run, "--json", *options).out)["rows"]
    assert {(row["decoding"], row["polished"]) for row in rows} == ways


def test_table_for_people(small_run, capsys):
    lines = compare(capsys, small_run, "--decoding", "exact", "--no-polish").out.splitlines()
    assert lines[0].endswith("30 samples of each estimator, seed 2")
    assert [line.split()[:2] for line in lines[3:7]] == [
        ["test", "exact"],
        ["gaussian", "exact"],
        ["kde", "exact"],
        ["ceiling", "reconstructed"],
    ]
    assert len({len(line.split()) for line in lines[3:7]}) == 1
    assert "With the paper's denominators (Table 3)" in lines


def test_stored_figures_are_those_printed(small_run, tmp_path, capsys):
    folder = shutil.copytree(small_run, tmp_path / "copy")
    result = json.loads(compare(capsys, folder, "--json", "--store", "--decoding", "exact").out)
    assert load_comparison(folder) == result
    assert not (folder / FILE).exists(), "a reconstruction is no reference to keep"


def test_help_is_quick_and_names_the_estimators(capsys):
    with pytest.raises(SystemExit) as error:
        main(["compare", "--help"])
    assert error.value.code == 0
    said = capsys.readouterr().out
    assert "kde-cv,gmm,gmm-bic" in "".join(said.split())  # a line may end at a name's hyphen


@pytest.mark.parametrize(
    "options", [["-n", "0"], ["--estimators", "magic"], ["--estimators"], ["--decoding", "greedy"], ["--workers", "0"]]
)
def test_wrong_use(options, capsys):
    with pytest.raises(SystemExit) as error:
        main(["compare", *options])
    assert error.value.code == 2
    assert "error: " in capsys.readouterr().err.splitlines()[-1]


def test_a_corpus_that_is_not_there(small_run, capsys):
    assert main(["compare", "--run", str(small_run), "--corpus", "nowhere"]) == 1
    assert "There is no corpus 'nowhere'" in capsys.readouterr().err
