"""Uploads in a real browser: good CIFs, bad ones, hostile ones, zips; the page answers while a file is being read."""

import io
import re
import zipfile

import pytest
from browsing import ROOT, ZIRCONIA, formula, settled, shown
from doubtful import DOUBTFUL
from test_cif_isolated import DENSE
from test_cif_stated import FORSTERITE

from disgen.cif import DoubtKind, read, read_cif, write_cif

pytestmark = pytest.mark.browser

DATA = ROOT / "tests" / "data"
BAD = {
    "bad_unterminated": "The file is not a valid CIF (line 23:0(448): unterminated text field): correct it there.",
    "bad_no_atoms": "The CIF lists no atoms with fractional coordinates: add an atom loop.",
    "bad_unknown_element": "Atom 'X1' is 'Xx', which is no element: give it a type symbol from H to Fm.",
    "bad_p1": "The crystal has no symmetry (space group P1), so it has no Wyckoff sites to encode: "
    "give a structure with at least an inversion centre.",
    "bad_overfull": "The occupancies of a site sum to 1.2, more than 1.02: correct them.",
}
HOSTILE = """data_</script><script>parent.broken=1</script>
# </script><script>parent.broken=1</script>
_chemical_name_common '</script><img src=x onerror="parent.broken=1">'
"""
FILES = ".files tbody tr"


def upload(page, server, *files):
    """Open the page and hand files over."""
    page.goto(f"{server.url}/viewer")
    page.get_by_text("CIFs, or zips of CIFs").wait_for()
    settled(page)
    page.set_input_files("input[type=file]", list(files))
    page.locator(FILES).first.wait_for()
    settled(page)


def file(name, content):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def stored(name):
    return file(f"{name}.cif", (DATA / f"{name}.cif").read_bytes())


