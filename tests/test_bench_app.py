"""The benchmark of the app: its figures without a browser, and one short run with it."""

import json
import subprocess
import sys

import numpy as np
import pytest
from browsing import ROOT, missing

from disgen.bench import app, browser
from disgen.bench.app import Click, click_figures, page_names
from disgen.bench.browser import AppBenchError, free_port
from disgen.cli import main
from disgen.model import checkpoint


def test_figures_are_of_the_last_text():
    timed = [Click(10.0 * number, 20.0 * number, 30.0 * number, 5.0 * number) for number in range(1, 42)]
    figures = click_figures([*timed[:-1], Click(410.0, 820.0, float("nan"), float("nan"))])
    assert figures["click_n"] == 41
    assert figures["click_median_ms"] == 420.0
    assert figures["click_first_median_ms"] == 210.0
    assert figures["click_p95_ms"] == np.quantile(20.0 * np.arange(1, 42), 0.95)
    assert figures["click_server_median_ms"] == np.median(5.0 * np.arange(1, 41))
    assert figures["click_view_median_ms"] == np.median(30.0 * np.arange(1, 41))
    assert figures["click_view_p95_ms"] == np.quantile(30.0 * np.arange(1, 41), 0.95)
    assert click_figures([Click(1.0, 2.0, 3.0, float("nan"))])["click_server_median_ms"] is None


def test_every_page_is_timed():
    names = page_names()
    assert names[0] == "overview"
    assert {"latent_map", "reconstruction", "corpus", "estimators", "viewer", "tray"} <= set(names)
    assert len(names) == len(set(names))


def test_a_page_that_is_not_there_is_one_sentence(capsys):
    assert main(["bench", "--app", "--page", "tray", "--page", "nowhere"]) == 1
    assert "The app has no page nowhere: its pages are overview, " in capsys.readouterr().err


def test_a_free_port_is_free():
    assert 1024 <= free_port() < 65536


def test_without_playwright_there_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    assert main(["bench", "--app", "--json"]) == 1
    said = capsys.readouterr()
    assert "install playwright" in json.loads(said.out)["error"]
    assert said.err.count("\n") == 1
    assert "install playwright" in said.err


def test_without_chromium_there_is_one_sentence(monkeypatch):
    pytest.importorskip("playwright.sync_api")
    monkeypatch.setattr(browser.shutil, "which", lambda _: None)
    monkeypatch.setattr(browser.Path, "exists", lambda _: False)
    with pytest.raises(AppBenchError, match="There is no Chromium"), browser.chromium():
        pass


def test_a_server_that_dies_is_reported_with_its_last_word(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", "/bin/echo")
    with pytest.raises(AppBenchError, match="The app does not start"), browser.running_app(tmp_path, "mine"):
        pass


def test_a_run_without_a_test_split_has_no_map(monkeypatch):
    run = checkpoint.load_run()
    bare = type("Bare", (), {"name": run.name, "path": run.path, "latents": {}})()
    with pytest.raises(AppBenchError, match="no map to click on"):
        app.measure_app(bare)


@pytest.mark.browser
@pytest.mark.slow
def test_the_app_is_measured(script):
    pages = ["overview", "estimators", "tray"]
    options = ["--json", "--clicks", "2", "--points", "3000", *(part for name in pages for part in ("--page", name))]
    command = [sys.executable, "-m", "disgen", "bench", "--app", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "install playwright" in done.stderr or "There is no Chromium" in done.stderr:
        missing(done.stderr)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["click_n"] == 2
    assert figures["points"] >= 3000
    assert list(figures["pages"]) == pages
    assert 0.0 < figures["click_median_ms"] <= figures["click_p95_ms"]
    assert figures["first_paint_s"] > 0.0
