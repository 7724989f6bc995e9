"""The latent map in a real browser: clicks decode, a lasso is taken home, searches, samples, tools, and the URL."""

import csv
import io
import re
import zipfile

import numpy as np
import pytest
from browsing import click_point, colours_in, formula, open_map, open_page, settled, shown

from disgen.cif import read_cif
from disgen.generation.decoded import DecodedLatents
from disgen.generation.read_back import read_back
from disgen.latent.run_map import mapped_latents, mapped_splits
from disgen.ui.data.selection import point_of_row

pytestmark = pytest.mark.browser

# Zooms in by a tenth around the middle, as the wheel does, and returns the range of x.
ZOOM = """async () => {
    const gd = document.querySelector('.js-plotly-plot'), {xaxis, yaxis, _size} = gd._fullLayout;
    const box = gd.querySelector('.nsewdrag').getBoundingClientRect();
    gd.querySelector('.nsewdrag').dispatchEvent(new WheelEvent('wheel', {
        bubbles: true, cancelable: true, deltaY: -60,
        clientX: box.x + box.width / 2, clientY: box.y + box.height / 2}));
    await new Promise((done) => setTimeout(done, 600));
    return gd._fullLayout.xaxis.range;
}"""
STATE = """() => {
    const gd = document.querySelector('.js-plotly-plot');
    return {range: gd._fullLayout.xaxis.range, selected: Array.from(gd._fullData[0].selectedpoints || [])};
}"""
# What is drawn over the map: rings and marks in pixels, and the number of lines.
MARKS = """() => {
    const all = (selector) => [...document.querySelectorAll(`.disgen-marks ${selector}`)];
    const centre = (mark) => {
        const {x, y, width, height} = mark.getBoundingClientRect();
        return [x + width / 2, y + height / 2];
    };
    return {rings: all('[data-ring]').map((ring) => [ring.dataset.ring, ...centre(ring)]),
            marks: all('[data-mark]').map(centre), lines: all('polyline').length};
}"""
# Pixels of a row of the map's figure.
PIXELS = """(row) => {
    const gd = document.querySelector('.js-plotly-plot'), {xaxis, yaxis, _size} = gd._fullLayout;
    const box = gd.getBoundingClientRect(), trace = gd._fullData[0];
    return [box.x + _size.l + xaxis.l2p(trace.x[row]), box.y + _size.t + yaxis.l2p(trace.y[row])];
}"""
# What lies over some rows of the figure: colour and opacity, 0 to 255 each.
OVER = """(rows) => {
    const gd = document.querySelector('.js-plotly-plot'), {xaxis, yaxis} = gd._fullLayout, trace = gd._fullData[0];
    const canvas = document.querySelector('.disgen-layers'), scale = canvas.width / canvas.clientWidth;
    return rows.map((row) => Array.from(canvas.getContext('2d').getImageData(
        Math.round(scale * xaxis.l2p(trace.x[row])), Math.round(scale * yaxis.l2p(trace.y[row])), 1, 1).data));
}"""
# Marks the chart's element, to tell it from one that takes its place; later says if it is the same, and its range.
NAME = "() => { document.querySelector('.js-plotly-plot').dataset.named = 'yes'; }"
NAMED = """() => {
    const gd = document.querySelector('.js-plotly-plot');
    return [gd.dataset.named, gd._fullLayout.xaxis.range];
}"""


def choose(page, name):
    """Push one of the segments."""
    page.get_by_role("radio", name=name).or_(page.get_by_role("button", name=name)).first.click()
    settled(page)


def marks(page, count):
    """What is drawn over the map, once there are so many marks."""
    page.wait_for_function(
        "(count) => document.querySelectorAll('.disgen-marks [data-mark]').length === count", arg=count
    )
    settled(page)
    return page.evaluate(MARKS)


