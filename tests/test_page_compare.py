"""The page of two sets of crystals: what is stored, what is judged anew and stopped, links, and one-sentence errors."""

import shutil
import threading
import time
from pathlib import Path

import pytest
from paging import few_samplers, open_app, until

from disgen.evaluation.fidelity.held_out import find_held_out
from disgen.judge import report as reports
from disgen.judge.contrast import contrasts
from disgen.judge.report import of_estimator, of_test_split, report
from disgen.judge.stored import store_judgement
from disgen.model import checkpoint
from disgen.model.checkpoint import load_run
from disgen.ui.base.samplers import label

N, SEED = 30, 4
FEW = {"judged_n": str(N), "judged_seed": str(SEED)}
DATA = Path(__file__).parent / "data"
pytestmark = pytest.mark.usefixtures("no_network")


@pytest.fixture(scope="module")
def folder(small_run, tmp_path_factory):
    """A small run with a stored judgement of one sampler and of the test split."""
    path = shutil.copytree(small_run, tmp_path_factory.mktemp("compare") / "small")
    run = load_run(path)
    held_out = find_held_out(run)
    for subject in (
        of_estimator(run, "kde", held_out, n=N, seed=SEED),
        of_test_split(run, held_out, None, n=40, seed=SEED),
    ):
        store_judgement(run, report(run, subject, held_out, seed=SEED))
    return path


@pytest.fixture
def model(folder, monkeypatch):
    """The same as the app's only model, with two samplers that are fitted at once."""
    monkeypatch.setattr(checkpoint, "available_runs", lambda: {"small": folder})
    with few_samplers("kde", "gaussian"):
        yield folder


def table(test):
    found = [element.value for element in test.get("html") if 'data-table="contrast"' in element.value]
    assert len(found) <= 1
    return found[0] if found else ""


def said(test):
    return "\n".join(element.value for kind in (test.caption, test.markdown, test.info) for element in kind)


def labels(test):
    return [button.label for button in test.button]


def push(test, name):
    next(button for button in test.button if button.label == name).click().run()
    assert not test.exception


def test_stored_judgements_show_at_once(model):
    test = open_app("compare", {"of_a": "kde"})
    assert not test.error
    assert not test.info
    assert "Judge" not in labels(test)
    assert "KDE · small" in table(test)
    assert "Test split · small" in table(test)
    stored = load_report(model, "kde"), load_report(model, "test")
    for row in contrasts(*stored):
        assert f">{row.quantity.label}<" in table(test)
    assert f"n = {N}" in table(test)
    assert f"{N} samples, seed {SEED}" in said(test)
    assert {"CSV", "JSON"} <= {button.label for button in test.download_button}
    formulas = [one["formula"] for one in stored[0]["examples"]["crystals"] if one]
    assert len(formulas) > 5
    assert sum(name.startswith(formulas[0]) for name in labels(test)) >= 1


def load_report(model, name):
    from disgen.judge.stored import load_judgements

    return load_judgements(model)[name]


def test_what_is_not_stored_is_judged_in_the_background_and_kept(model):
    test = open_app("compare", {"of_a": "gaussian", **FEW})
    assert table(test) == ""
    assert "At most about" in said(test)
    push(test, "Judge")
    until(test, table)
    assert f"{label('gaussian')} · small" in table(test).replace("&#x27;", "'")
    assert f"{N} samples, seed {SEED}" in said(test)
    test.selectbox(key="of_a").set_value("kde").run()
    test.selectbox(key="of_a").set_value("gaussian").run()
    assert not test.exception
    assert table(test), "what was judged is kept"
    test.number_input(key="judged_seed").set_value(SEED + 1).run()
    assert table(test) == ""
    assert "Judge" in labels(test)


def test_a_judgement_is_stopped_and_keeps_what_is_finished(model, monkeypatch):
    real, reached = reports.of_estimator, threading.Event()

    def endless(run, name, held_out, *, progress, **rest):
        if name == "kde":
            return real(run, name, held_out, progress=progress, **rest)
        while True:
            reached.set()
            progress(1, 2)
            time.sleep(0.01)

    test = open_app("compare", {"of_a": "kde", "of_b": "gaussian", "anew": "yes", **FEW})
    monkeypatch.setattr(reports, "of_estimator", endless)
    push(test, "Judge")
    assert reached.wait(120)
    test.run()
    push(test, "Stop")
    until(test, lambda page: any("Stopped" in info.value for info in page.info))
    assert "1 of 2 sets judged" in said(test)
    test.selectbox(key="of_b").set_value("kde").run()
    assert "left" in table(test), "the set that was finished stands on both sides"


def test_a_link_names_both_sides_and_opens_a_crystal(model):
    test = open_app("compare", {"of_a": "test", "of_b": "kde", "crystal": "b-2"})
    opened = load_report(model, "kde")["examples"]
    headings = [element.value for element in test.markdown if "data-formula" in element.value]
    assert f'data-formula="{opened["crystals"][2]["formula"]}"' in headings[0]
    assert f"Number {opened['numbers'][2]}" in said(test)
    test.selectbox(key="of_a").set_value("kde").run()
    assert test.query_params["of_a"] in ("kde", ["kde"])


@pytest.mark.parametrize("crystal", ["b-99", "c-1", "b-", "b-x"])
def test_an_address_without_a_crystal_opens_none(model, crystal):
    test = open_app("compare", {"of_a": "kde", "crystal": crystal})
    assert table(test)
    assert not [element for element in test.markdown if "data-formula" in element.value]


def test_cifs_are_asked_for(model):
    test = open_app("compare", {"of_a": "cifs"})
    assert "Drop CIFs of any program" in said(test)
    assert table(test) == ""
    assert "Judge" not in labels(test)


def test_a_damaged_judgement_is_one_sentence(model):
    path = model / "judge" / "kde.json"
    whole = path.read_bytes()
    try:
        path.write_text("{")
        test = open_app("compare", {"of_a": "kde"})
    finally:
        path.write_bytes(whole)
    assert table(test) == ""
    assert any("judge --store" in info.value for info in test.info)


def test_a_light_run_says_what_is_missing(folder, monkeypatch):
    light = checkpoint.available_runs()["paper"]
    monkeypatch.setattr(checkpoint, "available_runs", lambda: {"small": folder, "paper": light})
    test = open_app("compare", {"run": "small", "of_a": "kde", "of_b": "test", "model_b": "paper"})
    assert any("light" in info.value and "--corpus" in info.value for info in test.info)
    assert not test.error
