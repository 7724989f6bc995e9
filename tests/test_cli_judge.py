"""`python -m disgen judge` on the released model."""

import json
import shutil

import pytest

from disgen.cif import write_cif
from disgen.cli import main
from disgen.energies.hull import shipped_tables
from disgen.energies.potential import EnergyError
from disgen.judge.stored import load_judgements


@pytest.fixture(autouse=True)
def no_corpus(monkeypatch, tmp_path):
    """No corpus lies in the working directory."""
    monkeypatch.chdir(tmp_path)


def judge(capsys, *options):
    capsys.readouterr()
    assert main(["judge", *map(str, options)]) == 0
    return capsys.readouterr()


def test_json(small_run, capsys):
    said = judge(capsys, "--run", small_run, "--estimator", "kde", "-n", 60, "--seed", 2, "--json")
    result = json.loads(said.out)
    assert (result["name"], result["n"], result["seed"]) == ("kde", 60, 2)
    assert result["about"]["polished"]
    assert result["energies"] is None
    assert 0.5 < result["fidelity"]["auc"]["all"]["all_features"]["value"] <= 1.0
    assert "--corpus compares them with real crystals" in said.err


def test_the_released_run_needs_no_corpus(capsys):
    said = judge(capsys, "--estimator", "test", "-n", 60, "--json")
    result = json.loads(said.out)
    assert result["against"]["crystals"] == "own"
    assert result["against"]["n"] == 1899
    assert "reconstructions" not in said.err


def test_stored_and_for_people(small_run, capsys, tmp_path):
    copy = shutil.copytree(small_run, tmp_path / "copy")
    said = judge(capsys, "--run", copy, "--estimator", "gaussian", "-n", 60, "--no-polish", "--store")
    lines = said.out.splitlines()
    assert lines[0].endswith("gaussian: 60 judged, seed 0")
    assert any(line.split()[0] == "credible" for line in lines)
    stored = load_judgements(copy)["gaussian"]
    assert not stored["about"]["polished"]
    assert stored["shares"]["n"] == 60


def test_heights_are_above_the_whole_hull_where_that_is_asked_for(small_run, capsys, monkeypatch):
    asked = []

    def relaxed(crystals, *, references, **_):
        asked.append(references)
        msg = "enough"
        raise EnergyError(msg)

    monkeypatch.setattr("disgen.judge.energies.judge_energies", relaxed)
    options = ["judge", "--run", str(small_run), "--estimator", "kde", "-n", "30", "--energies", "5"]
    assert main(options) == 1
    assert main([*options, "--whole-hull"]) == 1
    assert asked == [None, {"chgnet": shipped_tables("chgnet")}]
    assert len(asked[1]["chgnet"]) > 1
    capsys.readouterr()
    assert main([*options, "--whole-hull", "--store"]) == 1
    assert "leave out --store or --whole-hull" in capsys.readouterr().err


def test_a_folder(small_run, minerals, capsys, tmp_path):
    folder = tmp_path / "cifs"
    folder.mkdir()
    for number, crystal in enumerate(minerals[:3]):
        (folder / f"{number}.cif").write_text(write_cif(crystal))
    (folder / "bad.cif").write_text("bad")
    result = json.loads(judge(capsys, "--run", small_run, "--cifs", folder, "--json").out)
    assert (result["kind"], result["n"]) == ("folder", 4)
    assert "not read: bad.cif" in judge(capsys, "--run", small_run, "--cifs", folder).out


def test_wrong_use(small_run, capsys, tmp_path):
    with pytest.raises(SystemExit):
        main(["judge", "--run", str(small_run)])
    with pytest.raises(SystemExit):
        main(["judge", "--estimator", "kde", "--cifs", str(tmp_path)])
    assert main(["judge", "--run", str(small_run), "--cifs", str(tmp_path / "missing")]) == 1
    assert "no .cif files" in capsys.readouterr().err
