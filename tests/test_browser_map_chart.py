"""What a person does on the map itself: move, zoom, select, save, with mouse, keys and fingers, light and dark."""

import re

import numpy as np
import pytest
from browsing import click_point, colours_in, open_map, settled
from PIL import Image

pytestmark = pytest.mark.browser

RANGES = "() => document.querySelector('.disgen-map').disgenMap.view.ranges"
SELECTED = "() => document.querySelector('.disgen-map').disgenMap.selected"


def tool(page, name):
    page.locator(".disgen-tools").get_by_role("button", name=name).click()


def drag(page, start, end):
    """In shares of the map's width and height."""
    box = page.locator(".disgen-points").bounding_box()
    place = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*place[0])
    page.mouse.down()
    page.mouse.move(*place[1], steps=5)
    page.mouse.up()
    return box


def test_the_map_is_moved_by_dragging_zoomed_by_buttons_and_keys_and_shown_whole_again(page, server):
    open_map(page, server)
    home = page.evaluate(RANGES)
    box = drag(page, (0.5, 0.5), (0.6, 0.5))
    moved = page.evaluate(RANGES)
    wide = home[1] - home[0]
    assert moved == pytest.approx(
        [home[0] - 0.1 * wide, home[1] - 0.1 * wide, *home[2:]], abs=2.5 * wide / box["width"]
    )
    tool(page, "Zoom in")
    near = page.evaluate(RANGES)
    assert (near[1] - near[0]) * 1.5 == pytest.approx(wide)
    tool(page, "Zoom out")
    assert page.evaluate(RANGES) == pytest.approx(moved)
    tool(page, "Show the whole map")
    assert page.evaluate(RANGES) == pytest.approx(home)
    page.locator(".disgen-points").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    seen = page.evaluate(RANGES)
    assert seen[1] - seen[0] < wide
    assert seen[0] + seen[1] > home[0] + home[1]
    page.mouse.dblclick(box["x"] + 5, box["y"] + box["height"] - 5)
    assert page.evaluate(RANGES) == pytest.approx(home)
    assert page.evaluate(SELECTED) == []


def test_a_box_selects_shift_adds_and_a_double_click_gives_it_up(page, server):
    open_map(page, server)
    tool(page, "Select points in a box")
    drag(page, (0.42, 0.45), (0.45, 0.5))
    page.get_by_text(re.compile(r"\d+ points selected")).wait_for()
    settled(page)
    first = page.evaluate(SELECTED)
    assert len(first) > 1
    page.keyboard.down("Shift")
    box = drag(page, (0.55, 0.45), (0.58, 0.5))
    page.keyboard.up("Shift")
    page.wait_for_function(f"(n) => ({SELECTED})().length > n", arg=len(first))
    both = page.evaluate(SELECTED)
    assert both[: len(first)] == first
    page.get_by_text(f"{len(both)} points selected").wait_for()
    assert page.locator(".disgen-outlines .over").count() == 2
    page.mouse.dblclick(box["x"] + 5, box["y"] + box["height"] - 5)
    page.get_by_text(f"{len(both)} points selected").wait_for(state="detached")
    assert page.locator(".disgen-outlines polygon").count() == 0


def test_a_point_that_is_pointed_at_says_what_it_is(page, server, run):
    open_map(page, server)
    row = click_point(page, 1, len(run.latents["test"]))
    label = page.locator(".disgen-label")
    index = run.split_index("test").iloc[row]
    assert label.inner_text().startswith(index["formula"])
    assert f"({index['space_group']})" in label.inner_text()
    page.mouse.move(1, 1)
    label.wait_for(state="hidden")


def test_the_map_is_saved_as_a_picture_with_its_marks(page, server, tmp_path):
    open_map(page, server)
    with page.expect_download() as waiting:
        tool(page, "Save the map as a picture")
    assert waiting.value.suggested_filename == "disgen-map.png"
    image = np.asarray(Image.open(waiting.value.path()).convert("RGB"))
    assert len(np.unique(image.reshape(-1, 3) // 16, axis=0)) > 12
    x, y = page.evaluate("() => document.querySelector('.disgen-map').disgenMap.pixels(0)")
    box = page.locator(".disgen-points").bounding_box()
    scale = image.shape[1] / box["width"]
    middle, right = round(scale * (y - box["y"])), round(scale * (x - box["x"] + 11))
    assert image[middle - 2 : middle + 3, right - 2 : right + 3].min() < 60  # the ring around the chosen point


@pytest.mark.parametrize("theme", ["page", "dark_page"])
def test_points_and_scale_are_seen_on_a_light_and_on_a_dark_page(server, request, theme):
    page = request.getfixturevalue(theme)
    open_map(page, server, "colour=volume_per_atom")
    canvas = page.locator(".disgen-points")
    assert colours_in(canvas) > 12
    assert "coloured by volume per atom" in canvas.get_attribute("aria-label")
    assert page.locator(".disgen-legend .scale span").all_inner_texts() == ["10", "15", "20", "25", "30"]


def test_two_fingers_zoom(page, server):
    open_map(page, server)
    before = page.evaluate(RANGES)
    page.evaluate("""() => {
        const canvas = document.querySelector('.disgen-points'), box = canvas.getBoundingClientRect();
        canvas.setPointerCapture = () => {};
        const send = (type, pointerId, x) => canvas.dispatchEvent(new PointerEvent(type, {
            pointerId, pointerType: 'touch', bubbles: true, clientX: box.x + x, clientY: box.y + 200}));
        send('pointerdown', 7, 300); send('pointerdown', 8, 400);
        send('pointermove', 8, 500);
        send('pointerup', 7, 300); send('pointerup', 8, 500);
    }""")
    after = page.evaluate(RANGES)
    assert (after[1] - after[0]) * 2.0 == pytest.approx(before[1] - before[0])
    assert page.evaluate(SELECTED) == []
