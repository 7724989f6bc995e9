"""A crystal's energy at the push of a button, by CHGNet itself, in a real browser."""

import csv

import pytest
from browsing import PATIENCE, settled

from disgen.cif import write_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CUAU = WyckoffCrystal(
    225, (3.87, 3.87, 3.87, 90.0, 90.0, 90.0), (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Cu", 0.5), ("Au", 0.5))),)
)


def test_decorations_are_relaxed_and_taken_home(page, server):
    page.goto(f"{server.url}/viewer")
    page.get_by_text("CIFs, or zips of CIFs").wait_for()
    settled(page)
    content = {"name": "cuau.cif", "mimeType": "text/plain", "buffer": write_cif(CUAU).encode()}
    page.set_input_files("input[type=file]", content)
    page.get_by_role("button", name="Energy").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("on one core of this server").wait_for(timeout=PATIENCE)
    slider = dialog.get_by_role("slider", name="Decorations")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    dialog.get_by_text("One random decoration").wait_for()
    dialog.get_by_role("button", name="Compute").click()
    dialog.get_by_text("Relaxation takes").wait_for(timeout=2 * PATIENCE)
    dialog.get_by_text("the hull of chgnet's reference crystals").wait_for()
    assert dialog.locator("[data-table=energies] tbody tr").count() == 1
    with page.expect_download() as table:
        dialog.get_by_role("button", name="Energies (CSV)").click()
    (row,) = csv.DictReader(table.value.path().read_text().splitlines())
    assert row["calculator"] == "chgnet"
    assert -5.0 < float(row["relaxed_eV"]) <= float(row["as_drawn_eV"]) < -2.0
    assert -0.1 < float(row["above_hull_eV"]) < 0.2
    with page.expect_download() as cell:
        dialog.get_by_role("button", name="Best one, relaxed (POSCAR)").click()
    assert cell.value.path().read_text().startswith("decoration 0 of ")
