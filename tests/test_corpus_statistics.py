"""Fig. 2's distributions on four known crystals."""

import json
from pathlib import Path

import numpy as np
import pytest

from disgen.corpus import PANELS, build_corpus, corpus_statistics, load_corpus
from disgen.corpus.statistics import _occupancy_histogram

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def statistics(tmp_path_factory):
    folder = tmp_path_factory.mktemp("statistics")
    (folder / "cifs").mkdir()
    for name in ("lsco", "olivine_amcsd", "rock_salt", "spinel"):
        (folder / "cifs" / f"{name}.cif").write_text((DATA / f"{name}.cif").read_text(encoding="utf-8"))
    (folder / "cifs" / "spinel_again.cif").write_text((DATA / "spinel.cif").read_text(encoding="utf-8"))
    build_corpus([str(folder / "cifs")], folder / "corpus", workers=1, progress=False)
    return corpus_statistics(load_corpus(folder / "corpus"))


def test_totals(statistics):
    totals = statistics["totals"]
    assert (totals["crystals"], totals["disordered"], totals["disordered_share"]) == (5, 4, 0.8)
    assert (totals["space_groups"], totals["elements"]) == (4, 10)
    assert totals["crystals_with_element"]["O"] == 4
    assert (totals["distinct_keys"], totals["entries_that_share_a_key"]) == (4, 2)
    assert (totals["sites"], totals["disordered_sites"], totals["sites_with_vacancy"]) == (18, 7, 0)
    assert totals["by_disorder"] == {"ordered": 1, "substitutional": 4}
    assert (totals["h_missing"], totals["uniform_vacancy"]) == (0, 0)


def test_ten_distributions(statistics):
    found = statistics["distributions"]
    assert list(found) == list(PANELS)
    assert len(PANELS) == 10
    assert found["elements_per_crystal"] == {"2": 1, "3": 2, "4": 2}
    assert found["space_groups"] == {"62": 1, "139": 1, "225": 1, "227": 2}
    assert found["sites_per_crystal"] == {"2": 1, "3": 2, "4": 1, "6": 1}
    assert found["multiplicities"] == {"2": 1, "4": 10, "8": 3, "16": 2, "32": 2}
    assert found["disordered_sites_per_crystal"] == {"0": 1, "1": 1, "2": 3}
    assert found["elements_per_site"] == {"1": 11, "2": 7}
    assert found["elements_on_disordered_sites"] == {"Mg": 6, "Al": 4, "Fe": 2, "Sr": 1, "La": 1}
    assert found["elements_on_all_sites"]["O"] == 7
    assert sum(found["letters"].values()) == 18
    partial = {end: count for end, count in found["partial_occupancies"].items() if count}
    assert partial == {"0.10": 5, "0.20": 2, "0.80": 2, "0.90": 4, "0.95": 1}


def test_ready_for_json(statistics):
    assert json.loads(json.dumps(statistics)) == statistics


def test_occupancy_bins_include_their_upper_end():
    counts = _occupancy_histogram(np.array([0.05, 0.0501, 0.1, 0.1 + 0.2, 1.0]))
    assert {end: count for end, count in counts.items() if count} == {"0.05": 1, "0.10": 2, "0.30": 1, "1.00": 1}
    assert sum(_occupancy_histogram(np.zeros(0)).values()) == 0
