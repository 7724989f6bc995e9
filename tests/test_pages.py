"""Every page opens without an exception and reacts, on the released run."""

import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from disgen.cif import write_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.model import checkpoint
from disgen.ui import threedmol

ROOT = Path(__file__).parent.parent
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))
ZIRCONIA = WyckoffCrystal(
    225,
    (5.14, 5.14, 5.14, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.16), ("Zr", 0.84))),
        WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.92),)),
    ),
)


@pytest.fixture(autouse=True)
def _no_network(tmp_path, monkeypatch):
    path = tmp_path / "3Dmol-min.js"
    path.write_text("// stands for 3Dmol.js")
    script = threedmol.Script(threedmol.Source.LOCAL, path, threedmol.cdn_url())
    monkeypatch.setattr(threedmol, "local", lambda: script)


def app(page="overview.py", **params):
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in params.items():
        test.query_params[name] = value
    test.run()
    if page != "overview.py":
        test.switch_page(f"pages/{page}")
        for name, value in params.items():
            test.query_params[name] = value
        test.run()
    assert not test.exception
    return test


def first(value):
    return value[0] if isinstance(value, list) else value


def texts(test):
    return "\n".join(str(element.value) for kind in (test.markdown, test.caption) for element in kind)


def formula(test):
    return next(line for line in texts(test).split("<") if "data-formula" in line)


def test_there_is_a_released_run():
    assert checkpoint.default_run().is_dir()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens(page):
    test = app(page)
    assert test.title[0].value
    assert not test.error


def test_eight_crystals_at_the_push_of_a_button():
    test = app()
    assert "Push the button" in texts(test)
    next(button for button in test.button if button.label == "Generate").click().run()
    assert not test.exception
    labels = [button.label for button in test.download_button]
    assert labels.count("Download CIF") == 8
    assert "All as zip" in labels
    assert "8 disordered crystals from" in texts(test)


def test_a_point_is_chosen_by_its_number():
    test = app("latent_map.py")
    seen = {formula(test)}
    for index in (1, 7, 23):
        test.number_input(key="point").set_value(index).run()
        assert not test.exception
        assert first(test.query_params["point"]) == str(index)
        if "data-formula" in texts(test):
            seen.add(formula(test))
    assert len(seen) > 1


def test_many_selected_points_are_a_table_to_take_away():
    test = app("latent_map.py")
    points = [{"customdata": 5}, {"customdata": [6]}, {"customdata": 7}]
    test.session_state["map_chart"] = {"selection": {"points": points}}
    test.run()
    assert not test.exception
    assert "3 points selected" in texts(test)
    assert list(test.dataframe[0].value["point"]) == ["test-5", "test-6", "test-7"]
    assert {"Table (CSV)", "Decoded crystals (zip)"} <= {button.label for button in test.download_button}


@pytest.mark.parametrize("estimator", ["kde", "gmm", "gaussian"])
def test_samples_are_placed_and_decoded(estimator):
    test = app("latent_map.py", set=estimator, n="40", seed="3", of=estimator, point="2")
    text = texts(test)
    assert "of them" in text
    assert "Point 2 of 40" in text
    assert first(test.query_params["set"]) == estimator


@pytest.mark.parametrize("colour", ["space_group", "n_elements", "disorder", "source", "outcome"])
def test_every_colouring_opens(colour):
    test = app("latent_map.py", colour=colour)
    assert test.selectbox(key="colour").value == colour


def test_nonsense_in_the_url_is_ignored():
    test = app("latent_map.py", set="evil", n="-1", seed="x", colour="?", of="gmm", point="99999999")
    assert not test.error
    assert "data-formula" in texts(test) or test.warning


def test_an_uploaded_cif_is_reconstructed():
    test = app("viewer.py")
    test.file_uploader[0].upload("zirconia.cif", write_cif(ZIRCONIA).encode(), "chemical/x-cif").run()
    assert not test.exception
    assert not test.error
    assert "Y<sub>0.16</sub>" in texts(test)
    assert "reconstruction" in texts(test).lower()


@pytest.mark.parametrize("content", [b"", b"data_x\n", b"\x00\xff", b"<script>alert(1)</script>"])
def test_a_bad_cif_gives_a_sentence(content):
    test = app("viewer.py")
    test.file_uploader[0].upload("bad.cif", content, "chemical/x-cif").run()
    assert not test.exception
    assert len(test.error) == 1
    assert test.error[0].value.endswith(".")


def test_the_example_works():
    test = app("viewer.py")
    next(button for button in test.button if button.label == "Show me an example").click().run()
    assert not test.exception
    assert "data-formula" in texts(test)


@pytest.fixture
def _fresh_caches():
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.mark.usefixtures("_fresh_caches")
@pytest.mark.parametrize("page", PAGES)
def test_without_any_run_every_page_says_so(page, monkeypatch):
    monkeypatch.setattr(checkpoint, "available_runs", dict)
    test = app(page)
    assert len(test.error) == 1
    assert "There is no trained model" in test.error[0].value


@pytest.mark.usefixtures("_fresh_caches")
@pytest.mark.parametrize("file", ["config.json", "weights.safetensors", "index.parquet", "maps/tsne.safetensors"])
@pytest.mark.parametrize("page", ["overview.py", "latent_map.py"])
def test_a_damaged_run_is_named_in_one_sentence(page, file, tmp_path, monkeypatch):
    folder = tmp_path / "broken"
    shutil.copytree(checkpoint.default_run(), folder)
    (folder / file).write_bytes(b"{")
    monkeypatch.setattr(checkpoint, "available_runs", lambda: {"broken": folder})
    test = app(page)
    if page == "overview.py" and file.startswith("maps"):
        assert not test.error
        return
    assert len(test.error) == 1
    assert str(folder / file) in test.error[0].value
    assert "\n" not in test.error[0].value
