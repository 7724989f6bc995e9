"""Reports on samples, the test split and folders: the same again, stored, read, and with energies merged."""

import json
import shutil

import numpy as np
import pytest

from disgen.cif import write_cif
from disgen.crystal import ATOMIC_NUMBER
from disgen.evaluation.comparison import Variant, comparison_rows
from disgen.evaluation.fidelity.held_out import find_held_out
from disgen.evaluation.fidelity.mixtures import pairs_on_sites
from disgen.evaluation.reference import find_reference
from disgen.generation.outcome import Decoding
from disgen.generation.sampling import known_keys
from disgen.judge import energies as energies_package
from disgen.judge.credible import credible
from disgen.judge.energies.table import Energies, EnergyTable
from disgen.judge.energy_report import picked, quartiles
from disgen.judge.report import of_estimator, of_folder, of_test_split, report
from disgen.judge.stored import JudgementError, load_judgements, store_judgement, summary
from disgen.latent.estimators import EstimatorError
from disgen.model.checkpoint import load_run

N, SEED = 150, 3


@pytest.fixture(scope="module")
def run(small_run):
    return load_run(small_run)


@pytest.fixture(scope="module")
def held_out(run):
    return find_held_out(run)


@pytest.fixture(scope="module")
def subject(run, held_out):
    return of_estimator(run, "kde", held_out, n=N, seed=SEED)


@pytest.fixture(scope="module")
def judged(run, subject, held_out):
    return report(run, subject, held_out, seed=SEED)


def timeless(result):
    return {name: value for name, value in result.items() if name != "seconds"}


def test_a_report_is_plain_and_the_same_again(run, held_out, judged):
    assert json.loads(json.dumps(judged)) == judged
    again = report(run, of_estimator(run, "kde", held_out, n=N, seed=SEED), held_out, seed=SEED)
    assert timeless(again) == timeless(judged)
    other = report(run, of_estimator(run, "kde", held_out, n=N, seed=SEED + 1), held_out, seed=SEED + 1)
    assert other["shares"]["counts"] != judged["shares"]["counts"]


def test_a_report_agrees_with_the_comparison(run, held_out, judged):
    variants = [Variant(Decoding.FREE), Variant(Decoding.EXACT, polished=True)]
    rows = comparison_rows(
        run,
        find_reference(run),
        n=N,
        seed=SEED,
        estimators=("kde",),
        variants=variants,
        workers=1,
        held_out=held_out,
    )
    *_, free, polished = rows
    assert free["auc"] is free["mixtures"] is free["disordered"] is None
    assert polished["counts"] == judged["shares"]["counts"]
    figures = summary(judged)
    for name in ("disordered", "auc", "auc_novel", "rediscovered", "mixtures"):
        assert polished[name] == figures[name]


def test_every_figure_has_its_number_and_interval(judged):
    def check(part):
        if isinstance(part, dict):
            if "denominators" in part:
                assert part["counts"].keys() == part["intervals"].keys() == part["denominators"].keys()
            if "value" in part:
                assert part["interval"][0] <= part["interval"][1]
            for value in part.values():
                check(value)

    check(judged)
    assert judged["n"] == judged["shares"]["n"] == judged["credible"]["denominators"]["credible"] == N
    assert judged["against"] == {"split": "test", "crystals": "reconstructed", "n": 188}


def test_the_crystals_of_a_subsample_are_those_that_were_judged(subject):
    chosen = picked(N, 12, seed=0)
    found = subject.crystals(chosen)
    assert [crystal.key for crystal in found] == subject.judged.screening.key[chosen].tolist()


def test_the_test_split_is_compared_with_the_validation_split(run, held_out, minerals):
    ceiling = report(run, of_test_split(run, held_out, None, n=100, seed=1), held_out, seed=1)
    assert (ceiling["name"], ceiling["n"]) == ("test", 100)
    assert ceiling["against"]["split"] == "validation"
    assert ceiling["about"]["crystals"] == "reconstructed"
    assert ceiling["fidelity"]["auc"]["all"]["all_features"]["value"] < 0.7
    own = of_test_split(run, held_out, minerals[:80], n=None, seed=1)
    assert own.about["crystals"] == "own"
    assert own.judged.screening.key.tolist() == [crystal.key for crystal in minerals[:80]]


