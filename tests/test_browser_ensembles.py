"""The page of ensembles in a real browser: what cells hold, energies, histograms over each other, stop, files."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from browsing import PATIENCE, running_server

pytest.importorskip("chgnet")
pytestmark = pytest.mark.browser
SLOWLY = 4 * PATIENCE  # ms, for energies on a busy machine
CHARTS = ".disgen-charts svg"


@pytest.fixture(scope="module")
def server(tmp_path_factory, script):
    """The app with an empty cache of energies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISGEN_HOME", str(tmp_path_factory.mktemp("home")))
        with running_server(tmp_path_factory.mktemp("server") / "log.txt") as running:
            yield running


def open_ensembles(page, server, query=""):
    page.goto(f"{server.url}/ensembles?{query}")
    page.get_by_role("heading", name="Ensembles", exact=True).wait_for()
    page.get_by_role("button", name="Compute energies").wait_for(timeout=SLOWLY)


def rows(page, table):
    return [row.split("\t") for row in page.locator(f"[data-table={table}] tbody tr").all_inner_texts()]


def downloaded(page, name):
    with page.expect_download(timeout=PATIENCE) as waiting:
        page.get_by_role("button", name=name).first.click()
    return Path(waiting.value.path()).read_bytes()


def test_two_sizes_are_drawn_over_each_other_and_handed_out(page, server):
    open_ensembles(page, server, "cells=12&second=1")
    assert rows(page, "classes")[0][2:4] == ["Ag 0.5, Sb 0.5", "substitutional"]
    assert rows(page, "occupancies")[0] == ["Ag1", "Ag", "0.5", "0.5: 16 of 32", "0.5: 2 of 4"]
    page.get_by_text("on one core of this server").wait_for()
    page.get_by_role("button", name="Compute energies").click()
    page.get_by_role("heading", name="Order and disorder").wait_for(timeout=SLOWLY)
    energy = page.locator(CHARTS).first
    energy.wait_for()
    assert energy.get_attribute("aria-label") == "Histogram: Energy"
    fills = {rect.get_attribute("fill") for rect in energy.locator("rect").all()}
    assert fills == {"#4477aaaa", "#ee6677aa"}
    boxes = [rect.bounding_box() for rect in energy.locator("rect").all()]
    assert all(box["width"] > 1 and box["height"] > 1 for box in boxes)
    assert "2×2×2: " in energy.text_content()
    assert page.get_by_text("The same in every decoration: Density 7.1782 g/cm³").is_visible()
    page.locator("[data-table=ordering] tbody tr").first.wait_for()
    table = list(csv.DictReader(io.StringIO(downloaded(page, "Table (CSV)").decode())))
    assert len(table) == 12
    assert all(7.0 < float(row["density_g_cm3"]) < 7.2 for row in table)
    assert downloaded(page, "Extended XYZ").decode().count("Lattice=") == 12
    with zipfile.ZipFile(io.BytesIO(downloaded(page, "Workflow (zip)"))) as bundle:
        assert json.loads(bundle.read("00003/metadata.json"))["calculator"] == "chgnet"
        assert bundle.read("00003/POSCAR").decode().splitlines()[5].split() == ["Ag", "Sb", "Te"]


def test_a_computation_that_is_stopped_keeps_what_is_done_and_goes_on_from_there(page, server):
    open_ensembles(page, server, "cells=400&second=&cell=2&cells_seed=100")
    page.get_by_role("button", name="Compute energies").click()
    page.get_by_text("decorations,").wait_for(timeout=SLOWLY)
    page.wait_for_function("/: ([1-9][0-9]*) of 400 decorations/.test(document.body.innerText)", timeout=SLOWLY)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped: ").wait_for(timeout=SLOWLY)
    done = int(rows(page, "statistics")[0][2])
    assert 0 < done < 400
    page.get_by_role("heading", name="Files").wait_for()
    page.get_by_role("button", name="Compute energies").click()
    page.wait_for_function(
        f"Number((document.body.innerText.match(/: ([0-9]+) of 400 decorations/) || [0, 0])[1]) >= {done}",
        timeout=SLOWLY,
    )
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped: ").wait_for(timeout=SLOWLY)