def zipped(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def row(page, name):
    """Cells of a file's row, once it is read."""
    found = page.locator(FILES).filter(has_text=name)
    found.locator(".result", has_not_text="being read").wait_for()
    return found.locator("td").all_inner_texts()


def test_a_good_cif_is_compared_with_its_reconstruction_and_placed(page, server):
    upload(page, server, file("zirconia.cif", write_cif(ZIRCONIA).encode()))
    page.locator("h3[data-formula]").first.wait_for()
    settled(page)
    assert formula(page) == ZIRCONIA.formula
    cells = row(page, "zirconia.cif")
    assert "".join(cells[1].split()) == ZIRCONIA.formula
    assert cells[2:] == ["Fm3m (225)", "2", "2", "can be encoded"]
    _, frame = shown(page)
    assert frame.evaluate("disgenViewers.length") == 2
    differences = page.locator("[data-table=differences]")
    marked = {line.locator("td").first.inner_text() for line in differences.locator("tr:is(.small, .wrong)").all()}
    same = {line.locator("td").first.inner_text() for line in differences.locator("tr[class='']").all()}
    assert "Space group" in same
    assert marked | same >= {"Formula", "a / Å", "α / °", "Zr1", "O2"}
    sizes = "() => document.querySelector('.st-key-landing_map .disgen-map').disgenMap.points.sizes.map(([n]) => n)"
    page.locator(".st-key-landing_map .disgen-points").wait_for()
    assert page.evaluate(sizes)[2:] == [1, 1, 0]
    assert page.locator(".disgen-legend").get_by_text("this crystal").is_visible()
    assert not page.get_by_role("button", name="Select points with a lasso").is_visible(), "nothing is chosen here"
    assert page.get_by_role("tab", name="Nearest in latent space").is_visible()
    page.get_by_role("button", name="Sample", exact=True).click()
    page.get_by_text("40 samples with normal noise of 0.2").wait_for()
    settled(page)
    assert page.evaluate(sizes)[2:] == [1, 1, 40]
    assert frame.evaluate("window.disgenState") == "drawn"  # the same frame: samples do not draw the crystals anew


def test_each_bad_cif_is_one_sentence(page, server):
    upload(page, server, stored(next(iter(BAD))))
    for number, (name, sentence) in enumerate(BAD.items()):
        if number:
            page.set_input_files("input[type=file]", stored(name))
        assert row(page, name)[-1] == sentence
        alert = page.get_by_test_id("stAlert").filter(has_not_text="Doubtful about").locator("p")
        alert.filter(has_text=sentence[:20]).wait_for()
        settled(page)
        assert alert.all_inner_texts() == [sentence]
        assert "Traceback" not in page.inner_text("body")
    assert page.locator(FILES).count() == len(BAD)


def test_a_zip_of_good_and_bad_ones_stays_when_one_comes_back(page, server):
    names = ("lsco", "bad_no_atoms", "olivine_amcsd")
    packed = zipped({f"folder/{name}.cif": (DATA / f"{name}.cif").read_bytes() for name in names} | {"a.txt": b"x"})
    upload(page, server, file("some.zip", packed))
    page.get_by_text("3 files, 2 can be encoded.").wait_for()
    assert row(page, "bad_no_atoms")[-1] == BAD["bad_no_atoms"]
    assert page.locator(FILES).count() == 3
    assert formula(page) == read_cif((DATA / "lsco.cif").read_bytes()).formula
    page.get_by_role("button", name="olivine_amcsd.cif").click()
    page.locator("[data-formula^='Mg']").first.wait_for()
    settled(page)
    assert formula(page) == read_cif((DATA / "olivine_amcsd.cif").read_bytes()).formula
    assert page.locator("tr[aria-current] button").inner_text() == "olivine_amcsd.cif"
    page.get_by_test_id("stTopNavLink").get_by_text("Tray").click()
    page.get_by_text("The tray is empty").wait_for()
    page.get_by_test_id("stTopNavLink").get_by_text("Viewer").click()
    page.locator("[data-formula^='Mg']").first.wait_for()
    page.locator("tr[aria-current] button:text-is('olivine_amcsd.cif')").wait_for()
    settled(page)
    assert page.locator(FILES).count() == 3
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Show me an example").wait_for()


def test_doubts_of_every_kind_are_shown_beside_the_crystal(page, server):
    told = {kind: read(content).doubts for kind, content in DOUBTFUL.items()}
    names = {kind: f"{str(kind).replace(' ', '-')}.cif" for kind in told}
    upload(page, server, file("doubtful.zip", zipped({names[kind]: DOUBTFUL[kind] for kind in told})))
    for kind, doubts in told.items():
        assert "doubt" in row(page, names[kind])[-1]
        page.get_by_role("button", name=names[kind], exact=True).click()
        page.locator(f"tr[aria-current] button:text-is('{names[kind]}')").wait_for()
        box = page.get_by_test_id("stAlert").filter(has_text="Doubtful about the reading")
        (sentence,) = [doubt.sentence for doubt in doubts if doubt.kind is kind][:1]
        box.get_by_text(sentence, exact=True).wait_for()
        assert box.locator("li").all_inner_texts() == [doubt.sentence for doubt in doubts]
    assert told.keys() == set(DoubtKind)


def test_each_hostile_zip_is_one_sentence(page, server):
    page.goto(f"{server.url}/viewer")
    page.get_by_text("CIFs, or zips of CIFs").wait_for()
    hostile = {
        "evil.zip holds 'a.cif' with a path that leads out of its folder": zipped({"../../a.cif": b"data_a"}),
        "Unpacked, evil.zip is larger than 30 MB": zipped({f"{n}.cif": b" " * 1_000_000 for n in range(31)}),
        "evil.zip is no zip, or a damaged one": b"no zip",
    }
    for sentence, content in hostile.items():
        settled(page)
        page.set_input_files("input[type=file]", file("evil.zip", content))
        page.get_by_test_id("stAlert").locator("p").filter(has_text=sentence).wait_for()
    assert page.locator(FILES).count() == 0


def test_a_file_that_takes_long_keeps_nobody_waiting(page, server):
    upload(page, server, file("dense.cif", DENSE.encode()))
    said = page.locator(FILES).filter(has_text="dense.cif").locator(".result").inner_text()
    assert said in {"being read …", "can be encoded"}  # the latter on a fast machine
    page.set_input_files("input[type=file]", stored("spinel"))
    page.locator("h3[data-formula=MgAl2O4]").first.wait_for()  # the dense one may have been shown before
    assert "".join(row(page, "spinel.cif")[1].split()) == "MgAl2O4"
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Show me an example").wait_for()


def test_no_script_of_an_uploaded_cif_runs(page, server):
    text = write_cif(ZIRCONIA)
    upload(page, server, file("<img src=x onerror='parent.broken=1'>.cif", (HOSTILE + text.split("\n", 1)[1]).encode()))
    page.locator("h3[data-formula], [data-testid=stAlert]").first.wait_for()
    settled(page)
    assert page.evaluate("window.broken") is None
    assert page.locator(FILES).locator("button").inner_text().startswith("<img")


def test_a_neighbour_leads_to_the_map(page, server):
    upload(page, server, stored("lsco"))
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    settled(page)
    box = table.bounding_box()
    page.mouse.click(box["x"] + 17, box["y"] + 54)  # the mark of the first row
    go = page.get_by_role("button", name="Show on the latent map").first
    page.wait_for_function("(button) => !button.disabled", arg=go.element_handle())
    go.click()
    page.wait_for_url(re.compile(r"latent_map\?.*point=\d+"))
    page.get_by_text(re.compile(r"^Point \d+ of the")).first.wait_for()
    settled(page)


def test_the_file_s_own_setting_is_shown_and_taken_home_as_it_was(page, server):
    content = FORSTERITE.encode()
    upload(page, server, file("forsterite.cif", content))
    page.get_by_text("As uploaded: the file's own axes, origin and labels").click()
    page.get_by_text("primes for the standard setting").wait_for()
    assert page.locator("td", has_text="Mg2").first.is_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as uploaded").click()
    assert waiting.value.suggested_filename == "forsterite.cif"
    assert waiting.value.path().read_bytes() == content
