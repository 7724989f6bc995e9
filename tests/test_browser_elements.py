"""Own colours and sizes of elements in a real browser: drawn, in the legend, for other crystals, and given back."""

import pytest
from browsing import WEDGES, open_map, shown

pytestmark = pytest.mark.browser

OWN = "#123456"
RGB = "18,52,86"
SITES = """() => disgenViewers[0].scene.sites.map((site) => [site.element, site.colours.jmol, site.radii.covalent])"""
LEGEND = "() => [...document.querySelectorAll('.pie')].map((pie) => getComputedStyle(pie).backgroundImage).join()"
SET = """([label, value]) => {
    const field = [...document.querySelectorAll('#elements input')].find((input) => input.ariaLabel === label);
    field.value = value;
    field.dispatchEvent(new Event('input'));
}"""


def sites(frame):
    return {element: (colour, radius) for element, colour, radius in frame.evaluate(SITES)}


def test_an_element_has_its_own_colour_and_size_in_all_crystals(page, server, disordered):
    index, crystal = disordered
    shared = next(site for site in crystal.sites if len(site.occupancies) > 1)
    element = shared.main_element
    open_map(page, server, f"point={index}")
    _, frame = shown(page)
    usual = sites(frame)
    wedges, legend = frame.evaluate(WEDGES), frame.evaluate(LEGEND)
    assert RGB not in str(wedges)
    frame.get_by_role("button", name="Elements", exact=True).click()
    assert frame.locator("#elements label").count() == len(crystal.elements)
    frame.evaluate(SET, [f"Colour of {element}", OWN])
    assert [RGB] in [colours for _, colours in frame.evaluate(WEDGES)]
    assert "rgb(18, 52, 86)" in frame.evaluate(LEGEND)
    frame.evaluate(SET, [f"Size of {element}", "2"])
    colour, radius = sites(frame)[element]
    assert colour == OWN
    assert radius > 1.1 * usual[element][1]
    # After a reload it is the same, until it is given back.
    open_map(page, server, f"point={index}")
    _, frame = shown(page)
    assert sites(frame)[element] == (colour, radius)
    assert "rgb(18, 52, 86)" in frame.evaluate(LEGEND)
    frame.get_by_role("button", name="Elements", exact=True).click()
    frame.get_by_role("button", name="As usual").click()
    assert (sites(frame), frame.evaluate(WEDGES), frame.evaluate(LEGEND)) == (usual, wedges, legend)
