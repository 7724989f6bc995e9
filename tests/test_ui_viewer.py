"""The page of a 3D view: what it draws, and that nothing foreign gets into it."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.drawing.contents import COLOURS
from disgen.drawing.scene import RADIUS_SCALE, identity, scene, site_text
from disgen.threedmol import Script, ScriptSource
from disgen.ui.crystal.viewer import CrystalPanel, channel_html, legend_html, live_html, view_html

SPINEL = WyckoffCrystal(
    227,
    (8.08, 8.08, 8.08, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 8, (0.125, 0.125, 0.125), (("Mg", 0.4), ("Fe", 0.3), ("Zn", 0.2))),
        WyckoffSite("d", 16, (0.5, 0.5, 0.5), (("Al", 0.7), ("Cr", 0.3))),
        WyckoffSite("e", 32, (0.26, 0.26, 0.26), (("O", 1.0),)),
    ),
)
CDN = Script(ScriptSource.CDN, None, "https://cdn.example/3Dmol-min.js", "no npm")


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "3Dmol-min.js"
    path.write_text("var $3Dmol = {};")
    return Script(ScriptSource.LOCAL, path, "https://cdn.example/3Dmol-min.js")


def data_of(page):
    return json.loads(re.search(r'id="scene">(.*?)</script>', page, re.DOTALL).group(1))


def test_the_scene_holds_every_position_and_its_images():
    drawn = scene(SPINEL)
    assert len(drawn["positions"]) >= SPINEL.n_positions
    assert {position[3] for position in drawn["positions"]} == {0, 1, 2}
    assert drawn["cell"][0] == [8.08, 0.0, 0.0]
    assert set(drawn["views"]) == {"a", "b", "c"}


def test_mixed_sites_have_a_mesh_a_species_and_full_ones_none():
    mixed, other, full = scene(SPINEL)["sites"]
    assert [wedge["symbol"] for wedge in mixed["wedges"]] == ["Mg", "Fe", "Zn"]
    assert [wedge["colours"]["jmol"] for wedge in other["wedges"]] == [COLOURS["Al"], COLOURS["Cr"]]
    assert all("meshes" in wedge for wedge in mixed["wedges"] + other["wedges"])
    assert "meshes" not in full["wedges"][0]
    assert mixed["text"] == "Mg1 · 8a (0.125, 0.125, 0.125) · Mg 0.4, Fe 0.3, Zn 0.2, □ 0.1"


def test_every_level_of_detail_has_its_mesh_and_the_last_has_no_limit():
    drawn = scene(SPINEL)
    assert drawn["levels"][-1] is None
    assert drawn["levels"][:-1] == sorted(drawn["levels"][:-1])
    for wedge in drawn["sites"][0]["wedges"]:
        sizes = [len(mesh["vertices"]) for mesh in wedge["meshes"]]
        assert len(sizes) == len(drawn["levels"])
        assert sizes == sorted(sizes, reverse=True)
    small = WyckoffCrystal(221, (4.0, 4.0, 4.0, 90.0, 90.0, 90.0), (WyckoffSite("b", 1, (0.5,) * 3, (("Fe", 0.5),)),))
    assert len(scene(small)["sites"][0]["wedges"][0]["meshes"]) == 1


def test_copies_say_of_which_position_and_in_which_cell_they_are():
    drawn = scene(SPINEL)
    cell = np.array(drawn["cell"])
    first = SPINEL.n_positions
    assert [copy[0] for copy in drawn["copies"][:first]] == list(range(first))
    assert all(copy[1:] == [0, 0, 0] for copy in drawn["copies"][:first])
    for (*place, site), (position, *step) in zip(drawn["positions"], drawn["copies"], strict=True):
        *home, owner = drawn["positions"][position]
        assert owner == site
        np.testing.assert_allclose(place, np.array(home) + step @ cell, atol=1e-3)
    assert len(drawn["positions"]) > first


def test_bonds_and_polyhedra_name_positions_of_the_cell():
    drawn = scene(SPINEL)
    assert len(drawn["bonds"]) == 8 * 4 + 16 * 6
    assert all(max(bond[:2]) < SPINEL.n_positions for bond in drawn["bonds"])
    assert sorted(len(one["corners"]) for one in drawn["polyhedra"]) == [4] * 8 + [6] * 16


def test_radii_are_covalent_or_ionic_and_weighted_by_occupancy():
    *_, oxygen = scene(SPINEL)["sites"]
    assert oxygen["radii"] == {"covalent": RADIUS_SCALE * 0.66, "ionic": RADIUS_SCALE * 1.4}


def test_an_identity_is_that_of_the_content():
    again = WyckoffCrystal(SPINEL.space_group, SPINEL.cell, SPINEL.sites)
    other = WyckoffCrystal(SPINEL.space_group, SPINEL.cell, SPINEL.sites[:2])
    assert identity(SPINEL) == identity(again) != identity(other)
    assert identity(SPINEL).isalnum()


def test_the_page_is_the_same_for_the_same_crystal_and_only_then(local):
    first = view_html([CrystalPanel(SPINEL)], local)
    again = view_html([CrystalPanel(WyckoffCrystal(SPINEL.space_group, SPINEL.cell, SPINEL.sites))], local)
    other = view_html([CrystalPanel(WyckoffCrystal(227, (8.1, 8.1, 8.1, 90.0, 90.0, 90.0), SPINEL.sites))], local)
    assert first == again
    assert first != other
    assert first != view_html([CrystalPanel(SPINEL)], local, dark=True)
    assert first != view_html([CrystalPanel(SPINEL)], local, compact=True)


def test_a_local_script_is_inlined_and_no_address_is_left_but_the_permitted_one(local):
    page = view_html([CrystalPanel(SPINEL)], local)
    assert "var $3Dmol = {};" in page
    assert "<script src=" not in page
    addresses = set(re.findall(r"https?://[^\s\"';]+", page))
    assert addresses == {"https://cdn.jsdelivr.net"}  # in the content security policy


def test_without_a_local_script_the_page_asks_the_cdn():
    assert '<script src="https://cdn.example/3Dmol-min.js"' in view_html([CrystalPanel(SPINEL)], CDN)


def test_nothing_ends_the_script_early(local):
    evil = WyckoffSite("</script><script>alert(1)</script>", 1, (0.5, 0.5, 0.5), (("O", 1.0),))
    from disgen.ui.crystal import viewer

    text = viewer._json({"label": "<!--<b>&", "text": site_text(evil, "<!--<b>&")})
    assert "<" not in text
    assert ">" not in text
    assert "&" not in text
    assert json.loads(text)["label"] == "<!--<b>&"
    page = view_html([CrystalPanel(SPINEL, "a &lt;b&gt;")], local)
    assert page.lower().count("</script") == page.lower().count("<script")


def elements_of(text):
    """Name and attributes of every element that begins in a text."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda name, attributes: found.append((name, dict(attributes)))
    parser.feed(text)
    return found


