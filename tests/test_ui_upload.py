"""The page of uploaded CIFs: files are read, listed, compared with their reconstructions, and kept."""

import io
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubtful import DOUBTFUL
from scatter_reading import unpacked
from streamlit.testing.v1 import AppTest

from disgen.cif import DoubtKind, read, read_cif, write_cif
from disgen.cif.isolated import IsolatedReading
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.model.checkpoint import default_run
from disgen.ui.crystal.differences import differences_html, verdict
from disgen.ui.data import loading
from disgen.ui.upload import batch, encoding
from disgen.ui.upload.batch import Row
from disgen.ui.upload.encoding import AroundRequest, ask, neighbour_of, wished
from disgen.ui.upload.encoding_map import landing_map
from disgen.ui.upload.file_table import files_html

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests" / "data"
CRYSTAL = WyckoffCrystal(
    225,
    (5.14, 5.14, 5.14, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.16), ("Zr", 0.84))),
        WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.92),)),
    ),
)
BAD = {
    "bad_unterminated": "The file is not a valid CIF",
    "bad_no_atoms": "lists no atoms",
    "bad_unknown_element": "is no element",
    "bad_p1": "no symmetry (space group P1)",
    "bad_overfull": "more than 1.02",
}


@pytest.fixture
def viewer(no_network):
    """The page, without a fetch of 3Dmol.js."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    return test.switch_page("pages/viewer.py").run()


def upload(test, *files):
    test.file_uploader[0].set_value([(name, content, "application/octet-stream") for name, content in files]).run()
    return settled(test)


def settled(test):
    end = time.monotonic() + 60.0
    while batch.look(test.session_state).goes_on and time.monotonic() < end:
        time.sleep(0.2)
    test.run()
    assert not test.exception
    return test


def texts(test):
    return "\n".join(str(element.value) for kind in (test.markdown, test.caption) for element in kind)


def test_a_good_cif_is_compared_placed_and_has_neighbours(viewer):
    test = upload(viewer, ("zirconia.cif", write_cif(CRYSTAL).encode()))
    assert not test.error
    assert "The reconstruction " in texts(test)
    assert [tab.label for tab in test.tabs] == ["Nearest in latent space", "By composition"]
    latent, composition = (frame.value for frame in test.dataframe[:2])
    assert list(latent["Distance"]) == sorted(latent["Distance"])
    assert list(composition["Steps"]) == sorted(composition["Steps"])
    assert {"Download original", "Download reconstruction"} <= {button.label for button in test.download_button}
    next(button for button in test.button if button.label == "Sample").click().run()
    assert not test.exception
    assert "40 samples with normal noise of 0.2" in texts(test)
    assert len(test.dataframe[2].value) == 40


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_cif_is_one_sentence(viewer, name):
    test = upload(viewer, (f"{name}.cif", (DATA / f"{name}.cif").read_bytes()))
    (message,) = [*test.error, *test.warning]
    plain = message.value.replace("\\", "")
    assert BAD[name] in plain
    assert plain.endswith(".")
    assert "\n" not in plain
    assert len(test.error) == (0 if name in {"bad_p1", "bad_overfull"} else 1)


@pytest.mark.parametrize("kind", [DoubtKind.FORMULA, DoubtKind.OPERATIONS, DoubtKind.HYDROGEN])
def test_doubts_stand_beside_the_crystal(viewer, kind):
    test = upload(viewer, ("doubtful.cif", DOUBTFUL[kind]))
    (box,) = [message.value.replace("\\", "") for message in test.info if "Doubtful" in message.value]
    for doubt in read(DOUBTFUL[kind]).doubts:
        assert doubt.sentence in box


def over_full_and_without_symmetry() -> bytes:
    """A file whose first problem is that its group is P1, though a site holds more than one atom as well."""
    places = ((0.11, 0.23, 0.35), (0.52, 0.61, 0.43), (0.83, 0.05, 0.71))
    contents = ((("Fe", 0.9), ("Ni", 0.9)), (("O", 1.0),), (("S", 1.0),))
    sites = tuple(WyckoffSite("a", 1, place, content) for place, content in zip(places, contents, strict=True))
    return write_cif(WyckoffCrystal(1, (5.1, 6.2, 7.3, 83.0, 97.0, 101.0), sites)).encode()


def test_an_over_full_crystal_is_not_offered_for_download(viewer):
    test = upload(viewer, ("bad_overfull.cif", (DATA / "bad_overfull.cif").read_bytes()))
    assert not test.download_button
    test = upload(viewer, ("over_full_p1.cif", over_full_and_without_symmetry()))
    assert not test.download_button
    assert any("space group P1" in str(element.value) for element in test.warning)
    test = upload(viewer, ("bad_p1.cif", (DATA / "bad_p1.cif").read_bytes()))
    assert [button.label for button in test.download_button] == ["Download CIF", "Download as uploaded"]


def test_a_zip_is_unpacked_and_nothing_is_lost_on_another_page(viewer):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bad.cif", "data_x")
        archive.write(DATA / "lsco.cif", "folder/lsco.cif")
    test = upload(viewer, ("some.zip", packed.getvalue()))
    assert [(row.name, row.fits) for row in batch.look(test.session_state).rows] == [
        ("bad.cif", False),
        ("lsco.cif", True),
    ]
    assert "2 files, 1 can be encoded." in texts(test)
    formula = read_cif((DATA / "lsco.cif").read_bytes()).formula
    assert f'data-formula="{formula}"' in texts(test)
    batch.choose(test.session_state, 0)
    test.run()
    assert test.error[0].value.endswith(".")
    test.switch_page("pages/tray.py").run()
    test.switch_page("pages/viewer.py").run()
    assert "2 files, 1 can be encoded." in texts(test)
    assert len(test.error) == 1
    next(button for button in test.button if button.label == "Clear").click().run()
    assert not test.error
    assert "Show me an example" in [button.label for button in test.button]


def test_a_hostile_zip_is_one_sentence(viewer):
    test = upload(viewer, ("evil.zip", b"PK\x03\x04nonsense"))
    assert [error.value.replace("\\", "") for error in test.error] == [
        "evil.zip is no zip, or a damaged one: pack the CIFs anew."
    ]


def test_what_a_reader_should_know_is_said(viewer):
    test = upload(viewer, ("two.cif", (DATA / "two_structures.cif").read_bytes()))
    assert "The file holds 2 structures" in test.info[0].value


def test_a_file_is_named_in_the_table_and_nothing_in_it_is_markup():
    rows = (
        Row(0, "<b>.cif", IsolatedReading(None, "No <i>.")),
        Row(1, "good.cif", IsolatedReading(CRYSTAL)),
        Row(2, "p1.cif", IsolatedReading(CRYSTAL, "P1.")),
        Row(3, "slow.cif", None),
    )
    text = files_html(rows, 1)
    assert "&lt;b&gt;.cif" in text
    assert "No &lt;i&gt;." in text
    assert text.count('aria-current="true"') == 2  # the row and its button
    assert [kind in text for kind in ('class="good"', 'class="bad"', 'class="wait"')] == [True] * 3
    assert text.count("<td>2</td><td>2</td>") == 2


def test_verdicts():
    other_cell = replace(CRYSTAL, cell=(5.2, 5.2, 5.2, 90.0, 90.0, 90.0))
    other_species = replace(CRYSTAL, sites=(CRYSTAL.sites[0], replace(CRYSTAL.sites[1], occupancies=(("F", 1.0),))))
    near = replace(CRYSTAL, sites=(CRYSTAL.sites[0], replace(CRYSTAL.sites[1], occupancies=(("O", 0.8),))))
    fewer = replace(CRYSTAL, sites=CRYSTAL.sites[:1])
    assert "**occupancies differ** by up to 0.12." in verdict(CRYSTAL, near)
    told = verdict(CRYSTAL, other_cell)
    assert told.startswith("**Space group, Wyckoff positions and species agree** with the original")
    assert told.endswith("these differ: cell lengths by up to 1.17%.")
    assert verdict(CRYSTAL, CRYSTAL).endswith("and so do occupancies, cell and places.")
    almost = replace(CRYSTAL, sites=(CRYSTAL.sites[0], replace(CRYSTAL.sites[1], occupancies=(("O", 0.91),))))
    assert verdict(CRYSTAL, almost).endswith("these differ: occupancies by up to 0.010.")
    assert "other species" in verdict(CRYSTAL, other_species)
    assert "other Wyckoff positions" in verdict(CRYSTAL, fewer)
    assert "another space group" in verdict(CRYSTAL, replace(CRYSTAL, space_group=216))


def rows_of(text):
    """Class and last cell of each row."""
    lines = text.split("<tr data-row=")[1:]
    return [(line.split('class="')[1].split('"')[0], line.split("<td>")[-1].split("</td>")[0]) for line in lines]


def test_differences_are_measured_and_marked():
    zirconium = replace(CRYSTAL.sites[0], occupancies=(("Y", 0.15), ("Zr", 0.85)))
    fewer = replace(CRYSTAL, cell=(5.2, 5.141, 5.14, 90.0, 90.0, 90.0), sites=(zirconium,))
    assert rows_of(differences_html(CRYSTAL, CRYSTAL)) == [("", "same")] * 10
    assert rows_of(differences_html(CRYSTAL, fewer)) == [
        ("wrong", "differs"),
        ("", "same"),
        ("wrong", "+0.060"),
        ("small", "+0.001"),
        *[("", "same")] * 4,
        ("small", "occupancy by 0.01"),
        ("wrong", "missing"),
    ]
    assert rows_of(differences_html(fewer, CRYSTAL))[-1] == ("wrong", "added")


def test_a_shift_and_another_position_are_told_apart():
    spinel = read_cif((DATA / "spinel.cif").read_bytes())
    number = next(n for n, site in enumerate(spinel.sites) if site.letter == "e")
    oxygen = spinel.sites[number]
    x = oxygen.coordinates[0] + 0.002
    moved = replace(spinel, sites=tuple(replace(s, coordinates=(x,) * 3) if s is oxygen else s for s in spinel.sites))
    kinds = rows_of(differences_html(spinel, moved))[8:]
    assert kinds[number] == ("small", "shifted by 0.03 Å")
    assert [kind for n, kind in enumerate(kinds) if n != number] == [("", "same")] * (len(spinel.sites) - 1)


@pytest.fixture(scope="module")
def key():
    return loading.run_key(default_run().name)


def test_a_crystal_of_the_test_split_lands_on_itself(key):
    """Of a mineral whose original can be made anew, the mean of the code is the stored latent."""
    from disgen.ui.data import run_files

    run = loading.load_run(key)
    index = run.split_index("test")
    row = int(np.flatnonzero(index["source"] == "amcsd")[0])
    found = run_files.original("amcsd", str(index["id"].iloc[row]), str(index["key"].iloc[row])).crystal
    landed = encoding.land(key, write_cif(found), _crystal=found)
    assert (landed.in_latent_space[0].point.of, landed.in_latent_space[0].point.index) == ("test", row)
    assert landed.in_latent_space[0].distance < 0.1
    assert landed.by_composition[0].distance < 0.02
    spread = np.ptp(loading.split_points(key).xy, axis=0).max()
    assert np.linalg.norm(landed.place - loading.split_points(key).xy[row]) < 0.1 * spread
    nearby, places = encoding.around(key, AroundRequest("it", 0.2, 5, 1), _z=landed.z)
    assert places.shape == (5, 2)
    assert len(nearby) == 5
    figure = landing_map(loading.split_points(key), found, landed.place, places)
    head, xy, shades, groups, formulas = unpacked(figure.packed("open", "A map"))
    counts = [count for count, _ in head["sizes"]]
    assert counts == np.bincount(shades, minlength=5).tolist()
    assert (sum(counts), *counts[2:]) == (len(index) + 7, 1, 1, 5)
    assert set(groups[counts[0] : counts[0] + counts[1]].tolist()) == {found.space_group}
    assert found.space_group not in groups[: counts[0]]
    assert np.allclose(xy[-6], landed.place, atol=1e-2)
    assert formulas[-6] == f"{found.formula}\tthis crystal"
    assert [name for name, _ in head["legend"]["entries"]][2:] == ["samples around it", "this crystal"]


def test_samples_are_those_of_the_crystal_that_is_shown():
    state = {"landing_radius": 0.4, "landing_n": 7, "landing_seed": 2}
    assert wished(state, "one") is None
    ask(state, "one")
    assert wished(state, "one") == AroundRequest("one", 0.4, 7, 2)
    assert wished(state, "another") is None


def test_a_row_names_a_neighbour():
    assert neighbour_of([1], ["a", "b"]) == "b"
    assert neighbour_of([], ["a"]) is None
    assert neighbour_of([4], ["a"]) is None
