"""The latent map's tools on the released run: around a crystal, from one to another, the nearest."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from paging import open_app
from safetensors.numpy import load_file, save_file

from disgen.generation.outcome import Outcome
from disgen.latent import projection
from disgen.latent.registry import ESTIMATORS
from disgen.model import checkpoint
from disgen.ui.base import samplers
from disgen.ui.crystal import tray
from disgen.ui.latent import map_state
from disgen.ui.latent.colouring import COLOURINGS
from disgen.ui.map import controls

pytestmark = pytest.mark.usefixtures("no_network")


def latent_map(**params):
    return open_app("latent_map", params)


def texts(test):
    kinds = (test.markdown, test.caption, test.info, test.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def param(test, name):
    value = test.query_params.get(name)
    return value[0] if isinstance(value, list) else value


def push(test, label):
    next(button for button in test.button if button.label == label).click().run()
    assert not test.exception
    return test


def downloads(test):
    return [button.label for button in test.download_button]


def test_all_samplers_are_offered_by_name():
    picker = latent_map().selectbox(key="set")
    assert picker.options == ["None", *map(samplers.label, ESTIMATORS)]


def test_a_temperature_changes_the_samples_and_is_in_the_url():
    test = latent_map(set="gaussian", n="20", of="gaussian")
    warm = texts(test)
    test.slider(key="temperature").set_value(0.3).run()
    assert not test.exception
    assert param(test, "temperature") == "0.3"
    assert texts(test) != warm


def test_samples_around_a_crystal_are_listed_chosen_and_reopened():
    test = latent_map(point="3", around="8", noise="2")
    assert not test.dataframe
    assert "Push “Sample”" in texts(test)
    push(test, "Sample")
    table = test.dataframe[0].value
    assert list(table["Sample"]) == list(range(8))
    assert set(table["Outcome"]) <= {outcome.value for outcome in Outcome}
    assert "8 samples with normal noise of 0.2 latent units" in texts(test)
    assert "All crystals (zip)" in downloads(test)
    assert downloads(test).count("Download CIF") == 1
    test.session_state["pick"] = 1
    test.run()
    assert downloads(test).count("Download CIF") == 1 + (table["Formula"][1] != "no crystal")
    assert (param(test, "sampled"), param(test, "pick")) == ("yes", "1")
    again = latent_map(point="3", around="8", noise="2", sampled="yes", pick="1")
    assert again.dataframe[0].value.equals(table)
    assert texts(again) == texts(test)


def test_a_filter_leaves_rows_of_the_samples_and_all_of_their_files():
    test = latent_map(point="3", around="12", noise="2", radius="0.5", sampled="yes", pick="0")
    whole = test.dataframe[0].value
    credible = [row for row, words in enumerate(whole["Credible"]) if words == "yes"]
    assert 0 < len(credible) < len(whole)
    test.multiselect(key="around_table_filter_checks").set_value(["Credible"]).run()
    assert not test.exception
    assert test.dataframe[0].value["Sample"].tolist() == credible
    assert f"**{len(credible)} of 12** rows fit the filter." in texts(test)
    assert {"All crystals (zip)", f"The {len(credible)} shown (zip)"} <= set(downloads(test))
    assert param(test, "pick") == "0"  # the crystal that was looked at stays, whether its row does or not
    test.text_input(key="around_table_filter_space_group").set_value("Pnxx").run()
    assert "There is no space group" in texts(test)
    assert len(test.dataframe[0].value) == 12
    push(test, "Show all")
    assert test.dataframe[0].value.equals(whole)
    few = latent_map(point="3", around="4", sampled="yes")
    assert not [field for field in few.multiselect if field.key.startswith("around_table_filter")]


def test_another_crystal_has_no_samples_until_they_are_asked_for():
    test = push(latent_map(point="3", around="4"), "Sample")
    assert len(test.dataframe) == 1
    test.number_input(key="point").set_value(4).run()
    assert not test.dataframe
    assert param(test, "sampled") is None
    test.number_input(key="point").set_value(3).run()
    assert len(test.dataframe) == 1


def test_a_path_shows_every_step():
    test = latent_map(point="3", tool="path")
    assert "Choose where the path leads to" in texts(test)
    test.number_input(key="to").set_value(9).run()
    test.slider(key="steps").set_value(4).run()
    assert not test.exception
    table = test.dataframe[0].value
    assert list(table["Step"]) == [0, 1, 2, 3]
    assert "From test-3 (ring) to test-9 (square)" in texts(test)
    assert (param(test, "to"), param(test, "steps")) == ("9", "4")
    straight = latent_map(point="3", tool="path", to="9", steps="4", way="linear").dataframe[0].value
    assert straight.iloc[[0, 3]].drop(columns="Changed").equals(table.iloc[[0, 3]].drop(columns="Changed"))


def test_a_neighbour_is_taken_as_the_end():
    test = latent_map(point="3", tool="path")
    picker = test.selectbox(key="to_neighbour")
    assert len(picker.options) == 10
    picker.select_index(0).run()
    assert not test.exception
    assert len(test.dataframe) == 1
    assert param(test, "to") is not None


def test_the_nearest_crystals_are_listed():
    test = latent_map(point="3", tool="nearest")
    near, alike = (frame.value for frame in test.dataframe)
    for table, unit in ((near, "Distance"), (alike, "Steps")):
        assert len(table) == 10
        assert table[unit].is_monotonic_increasing
        assert not ((table["Split"] == "Test split") & (table["Number"] == 3)).any()


def test_any_entry_with_a_latent_can_be_chosen():
    test = latent_map(of="train", point="17")
    assert "Point 17 of the training split is the code of" in texts(test)
    test.selectbox(key="of").set_value("validation").run()
    assert not test.exception
    assert "of the validation split" in texts(test)


def lasso(test, *rows):
    """As the browser does, tell the page which rows of the map's figure are in a lasso."""
    map_state.clicked(test.session_state, rows, {"test": 3758, "train": 13298, "validation": 1899})
    test.run()
    assert not test.exception
    return test


