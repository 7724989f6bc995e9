"""The app in a real browser: headless Chromium with software WebGL drives the server as a person would."""

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import gemmi
import numpy as np
import pytest
from PIL import Image

from disgen.cif import read_cif, write_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.model import checkpoint
from disgen.ui import threedmol, viewer
from disgen.ui.points import decode
from disgen.ui.scene import scene as scene_of
from disgen.wyckoff import operations

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 60_000  # ms
FIRST_PAGE = 20.0  # s from the start of the server
ZIRCONIA = WyckoffCrystal(
    225,
    (5.14, 5.14, 5.14, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.16), ("Zr", 0.84))),
        WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.92),)),
    ),
)


def missing(reason):
    """Skip where a browser may be missing, fail where it may not."""
    if os.environ.get("DISGEN_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def playwright():
    api = pytest.importorskip("playwright.sync_api") if os.environ.get("DISGEN_REQUIRE_BROWSER") != "1" else None
    if api is None:
        from playwright import sync_api as api
    with api.sync_playwright() as driver:
        yield driver


def start_browser(playwright, *flags):
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome", "chrome"))
    path = next((name for name in found if name), None)
    if path is None and not Path(playwright.chromium.executable_path).exists():
        missing("There is no Chromium: install it (Debian: apt-get install chromium).")
    return playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])


@pytest.fixture(scope="module")
def browser(playwright):
    chromium = start_browser(playwright)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def script():
    found = threedmol.obtain(probe=False)
    if found.source is not threedmol.Source.LOCAL:
        missing(f"There is no 3Dmol.js: {found.reason}")
    return found


class Server:
    """A running app."""

    def __init__(self, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://localhost:{port}"
        self.started = time.monotonic()
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        options = ["--server.port", str(port), "--server.fileWatcherType", "none"]
        self.process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=log, stderr=log)

    def wait(self):
        while time.monotonic() < self.started + FIRST_PAGE:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):  # noqa: S310 (our server)
                    return
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"The server was not up within {FIRST_PAGE:g} s.")


@contextmanager
def running_server(log_path):
    with log_path.open("w+") as log:
        running = Server(log)
        try:
            running.wait()
            yield running
        finally:
            running.process.terminate()
            running.process.wait(timeout=20)
        log.seek(0)
        assert "Traceback" not in log.read()


@pytest.fixture(scope="module")
def server(tmp_path_factory, script):
    with running_server(tmp_path_factory.mktemp("server") / "log.txt") as running:
        yield running


@pytest.fixture
def page(browser, server):
    yield from open_page(browser, server)


@pytest.fixture
def dark_page(browser, server):
    yield from open_page(browser, server, color_scheme="dark")


