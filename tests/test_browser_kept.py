"""Nothing is lost: a tray and a search after a reload, in a second tab, by a pasted link; and nobody else sees them."""

import re

import pytest
from browsing import PATIENCE, open_map, settled

pytestmark = pytest.mark.browser

DONE = "Without a search:"


@pytest.fixture
def stranger(browser, server):
    """Another person: another browser's store of cookies."""
    context = browser.new_context()
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    yield opened
    context.close()


def tab(page, url):
    """Another tab of the same browser."""
    opened = page.context.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.goto(url)
    return opened


def in_the_tray(page, number):
    page.get_by_test_id("stTopNavLink").get_by_text(f"Tray ({number})", exact=True).wait_for()


def test_a_tray_survives_a_reload_and_a_second_tab_and_is_nobody_elses(page, server, stranger):
    open_map(page, server, "point=3")
    page.get_by_role("button", name="Add to tray").click()
    in_the_tray(page, 1)
    settled(page)
    page.reload()
    in_the_tray(page, 1)
    second = tab(page, f"{server.url}/latent_map?point=5")
    in_the_tray(second, 1)
    second.get_by_role("button", name="Add to tray").click()
    in_the_tray(second, 2)
    page.reload()
    in_the_tray(page, 2)
    (cookie,) = [one for one in page.context.cookies() if one["name"].startswith("disgen-")]
    assert cookie["sameSite"] == "Strict"
    assert len(cookie["value"]) >= 43
    assert cookie["value"] not in page.url
    stranger.goto(page.url)
    stranger.get_by_test_id("stTopNavLink").get_by_text("Tray", exact=True).wait_for()


def test_a_search_goes_on_over_a_reload_and_what_it_has_found_is_looked_at(page, server, stranger):
    link = f"{server.url}/conditioning?search_n=24&search_steps=2000&elements=Li%20P%20O&groups=62&disordered=1,1"
    page.goto(link)
    page.get_by_text(re.compile("At most about .* at this machine's speed, for 24 points and 2,000 steps")).wait_for()
    page.locator(".st-key-search_start button").click()
    page.get_by_text(re.compile(r"Step \d+ of 2,000")).wait_for()
    page.reload()
    page.get_by_text(re.compile(r"Step \d+ of 2,000")).wait_for()
    page.get_by_role("heading", name=re.compile(r"The best so far, after [\d,]+ steps")).wait_for()
    page.locator("h3[data-formula]").first.wait_for()
    assert page.locator(".st-key-search_stop").is_visible(), "the first results are there while it goes on"
    second = tab(page, f"{server.url}/conditioning")
    second.locator(".st-key-search_stop button").click()
    for one in (page, second):
        one.get_by_text(DONE).wait_for()
        assert one.get_by_role("heading", name="What was found").is_visible()
    stranger.goto(page.url)
    stranger.locator(".st-key-search_start").wait_for()
    settled(stranger)
    assert stranger.get_by_role("heading", name="What was found").count() == 0


def test_who_comes_back_to_nothing_is_told(page, server):
    page.goto(server.url)
    settled(page)
    port = server.url.rpartition(":")[2]
    page.context.add_cookies([{"name": f"disgen-{port}", "value": "x" * 43, "url": server.url}])
    page.reload()
    page.get_by_text("What this browser had put aside here is gone").wait_for()
    settled(page)
    page.reload()
    page.get_by_role("button", name="Generate").wait_for()
    settled(page)
    assert page.get_by_text("What this browser had put aside here is gone").count() == 0, "once"