def test_a_formula_is_found_in_all_splits_and_is_in_the_url():
    test = latent_map()
    test.text_input(key="find_formula").set_value("O3SrTi").run()
    assert not test.exception
    assert param(test, "find_formula") == "O3SrTi"
    said = next(text for text in texts(test).splitlines() if " found: " in text)
    table = next(frame.value for frame in test.dataframe if "Formula" in frame.value)
    index = checkpoint.load_run().index
    assert len(table) == (index["formula"] == "SrTiO3").sum() == int(said.split()[0].strip("*"))
    assert "in the training split" in said
    again = latent_map(find_formula="O3SrTi")
    assert texts(again) == texts(test)
    assert 'data-formula="SrTiO3"' in texts(again)  # the first of them is shown
    assert sum(button.label.startswith("**SrTiO3**") for button in again.button) == min(12, len(table))
    elsewhere = latent_map(find_formula="O3SrTi", point="7")
    assert (param(elsewhere, "point"), param(elsewhere, "of")) == ("7", None)
    push(again, "Clear")
    assert " found: " not in texts(again)
    assert param(again, "find_formula") is None


def test_a_large_set_is_on_its_way_and_stopped(monkeypatch):
    monkeypatch.setattr(controls, "PATIENCE", 0.0)
    monkeypatch.setattr(controls, "LARGE", 0)
    test = latent_map(set="gaussian", n="60", seed="91")
    assert "crystals (test split, training split, validation split)" in texts(test)
    assert "samples (in colour)" not in texts(test)
    push(test, "Stop")
    test.run()
    assert param(test, "set") is None
    assert all(button.label != "Stop" for button in test.button)


def test_the_verdict_stands_first_and_what_is_known_is_named():
    index = checkpoint.load_run().split_index("test")
    row = int(np.flatnonzero(index["source"] == "3dsc_mp_cifs")[0])
    test = latent_map(point=str(row))
    badges = next(text for text in texts(test).splitlines() if "badge[" in text)
    assert "badge[Known (" in badges
    assert badges.startswith((":green-badge[Credible]", ":orange-badge[Not credible: "))
    checks = next(body for element in test.get("html") if "<td>New</td>" in (body := element.proto.body))
    answer, why = re.search(r"<td>New</td><td>(.*?)</td><td>(.*?)</td>", checks).groups()
    assert answer == "no"
    assert str(index["id"][row]) in why or "training split" in why
    assert 'href="https://materialsproject.org/materials/m' in why


def test_splits_are_switched_off_but_not_all_of_them():
    test = latent_map(splits="test,validation", find_formula="SrTiO3")
    assert "crystals (test split, validation split)" in texts(test)
    assert "in the training split" in texts(test)  # found all the same
    test.button_group(key="splits").set_value([]).run()
    assert not test.exception
    assert "18,955 crystals" in texts(test)
    assert param(test, "splits") is None


