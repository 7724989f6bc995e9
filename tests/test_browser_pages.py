"""The other pages in a real browser: first paint, reconstruction, corpus, tray."""

import re
import time

import pytest
from browsing import FIRST_PAGE, open_map, open_page, running_server, settled, shown

from disgen.generation.decoded import DecodedLatents

pytestmark = pytest.mark.browser

# Row and place of the point that stands most alone in a parity plot.
LONELIEST = """(panel) => {
    const points = [...panel.querySelectorAll('circle[data-row]')].map((circle) => {
        const {x, y, width, height} = circle.getBoundingClientRect();
        return [circle.dataset.row, x + width / 2, y + height / 2];
    });
    const gap = ([row, x, y]) => Math.min(...points.map(([other, u, v]) =>
        other === row ? Infinity : Math.hypot(u - x, v - y)));
    return points.reduce((best, point) => (gap(point) > gap(best) ? point : best));
}"""


def test_the_first_page_is_up_in_time(browser, script, tmp_path):
    with running_server(tmp_path / "log.txt") as fresh:
        for page in open_page(browser, fresh):
            page.goto(fresh.url)
            page.get_by_role("heading", name="Dis-GEN Explorer").wait_for()
            page.get_by_role("button", name="Generate").wait_for()
            assert time.monotonic() - fresh.started < FIRST_PAGE
            settled(page)
            assert "Dis-GEN Explorer" in page.title()


def test_a_deep_link_works_as_the_first_request_of_a_new_server(browser, script, tmp_path):
    with running_server(tmp_path / "log.txt") as fresh:
        for page in open_page(browser, fresh):
            open_map(page, fresh, "point=3&colour=disorder")
            page.get_by_text("Point 3 of the test split").wait_for()
            assert page.get_by_test_id("stTopNavLink").get_by_text("Overview").is_visible()
            picker = page.get_by_test_id("stSelectbox").filter(has_text="Colour by").get_by_role("combobox")
            assert picker.input_value() == "Colour: disorder"


def test_a_click_in_a_parity_plot_shows_its_crystal(page, server):
    page.goto(f"{server.url}/reconstruction")
    page.wait_for_selector(".st-key-losses_chart svg >> nth=8")
    settled(page)
    for figure in ("Fig. 8", "Fig. 9", "Fig. 10", "Fig. 11"):
        assert page.get_by_role("heading", name=re.compile(re.escape(figure) + r"\)")).is_visible()
    assert page.get_by_role("cell", name="99.4 %").is_visible()
    counts = {"space_group_chart": 1, "roc_chart": 1, "sites_chart": 8, "demanded_chart": 1, "losses_chart": 9}
    for key, count in counts.items():
        assert page.locator(f".st-key-{key} svg[role=img]").count() == count
    panel = page.locator(".st-key-parity_chart svg >> nth=0")
    panel.scroll_into_view_if_needed()
    row, x, y = panel.evaluate(LONELIEST)
    page.mouse.click(x, y)
    page.wait_for_url(re.compile(rf"crystal={row}(&|$)"))
    page.locator(f"[data-entry=test-{row}]").wait_for()
    settled(page)
    shown(page)
    assert page.locator(".st-key-parity_chart circle.shown").count() == 6


def test_a_parity_plot_is_zoomed_by_dragging_and_shown_whole_by_a_double_click(page, server):
    page.goto(f"{server.url}/reconstruction")
    panel = page.locator(".st-key-parity_chart svg >> nth=0")
    panel.wait_for()
    settled(page)
    panel.scroll_into_view_if_needed()
    texts = panel.locator("text").all_inner_texts()
    box = panel.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.8 * box["height"], steps=4)
    page.mouse.up()
    assert panel.locator("text").all_inner_texts() != texts
    assert "crystal=" not in page.url
    panel.dispatch_event("dblclick")
    assert panel.locator("text").all_inner_texts() == texts


def test_an_entry_of_the_corpus_is_found_and_opened(page, server):
    page.goto(f"{server.url}/corpus")
    page.wait_for_selector(".st-key-distributions svg[role=img] >> nth=9")
    field = page.get_by_role("textbox", name="Formula")
    field.fill("Fe2O3")
    field.press("Enter")
    page.get_by_text(re.compile(r"^\d+ of [\d,]+ entries")).wait_for()
    settled(page)
    table = page.get_by_test_id("stDataFrame").first
    for _ in range(6):  # the table may still move
        box = table.bounding_box()
        page.mouse.click(box["x"] + 17, box["y"] + 54)  # the mark of the first row
        page.wait_for_timeout(5000)
        if "entry=" in page.url:
            break
    page.wait_for_url(re.compile(r"entry=\d+"))
    page.locator("[data-entry]").get_by_text("Fe2O3").wait_for()
    settled(page)
    shown(page)


def test_a_tray_is_filled_compared_saved_and_restored(page, server, run, tmp_path):
    decoded = DecodedLatents.of(run, run.latents["test"][:12])
    points = [index for index, found in enumerate(decoded) if found.crystal][:4]
    open_map(page, server, f"point={points[0]}")
    for index in points:
        field = page.get_by_role("spinbutton", name="Point")
        field.fill(str(index))
        field.press("Enter")
        page.get_by_text(f"Point {index} of the test split").wait_for()
        settled(page)
        page.get_by_role("button", name="Add to tray").click()
        page.get_by_role("button", name="In the tray").wait_for()
        settled(page)
    page.get_by_test_id("stTopNavLink").get_by_text("Tray (4)").click()
    page.get_by_role("heading", name="Side by side").wait_for()
    settled(page)
    _, frame = shown(page)
    assert frame.evaluate("disgenViewers.length") == 4
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download tray (zip)").click()
    waiting.value.save_as(tmp_path / "tray.zip")
    page.get_by_role("button", name="Clear").first.click()
    page.get_by_role("button", name="Clear the tray").click()
    page.get_by_text("The tray is empty").wait_for()
    page.set_input_files("input[type=file]", tmp_path / "tray.zip")
    page.get_by_role("heading", name="Side by side").wait_for()
    settled(page)
    _, frame = shown(page)
    assert frame.evaluate("disgenViewers.length") == 4
    assert page.get_by_test_id("stTopNavLink").get_by_text("Tray (4)").is_visible()


CONTRAST = """(element) => {
    const numbers = (text) => text.match(/[0-9.]+/g).map(Number);
    const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
        .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const style = getComputedStyle(element);
    const paper = numbers(getComputedStyle(document.querySelector('.stApp')).backgroundColor);
    const [r, g, b, alpha = 1] = numbers(style.color), share = alpha * Number(style.opacity);
    const ink = [r, g, b].map((value, i) => share * value + (1 - share) * paper[i]);
    const [dark, bright] = [light(ink), light(paper)].sort((one, other) => one - other);
    return (bright + 0.05) / (dark + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_captions_are_read_easily_and_the_keyboard_s_place_is_seen(browser, server, scheme):
    for page in open_page(browser, server, color_scheme=scheme):
        page.goto(f"{server.url}/corpus")
        caption = page.locator("[data-testid=stCaptionContainer]").first
        caption.wait_for()
        settled(page)
        # Both may still be fading in.
        page.wait_for_function(f"(element) => ({CONTRAST})(element) >= 4.5", arg=caption.element_handle())
        page.keyboard.press("Tab")
        page.wait_for_function("getComputedStyle(document.activeElement).outlineStyle === 'solid'")
