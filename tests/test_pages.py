"""Every page opens without an exception and reacts, on the released run."""

import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from disgen.cif import write_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.model import checkpoint

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
pytestmark = pytest.mark.usefixtures("no_network")


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


def htmls(test):
    """What `st.html` shows on the page, tables above all; styles of the frame left out."""
    return [element.proto.body for element in test.get("html") if "<table" in element.proto.body]


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
    assert str(folder) in test.error[0].value
    assert file in test.error[0].value
    assert "\n" not in test.error[0].value


def test_reconstruction_shows_tables_and_the_chosen_crystal():
    test = app("reconstruction.py", crystal="5")
    first_table, second_table = htmls(test)[:2]
    assert "<td>99.4 %</td>" in first_table
    assert "<td>0.06</td>" in second_table
    assert "Crystals with everything right" in first_table
    assert first_table.count(" to ") == 11
    assert "split by key" in texts(test)
    assert 'data-entry="test-5"' in texts(test)
    test.number_input(key="crystal").set_value(11).run()
    assert not test.exception
    assert 'data-entry="test-11"' in texts(test)
    assert first(test.query_params["crystal"]) == "11"


def test_reconstruction_shows_the_original_where_this_machine_has_it():
    run = checkpoint.load_run()
    sources = run.split_index("test")["source"]
    mineral = app("reconstruction.py", crystal=str(sources.eq("amcsd").idxmax()))
    assert "with the original" in texts(mineral)
    other = app("reconstruction.py", crystal=str(sources.ne("amcsd").idxmax()))
    assert "The original is not shown" in texts(other)


def test_the_corpus_is_searched():
    test = app("corpus.py")
    everything = test.dataframe[0].value
    assert len(everything) == 500
    test.text_input(key="corpus_formula").set_value("O6Fe4").run()
    assert not test.exception
    assert "Fe2O3" in set(test.dataframe[0].value["Formula"])
    test.text_input(key="corpus_formula").set_value("").run()
    test.multiselect(key="corpus_elements").set_value(["Li", "Fe", "P", "O"]).run()
    test.text_input(key="corpus_group").set_value("pnma").run()
    assert set(test.dataframe[0].value["Space group"]) == {"Pnma (62)"}
    test.text_input(key="corpus_group").set_value("231").run()
    assert not test.exception
    assert "no space group" in test.warning[0].value
    test.text_input(key="corpus_group").set_value("").run()
    test.text_input(key="corpus_formula").set_value("<b>").run()
    assert "is no formula" in test.warning[0].value


def test_an_entry_of_the_corpus_is_opened():
    test = app("corpus.py", entry="17")
    assert "data-entry=" in texts(test)
    test.number_input(key="entry").set_value(18).run()
    assert not test.exception
    assert first(test.query_params["entry"]) == "18"


@pytest.fixture
def older_run(tmp_path, monkeypatch):
    """A run of the user's without what `evaluate --store` writes, and latents of the test split only."""
    folder = tmp_path / "older"
    shutil.copytree(checkpoint.default_run(), folder)
    for name in ("figures.safetensors", "corpus.json"):
        (folder / name).unlink()
    (folder / "metrics.json").write_text('{"test": {"space_group_accuracy": 0.9}}')
    (folder / "history.csv").write_text("epoch\n1\n")
    monkeypatch.setattr(checkpoint, "available_runs", lambda: {"older": folder})
    return folder


@pytest.mark.usefixtures("_fresh_caches")
@pytest.mark.parametrize(("page", "sentences"), [("reconstruction.py", 3), ("corpus.py", 1)])
def test_a_run_without_figures_says_so(page, sentences, older_run):
    test = app(page)
    assert not test.error
    assert len(test.info) == sentences
    assert all(info.value.endswith(".") for info in test.info)


@pytest.mark.usefixtures("_fresh_caches")
@pytest.mark.parametrize(("page", "file"), [("reconstruction.py", "figures.safetensors"), ("corpus.py", "corpus.json")])
def test_damaged_figures_are_one_sentence(page, file, older_run):
    (older_run / file).write_bytes(b"{")
    test = app(page)
    assert len(test.error) == 1
    assert "evaluate --store" in test.error[0].value
