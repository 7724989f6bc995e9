"""The Conditioning page in a real browser: a search that is watched, stopped and taken away; the periodic table."""

import re

import pytest
from browsing import PATIENCE, settled, shown
from pymatgen.core import Structure

from disgen.cif import read_cif

pytestmark = pytest.mark.browser

SLOWLY = PATIENCE  # ms, for a search on a busy machine
DONE = "Without a search:"
CAPTION = re.compile(r"Space group .* atoms? in")  # under the formula of the crystal that is shown
STEPS = """() => {
    const chart = document.querySelector('.st-key-condition_trace .js-plotly-plot');
    return chart?._fullData?.[0]?.x?.length ?? 0;
}"""


@pytest.fixture(autouse=True)
def _stop_at_the_end(page):
    """A test that fails leaves no search behind, for which the next one would wait."""
    yield
    button = page.locator(".st-key-search_stop button")
    if button.count():
        button.click()


def open_form(page, server, query="", *, n=16, steps=1000):
    page.goto(f"{server.url}/conditioning?search_n={n}&search_steps={steps}&{query}")
    page.locator(".st-key-search_start").wait_for()
    settled(page)


def search(page):
    page.locator(".st-key-search_start button").click()
    page.locator(".st-key-search_stop").wait_for()


def watch(page, more=3):
    """Wait until the trace has moved."""
    page.wait_for_function(f"({STEPS})() > 0", timeout=SLOWLY)
    before = page.evaluate(STEPS)
    page.wait_for_function(f"({STEPS})() >= {before + more}", timeout=SLOWLY)


def stop(page):
    page.locator(".st-key-search_stop button").click()
    page.get_by_text(DONE).wait_for(timeout=SLOWLY)
    settled(page)


def element(page, symbol):
    return page.locator(f".st-key-elements_table [data-symbol={symbol}]")


def listed(page, symbol, where):
    """Wait until an element stands in a list."""
    page.locator(f".st-key-elements_table [data-symbol={symbol}][data-list={where}]").wait_for()


def texts(page, name):
    return page.locator(f".st-key-{name} input").input_value()


def test_an_example_is_searched_watched_stopped_opened_and_downloaded(page, server, tmp_path):
    open_form(page, server, n=64)  # of so many, some are never neutral, so the search goes on until it is stopped
    page.get_by_role("button", name="Li–P–O in Pnma").click()
    page.wait_for_url(re.compile("elements=Li"))
    listed(page, "Li", "first")
    search(page)
    page.get_by_text(re.compile(r"Step \d+ of 1,000 · \d+ of 64 points meet everything · \d+ (s|min)")).wait_for()
    watch(page)
    stop(page)
    assert page.get_by_text("what was found until then is kept").is_visible()
    assert page.get_by_text(re.compile(r"\d+ of 64 points \(.*\) give a crystal that meets everything")).is_visible()
    steps = page.evaluate(STEPS)
    page.wait_for_timeout(1500)
    assert page.evaluate(STEPS) == steps, "nothing goes on after the stop"
    _, frame = shown(page)
    assert frame.evaluate("disgenViewers.length") == 1
    assert page.locator(".st-key-condition_paths .js-plotly-plot").is_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CIF").first.click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    crystal = read_cif(path.read_bytes())
    structure = Structure.from_file(path, occupancy_tolerance=1.001)
    assert {str(symbol) for symbol in structure.composition.get_el_amt_dict()} == set(crystal.elements)
    assert structure.composition.num_atoms == pytest.approx(crystal.n_atoms, rel=1e-3)
    if page.get_by_text("No point meets everything").count() == 0:
        assert {"Li", "P", "O"} <= set(crystal.elements)
        assert (crystal.space_group, crystal.disordered_sites) == (62, 1)


def test_another_row_opens_another_crystal_and_goes_to_the_tray(page, server):
    open_form(page, server, "elements=O", steps=3)
    page.locator(".st-key-search_start button").click()
    page.get_by_text(DONE).wait_for(timeout=SLOWLY)
    settled(page)
    table = page.locator("[class*=st-key-condition_table] canvas").first  # its key says of which results
    table.scroll_into_view_if_needed()
    caption = page.get_by_text(CAPTION).first
    first = caption.inner_text()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 20, box["y"] + 35 + 35 + 17)
    page.get_by_text(CAPTION).filter(has_not_text=first).first.wait_for()
    settled(page)
    page.get_by_role("button", name="Add to tray").first.click()
    page.get_by_test_id("stTopNavLink").get_by_text("Tray (1)").wait_for()
    assert page.get_by_text(DONE).is_visible(), "the results are still there"


def test_two_people_at_once_each_find_their_own(page, server):
    open_form(page, server, "elements=Li%20P%20O&groups=62", n=8, steps=20)
    other = page.context.browser.new_context().new_page()
    try:
        open_form(other, server, "elements=Zn%20V%20O&only=yes", n=8, steps=20)
        for person in (page, other):
            person.locator(".st-key-search_start button").click()
        for person, elements in ((page, {"Li", "P", "O"}), (other, {"Zn", "V", "O"})):
            person.get_by_text(DONE).wait_for(timeout=2 * SLOWLY)  # one is done after the other
            formula = person.locator("h3[data-formula]").first.get_attribute("data-formula")
            assert elements <= set(re.findall("[A-Z][a-z]?", formula))
            assert person.get_by_text(re.compile(r"\d+ of 8 points")).first.is_visible()
        assert not {"Li", "P"} & set(re.findall("[A-Z][a-z]?", formula)), "nothing but Zn, V and O was asked for"
    finally:
        other.context.close()


def test_elements_are_chosen_in_the_table_by_mouse_and_keyboard(page, server):
    open_form(page, server)
    for symbol in ("Zn", "V", "O", "Pb", "Pb"):
        element(page, symbol).click()
    page.wait_for_url(re.compile("forbidden=Pb"))
    settled(page)
    assert (texts(page, "elements"), texts(page, "forbidden")) == ("Zn V O", "Pb")
    assert page.get_by_text("contains Zn, V and O").is_visible()
    assert element(page, "Pb").get_attribute("aria-label") == "Pb, forbidden"
    element(page, "Pb").click()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"elements=Zn(\+|%20)V(\+|%20)O(\+|%20)Tl"))
    settled(page)
    assert "forbidden" not in page.url
    page.locator(".st-key-elements input").fill("Na Cl")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("elements=Na"))
    settled(page)
    assert element(page, "Na").get_attribute("data-list") == "first"
    assert element(page, "Zn").get_attribute("data-list") == ""


def test_a_space_group_is_found_by_its_symbol(page, server):
    open_form(page, server)
    page.locator(".st-key-groups input").first.fill("p63/mmc")
    page.get_by_role("option", name="194 · P63/mmc").click()
    page.wait_for_url(re.compile("groups=194"))
    page.get_by_text("space group 194").wait_for()


def test_what_is_impossible_is_said_at_once(page, server):
    open_form(page, server, "elements=Li&forbidden=Li")
    page.get_by_text("Li is required and forbidden at once: choose one.").wait_for()
    assert page.locator(".st-key-search_start button").is_disabled()


@pytest.mark.parametrize("width", [1440, 1024])
def test_the_page_is_no_wider_than_its_window(page, server, width):
    page.set_viewport_size({"width": width, "height": 768})
    open_form(page, server, "elements=Na%20Mn%20O&mix=Na%200.7")
    main = page.get_by_test_id("stMain")
    assert main.evaluate("(element) => element.scrollWidth <= element.clientWidth")
