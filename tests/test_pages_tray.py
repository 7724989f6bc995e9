"""The tray in the app: filled on the pages, compared, saved, restored."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from disgen.cif import read_cif
from disgen.judge.verdict import Criterion, Verdict
from disgen.model import checkpoint
from disgen.ui.base import visit
from disgen.ui.base.places import Place
from disgen.ui.crystal import tray
from disgen.ui.crystal.tray import Item, Origin
from disgen.ui.crystal.tray_archive import pack, unpack
from disgen.ui.tray.page import comparison_html, in_tray, tray_table

ROOT = Path(__file__).parent.parent
NAMES = ("lsco", "spinel", "rock_salt", "olivine_amcsd", "two_structures")
ITEMS = tuple(
    Item(
        read_cif((ROOT / "tests" / "data" / f"{name}.cif").read_bytes()),
        Origin("open", f"kde-n300-seed0-{number}", "kde", 0, (0.5, number), "ok", novel=True),
        compared=number < tray.MOST_COMPARED,
    )
    for number, name in enumerate(NAMES)
)
VERDICT = Verdict(
    (Criterion("Volume", holds=True, why=""), Criterion("Charge neutral", holds=False, why="")), None, trained=False
)
pytestmark = pytest.mark.usefixtures("no_network")


def app(page, items=()):
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    place = Place()
    tray.add(place, items)
    test.session_state[visit.PLACE] = place
    test.run()
    test.switch_page(f"pages/{page}.py").run()
    assert not test.exception
    return test


def button(test, label):
    return next(one for one in test.button if one.label == label)


def held(test):
    return tray.items(test.session_state[visit.PLACE])


def texts(test):
    return "\n".join(str(element.value) for kind in (test.markdown, test.caption, test.info) for element in kind)


def test_an_empty_tray_says_how_to_begin():
    test = app("tray")
    assert "Add to tray" in test.info[0].value
    assert len(test.file_uploader) == 1


def test_a_point_of_the_map_goes_into_the_tray_once():
    test = app("latent_map")
    button(test, "Add to tray").click().run()
    assert not test.exception
    (item,) = held(test)
    assert item.source.run == checkpoint.default_run().name
    assert item.source.origin == "test-0"
    assert len(item.source.latent) > 0
    assert item.source.outcome
    assert button(test, "In the tray").disabled
    test.number_input(key="point").set_value(3).run()
    button(test, "Add to tray").click().run()
    assert [one.source.origin for one in held(test)] == ["test-0", "test-3"]


def test_changes_of_a_narrowed_table_are_those_of_its_crystals():
    changes = {"edited_rows": {1: {"Name": "b"}, 7: {"Name": "gone"}}, "deleted_rows": [0], "added_rows": []}
    assert in_tray(changes, [2, 4]) == {"edited_rows": {4: {"Name": "b"}}, "deleted_rows": [2]}
    place = Place()
    tray.add(place, ITEMS)
    tray.edit(place, in_tray(changes, [2, 4]), tray.revision(place))
    left = tray.items(place)
    assert [item.crystal for item in left] == [ITEMS[number].crystal for number in (0, 1, 3, 4)]
    assert left[-1].name == "b"


def test_a_generated_crystal_keeps_its_estimator_seed_and_latent():
    test = app("overview")
    button(test, "Generate").click().run()
    button(test, "Add to tray").click().run()
    assert not test.exception
    (item,) = held(test)
    assert item.source.estimator == next(
        one.value for one in test.selectbox if str(one.key).startswith("gallery_estimator")
    )
    assert item.source.seed == 0
    assert item.source.origin.endswith("-gallery1")
    assert (item.source.outcome, item.source.novel) == ("ok", True)
    assert len(item.source.latent) > 0


def test_four_crystals_are_compared():
    test = app("tray", ITEMS)
    assert not test.error
    labels = [one.label for one in test.download_button]
    assert labels.count("Download CIF") == 4
    assert "Download tray (zip)" in labels
    assert "Turn or enlarge one crystal and the others follow." in texts(test)


def test_a_tray_is_cleared_and_restored_from_its_zip():
    test = app("tray", ITEMS)
    packed = pack(held(test), [None] * len(ITEMS))
    button(test, "Clear the tray").click().run()
    assert held(test) == ()
    test.file_uploader[0].upload("tray.zip", packed, "application/zip").run()
    assert not test.exception
    assert not test.error
    assert held(test) == unpack(packed) == ITEMS
    button(test, "Clear the tray").click().run()
    assert held(test) == ()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_a_bad_zip_is_one_sentence_and_loses_nothing(content):
    test = app("tray", ITEMS[:2])
    test.file_uploader[0].upload("tray.zip", content, "application/zip").run()
    assert not test.exception
    assert len(test.error) == 1
    assert test.error[0].value.endswith(".")
    assert len(held(test)) == 2


def test_the_table_shows_what_is_in_the_tray():
    table = tray_table(ITEMS, [VERDICT] * len(ITEMS))
    assert list(table["Compare"]) == [True] * 4 + [False]
    assert table["Credible"][0] == "no: charge neutral"
    assert table["Formula"][0] == "Sr0.15La1.85CuO4"
    assert table["Space group"][0] == "I4/mmm (139)"


def test_the_comparison_escapes_what_a_person_wrote():
    hostile = Item(ITEMS[0].crystal, Origin("<script>", "<img src=x>"), name="<b>bold</b>")
    text = comparison_html([hostile, ITEMS[1]], [VERDICT, None])
    assert "<script" not in text
    assert "<img" not in text
    assert "<b>" not in text
    assert "&lt;b&gt;bold" in text
    assert "La<sub>1.85</sub>" in text