def open_page(browser, server, **settings):
    """A page that may ask nobody but the server, and in which no script may fail."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True, **settings)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    outside, errors = [], []
    opened.on(
        "request",
        lambda request: (
            None if request.url.startswith((server.url, "data:", "blob:", "about:")) else outside.append(request.url)
        ),
    )
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert outside == []
    assert errors == []


def open_map(page, server, query=""):
    page.goto(f"{server.url}/latent_map?{query}")
    page.wait_for_selector(".js-plotly-plot .gl-canvas, .js-plotly-plot canvas")
    settled(page)


def settled(page):
    """Wait until the server has nothing left to do."""
    page.wait_for_timeout(300)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')")


def formula(page):
    return page.locator("h3[data-formula]").first.inner_text()


def shown(page):
    """The drawn view: the frame that the 3D viewer fills."""
    handle = page.wait_for_selector("iframe[data-testid=stIFrame]")
    frame = handle.content_frame()
    frame.wait_for_function("window.disgenState")
    assert frame.evaluate("window.disgenState") == "drawn", frame.locator("#message").inner_text()
    return handle, frame


def colours_in(handle):
    image = np.asarray(Image.open(io.BytesIO(handle.screenshot())).convert("RGB")).reshape(-1, 3)
    return len(np.unique(image // 16, axis=0))


# Pixels of the point among the given rows that stands most alone on the map, and its row.
LONELIEST = """([first, last]) => {
    const gd = document.querySelector('.js-plotly-plot'), {xaxis, yaxis, _size} = gd._fullLayout;
    const trace = gd._fullData[0], box = gd.getBoundingClientRect();
    const places = Array.from(trace.x, (x, i) => [
        box.x + _size.l + xaxis.l2p(x), box.y + _size.t + yaxis.l2p(trace.y[i])]);
    let best = null;
    for (let i = first; i < Math.min(last, places.length); i++) {
        const [x, y] = places[i];
        if (x < box.x + _size.l + 5 || x > box.x + _size.l + _size.w - 5) continue;
        if (y < box.y + _size.t + 5 || y > box.y + _size.t + _size.h - 5) continue;
        const gap = Math.min(...places.map(([u, v], j) => j === i ? Infinity : Math.hypot(u - x, v - y)));
        if (!best || gap > best.gap) best = {x, y, gap, row: i};
    }
    return best;
}"""


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


def click_point(page, first, last):
    """Click the loneliest of some rows of the map; returns its row."""
    page.evaluate("document.querySelector('.js-plotly-plot').scrollIntoView({block: 'center'})")
    page.wait_for_timeout(300)
    target = page.evaluate(LONELIEST, [first, last])
    page.mouse.move(target["x"] - 2, target["y"] - 2)
    page.mouse.move(target["x"], target["y"])
    page.wait_for_timeout(300)
    page.mouse.click(target["x"], target["y"])
    return target["row"]


@pytest.fixture(scope="module")
def run():
    return checkpoint.load_run()


@pytest.fixture(scope="module")
def disordered(run):
    """Number and crystal of a test point with a mixed site and a vacancy, or at least a mixed site."""
    # Other programs merge atoms that are closer than about 0.4 Å.
    points = decode(run, run.latents["test"][:300])
    decoded = [point.crystal if point.checks.plausible else None for point in points]
    found = [
        (len({occupancy for site in crystal.sites for occupancy, _ in site.occupancies}), -index)
        for index, crystal in enumerate(decoded)
        if crystal is not None and any(len(site.occupancies) > 1 for site in crystal.sites)
    ]
    index = -max(found)[1]
    return index, decoded[index]


def test_the_first_page_is_up_in_time(browser, server):
    for page in open_page(browser, server):
        page.goto(server.url)
        page.get_by_role("heading", name="Dis-GEN Explorer").wait_for()
        page.get_by_role("button", name="Generate").wait_for()
        assert time.monotonic() - server.started < FIRST_PAGE
        settled(page)
        assert "Dis-GEN Explorer" in page.title()


def test_a_deep_link_works_as_the_first_request_of_a_new_server(browser, script, tmp_path):
    with running_server(tmp_path / "log.txt") as fresh:
        for page in open_page(browser, fresh):
            open_map(page, fresh, "point=3&colour=disorder")
            page.get_by_text("Point 3 of the test split").wait_for()
            assert page.get_by_test_id("stSidebarNav").get_by_text("Overview").is_visible()
            picker = page.get_by_test_id("stSelectbox").filter(has_text="Colour by").get_by_role("combobox")
            assert picker.input_value() == "Disorder"


def test_a_click_on_a_point_decodes_it(page, server, run):
    open_map(page, server)
    before = formula(page)
    row = click_point(page, 1, len(run.latents["test"]))
    page.wait_for_url(re.compile(rf"point={row}(&|$)"))
    settled(page)
    crystal = decode(run, run.latents["test"][row : row + 1])[0].crystal
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
    second = click_point(page, 200, 100_000)
    page.wait_for_url(re.compile(rf"point={second}(&|$)"))
    settled(page)
    state = page.evaluate(STATE)
    assert state["range"] == zoomed
    assert state["selected"] == [second]


def test_mixed_sites_are_drawn_as_wedges_of_the_right_colours(page, server, disordered):
    index, crystal = disordered
    open_map(page, server, f"point={index}")
    assert formula(page) == crystal.formula
    _, frame = shown(page)
    drawn = frame.evaluate(
        """() => disgenViewers[0].shapes.map((shape) => shape.geo.geometryGroups.map((group) => ({
            vertices: group.vertices,
            colours: [...new Set(Array.from({length: group.vertices}, (_, i) =>
                [0, 1, 2].map((k) => Math.round(255 * group.colorArray[3 * i + k])).join()))],
        }))).flat()"""
    )
    scene = scene_of(crystal)
    expected = []
    for number, site in enumerate(scene["sites"]):
        copies = sum(position[3] == number for position in scene["positions"])
        expected += [
            (len(wedge["meshes"][0]["vertices"]) // 3 * copies, wedge["colour"])
            for wedge in site["wedges"]
            if "meshes" in wedge
        ]
    assert expected
    found = [(mesh["vertices"], mesh["colours"]) for mesh in drawn]
    assert found == [(size, [",".join(str(int(c[i : i + 2], 16)) for i in (1, 3, 5))]) for size, c in expected]


def test_the_downloaded_cif_is_the_crystal_for_other_programs(page, server, disordered, tmp_path):
    index, crystal = disordered
    open_map(page, server, f"point={index}")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CIF").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.name.endswith(f"_{crystal.space_group}_test-{index}.cif")
    assert read_cif(path.read_bytes()).formula == crystal.formula

    block = gemmi.cif.read(str(path)).sole_block()
    small = gemmi.make_small_structure_from_block(block)
    assert small.spacegroup.number == crystal.space_group
    listed = gemmi.GroupOps([gemmi.Op(row.str(0)) for row in block.find(["_space_group_symop_operation_xyz"])])
    assert gemmi.find_spacegroup_by_ops(listed).number == crystal.space_group
    assert len(list(listed)) == len(operations(crystal.space_group)[0])
    amounts = {}
    for site in small.get_all_unit_cell_sites():
        amounts[site.element.name] = amounts.get(site.element.name, 0.0) + site.occ
    assert amounts == pytest.approx(crystal.composition, abs=1e-3)

    from pymatgen.io.cif import CifParser

    parser = CifParser(str(path))
    structure = parser.parse_structures(primitive=False)[0]
    assert structure.composition.get_el_amt_dict() == pytest.approx(crystal.composition, abs=1e-3)
    (data,) = parser.as_dict().values()
    assert int(data["_space_group_IT_number"]) == crystal.space_group


def test_samples_are_placed_in_the_same_map_and_clicked(page, server, run):
    open_map(page, server)
    page.get_by_test_id("stSelectbox").filter(has_text="Samples on the map").get_by_role("combobox").click()
    page.get_by_role("option", name="KDE", exact=True).click()
    page.get_by_text("KDE samples (in colour)").wait_for()
    settled(page)
    n_test = len(run.latents["test"])
    row = click_point(page, n_test, n_test + 300)
    page.wait_for_url(re.compile(rf"of=kde.*point={row - n_test}(&|$)|point={row - n_test}&.*of=kde"))
    page.get_by_text(f"Point {row - n_test} of 300 KDE samples").wait_for()


def test_a_url_reopened_gives_the_same_view(page, server, browser):
    query = "set=kde&n=60&seed=5&of=kde&point=3&colour=space_group"
    open_map(page, server, query)
    first = page.locator("[data-testid=stMain]").inner_text()
    for again in open_page(browser, server):
        open_map(again, server, query)
        assert again.locator("[data-testid=stMain]").inner_text() == first
    assert "Point 3 of 60 KDE samples" in first


def test_a_rerun_does_not_move_the_camera(page, server, disordered):
    open_map(page, server, f"point={disordered[0]}")
    handle, frame = shown(page)
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 190, steps=4)
    page.mouse.up()
    turned = frame.evaluate("disgenViewers[0].viewer.getView()")
    page.get_by_test_id("stSelectbox").filter(has_text="Colour by").get_by_role("combobox").click()
    page.get_by_role("option", name="Disorder").click()
    page.wait_for_url(re.compile("colour=disorder"))
    settled(page)
    assert frame.evaluate("disgenViewers[0].viewer.getView()") == turned


def test_view_buttons_turn_the_crystal(page, server, disordered):
    open_map(page, server, f"point={disordered[0]}")
    _, frame = shown(page)
    views = scene_of(disordered[1])["views"]
    for name in "acb":
        frame.get_by_role("button", name=name, exact=True).click()
        assert frame.evaluate("disgenViewers[0].viewer.getView().slice(4, 8)") == pytest.approx(
            views[name]["quaternion"], abs=1e-5
        )
    frame.get_by_role("button", name="Perspective").click()
    assert frame.get_by_role("button", name="Parallel").get_attribute("aria-pressed") == "false"


def test_a_click_in_a_parity_plot_shows_its_crystal(page, server):
    page.goto(f"{server.url}/reconstruction")
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot').length === 6")
    settled(page)
    for figure in ("Fig. 8", "Fig. 9", "Fig. 10", "Fig. 11"):
        assert page.get_by_role("heading", name=re.compile(re.escape(figure) + r"\)")).is_visible()
    assert page.get_by_role("cell", name="99.4 %").is_visible()
    place = click_point(page, 1, 100_000)
    row = page.evaluate("(i) => document.querySelector('.js-plotly-plot')._fullData[0].customdata[i]", place)
    page.wait_for_url(re.compile(rf"crystal={row}(&|$)"))
    page.locator(f"[data-entry=test-{row}]").wait_for()
    settled(page)
    shown(page)


def test_an_entry_of_the_corpus_is_found_and_opened(page, server):
    page.goto(f"{server.url}/corpus")
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot').length === 10")
    field = page.get_by_role("textbox", name="Formula")
    field.fill("Fe2O3")
    field.press("Enter")
    page.get_by_text(re.compile(r"^\d+ of [\d,]+ entries")).wait_for()
    settled(page)
    table = page.get_by_test_id("stDataFrame").first
    box = table.bounding_box()
    page.mouse.click(box["x"] + 17, box["y"] + 54)  # the mark of the first row
    page.wait_for_url(re.compile(r"entry=\d+"))
    page.locator("[data-entry]").get_by_text("Fe2O3").wait_for()
    settled(page)
    shown(page)


def test_a_good_cif_is_shown_beside_its_reconstruction(page, server, tmp_path):
    path = tmp_path / "zirconia.cif"
    path.write_text(write_cif(ZIRCONIA))
    page.goto(f"{server.url}/viewer")
    page.get_by_text("Upload a CIF").wait_for()
    page.set_input_files("input[type=file]", path)
    page.locator("h3[data-formula]").first.wait_for()
    settled(page)
    assert formula(page) == ZIRCONIA.formula
    _, frame = shown(page)
    assert frame.evaluate("disgenViewers.length") >= 1


HOSTILE = """data_</script><script>parent.broken=1</script>
# </script><script>parent.broken=1</script>
_chemical_name_common '</script><img src=x onerror="parent.broken=1">'
"""


def test_no_script_of_an_uploaded_cif_runs(page, server, tmp_path):
    text = write_cif(ZIRCONIA)
    path = tmp_path / "hostile.cif"
    path.write_text(HOSTILE + text.split("\n", 1)[1])
    page.goto(f"{server.url}/viewer")
    page.get_by_text("Upload a CIF").wait_for()
    page.set_input_files("input[type=file]", path)
    page.locator("h3[data-formula], [data-testid=stAlert]").first.wait_for()
    settled(page)
    assert page.evaluate("window.broken") is None


def test_a_bad_cif_is_one_sentence(page, server, tmp_path):
    path = tmp_path / "bad.cif"
    path.write_text("data_x\nloop_\n_atom_site_label\n")
    page.goto(f"{server.url}/viewer")
    page.get_by_text("Upload a CIF").wait_for()
    page.set_input_files("input[type=file]", path)
    alert = page.get_by_test_id("stAlert")
    alert.wait_for()
    assert alert.inner_text().strip().endswith(".")
    assert "Traceback" not in page.inner_text("body")


def test_the_dark_theme_is_dark_in_the_view_too(dark_page, server, disordered):
    open_map(dark_page, server, f"point={disordered[0]}")
    _, frame = shown(dark_page)
    assert frame.evaluate("document.documentElement.dataset.theme") == "dark"
    assert frame.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 25, 27)"


def test_without_webgl_a_sentence_stands_in_the_view(playwright, script):
    chromium = start_browser(playwright, "--disable-3d-apis")
    page = chromium.new_page()
    page.set_content(viewer.view_html([viewer.Panel(ZIRCONIA)], script))
    assert "WebGL is off" in page.locator("#message").inner_text()
    assert page.locator(".legend").is_hidden()
    chromium.close()


def test_without_the_script_a_sentence_stands_in_the_view(browser):
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort() if route.request.url.startswith("https") else route.continue_())
    missing_script = threedmol.Script(threedmol.Source.UNREACHABLE, None, threedmol.cdn_url(), "no npm.")
    page.set_content(viewer.view_html([viewer.Panel(ZIRCONIA)], missing_script))
    assert "3Dmol.js could not be loaded" in page.locator("#message").inner_text()
    page.close()


def drawn_alone(browser, crystals, script, size=(640, 520)):
    """A page with nothing but a view."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_default_timeout(PATIENCE)
    panels = [viewer.Panel(crystal) for crystal in crystals]
    page.set_content(viewer.view_html(panels, script, columns=2, linked=len(panels) > 1))
    page.wait_for_function("window.disgenState")
    return page


