"""The 3D view that stays in a real browser: another crystal is drawn in the same page and the same WebGL context."""

import re

import pytest
from browsing import WEDGES, click_point, formula, open_map, settled, shown, wedges_of

from disgen.drawing.scene import scene
from disgen.generation.decoded import DecodedLatents
from disgen.ui.crystal import viewer

pytestmark = pytest.mark.browser

TURN = "() => disgenViewers[0].viewer.getView().slice(4, 8)"
# Changes with the page and with its WebGL context, and with nothing else.
CONTEXT = """() => {
    const {viewer} = disgenViewers[0];
    viewer.named ||= `${performance.timeOrigin} ${Math.random()}`;
    return [viewer.named, document.querySelectorAll('canvas').length];
}"""


@pytest.fixture(scope="module")
def other(run, disordered):
    """Number and crystal of another test point with a mixed site."""
    for index, found in enumerate(DecodedLatents.of(run, run.latents["test"][:200])):
        crystal = found.crystal
        if crystal and crystal.formula != disordered[1].formula and any(len(s.occupancies) > 1 for s in crystal.sites):
            return index, crystal
    pytest.fail("There is no second disordered crystal among the first points.")


def choose_point(page, number):
    """Show a point by its number."""
    field = page.get_by_label("Point", exact=True).first
    field.fill(str(number))
    field.press("Enter")
    page.wait_for_url(re.compile(rf"point={number}(&|$)"))
    settled(page)


def drawn(page, crystal):
    """The view once it draws a crystal; its element and frame."""
    page.wait_for_function(
        "(start) => document.querySelector('iframe[data-testid=stIFrame]')?.title.startsWith(start)",
        arg=f"3D view of {crystal.formula};",
    )
    return shown(page)


def test_another_crystal_takes_the_place_of_the_first_and_is_seen_in_the_same_way(page, server, disordered, other):
    open_map(page, server, f"point={disordered[0]}")
    _, frame = drawn(page, disordered[1])
    context, stage = frame.evaluate(CONTEXT), frame.locator(".stage").get_attribute("id")
    frame.get_by_role("button", name="a", exact=True).click()
    frame.get_by_label("Cells along b").select_option("2")
    frame.get_by_role("button", name="Jmol colours").click()
    frame.get_by_role("button", name="Spin").click()
    page.locator(".disgen-table [data-row='0'][tabindex]").click()
    frame.locator("#tip").wait_for()
    choose_point(page, other[0])
    _, frame = drawn(page, other[1])
    assert frame.evaluate(CONTEXT) == context
    assert frame.locator(".stage").get_attribute("id") != stage
    assert frame.get_by_label("Cells along b").input_value() == "2"
    assert frame.locator("#viewonly").is_visible()
    frame.get_by_label("Cells along b").select_option("1")
    assert frame.evaluate(WEDGES) == wedges_of(other[1], "vesta")  # how crystals are drawn stays
    assert frame.get_by_role("button", name="Spin").get_attribute("aria-pressed") == "false"
    assert frame.locator("#tip").is_hidden()
    assert frame.evaluate("disgenViewers[0].halo") is None
    assert page.locator(".disgen-table tr.lit").count() == 0
    assert frame.locator(".legend").inner_html() == viewer.legend_html(other[1])
    assert frame.evaluate("disgenViewers[0].labels.length") == 3
    assert frame.evaluate("disgenViewers[0].viewer.selectedAtoms({}).length") == len(scene(other[1])["positions"])
    frame.get_by_role("button", name="a", exact=True).click()
    choose_point(page, disordered[0])
    _, frame = drawn(page, disordered[1])
    assert frame.evaluate(TURN) == pytest.approx(scene(disordered[1])["views"]["a"]["quaternion"], abs=1e-5)


def test_sites_and_rows_of_the_next_crystal_find_each_other(page, server, disordered, other):
    open_map(page, server, f"point={disordered[0]}")
    drawn(page, disordered[1])
    choose_point(page, other[0])
    _, frame = drawn(page, other[1])
    last = len(other[1].sites) - 1
    page.locator(f".disgen-table [data-row='{last}'][tabindex]").click()
    frame.locator("#tip").get_by_text(scene(other[1])["sites"][last]["text"]).wait_for()
    assert frame.evaluate("disgenViewers[0].halo !== null")
    assert page.locator(".disgen-table tr.lit").get_attribute("data-row") == str(last)
    turned = frame.evaluate("disgenViewers[0].viewer.rotate(30, 'y'), disgenViewers[0].viewer.getView()")
    colours = page.get_by_test_id("stSelectbox").filter(has_text="Colour by").get_by_role("combobox")
    colours.scroll_into_view_if_needed()
    settled(page)  # a list that opens while the page scrolls is closed again
    colours.click()
    page.get_by_role("option", name="Colour: disorder", exact=True).click()
    page.wait_for_url(re.compile("colour=disorder"))
    settled(page)
    assert frame.evaluate("disgenViewers[0].viewer.getView()") == turned
    assert frame.evaluate("disgenViewers[0].halo !== null")


def test_clicks_on_the_map_draw_in_one_view_until_a_point_has_no_crystal(page, server, run, disordered):
    open_map(page, server, f"point={disordered[0]}")
    _, frame = drawn(page, disordered[1])
    context = frame.evaluate(CONTEXT)
    for first, last in ((0, 400), (400, 900), (900, 1500)):
        row = click_point(page, first, last)
        page.wait_for_url(re.compile(rf"point={row}(&|$)"))
        settled(page)
        crystal = DecodedLatents.of(run, run.latents["test"][row : row + 1])[0].crystal
        if crystal is None:
            assert page.locator("iframe[data-testid=stIFrame]").count() == 0
            return
        assert formula(page) == crystal.formula
        _, frame = drawn(page, crystal)
        assert frame.evaluate(WEDGES) == wedges_of(crystal)
        assert frame.evaluate(CONTEXT) == context


def test_a_view_that_no_page_surrounds_says_so(browser, script):
    page = browser.new_page()
    page.set_content(viewer.live_html("chosen", script))
    assert "sent no crystal" in page.locator("#message").inner_text()
    assert page.locator("#tools").is_hidden()
    page.close()
