"""What a newcomer sets out to do, from a clean start, where no other file has it: relatives of LiFePO4, a layered
oxide of sodium, the keyboard alone, a link that is passed on, the `paper` run on every page, and a result made again
from what the page says."""

import re
import shlex
import zipfile
from pathlib import Path

import numpy as np
import pytest
from browsing import PATIENCE, formula, open_map, settled, shown

from disgen.cif import read_cif
from disgen.cli import main
from disgen.symmetry import expand

pytestmark = pytest.mark.browser

PAGES = sorted(path.stem for path in (Path(__file__).parent.parent / "pages").glob("*.py"))


def test_relatives_of_lithium_iron_phosphate_are_found_and_taken_home(page, server, tmp_path):
    open_map(page, server)
    field = page.get_by_role("textbox", name="Find a formula")
    field.fill("LiFePO4")
    field.press("Enter")
    page.get_by_text(re.compile(r"\d+ found: ")).wait_for()
    settled(page)
    elements = {"Li", "Fe", "P", "O"}
    assert set(re.findall("[A-Z][a-z]?", formula(page))) == elements, "the first hit is shown"
    add(page, 1)
    page.get_by_text("Nearest crystals", exact=True).click()
    page.wait_for_function("document.querySelectorAll('.disgen-marks [data-mark]').length === 10")
    first = formula(page)
    page.locator(".disgen-marks [data-mark='0']").click()
    page.wait_for_function("(name) => document.querySelector('h3[data-formula]').innerText !== name", arg=first)
    settled(page)
    add(page, 2)
    page.get_by_test_id("stTopNavLink").get_by_text("Tray (2)").click()
    page.get_by_role("heading", name="Side by side").wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download tray (zip)").click()
    waiting.value.save_as(tmp_path / "tray.zip")
    names = zipfile.ZipFile(tmp_path / "tray.zip").namelist()
    assert sum(name.endswith(".cif") for name in names) == 2
    assert any(elements <= set(re.findall("[A-Z][a-z]?", name.split("_")[0])) for name in names)


def test_a_layered_oxide_of_sodium_is_searched_and_looked_at_while_the_search_goes_on(page, server, tmp_path):
    page.goto(f"{server.url}/conditioning?search_n=64&search_steps=1000")
    page.get_by_role("button", name="Na layered oxide").click()
    page.wait_for_url(re.compile("mix=Na"))
    page.locator(".st-key-search_start button").click()
    button = page.locator(".st-key-search_stop button")
    button.wait_for()
    page.locator("h3[data-formula]").first.wait_for()
    try:
        assert button.is_visible(), "the search goes on"
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download CIF").first.click()
        waiting.value.save_as(tmp_path / "best.cif")
    finally:
        button.click()
    crystal = read_cif((tmp_path / "best.cif").read_bytes())
    assert set(crystal.elements) == {"Na", "Mn", "O"}
    assert crystal.space_group in {166, 194}
    assert planes(crystal) in {"Na O Mn O " * 3, "Na O Mn O " * 2}, "O3 or P2: sodium between layers of MnO2"
    sodium = next(site for site in crystal.sites if site.main_element == "Na")
    assert 0.5 < dict(sodium.occupancies)["Na"] < 0.8


def planes(crystal):
    """What stands in the planes across c, from a plane of sodium upwards."""
    points, sites = expand(crystal)
    heights = np.round(points[:, 2] % 1.0, 3) % 1.0
    found = [
        "+".join(sorted({crystal.sites[site].main_element for site in sites[heights == height]}))
        for height in np.unique(heights)
    ]
    start = found.index("Na")
    return "".join(f"{name} " for name in found[start:] + found[:start])


def add(page, number):
    """Put the crystal that is shown into the tray, as so manieth."""
    page.get_by_role("button", name="Add to tray").first.click()
    page.get_by_test_id("stTopNavLink").get_by_text(f"Tray ({number})").wait_for()
    settled(page)


