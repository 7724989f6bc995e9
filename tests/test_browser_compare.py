"""The page of two sets in a real browser: samplers are judged, a crystal is looked at, files are dropped."""

from pathlib import Path

import pytest
import test_page_compare as pages
from browsing import PATIENCE, running_server, settled, shown

pytestmark = pytest.mark.browser

folder = pages.folder
SLOWLY = 4 * PATIENCE  # ms, for judges on a busy machine
DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def server(tmp_path_factory, script, folder):
    """The app with a small run of the user's beside the released one."""
    home = tmp_path_factory.mktemp("home")
    (home / "models").mkdir()
    (home / "models" / "small").symlink_to(folder, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISGEN_HOME", str(home))
        with running_server(tmp_path_factory.mktemp("server") / "log.txt") as running:
            yield running


def open_compare(page, server, query):
    page.goto(f"{server.url}/compare?run=small&judged_n=30&judged_seed=4&{query}")
    page.get_by_role("heading", name="Compare", exact=True).wait_for()
    page.get_by_label("Crystals, right").wait_for()


def choose(page, side, name):
    page.get_by_label(f"Crystals, {side}").click()
    page.get_by_role("option", name=name, exact=True).click()
    settled(page)


def judge(page):
    page.get_by_text("At most about").wait_for(timeout=SLOWLY)
    page.get_by_role("button", name="Judge").click()
    page.locator("[data-table=contrast]").wait_for(timeout=SLOWLY)
    settled(page)


def figures(page, quantity):
    rows = page.locator("[data-table=contrast] tr")
    return rows.filter(has=page.get_by_text(quantity, exact=True)).inner_text()


def test_two_samplers_are_judged_and_a_crystal_of_one_is_looked_at(page, server):
    open_compare(page, server, "of_a=kde")
    page.locator("[data-table=contrast]").wait_for()
    choose(page, "right", "N(0, I)")
    judge(page)
    heads = page.locator("[data-table=contrast] th").all_inner_texts()
    assert heads[1:3] == ["KDE · small", "N(0, I) · small"]
    assert "right higher" in figures(page, "New")
    assert page.locator(".disgen-charts svg").count() == 6
    crystal = page.locator("[class*=st-key-crystal_b_] button:enabled").first
    formula = crystal.inner_text().partition(" · ")[0]
    crystal.click()
    assert page.get_by_role("dialog").locator("h3[data-formula]").get_attribute("data-formula") == formula
    shown(page)
    assert "crystal=b-" in page.url
    page.reload()
    assert page.get_by_role("dialog").locator("h3[data-formula]").get_attribute("data-formula") == formula
    page.keyboard.press("Escape")
    page.locator("[data-table=contrast]").wait_for()
    page.wait_for_function("!location.search.includes('crystal=')")


def test_dropped_cifs_stand_against_the_test_split(page, server):
    open_compare(page, server, "of_a=cifs")
    names = ("lsco.cif", "rock_salt.cif", "bad_no_atoms.cif")
    page.locator("input[type=file]").set_input_files([str(DATA / name) for name in names])
    judge(page)
    assert page.get_by_text("3 files, 1 not read").first.is_visible()
    assert "50.0 %" in figures(page, "Disordered")
    assert "n = 2" in figures(page, "Disordered")
    page.get_by_text("1 file of").click()
    assert page.get_by_text("bad_no_atoms.cif:").is_visible()
    page.get_by_role("button", name="Sr0.15La1.85CuO4").click()
    shown(page)