def test_an_element_carries_a_crystal_to_the_view_of_its_channel(local):
    ((name, attributes),) = elements_of(channel_html("chosen", SPINEL))
    assert name == "div"
    assert set(attributes) == {"class", "data-channel", "data-scene", "hidden"}
    assert attributes["data-channel"] == data_of(live_html("chosen", local))["channel"] == "chosen"
    told = json.loads(attributes["data-scene"])
    assert told["scene"] == json.loads(json.dumps(scene(SPINEL)))
    assert told["legend"] == legend_html(SPINEL)
    assert SPINEL.formula in told["title"]


def test_what_a_channel_carries_is_named_by_its_crystal():
    again = WyckoffCrystal(SPINEL.space_group, SPINEL.cell, SPINEL.sites)
    other = WyckoffCrystal(227, (8.1, 8.1, 8.1, 90.0, 90.0, 90.0), SPINEL.sites)
    first, same, changed = (channel_html("chosen", crystal) for crystal in (SPINEL, again, other))
    assert first == same
    named = [json.loads(elements_of(text)[0][1]["data-scene"])["id"] for text in (first, changed)]
    assert len(set(named)) == 2


def test_the_page_of_a_channel_differs_by_theme_and_channel_only(local):
    page = live_html("chosen", local)
    assert page == live_html("chosen", local)
    assert len({page, live_html("chosen", local, dark=True), live_html("other", local)}) == 3
    assert page.lower().count("</script") == page.lower().count("<script")
    assert page.count('class="stage"') == 1


def test_the_legend_names_each_content_once_with_subscripts():
    text = legend_html(SPINEL)
    assert text.count("<li>") == 3
    assert "Mg<sub>0.4</sub>Fe<sub>0.3</sub>Zn<sub>0.2</sub>□<sub>0.1</sub>" in text.replace("<wbr>", "")
    assert "conic-gradient" in text
    assert "var(--own-Mg,#" in text  # a person's own colour comes first
    assert "transparent 90.0% 100.0%" in text


def test_several_crystals_share_a_page(local):
    page = view_html([CrystalPanel(SPINEL, "one"), CrystalPanel(SPINEL, "two")], local, columns=2, linked=True)
    drawn = data_of(page)
    assert len(drawn["panels"]) == 2
    assert drawn["linked"] is True
    assert len(set(re.findall(r'class="stage" id="([^"]+)"', page))) == 2


def test_angles_that_form_no_cell_are_refused(local):
    flat = WyckoffCrystal(2, (3.0, 3.0, 3.0, 150.0, 30.0, 30.0), SPINEL.sites[:0])
    with pytest.raises(ValueError, match="do not form a cell"):
        view_html([CrystalPanel(flat)], local)
    with pytest.raises(ValueError, match="do not form a cell"):
        channel_html("chosen", flat)


def test_a_crystal_without_sites_is_an_empty_cell(local):
    empty = WyckoffCrystal(2, (3.0, 3.0, 3.0, 90.0, 90.0, 90.0), ())
    assert data_of(view_html([CrystalPanel(empty)], local))["panels"][0]["positions"] == []
