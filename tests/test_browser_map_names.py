"""Names of crowds and colours by energy on the latent map in a real browser."""

import re

import pytest
from browsing import click_point, formula, open_map, settled
from test_browser_map import ZOOM

pytestmark = pytest.mark.browser

NAMES = "() => (document.querySelector('.disgen-layers')?.dataset.names ?? '').split('; ').filter(Boolean)"


def names(page):
    """The names that are written, once there are some."""
    page.wait_for_function(f"({NAMES})().length > 0")
    settled(page)
    return page.evaluate(NAMES)


def test_crowds_have_names_which_change_with_the_view_and_can_be_switched_off(page, server):
    open_map(page, server)
    first = names(page)
    assert 12 < len(first) <= 22
    assert {"rock salt", "spinel"} <= set(first)
    for _ in range(6):
        page.evaluate(ZOOM)
    assert names(page) != first, "closer, there is room for others"
    page.get_by_role("button", name="Map", exact=True).click()
    page.get_by_text("Names", exact=True).click()
    page.wait_for_function(f"({NAMES})().length === 0")
    page.wait_for_url(re.compile("names=no"))


def test_a_click_goes_through_the_names(page, server):
    open_map(page, server)
    names(page)
    before = formula(page)
    assert page.evaluate("getComputedStyle(document.querySelector('.disgen-layers')).pointerEvents") == "none"
    row = click_point(page, 0, 500)  # the test split comes first
    page.wait_for_url(re.compile(f"point={row}(&|$)"))
    settled(page)
    assert formula(page) != before


def test_the_legend_of_heights_says_for_how_many_they_are_known(page, server):
    open_map(page, server, "colour=height")
    page.locator(".disgen-map .disgen-legend").get_by_text("unknown for 9,196, known for 9,759").wait_for()