def lasso(page, share):
    """Draw a lasso around the middle of the map, so far in shares of its width and height; returns the rows in it."""
    page.evaluate("document.querySelector('.js-plotly-plot').scrollIntoView({block: 'center'})")
    box = page.locator(".js-plotly-plot .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".modebar-btn[data-title='Lasso Select']").click()
    angles = np.linspace(0.0, 2.0 * np.pi, 25)
    places = [
        (
            box["x"] + box["width"] * (0.5 + share * np.cos(angle)),
            box["y"] + box["height"] * (0.5 + share * np.sin(angle)),
        )
        for angle in angles
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    page.get_by_text(re.compile(r"\d+ points selected")).wait_for()
    settled(page)
    return page.evaluate(STATE)["selected"]


def unzipped(page, button):
    """Name and content of the files in a zip that a button hands out."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    with zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())) as packed:
        return waiting.value.suggested_filename, {name: packed.read(name) for name in packed.namelist()}


def test_a_click_on_a_point_decodes_it(page, server, run):
    open_map(page, server)
    before = formula(page)
    row = click_point(page, 1, len(run.latents["test"]))
    page.wait_for_url(re.compile(rf"point={row}(&|$)"))
    settled(page)
    crystal = DecodedLatents.of(run, run.latents["test"][row : row + 1])[0].crystal
    if crystal is None:
        assert page.get_by_text("decodes to no crystal").is_visible()
        return
    assert formula(page) == crystal.formula
    assert formula(page) != before or row == 0
    handle, _ = shown(page)
    assert colours_in(handle) > 12


def test_zoom_and_selection_survive_further_clicks(page, server):
    open_map(page, server)
    first = click_point(page, 1, 200)
    page.wait_for_url(re.compile(rf"point={first}(&|$)"))
    settled(page)
    zoomed = page.evaluate(ZOOM)
    page.wait_for_timeout(500)
    second = click_point(page, 200, 3758)
    page.wait_for_url(re.compile(rf"point={second}(&|$)"))
    settled(page)
    state = page.evaluate(STATE)
    assert state["range"] == zoomed
    assert state["selected"] == [second]


def test_samples_are_placed_in_the_same_map_and_clicked(page, server, run):
    open_map(page, server)
    page.get_by_role("button", name="Samples").click()
    page.get_by_test_id("stSelectbox").filter(has_text="Samples on the map").get_by_role("combobox").click()
    page.get_by_role("option", name="KDE", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_text("KDE samples (in colour)").wait_for()
    settled(page)
    entries = sum(map(len, run.latents.values()))
    row = click_point(page, entries, entries + 300)
    page.wait_for_url(re.compile(rf"of=kde.*point={row - entries}(&|$)|point={row - entries}&.*of=kde"))
    page.get_by_text(f"Point {row - entries} of 300 KDE samples").wait_for()


def test_a_url_reopened_gives_the_same_view(page, server, browser):
    query = "set=kde&n=60&seed=5&of=kde&point=3&colour=space_group"
    open_map(page, server, query)
    first = page.locator("[data-testid=stMain]").inner_text()
    for again in open_page(browser, server):
        open_map(again, server, query)
        assert again.locator("[data-testid=stMain]").inner_text() == first
    assert "Point 3 of 60 KDE samples" in first


def test_a_point_chosen_by_number_is_marked_and_stays_so_when_the_map_is_zoomed(page, server):
    open_map(page, server, "point=7")
    for number, zoom in ((7, False), (7, True), (31, False)):
        field = page.get_by_role("spinbutton", name="Point").or_(page.get_by_label("Point", exact=True)).first
        if number != 7:
            field.fill(str(number))
            field.press("Enter")
            page.wait_for_url(re.compile(rf"point={number}(&|$)"))
        if zoom:
            page.evaluate(ZOOM)
        page.wait_for_timeout(500)
        settled(page)
        ((kind, x, y),) = marks(page, 0)["rings"]
        assert kind == "start"
        assert [x, y] == pytest.approx(page.evaluate(PIXELS, number), abs=1.5)


def test_samples_around_a_crystal_leave_the_map_as_it_is(page, server):
    open_map(page, server, "point=3&around=12&radius=0.8")
    range_of_x = page.evaluate(ZOOM)
    page.evaluate(NAME)
    page.get_by_role("button", name="Sample", exact=True).click()
    drawn = marks(page, 12)
    assert page.evaluate(NAMED) == ["yes", range_of_x]
    # All can be seen and clicked: none lies on another.
    gaps = [abs(x - u) + abs(y - v) for i, (x, y) in enumerate(drawn["marks"]) for u, v in drawn["marks"][:i]]
    assert min(gaps) > 4.0
    mark = page.locator(".disgen-marks [data-mark='5']")
    words = mark.locator("title").text_content()
    assert words.startswith("Sample 5: ")
    mark.click()
    page.wait_for_url(re.compile("pick=5"))
    settled(page)
    assert page.evaluate(NAMED) == ["yes", range_of_x]
    if page.locator("h3[data-formula]").count() > 1:
        shown = {one.get_attribute("data-formula") for one in page.locator("h3[data-formula]").all()}
        assert words.split(": ")[1].split(",")[0] in shown
    archive, files = unzipped(page, "All crystals (zip)")
    assert archive == "disgen-open-around-test-3-r0.8-seed0.zip"
    assert "manifest.csv" in files
    name = next(name for name in files if name.endswith(".cif"))
    assert read_cif(files[name]).formula in name


def test_a_path_leads_to_the_point_that_is_clicked(page, server, browser, run):
    n_test = len(run.latents["test"])
    open_map(page, server, "point=3&tool=path&steps=6")
    choose(page, "the end")
    row = click_point(page, 4, n_test)
    page.wait_for_url(re.compile(rf"to={row}(&|$)"))
    assert "point=3" in page.url
    drawn = marks(page, 6)
    assert [ring[0] for ring in drawn["rings"]] == ["start", "end"]
    assert drawn["lines"] == 2  # light and dark
    for (_, x, y), number in zip(drawn["rings"], (3, row), strict=True):
        assert [x, y] == pytest.approx(page.evaluate(PIXELS, number), abs=1.5)
    page.get_by_text(f"From test-3 (ring) to test-{row} (square)").wait_for()
    for again in open_page(browser, server):
        open_map(again, server, page.url.split("?")[1])
        assert len(marks(again, 6)["rings"]) == 2


def test_a_neighbour_s_row_leads_to_its_crystal(page, server, run):
    distances = {split: np.linalg.norm(z - run.latents["test"][3], axis=1) for split, z in run.latents.items()}
    distances["test"][3] = np.inf
    split = min(distances, key=lambda name: distances[name].min())
    number = int(distances[split].argmin())
    open_map(page, server, "point=3&tool=nearest")
    assert len(marks(page, 10)["marks"]) == 10
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 17, box["y"] + 54)  # the mark of the first row
    name = {"test": "test", "train": "training", "validation": "validation"}[split]
    page.get_by_text(f"Point {number} of the {name} split is the code of").wait_for()
    settled(page)
    page.locator(".disgen-marks [data-mark='0']").click()
    settled(page)
    assert page.get_by_text(f"Point {number} of the {name} split is the code of").count() == 0
    assert len(marks(page, 10)["rings"]) == 1


def test_what_a_lasso_holds_is_taken_home_and_stays_selected(page, server, run):
    open_map(page, server)
    page.evaluate(NAME)
    rows = lasso(page, 0.02)
    assert len(rows) > 3
    crystals = [found.crystal for found in DecodedLatents.of(run, mapped_latents(run)[rows]) if found.crystal]
    assert page.get_by_text(f"{len(rows)} points selected").is_visible()
    archive, files = unzipped(page, "Decoded crystals (zip)")
    assert archive == f"disgen-open-selection-{len(rows)}.zip"
    cifs = {name: read_cif(text) for name, text in files.items() if name.endswith(".cif")}
    wanted = [crystal for crystal, same in zip(crystals, read_back(crystals).same, strict=True) if same]
    assert sorted(crystal.key for crystal in cifs.values()) == sorted(crystal.key for crystal in wanted)
    manifest = list(csv.DictReader(io.StringIO(files["manifest.csv"].decode())))
    assert {row["file"] for row in manifest} == set(cifs)
    points = (point_of_row(row, {split: len(run.latents[split]) for split in mapped_splits(run)}) for row in rows)
    assert {row["origin"] for row in manifest} <= set(map(str, points))
    # Those outside are veiled, and those inside are not; a click leaves it so.
    outside = next(row for row in range(len(run.latents["test"])) if row not in rows)
    for _ in range(2):
        inner, outer = page.evaluate(OVER, [rows[0], outside])
        assert inner[3] == 255
        assert 0 < outer[3] < 255
        click_point(page, 1, 200)
        settled(page)
    assert page.get_by_text(f"{len(rows)} points selected").is_visible()
    assert page.evaluate(NAMED)[0] == "yes"
    page.get_by_role("button", name="Clear selection").click()
    settled(page)
    page.wait_for_function(f"(rows) => ({OVER})(rows)[0][3] === 0", arg=[outside])
    # The lasso's outline goes too.
    page.wait_for_function("!document.querySelector('.js-plotly-plot .selectionlayer path')", timeout=20_000)


def test_what_is_found_is_marked_listed_and_opened(page, server, browser, run):
    open_map(page, server)
    page.evaluate(NAME)
    range_of_x = page.evaluate(ZOOM)
    field = page.get_by_role("textbox", name="Find a formula")
    field.fill("*TiO3")
    field.press("Enter")
    page.get_by_text(re.compile(r"\d+ found: ")).wait_for()
    settled(page)
    formulas = run.split_index("test")["formula"].tolist()
    hits = [row for row, name in enumerate(formulas) if name.endswith("TiO3")]
    others = [row for row, name in enumerate(formulas) if "Ti" not in name][:40]
    assert page.get_by_text(f"{len(hits)} in the test split").is_visible()
    page.wait_for_timeout(500)
    seen = [alpha for *_, alpha in page.evaluate(OVER, hits) if alpha]
    assert set(seen) == {255}
    assert sum(alpha < 255 for *_, alpha in page.evaluate(OVER, others)) > 20
    assert page.evaluate(NAMED) == ["yes", range_of_x]
    table = page.get_by_test_id("stDataFrame").nth(1)
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 17, box["y"] + 54)  # the mark of the first row
    page.wait_for_url(re.compile(rf"point={hits[0]}(&|$)"))
    for again in open_page(browser, server):
        open_map(again, server, page.url.split("?")[1])
        again.get_by_text(f"{len(hits)} in the test split").wait_for()
        assert again.get_by_role("textbox", name="Find a formula").input_value() == "*TiO3"


def test_the_other_map_shows_the_same_crystal_elsewhere(page, server, browser):
    open_map(page, server, "point=7&density=yes")
    before = page.evaluate(PIXELS, 7)
    name = formula(page)
    page.get_by_role("button", name="Map", exact=True).click()
    choose(page, "PCA")
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("view=pca"))
    page.get_by_text("PCA of").wait_for()
    settled(page)
    page.wait_for_timeout(500)
    ((_, x, y),) = marks(page, 0)["rings"]
    place = page.evaluate(PIXELS, 7)
    assert [x, y] == pytest.approx(place, abs=1.5)
    assert place != pytest.approx(before, abs=1.5)
    assert formula(page) == name


def test_other_colours_show_the_same_part_of_the_map(page, server):
    open_map(page, server)
    page.evaluate(ZOOM)
    wanted = page.evaluate(ZOOM)
    page.get_by_role("combobox", name="Colour by").click()
    page.get_by_role("option", name="Colour: disorder", exact=True).click()
    page.wait_for_url(re.compile("colour=disorder"))
    page.wait_for_function(
        "(x) => Math.abs(document.querySelector('.js-plotly-plot')?._fullLayout?.xaxis?.range?.[0] - x) < 0.1",
        arg=wanted[0],
    )
    assert page.evaluate(STATE)["range"] == pytest.approx(wanted, abs=0.1)
