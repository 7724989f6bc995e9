"""The page of the samplers in a real browser: recomputing, stopping, and opening a sample in the viewer."""

import re

import pytest
import test_page_estimators as pages
from browsing import PATIENCE, click_point, open_page, running_server, settled, shown

from disgen.latent.fitted import store_estimators
from disgen.model.checkpoint import load_run
from disgen.ui.estimators.panels import CHART

pytestmark = pytest.mark.browser

folder = pages.folder
SLOWLY = 4 * PATIENCE  # ms, for a comparison on a busy machine


@pytest.fixture(scope="module")
def server(tmp_path_factory, script, folder):
    """The app with a small run of the user's beside the released one."""
    home = tmp_path_factory.mktemp("home")
    (home / "models").mkdir()
    (home / "models" / "small").symlink_to(folder, target_is_directory=True)
    store_estimators(load_run(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISGEN_HOME", str(home))
        with running_server(tmp_path_factory.mktemp("server") / "log.txt") as running:
            yield running


def open_samplers(page, server, query=""):
    page.goto(f"{server.url}/estimators?run=small&shown_n=40&{query}")
    page.get_by_role("heading", name="Estimators", exact=True).wait_for()
    page.get_by_role("button", name="Recompute").wait_for()


def choose(page, *names):
    """Leave only these samplers to be compared."""
    pills = page.locator(".st-key-compare_samplers_small").get_by_role("button")
    for pill in pills.all():
        if pill.inner_text() not in names:
            pill.click()
    settled(page)


def sampled_rows(page):
    return page.locator("[data-table=yield] tbody tr td:first-child").all_inner_texts()


def test_a_small_comparison_is_recomputed_for_one_user_alone(page, server, browser):
    open_samplers(page, server, "compare_n=100&compare_seed=1")
    assert page.get_by_text("There is no comparison of this model yet").is_visible()
    choose(page, "KDE", "N(0, I)")
    page.get_by_role("button", name="Recompute").click()
    page.get_by_role("progressbar").first.wait_for()
    page.get_by_text("Recomputed in").wait_for(timeout=SLOWLY)
    assert sampled_rows(page) == ["Test split, itself", "Test split, decoded", "KDE", "N(0, I)"]
    assert page.get_by_text("100 samples of each sampler, seed 1").is_visible()
    assert page.locator("[data-table=table3]").get_by_text("98.79 %").is_visible()
    for other in open_page(browser, server):
        open_samplers(other, server)
        assert other.get_by_text("There is no comparison of this model yet").is_visible()


def test_a_comparison_stopped_half_way_keeps_what_is_finished(page, server):
    open_samplers(page, server, "compare_n=3000")
    choose(page, "KDE", "N(0, I)")
    page.get_by_role("button", name="Recompute").click()
    page.get_by_text("1 of 2 samplers finished").wait_for(timeout=SLOWLY)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped: 1 of 2 samplers finished").wait_for(timeout=SLOWLY)
    settled(page)
    assert sampled_rows(page) == ["Test split, itself", "Test split, decoded", "KDE"]
    assert page.get_by_role("button", name="Recompute").is_enabled()


def test_a_tile_opens_its_sample_in_the_viewer(page, server):
    open_samplers(page, server)
    tile = page.locator("button[data-sample^='kde:']:has(svg)").first
    tile.wait_for(timeout=SLOWLY)
    number = int(tile.get_attribute("data-sample").partition(":")[2])
    written = tile.locator(".formula").inner_text().replace("\n", "")
    tile.click()
    dialog = page.get_by_role("dialog")
    dialog.locator("h3[data-formula]").wait_for()
    assert written.startswith(dialog.locator("h3[data-formula]").inner_text().replace("\n", ""))
    assert re.search(rf"sampler=kde.*sample={number}|sample={number}.*sampler=kde|sampler=kde$", page.url)
    shown(page)
    dialog.get_by_role("button", name="Next").click()
    page.wait_for_url(re.compile(rf"sample={number + 1}(&|$)"))
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="detached")
    page.wait_for_url(lambda url: "sampler=" not in url)


def test_a_point_of_the_small_multiples_opens_its_crystal(page, server):
    open_samplers(page, server)
    page.locator(".st-key-zip_gaussian-fit").wait_for(timeout=SLOWLY)  # all sets are there: nothing moves any more
    settled(page)
    page.wait_for_timeout(2000)
    row = click_point(page, 0, 150, f".st-key-{CHART} .js-plotly-plot")
    page.wait_for_url(re.compile(rf"sampler=test&sample={row}"))
    page.get_by_role("dialog").wait_for()


@pytest.mark.parametrize("width", [1440, 1024])
def test_the_page_is_no_wider_than_its_window(page, server, width):
    page.set_viewport_size({"width": width, "height": 768})
    open_samplers(page, server)
    page.locator("button[data-sample^='kde:']").first.wait_for(timeout=SLOWLY)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("(element) => element.scrollWidth <= element.clientWidth")
