"""`disgen.view`: py3Dmol's view of a disordered crystal, as data and in a real browser."""

import json
import re

import numpy as np
import pytest
from browsing import colours_in

import disgen
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.drawing.notebook import DrawingError
from disgen.drawing.scene import RADIUS_SCALE
from disgen.generation.geometry.distances import COVALENT_RADII
from disgen.generation.geometry.radii import mean_radius

MIXED = WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Fe", 0.3), ("Ni", 0.5)))
FULL = WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("O", 1.0),))
OXIDE = WyckoffCrystal(225, (4.2, 4.2, 4.2, 90.0, 90.0, 90.0), (MIXED, FULL))


def shapes(picture, kind):
    """The arguments of all calls of one of 3Dmol's functions in the view's script."""
    return [json.loads(found) for found in re.findall(rf"\.{kind}\((\{{.*?\}})\);", picture.startjs)]


def volume(mesh):
    """Enclosed volume in Å³, by the divergence theorem."""
    corners = np.array([[p["x"], p["y"], p["z"]] for p in mesh["vertexArr"]])
    return np.linalg.det(corners[np.array(mesh["faceArr"]).reshape(-1, 3)]).sum() / 6.0


def test_a_shared_site_is_cut_by_its_occupancies_and_an_empty_share_is_a_gap():
    meshes = shapes(disgen.view(OXIDE), "addCustom")
    assert [mesh["color"] for mesh in meshes] == ["#50d050", "#e06633"]  # Ni before Fe
    radius = RADIUS_SCALE * mean_radius(MIXED, COVALENT_RADII)
    spheres = 14 * 4.0 / 3.0 * np.pi * radius**3  # four positions of a face-centred cell have fourteen images
    assert [volume(mesh) / spheres for mesh in meshes] == pytest.approx([0.5, 0.3], rel=0.05)


def test_full_sites_are_whole_spheres_on_all_faces():
    spheres = shapes(disgen.view(OXIDE, colours="vesta"), "addSphere")
    assert len(spheres) == 13  # twelve edges and the middle
    assert {sphere["color"] for sphere in spheres} == {"#fe0300"}


def test_the_chosen_axis_points_to_the_eye():
    long = WyckoffCrystal(123, (3.0, 4.0, 9.0, 90.0, 90.0, 90.0), (WyckoffSite("a", 1, (0, 0, 0), (("Cu", 1.0),)),))
    for axis, length in zip("abc", (3.0, 4.0, 9.0), strict=True):
        depths = [sphere["center"]["z"] for sphere in shapes(disgen.view(long, axis=axis), "addSphere")]
        assert max(depths) - min(depths) == pytest.approx(length)


@pytest.mark.parametrize(("options", "sentence"), [({"axis": "d"}, "axis"), ({"colours": "cpk"}, "scheme")])
def test_what_does_not_exist_is_named(options, sentence):
    with pytest.raises(DrawingError, match=sentence):
        disgen.view(OXIDE, **options)


@pytest.mark.browser
def test_a_browser_draws_it(browser, script, tmp_path):
    page = tmp_path / "view.html"
    disgen.view(OXIDE, script=script.path.as_uri()).write_html(str(page))
    context = browser.new_context()
    try:
        tab = context.new_page()
        tab.goto(page.as_uri())
        tab.wait_for_selector("canvas")
        tab.wait_for_timeout(1500)
        assert colours_in(tab.locator("canvas")) > 20  # background, two wedges, oxygen, rods, and their shades
    finally:
        context.close()