def test_a_folder_of_cifs(run, held_out, minerals, tmp_path):
    folder = tmp_path / "others"
    folder.mkdir()
    for number, crystal in enumerate(minerals[:6]):
        (folder / f"{number}.cif").write_text(write_cif(crystal))
    (folder / "broken.cif").write_text("nonsense")
    found = report(run, of_folder(run, folder, held_out, n=None, seed=0), held_out, seed=0)
    assert (found["name"], found["kind"], found["n"]) == ("others", "folder", 7)
    assert found["about"]["unreadable"].keys() == {"broken.cif"}
    assert found["shares"]["counts"]["legal"] == 6
    assert found["credible"]["stopped"]["legal"] == 1
    assert found["fidelity"]["auc"]["all"]["all_features"] is None, "six crystals are too few"
    assert summary(found)["auc"] is None
    for path in folder.glob("[0-9]*"):
        path.unlink()
    with pytest.raises(JudgementError, match="no crystal"):
        report(run, of_folder(run, folder, held_out, n=None, seed=0), held_out, seed=0)


def test_wrong_names(run, held_out):
    with pytest.raises(EstimatorError, match="magic"):
        of_estimator(run, "magic", held_out, n=5, seed=0)


def test_energies_are_merged(run, subject, held_out, judged, monkeypatch):
    chosen = picked(N, 40, SEED)
    drop = np.linspace(0.0, 0.3, 40)
    drop[5] = np.nan

    def judge_energies(crystals, *, potentials, seed, **_):
        assert [crystal.key for crystal in crystals] == subject.judged.screening.key[chosen].tolist()
        assert seed == SEED
        words = np.array(["relaxed"] * 40, dtype=object)
        parts = [
            Energies(name, "1", "uncorrected", words, np.ones(40, int), drop, drop * factor, drop, drop - 0.1, drop)
            for name, factor in zip(potentials, (1.0, 0.5), strict=True)
        ]
        return EnergyTable(np.arange(40), 40, seed, 1, 40, tuple(parts))

    monkeypatch.setattr(energies_package, "judge_energies", judge_energies)
    found = report(run, subject, held_out, seed=SEED, energies=40, potentials=("one", "two"))
    good = credible(subject.judged)[0][chosen]
    part = found["energies"]
    assert part["numbers"] == chosen.tolist()
    assert part["credible"]["one"]["counts"]["credible"] == int((good & (drop <= 0.15)).sum()) > 0
    assert part["credible"]["two"]["counts"]["credible"] == int((good & (drop * 0.5 <= 0.15)).sum())
    assert part["credible"]["all_potentials"] == part["credible"]["one"]
    assert part["credible"]["one"]["denominators"]["credible"] == 40
    new = (subject.judged.screening.novel & subject.judged.screening.unique)[chosen]
    assert part["potentials"]["one"]["stable"]["counts"]["msun"] == int((new & (drop <= 0.1)).sum())
    assert part["potentials"]["one"]["drop"]["n"] == 39
    assert part["potentials"]["one"]["drop"]["median"] == pytest.approx(np.nanmedian(drop))
    assert timeless(found) | {"energies": None} == timeless(judged)
    figures = summary(found)
    assert figures["credible_with_drop"] == part["credible"]["one"]["credible"]
    assert figures["potentials"]["two"]["upper"] == pytest.approx(np.nanquantile(drop * 0.5, 0.75))


def test_picking_and_quartiles():
    assert picked(5, 9, 0).tolist() == [0, 1, 2, 3, 4]
    assert np.array_equal(picked(1000, 50, 4), picked(1000, 50, 4))
    assert len(set(picked(1000, 50, 4).tolist())) == 50
    assert quartiles(np.array([np.nan]), 0) == {
        "median": None,
        "lower_quartile": None,
        "upper_quartile": None,
        "interval": None,
        "n": 0,
    }


def test_judgements_are_stored_with_the_run(run, judged, small_run, tmp_path):
    copy = load_run(shutil.copytree(small_run, tmp_path / "copy"))
    assert load_judgements(copy.path) == {}
    path = store_judgement(copy, judged)
    assert path == copy.path / "judge" / "kde.json"
    assert load_judgements(copy.path) == {"kde": judged}
    with pytest.raises(JudgementError, match="cannot be stored"):
        store_judgement(copy, judged | {"name": "../kde"})
    for damaged, sentence in (("{", "is damaged"), ("[]", "is damaged"), ("{}", "of another version")):
        path.write_text(damaged)
        with pytest.raises(JudgementError, match=sentence):
            load_judgements(copy.path)


def test_lithium_and_phosphorus_share_no_site_in_the_released_training_split():
    together = pairs_on_sites(known_keys(load_run()))
    lithium, phosphorus, lanthanum, strontium = (ATOMIC_NUMBER[symbol] - 1 for symbol in ("Li", "P", "La", "Sr"))
    assert not together[lithium, phosphorus]
    assert together[lanthanum, strontium]