POSITIONS = "() => disgenViewers[0].viewer.selectedAtoms({}).length"
CAMERA = "() => disgenViewers.map((one) => one.viewer.getView().slice(3))"


def test_a_supercell_is_drawn_with_its_faces_and_only_for_viewing(browser, script):
    page = drawn_alone(browser, [ZIRCONIA], script)
    assert page.evaluate(POSITIONS) == 14 + 8
    assert page.locator("#viewonly").is_hidden()
    for axis in "abc":
        page.get_by_label(f"Cells along {axis}").select_option("2")
    assert page.evaluate(POSITIONS) == 63 + 64
    assert "view only" in page.locator("#viewonly").inner_text()
    page.get_by_label("Cells along b").select_option("3")
    page.get_by_role("button", name="Reset").click()
    assert page.evaluate(POSITIONS) == 14 + 8
    assert page.locator("#viewonly").is_hidden()
    page.close()


def test_a_supercell_of_two_thousand_sites_is_drawn_coarsely(browser, script):
    spinel = read_cif((ROOT / "tests" / "data" / "spinel.cif").read_bytes())
    page = drawn_alone(browser, [spinel], script)
    for axis in "abc":
        page.get_by_label(f"Cells along {axis}").select_option("3")
    assert page.evaluate(POSITIONS) == 1629
    vertices = "() => disgenViewers[0].shapes.map((one) => one.geo.geometryGroups.reduce((n, g) => n + g.vertices, 0))"
    found = page.evaluate(vertices)
    wedges = [wedge for site in scene_of(spinel)["sites"] for wedge in site["wedges"] if "meshes" in wedge]
    assert sum(found) <= max(len(wedge["meshes"][-1]["vertices"]) // 3 for wedge in wedges) * 2 * 1629
    assert sum(found) > 1629 * 10
    page.close()


def test_bonds_polyhedra_radii_and_projection_are_switched(browser, script):
    page = drawn_alone(browser, [read_cif((ROOT / "tests" / "data" / "spinel.cif").read_bytes())], script)
    bonds = "() => disgenViewers[0].viewer.selectedAtoms({}).reduce((n, atom) => n + atom.bonds.length, 0)"
    radius = "() => disgenViewers[0].viewer.selectedAtoms({elem: 'O'})[0].style.sphere.radius"
    assert page.evaluate(bonds) > 0
    assert page.evaluate(radius) == pytest.approx(0.33)
    page.get_by_role("button", name="Covalent radii").click()
    assert page.evaluate(radius) == pytest.approx(0.7)
    before = page.evaluate("() => disgenViewers[0].drawn.size")
    page.get_by_role("button", name="Polyhedra").click()
    assert page.evaluate("() => disgenViewers[0].drawn.size") > before  # ligands outside the cell
    page.get_by_role("button", name="Bonds").click()
    assert page.evaluate(bonds) == 0
    page.get_by_role("button", name="Perspective").click()
    assert page.evaluate("() => disgenViewers[0].viewer.camera.ortho") is True
    page.close()


def test_linked_crystals_turn_and_come_nearer_together(browser, script):
    names = ("lsco", "spinel", "rock_salt", "olivine_amcsd")
    crystals = [read_cif((ROOT / "tests" / "data" / f"{name}.cif").read_bytes()) for name in names]
    page = drawn_alone(browser, crystals, script, (900, 700))
    assert page.evaluate("disgenViewers.length") == 4
    start = page.evaluate(CAMERA)
    page.evaluate("() => { disgenViewers[1].viewer.rotate(40, 'y'); }")
    turned = page.evaluate(CAMERA)
    # cos(20°) is what two unit quaternions 40° apart have as their product.
    for before, after in zip(start, turned, strict=True):
        assert abs(np.dot(before[1:], after[1:])) == pytest.approx(np.cos(np.radians(20)), abs=1e-3)
        assert after[0] == pytest.approx(before[0])
    page.evaluate("() => { disgenViewers[3].viewer.zoom(2); }")
    for before, after in zip(start, page.evaluate(CAMERA), strict=True):
        assert 150 - after[0] == pytest.approx((150 - before[0]) / 2, rel=1e-3)
    page.evaluate("() => { disgenViewers[0].viewer.zoom(0.5); disgenViewers[2].viewer.rotate(-40, 'y'); }")
    assert page.evaluate(CAMERA) == [pytest.approx(before, abs=1e-3) for before in start]
    page.close()


# Where on the page the frontmost atom of a site is drawn, and its site.
FRONTMOST = """() => {
    const {viewer, stage} = disgenViewers[0], box = stage.getBoundingClientRect();
    const turn = viewer.getView().slice(4, 8), [x, y, z, w] = turn;
    const depth = (a) => 2 * (x * z - y * w) * a.x + 2 * (y * z + x * w) * a.y + (1 - 2 * (x * x + y * y)) * a.z;
    const atom = viewer.selectedAtoms({}).reduce((best, a) => (depth(a) > depth(best) ? a : best));
    const place = viewer.modelToScreen({x: atom.x, y: atom.y, z: atom.z});
    return {x: place.x, y: place.y, site: atom.properties.site};
}"""


def test_a_clicked_site_says_what_it_is_and_lights_its_row(page, server, disordered):
    open_map(page, server, f"point={disordered[0]}")
    handle, frame = shown(page)
    handle.scroll_into_view_if_needed()
    place = frame.evaluate(FRONTMOST)
    box = handle.bounding_box()
    page.mouse.move(box["x"] + place["x"] - 3, box["y"] + place["y"] - 3)
    page.mouse.click(box["x"] + place["x"], box["y"] + place["y"])
    lit = page.locator(".disgen-table tr.lit")
    lit.wait_for()
    assert lit.count() == 1
    assert lit.get_attribute("data-row") == str(place["site"])
    site = scene_of(disordered[1])["sites"][place["site"]]
    frame.locator("#tip").wait_for()
    assert frame.locator("#tip").inner_text() == site["text"]
    assert lit.inner_text().startswith(site["label"])


def test_one_ordered_cell_is_downloaded_as_poscar(page, server, disordered, tmp_path):
    from pymatgen.core import Structure

    open_map(page, server, f"point={disordered[0]}")
    page.get_by_role("button", name="More formats").click()
    page.get_by_label("Cells along a").fill("2")
    page.get_by_label("Cells along a").press("Enter")
    settled(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="POSCAR").click()
    name = waiting.value.suggested_filename
    assert re.search(rf"_{disordered[1].space_group}_test-{disordered[0]}_ordered-2x\dx\d-seed0_POSCAR\.vasp$", name)
    waiting.value.save_as(tmp_path / name)
    assert "not the average structure" in (tmp_path / name).read_text().splitlines()[0]
    structure = Structure.from_file(tmp_path / name)
    assert structure.is_ordered
    assert {str(element) for element in structure.elements} <= set(disordered[1].elements)


def test_a_tray_is_filled_compared_saved_and_restored(page, server, run, tmp_path):
    points = [index for index, found in enumerate(decode(run, run.latents["test"][:12])) if found.crystal][:4]
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
    page.get_by_test_id("stSidebarNav").get_by_text("Tray (4)").click()
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
    assert page.get_by_test_id("stSidebarNav").get_by_text("Tray (4)").is_visible()
