"""The page of the samplers in a real browser: recomputing, stopping, and opening a sample in the viewer."""

import re

import pytest
import test_page_estimators as pages
from browsing import PATIENCE, open_page, running_server, settled, shown

from disgen.latent.fitted import store_estimators
from disgen.model.checkpoint import load_run

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
    for name, mark in (("More formats", "One ordered cell"), ("Energy", "on one core of this server")):
        dialog.get_by_role("button", name=name).click()  # a dialog cannot open another one
        dialog.get_by_text(mark).wait_for()
    assert dialog.get_by_test_id("stAlert").count() == 0
    dialog.get_by_role("button", name="Next").click()
    page.wait_for_url(re.compile(rf"sample={number + 1}(&|$)"))
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="detached")
    page.wait_for_url(lambda url: "sampler=" not in url)


# Of the panels: pixels of the point of one that stands most alone, and its number.
LONELIEST = """(root, at) => {
    const {view, panels} = root.disgenPanels, {canvas, points: {own}} = panels[at];
    const box = canvas.getBoundingClientRect();
    const places = Array.from(own.x, (x, index) => view.place(x, own.y[index]));
    const gaps = places.map(([x, y], i) => Math.min(
        ...places.map(([u, v], j) => i === j ? Infinity : Math.hypot(u - x, v - y))));
    const index = gaps.indexOf(Math.max(...gaps));
    return {index, x: box.left + places[index][0], y: box.top + places[index][1], scale: view.scale};
}"""


def panels_of(page):
    """The panels, once all sets are there and nothing moves any more."""
    page.locator(".st-key-zip_gaussian-fit").wait_for(timeout=SLOWLY)
    settled(page)
    panels = page.locator(".disgen-panels")
    panels.scroll_into_view_if_needed()
    return panels


@pytest.mark.parametrize("at", [0, 2])
def test_a_point_of_the_small_multiples_opens_its_crystal(page, server, at):
    open_samplers(page, server)
    panels = panels_of(page)
    name = panels.evaluate("(root, at) => root.disgenPanels.points.panels[at].name", at)
    panels.locator("canvas").nth(at).scroll_into_view_if_needed()
    target = panels.evaluate(LONELIEST, at)
    page.mouse.move(target["x"], target["y"])
    said = panels.locator(".label:visible")
    said.wait_for()
    assert said.inner_text().splitlines()[0].endswith(f" {target['index']}")
    page.mouse.click(target["x"], target["y"])
    page.wait_for_url(re.compile(rf"sampler={name}(&sample={target['index']})?(&|$)"))
    page.get_by_role("dialog").wait_for()


def test_all_panels_are_moved_and_zoomed_at_once_and_saved(page, server):
    open_samplers(page, server)
    panels = panels_of(page)
    pictures = "(root) => root.disgenPanels.panels.map(({canvas}) => canvas.toDataURL().length)"
    whole, scale = panels.evaluate(pictures), panels.evaluate(LONELIEST, 0)["scale"]
    assert min(whole) > 1000
    second = panels.locator("canvas").nth(1)
    second.scroll_into_view_if_needed()
    second.hover()
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(300)
    assert panels.evaluate(LONELIEST, 0)["scale"] > scale
    assert all(one != other for one, other in zip(panels.evaluate(pictures), whole, strict=True))
    second.focus()
    page.keyboard.press("0")
    page.wait_for_timeout(300)
    assert panels.evaluate(pictures) == whole
    with page.expect_download() as waiting:
        panels.get_by_role("button", name="Save as a picture").click()
    assert waiting.value.suggested_filename == "disgen-samplers.png"
    assert waiting.value.path().read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("width", [1440, 1024])
def test_the_page_is_no_wider_than_its_window(page, server, width):
    page.set_viewport_size({"width": width, "height": 768})
    open_samplers(page, server)
    page.locator("button[data-sample^='kde:']").first.wait_for(timeout=SLOWLY)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("(element) => element.scrollWidth <= element.clientWidth")