def test_a_crystal_is_chosen_and_put_aside_by_the_keyboard_alone(page, server):
    open_map(page, server, "point=3")
    before = formula(page)
    page.keyboard.press("Tab")
    reach(page, "document.activeElement.getAttribute('aria-label') === 'Point'")
    page.keyboard.press("Control+A")
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    page.get_by_text("Point 8 of the test split").wait_for()
    settled(page)
    assert formula(page) != before
    reach(
        page, "document.activeElement.matches('button') && document.activeElement.textContent.includes('Add to tray')"
    )
    page.keyboard.press("Enter")
    page.get_by_test_id("stTopNavLink").get_by_text("Tray (1)").wait_for()
    settled(page)
    reach(page, "document.activeElement.matches('a') && document.activeElement.textContent.includes('Tray (1)')")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Side by side").wait_for()


def reach(page, condition, most=150):
    """Press Tab until what is in focus is what is wanted."""
    for _ in range(most):
        if page.evaluate(condition):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"The keyboard does not come to where {condition}.")


def test_a_link_that_is_passed_on_shows_the_crystal_and_not_the_tray(page, server, browser):
    open_map(page, server, "point=3")
    add(page, 1)
    context = browser.new_context()
    try:
        other = context.new_page()
        other.set_default_timeout(PATIENCE)
        other.goto(page.url)
        other.locator("h3[data-formula]").wait_for()
        assert formula(other) == formula(page)
        assert other.get_by_test_id("stTopNavLink").get_by_text("Tray", exact=True).is_visible()
        other.get_by_role("button", name="Add to tray").wait_for()
    finally:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_the_run_of_the_paper_does_on_every_page_what_it_can_or_the_page_says_so(page, server, name):
    page.goto(f"{server.url}/{'' if name == 'overview' else name}?run=paper")
    page.get_by_role("heading", level=1).wait_for()
    settled(page)
    assert page.get_by_role("combobox", name="Model", exact=True).input_value() == "Model: paper"
    assert page.get_by_text("Something went wrong").count() == 0
    assert page.get_by_test_id("stException").count() == 0
    assert "/assets/" not in page.get_by_test_id("stMain").inner_text(), "no path of the server"


def test_the_run_of_the_paper_generates_samples_and_searches_with_what_it_has(page, server):
    page.goto(f"{server.url}/?run=paper")
    page.get_by_role("button", name="Generate").click()
    page.get_by_text(re.compile(r"\d disordered crystals from \d+ samples of N\(0, I\)")).wait_for()
    settled(page)
    page.goto(f"{server.url}/latent_map?run=paper&set=gaussian&n=40&of=gaussian&point=0")
    page.get_by_text("Point 0 of 40 N(0, I) samples").wait_for()
    page.goto(f"{server.url}/latent_map?run=paper&set=kde")
    page.get_by_text("python -m disgen complete --run paper").wait_for()
    page.goto(f"{server.url}/conditioning?run=paper&search_n=8&search_steps=3&elements=O&search_seed=1")
    page.locator(".st-key-search_start button").click()
    page.get_by_text("Without a search:").wait_for()
    page.goto(f"{server.url}/compare?run=paper")
    page.get_by_text("python -m disgen complete --run paper").first.wait_for()


def test_a_search_is_made_again_from_what_the_page_says(page, server, tmp_path, monkeypatch):
    page.goto(f"{server.url}/conditioning?search_n=4&search_steps=3&search_from=kde&elements=O&search_seed=7")
    page.locator(".st-key-search_start button").click()
    page.get_by_text("Without a search:").wait_for()
    settled(page)
    shown(page)
    first = page.locator("h3[data-formula]").first.get_attribute("data-formula")
    page.get_by_role("button", name="Reproduce this").click()
    line = page.locator(".stCode code", has_text="python -m disgen").inner_text()
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(line)[3:]) == 0
    (manifest,) = tmp_path.glob("*/manifest.csv")
    assert f",{first}," in manifest.read_text(encoding="utf-8").splitlines()[1]
