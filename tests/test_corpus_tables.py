"""CIFs in a column of a table."""

from pathlib import Path

import pandas as pd
import pytest

from disgen.cif import read_cif
from disgen.corpus.errors import CorpusError
from disgen.corpus.sources import open_source
from disgen.corpus.tables import is_table

LSCO = (Path(__file__).parent / "data" / "lsco.cif").read_text()


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "set.csv.xz"
    pd.DataFrame({"material_id": ["mp-1", "mp-2"], "year": [1999, 2001], "cif": [LSCO, None]}).to_csv(path, index=False)
    return path


def test_a_table_is_a_source_like_any_other(table):
    source = open_source(str(table))
    entries = list(source.entries())
    assert (source.name, source.kind, source.count()) == ("set", "table", 2)
    assert [(entry.source, entry.id) for entry in entries] == [("set", "mp-1"), ("set", "mp-2")]
    assert read_cif(entries[0].text) == read_cif(LSCO)
    assert entries[1].text == "", "an entry without a CIF is counted"
    assert source.version().startswith("sha256 ")


@pytest.mark.parametrize(("name", "table"), [("a.csv", True), ("a.b.CSV.gz", True), ("a.cif", False), ("csv", False)])
def test_names_of_tables(name, table):
    assert is_table(Path(name)) is table


def test_a_table_without_cifs_and_a_damaged_one_are_named(tmp_path, table):
    other = tmp_path / "other.csv"
    other.write_text("id,structure\n1,x\n")
    with pytest.raises(CorpusError, match="no column named 'cif'"):
        list(open_source(str(other)).entries())
    table.write_bytes(table.read_bytes()[:40])
    with pytest.raises(CorpusError, match="damaged"):
        open_source(str(table)).count()
