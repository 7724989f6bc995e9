"""Building, storing and reading back a corpus."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from disgen.cif import CifReason
from disgen.corpus import CorpusError, amcsd, build_corpus, corpus_statistics, load_corpus
from disgen.corpus.filters import read_entry
from disgen.corpus.storage import INDEX_COLUMNS

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """The test CIFs, and every fortieth entry of the AMCSD as a folder of CIFs."""
    minerals = tmp_path_factory.mktemp("sources") / "minerals"
    minerals.mkdir()
    for number, (code, text) in enumerate(amcsd.cifs()):
        if number % 40 == 0:
            (minerals / f"{code}.cif").write_text(text, encoding="utf-8")
    cifs = minerals.with_name("cifs")
    cifs.mkdir()
    for path in DATA.glob("*.cif"):
        shutil.copy(path, cifs)
    return [str(cifs), str(minerals)]


@pytest.fixture(scope="module")
def report(sources, tmp_path_factory):
    return build_corpus(sources, tmp_path_factory.mktemp("build") / "corpus", seed=3, workers=2, progress=False)


@pytest.fixture
def copy(report, tmp_path):
    """A copy of the corpus that a test may damage."""
    return Path(shutil.copytree(report.folder, tmp_path / "corpus"))


def test_counts(report, sources):
    files = {Path(location).name: len(list(Path(location).glob("*.cif"))) for location in sources}
    assert report.filters.started["minerals"] == files["minerals"] == 232
    assert report.filters.started["cifs"] >= files["cifs"]  # a file may hold several structures
    assert 220 <= report.filters.left["minerals"] <= 232
    corpus = load_corpus(report.folder)
    assert len(corpus.crystals) == len(corpus.index) == sum(report.filters.left.values())
    assert len(corpus.rejected) == sum(report.filters.started.values()) - len(corpus.crystals)
    assert corpus.filters == report.filters


def test_every_bad_file_has_its_reason(report):
    rejected = load_corpus(report.folder).rejected.set_index("id")
    assert rejected.loc["bad_overfull", "reason"] == CifReason.OVER_FULL
    assert rejected.loc["bad_unterminated", "reason"] == CifReason.UNREADABLE
    assert rejected.loc["bad_p1", "sentence"].endswith(".")
    assert {"bad_charges", "bad_heavy_element", "bad_no_atoms", "bad_unknown_element"} <= set(rejected.index)


def test_crystals_come_back_exactly(report, sources):
    corpus = load_corpus(report.folder)
    for crystal, (_, row) in zip(corpus.crystals, corpus.index.iterrows(), strict=True):
        folder = next(location for location in sources if Path(location).name == row["source"])
        if "#" in row["id"]:
            continue
        assert crystal == read_entry((Path(folder) / f"{row['id']}.cif").read_text(encoding="utf-8")).crystal


def test_index_describes_its_crystals(report):
    corpus = load_corpus(report.folder)
    assert tuple(corpus.index.columns) == INDEX_COLUMNS
    for crystal, (_, row) in zip(corpus.crystals, corpus.index.iterrows(), strict=True):
        assert row["formula"] == crystal.formula
        assert row["space_group"] == crystal.space_group
        assert row["n_sites"] == len(crystal.sites)
        assert row["disordered_sites"] == crystal.disordered_sites
        assert row["disorder"] == crystal.disorder_class
        assert row["n_elements"] == len(crystal.elements)
        assert row["key"] == crystal.key


def test_splits(report):
    corpus = load_corpus(report.folder)
    assert corpus.index.groupby("key")["split_key"].nunique().max() == 1
    for column in ("split_key", "split_random"):
        assert sum(report.splits[column].values()) == len(corpus.index)
        rows = [set(corpus.rows(name, column=column, artefacts=True)) for name in ("train", "validation", "test")]
        assert sorted(row for part in rows for row in part) == list(range(len(corpus.index)))


def test_artefacts_stay_out_of_training_only(report):
    corpus = load_corpus(report.folder)
    corpus.index["uniform_vacancy"] = True
    assert len(corpus.rows("train")) == 0
    assert len(corpus.rows("train", artefacts=True)) == report.splits["split_key"]["train"]
    assert len(corpus.rows("test")) == report.splits["split_key"]["test"]


def test_building_again_gives_the_same_files(report, sources, copy):
    again = build_corpus(sources, copy, seed=3, workers=1, progress=False)
    assert again.fingerprint == report.fingerprint
    for path in report.folder.iterdir():
        assert path.read_bytes() == (copy / path.name).read_bytes(), path.name
    assert not copy.with_name("corpus.partial").exists()


def test_report(report):
    text = report.table()
    assert CifReason.OVER_FULL in text
    assert f"{sum(report.filters.left.values())} crystals kept" in text
    assert json.loads(json.dumps(report.to_dict()))["fingerprint"] == report.fingerprint


def test_progress_is_drawn_on_standard_error(tmp_path, capsys):
    build_corpus([str(DATA / "lsco.cif")], tmp_path / "corpus", workers=1)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Reading crystals" in captured.err


def test_nothing_left_is_told(tmp_path):
    with pytest.raises(CorpusError, match="No crystal of 1 passed"):
        build_corpus([str(DATA / "bad_p1.cif")], tmp_path / "corpus", workers=1, progress=False)
    assert not (tmp_path / "corpus").exists()


def test_other_folders_are_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(CorpusError, match="not empty and is no corpus"):
        build_corpus([str(DATA)], tmp_path, workers=1)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_wrong_use(tmp_path):
    with pytest.raises(CorpusError, match="The seed is -1"):
        build_corpus([str(DATA)], tmp_path / "corpus", seed=-1)
    with pytest.raises(CorpusError, match="The number of workers is 0"):
        build_corpus([str(DATA)], tmp_path / "corpus", workers=0)


def test_missing_corpus_is_told(tmp_path):
    with pytest.raises(CorpusError, match=r"There is no corpus .*corpus build"):
        load_corpus(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["crystals.parquet", "index.parquet", "rejected.parquet", "filters.json", "meta.json"])
def test_damaged_corpus_is_told(copy, name):
    (copy / name).write_bytes(b"noise")
    with pytest.raises(CorpusError, match="is damaged"):
        load_corpus(copy)
    (copy / name).unlink()
    with pytest.raises(CorpusError, match=f"lacks {name}"):
        load_corpus(copy)


def test_altered_corpus_is_told(copy):
    index = pd.read_parquet(copy / "index.parquet")
    index.loc[0, "key"] = "another"
    index.to_parquet(copy / "index.parquet", index=False)
    with pytest.raises(CorpusError, match="fingerprint differs"):
        load_corpus(copy)


@pytest.mark.slow
def test_amcsd_keeps_what_the_paper_would(tmp_path):
    """The whole AMCSD: 8,980 entries pass the paper's filters; the counts of each filter are known."""
    report = build_corpus(["amcsd"], tmp_path / "corpus", progress=False)
    dropped = report.filters.dropped["amcsd"]
    assert report.filters.started == {"amcsd": 9275}
    assert report.filters.left["amcsd"] == pytest.approx(8980, rel=0.005)
    assert dropped[CifReason.HIGH_MULTIPLICITY] == pytest.approx(241, abs=3)
    assert dropped[CifReason.OVER_FULL] == pytest.approx(35, abs=2)
    assert set(dropped) <= {
        CifReason.TOO_MANY_SITES,
        CifReason.HIGH_MULTIPLICITY,
        CifReason.TOO_MANY_DISORDERED,
        CifReason.TOO_MANY_SPECIES,
        CifReason.CHARGE_DISORDER,
        CifReason.OVER_FULL,
    }
    totals = corpus_statistics(load_corpus(report.folder))["totals"]
    assert totals["h_missing"] == pytest.approx(465, abs=20)