def test_elements_and_a_space_group_are_found_together():
    test = latent_map(find_elements="Li,O", find_group="Pnma", find_formula="Li*")
    table = next(frame.value for frame in test.dataframe if "Formula" in frame.value)
    assert set(table["Space group"]) == {"Pnma (62)"}
    assert all(formula.startswith("Li") and "O" in formula for formula in table["Formula"])
    assert set(table["Point"].str.split("-").str[0]) > {"test"}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"find_group": "Pnxx"}, "There is no space group"),
        ({"find_formula": "Xx2"}, "is no formula"),
        ({"find_elements": "He,Fm"}, "Nothing was found: ask for less"),
    ],
)
def test_what_cannot_be_found_is_one_sentence(asked, words):
    assert words in texts(latent_map(**asked))


def test_samples_are_found_too():
    test = latent_map(set="kde", n="40", find_elements="O")
    said = next(text for text in texts(test).splitlines() if " found: " in text)
    assert "among the KDE samples" in said
    points = next(frame.value for frame in test.dataframe if "Formula" in frame.value)["Point"]
    assert points.str.startswith("kde-").sum() == int(said.split(" among")[0].split()[-1])


def test_a_lasso_says_what_its_points_share_and_stays_when_a_point_is_chosen():
    index = checkpoint.load_run().split_index("test")
    cubic = [row for row, group in enumerate(index["space_group"]) if group == 225][:12]
    test = lasso(latent_map(), *cubic, 0)
    assert "**13 points selected**" in texts(test)
    shared = next(frame.value for frame in test.dataframe if "Feature" in frame.value)
    top = shared.iloc[0]
    assert (top["Feature"], top["Points"]) == ("Space group: Fm-3m (225)", 12)
    assert top["Here"] == pytest.approx(100 * 12 / 13)
    assert top["In all"] == pytest.approx(100 * (index["space_group"] == 225).mean())
    assert {"Decoded crystals (zip)", "Table (CSV)"} <= set(downloads(test))
    lasso(test, 5)
    assert test.number_input(key="point").value == 5
    assert "**13 points selected**" in texts(test)
    push(test, "Clear selection")
    assert "points selected" not in texts(test)


def test_a_selection_goes_into_the_tray():
    test = lasso(latent_map(), 3, 4, 5)
    push(test, "All to tray")
    assert {item.source.origin for item in tray.items(test.session_state["_place"])} <= {"test-3", "test-4", "test-5"}
    assert tray.items(test.session_state["_place"])


def test_the_other_map_the_density_and_every_colouring_are_shown():
    for number, colouring in enumerate(COLOURINGS):
        test = latent_map(view="pca", colour=colouring, density="yes", set="kde" if number % 2 else "none", n="20")
        assert "PCA of 18,955 crystals" in texts(test)
    assert param(test, "view") == "pca"
    assert param(test, "density") == "yes"
    assert test.segmented_control(key="view").value == "pca"


@pytest.fixture
def light_run(tmp_path, monkeypatch, small_run):
    """A run without its training and validation splits, and without stored estimators."""
    folder = tmp_path / "light"
    shutil.copytree(small_run, folder)
    latents = load_file(folder / "latents.safetensors")
    save_file({"test": latents["test"]}, folder / "latents.safetensors")
    index = pd.read_parquet(folder / "index.parquet")
    index[index["split"] == "test"].to_parquet(folder / "index.parquet", index=False)
    z = latents["test"].astype("float32")
    places = projection.fit_map(z, "pca").coordinates
    drawn = projection.LatentMap("tsne", {"metric": "euclidean"}, z, places, np.zeros((0, z.shape[1]), np.float32))
    projection.save_map(drawn, folder / "maps")
    monkeypatch.setattr(checkpoint, "available_runs", lambda: {"light": folder})
    st.cache_resource.clear()
    yield folder
    st.cache_resource.clear()


@pytest.mark.usefixtures("light_run")
def test_a_light_run_says_what_it_cannot_do():
    test = latent_map(set="kde", of="train", unit="spread", around="4")
    assert "There are no KDE samples." in texts(test)
    assert "is a light one" in texts(test)
    assert "cannot be measured in their spreads" in texts(test)
    assert test.selectbox(key="of").options == ["Test split"]
    assert param(test, "unit") is None
    test = latent_map(tool="nearest")
    assert "this light run holds no other" in texts(test)
    assert set(test.dataframe[0].value["Split"]) == {"Test split"}
