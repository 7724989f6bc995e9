"""The 3D view in a real browser: what stands in its scene, its buttons, and what happens without WebGL."""

import io
import re

import numpy as np
import pytest
from browsing import PATIENCE, ROOT, WEDGES, ZIRCONIA, formula, open_map, settled, shown, start_browser, wedges_of
from PIL import Image

from disgen import threedmol
from disgen.cif import read_cif
from disgen.drawing.contents import SCHEMES, species
from disgen.drawing.scene import scene as scene_of
from disgen.ui.crystal import viewer

pytestmark = pytest.mark.browser

POSITIONS = "() => disgenViewers[0].viewer.selectedAtoms({}).length"


CAMERA = "() => disgenViewers.map((one) => one.viewer.getView().slice(3))"


# Where on the page the frontmost atom of a site is drawn, and its site.
FRONTMOST = """() => {
    const {viewer, stage} = disgenViewers[0], box = stage.getBoundingClientRect();
    const turn = viewer.getView().slice(4, 8), [x, y, z, w] = turn;
    const depth = (a) => 2 * (x * z - y * w) * a.x + 2 * (y * z + x * w) * a.y + (1 - 2 * (x * x + y * y)) * a.z;
    const atom = viewer.selectedAtoms({}).reduce((best, a) => (depth(a) > depth(best) ? a : best));
    const place = viewer.modelToScreen({x: atom.x, y: atom.y, z: atom.z});
    return {x: place.x, y: place.y, site: atom.properties.site};
}"""


# Where on the page the two ends of a bond nearest to whoever looks along a are drawn.
FRONT_BOND = """() => {
    const {viewer} = disgenViewers[0], atoms = viewer.selectedAtoms({});
    const front = Math.max(...atoms.map((atom) => atom.x));
    const near = atoms.filter((atom) => front - atom.x < 0.1);
    const ends = near.flatMap((one) => near.map((other) => [one, other]))
        .find(([one, other]) => one.bonds.includes(other.serial));
    return ends.map(({x, y, z}) => viewer.modelToScreen({x, y, z}));
}"""


def at_rest(page, question):
    """The answer of a page, once it stays the same."""
    before, now = None, page.evaluate(question)
    while now != before:
        page.wait_for_timeout(250)
        before, now = now, page.evaluate(question)
    return now


def click_atom(page, place):
    page.mouse.move(place["x"] - 2, place["y"] - 2)
    page.mouse.click(place["x"], place["y"])


def drawn_alone(browser, crystals, script, size=(640, 520)):
    """A page with nothing but a view."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_default_timeout(PATIENCE)
    panels = [viewer.CrystalPanel(crystal) for crystal in crystals]
    page.set_content(viewer.view_html(panels, script, columns=2, linked=len(panels) > 1))
    page.wait_for_function("window.disgenState")
    return page


def test_mixed_sites_are_drawn_as_wedges_of_the_right_colours(page, server, disordered):
    index, crystal = disordered
    open_map(page, server, f"point={index}")
    assert formula(page) == crystal.formula
    _, frame = shown(page)
    assert wedges_of(crystal)
    assert frame.evaluate(WEDGES) == wedges_of(crystal)


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
    page.get_by_role("option", name="Colour: disorder", exact=True).click()
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


def test_the_dark_theme_is_dark_in_the_view_too(dark_page, server, disordered):
    open_map(dark_page, server, f"point={disordered[0]}")
    _, frame = shown(dark_page)
    assert frame.evaluate("document.documentElement.dataset.theme") == "dark"
    assert frame.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 25, 27)"


def test_without_webgl_a_sentence_stands_in_the_view(playwright, script):
    chromium = start_browser(playwright, "--disable-3d-apis")
    page = chromium.new_page()
    page.set_content(viewer.view_html([viewer.CrystalPanel(ZIRCONIA)], script))
    assert "WebGL is off" in page.locator("#message").inner_text()
    assert page.locator(".legend").is_hidden()
    chromium.close()


def test_without_the_script_a_sentence_stands_in_the_view(browser):
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort() if route.request.url.startswith("https") else route.continue_())
    missing_script = threedmol.Script(threedmol.ScriptSource.UNREACHABLE, None, threedmol.cdn_url(), "no npm.")
    page.set_content(viewer.view_html([viewer.CrystalPanel(ZIRCONIA)], missing_script))
    assert "3Dmol.js could not be loaded" in page.locator("#message").inner_text()
    page.close()


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


def hexadecimal(colour):
    """``#ff0000`` of ``rgb(255, 0, 0)``."""
    return "#" + "".join(f"{int(number):02x}" for number in re.findall(r"\d+", colour))


