"""The latent map fits the window: map, crystal and first results at once; on a phone or tablet the crystal follows."""

import pytest
from browsing import click_point, formula, open_map, open_page, settled, shown

pytestmark = pytest.mark.browser

BOX = """(selector) => {
    const {left, top, right, bottom} = document.querySelector(selector).getBoundingClientRect();
    return [left, top, right, bottom];
}"""
CUT = """() => [...document.querySelectorAll('.st-key-map_controls button p, .st-key-map_point button p')]
    .filter((text) => text.scrollWidth > text.clientWidth).map((text) => text.textContent)"""
PARTS = (".disgen-map", ".st-key-map_crystal iframe", ".st-key-map_strip button")


def resized(browser, server, size):
    for page in open_page(browser, server):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        yield page


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (780, 1024)])
def test_map_crystal_and_first_results_stand_in_one_window(browser, server, size):
    for page in resized(browser, server, size):
        open_map(page, server, "find_elements=Li,P")
        shown(page)
        for part in PARTS:
            left, top, right, bottom = page.evaluate(BOX, part)
            assert left >= 0, part
            assert top >= 0, part
            assert right <= size[0], part
            assert bottom <= size[1], part
        left, top, right, bottom = page.evaluate(BOX, ".disgen-map")
        assert (right - left) * (bottom - top) >= 0.4 * size[0] * size[1]
        assert page.evaluate(CUT) == []


@pytest.mark.parametrize("size", [(390, 844), (780, 1024)])
def test_on_a_phone_and_a_tablet_the_crystal_follows_the_click(browser, server, size):
    for page in resized(browser, server, size):
        open_map(page, server, "point=57")
        before = formula(page)
        click_point(page, 0, 3000)
        settled(page)
        another = "(before) => document.querySelector('h3[data-formula]').innerText !== before"
        page.wait_for_function(another, arg=before)
        page.wait_for_timeout(1500)  # it scrolls gently
        _, top, _, bottom = page.evaluate(BOX, ".st-key-map_crystal h3")
        assert 0 <= top < bottom <= size[1]


def test_a_result_in_the_strip_is_opened_and_the_search_is_cleared(page, server):
    open_map(page, server, "find_formula=SrTiO3")
    assert formula(page) == "SrTiO3"
    button = page.locator(".st-key-map_strip button").nth(2)
    button.click()
    settled(page)
    assert "primary" in button.get_attribute("data-testid").lower()
    page.get_by_role("button", name="Clear", exact=True).click()
    settled(page)
    assert page.locator(".st-key-map_strip").count() == 0
