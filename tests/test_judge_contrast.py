"""Two judgements beside each other: figures with intervals, and differences only where these do not overlap."""

import copy
import csv
import io

import pytest

from disgen.evaluation.fidelity.held_out import find_held_out
from disgen.judge.contrast import QUANTITIES, contrast_csv, contrast_records, contrasts
from disgen.judge.report import of_estimator, of_test_split, report
from disgen.model.checkpoint import load_run

SEED = 3


@pytest.fixture(scope="module")
def reports(small_run):
    run = load_run(small_run)
    held_out = find_held_out(run)
    subjects = {
        "kde": of_estimator(run, "kde", held_out, n=30, seed=SEED),
        "gaussian": of_estimator(run, "gaussian", held_out, n=30, seed=SEED),
        "test": of_test_split(run, held_out, None, n=40, seed=SEED),
    }
    return {name: report(run, subject, held_out, seed=SEED) for name, subject in subjects.items()}


def by_key(rows):
    return {row.quantity.key: row for row in rows}


def test_a_set_does_not_differ_from_itself(reports):
    rows = contrasts(reports["kde"], reports["kde"])
    assert not any(row.differs for row in rows)
    assert all(row.comparable and row.left == row.right for row in rows)


def test_figures_are_those_of_the_reports_and_clear_differences_are_named(reports):
    rows = by_key(contrasts(reports["kde"], reports["gaussian"]))
    kde = reports["kde"]
    disordered = rows["disordered"].left
    assert (disordered.value, disordered.n) == (kde["disorder"]["disordered"], 30)
    assert disordered.count == kde["disorder"]["counts"]["disordered"]
    assert rows["novel"].left.value == kde["shares"]["novel"]
    assert rows["neutral_mixed"].left.value == kde["shares"]["neutrality_mixed"]
    assert rows["auc"].left.value == kde["fidelity"]["auc"]["all"]["all_features"]["value"]
    assert rows["volume"].left.value == kde["volume"]["median"]
    assert rows["novel"].differs  # samples of a narrow density are copies, those of N(0, I) are not
    assert "drop" not in rows  # neither has energies


def test_what_depends_on_the_number_of_samples_is_compared_only_where_that_is_the_same(reports):
    rows = by_key(contrasts(reports["gaussian"], reports["test"]))
    assert rows["rediscovered"].right is None  # of itself
    for name in ("credible", "unique"):
        assert not rows[name].comparable
        assert not rows[name].differs
    assert rows["disordered"].comparable


def test_energies_of_one_side_stand_alone(reports):
    judged = copy.deepcopy(reports["kde"])
    rate = {"counts": {"credible": 3}, "denominators": {"credible": 10}, "intervals": {"credible": [0.1, 0.6]}}
    stable = {"msun": 0.2, "counts": {"msun": 2}, "denominators": {"msun": 10}, "intervals": {"msun": [0.1, 0.5]}}
    drop = {"median": 0.04, "interval": [0.02, 0.05], "n": 9}
    judged["energies"] = {
        "potentials": {"chgnet": {"drop": drop, "stable": stable}},
        "credible": {"all_potentials": {"credible": 0.3, **rate}},
    }
    rows = by_key(contrasts(judged, reports["gaussian"]))
    assert rows["credible_with_drop"].left.value == 0.3
    assert (rows["drop"].left.value, rows["drop"].left.n, rows["drop"].right) == (0.04, 9, None)
    assert rows["msun"].left.count == 2
    assert not rows["drop"].differs


def test_records_and_csv_hold_every_quantity(reports):
    records = contrast_records(reports["kde"], reports["gaussian"])
    assert {record["quantity"] for record in records} < {quantity.key for quantity in QUANTITIES}
    lines = list(csv.DictReader(io.StringIO(contrast_csv(reports["kde"], reports["gaussian"]))))
    assert [line["quantity"] for line in lines] == [record["quantity"] for record in records]
    novel = next(line for line in lines if line["quantity"] == "novel")
    assert float(novel["left_value"]) == reports["kde"]["shares"]["novel"]
    assert (novel["left_name"], novel["right_name"], novel["differs"]) == ("kde", "gaussian", "True")