@pytest.mark.parametrize("scheme", ["jmol", "vesta"])
def test_colours_are_those_of_the_scheme(browser, script, scheme):
    page = drawn_alone(browser, [ZIRCONIA], script)
    if scheme == "vesta":
        page.get_by_role("button", name="Jmol colours").click()
        assert page.get_by_role("button", name="VESTA colours").get_attribute("aria-pressed") == "true"
    wedges = page.evaluate(
        "() => disgenViewers[0].shapes.map(({geo}) => [0, 1, 2].map((k) => geo.geometryGroups[0].colorArray[k]))"
    )
    expected = [SCHEMES[scheme][symbol] for symbol in ("Zr", "Y", "O")]  # the oxygen site has a gap
    assert ["#" + "".join(f"{round(255 * part):02x}" for part in colour) for colour in wedges] == expected
    pies = page.evaluate(
        "() => [...document.querySelectorAll('.pie')].map((one) => getComputedStyle(one).backgroundImage)"
    )
    painted = [re.findall(r"rgba?\([^)]*\)", pie) for pie in pies]
    found = [
        list(dict.fromkeys("gap" if colour.startswith("rgba") else hexadecimal(colour) for colour in pie))
        for pie in painted
    ]
    legend = [[SCHEMES[scheme].get(symbol, "gap") for symbol, _ in species(site)] for site in ZIRCONIA.sites]
    assert sorted(found) == sorted(legend)
    page.close()


def test_a_view_is_labelled_saved_spun_and_enlarged(page, server, disordered):
    open_map(page, server, f"point={disordered[0]}")
    _, frame = shown(page)
    assert frame.evaluate("disgenViewers[0].labels.map((label) => label.text)") == ["a", "b", "c"]
    written = "".join(frame.locator(".legend li").all_inner_texts())
    for site in disordered[1].sites:
        assert "".join(symbol for symbol, _ in species(site)) in re.sub(r"[\d.\s]", "", written)
    assert frame.locator(".legend sub").count() >= 2
    with page.expect_download() as waiting:
        frame.get_by_role("button", name="PNG").click()
    assert waiting.value.suggested_filename.startswith(f"{disordered[1].formula}_{disordered[1].space_group}")
    picture = np.asarray(Image.open(io.BytesIO(waiting.value.path().read_bytes())).convert("RGB"))
    assert len(np.unique(picture.reshape(-1, 3) // 16, axis=0)) > 12
    before = frame.evaluate(CAMERA)
    frame.get_by_role("button", name="Spin").click()
    frame.wait_for_function("(before) => disgenViewers[0].viewer.getView()[5] !== before", arg=before[0][2])
    frame.get_by_role("button", name="Spin").click()
    page.wait_for_timeout(300)
    stopped = frame.evaluate(CAMERA)
    page.wait_for_timeout(300)
    assert frame.evaluate(CAMERA) == stopped
    frame.get_by_role("button", name="Full screen").click()
    frame.wait_for_function("document.fullscreenElement !== null")
    frame.get_by_role("button", name="Full screen").click()
    frame.wait_for_function("document.fullscreenElement === null")
    frame.get_by_role("button", name="Reset").click()
    view = scene_of(disordered[1])["views"]["b"]["quaternion"]
    assert frame.evaluate(CAMERA)[0][1:5] == pytest.approx(view, abs=1e-5)


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
    halo = "() => disgenViewers[0].halo !== null"
    assert frame.evaluate(halo)
    for number, key in ((0, False), (1, True)):
        row = page.locator(f".disgen-table [data-row='{number}'][tabindex]")
        row.focus() if key else row.click()
        if key:
            page.keyboard.press("Enter")
        frame.locator("#tip").get_by_text(scene_of(disordered[1])["sites"][number]["text"]).wait_for()
        assert lit.get_attribute("data-row") == str(number)
    page.keyboard.press("Enter")
    frame.locator("#tip").wait_for(state="hidden")
    assert not frame.evaluate(halo)


def test_axes_stand_in_a_corner_and_a_distance_is_measured(browser, script):
    salt = read_cif((ROOT / "tests" / "data" / "rock_salt.cif").read_bytes())
    page = drawn_alone(browser, [salt], script, (700, 600))
    assert sorted(page.locator(".triad text").all_text_contents()) == ["a", "b", "c"]
    before = page.locator(".triad").inner_html()
    page.get_by_role("button", name="a", exact=True).click()
    page.wait_for_function("(before) => document.querySelector('.triad').innerHTML !== before", arg=before)
    page.get_by_role("button", name="Measure").click()
    one, other = at_rest(page, FRONT_BOND)
    tip = page.locator("#tip")
    click_atom(page, one)
    tip.filter(has_text="click a second atom for the distance.").wait_for()
    click_atom(page, other)
    tip.filter(has_text=f" {salt.cell[0] / 2:.3f} Å").wait_for()
    page.get_by_role("button", name="Measure").click()
    assert page.locator("#tip").is_hidden()
    page.close()
