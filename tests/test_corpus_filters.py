"""The paper's filters and their table."""

from dataclasses import replace
from pathlib import Path

import pytest

from disgen.cif import CifReason, read
from disgen.cif.limits import first_exceeded
from disgen.corpus.filters import PAPER_FILTERS, REASONS, Failure, FilterResult, FilterTable, judge, tabulate
from disgen.corpus.sources import CifBlock

DATA = Path(__file__).parent / "data"


def text_of(name):
    return (DATA / f"{name}.cif").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["lsco", "olivine_amcsd", "rock_salt", "spinel"])
def test_good_crystals_pass(name):
    result = judge(CifBlock("here", name, text_of(name)))
    assert result.crystal is not None
    assert (result.source, result.id, result.reason, result.sentence) == ("here", name, "", "")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bad_charges", CifReason.CHARGE_DISORDER),
        ("bad_heavy_element", CifReason.HEAVY_ELEMENT),
        ("bad_no_atoms", CifReason.NO_ATOMS),
        ("bad_overfull", CifReason.OVER_FULL),
        ("bad_p1", CifReason.P1),
        ("bad_unknown_element", CifReason.UNKNOWN_ELEMENT),
        ("bad_unterminated", CifReason.UNREADABLE),
    ],
)
def test_bad_files_are_rejected_with_their_reason(name, reason):
    result = judge(CifBlock("here", name, text_of(name)))
    assert result.crystal is None
    assert result.reason == reason
    assert result.sentence.endswith(".")


def test_empty_text_is_rejected():
    result = judge(CifBlock("here", "x", ""))
    assert result.crystal is None
    assert result.reason in (CifReason.UNREADABLE, CifReason.NO_ATOMS)


def first_failed(reading):
    limit = first_exceeded(reading)
    return limit.reason if limit else ""


def test_filters_follow_the_papers_order():
    reading = read(text_of("rock_salt"))
    site = reading.crystal.sites[0]
    assert first_failed(reading) == ""
    species = tuple((symbol, 0.1) for symbol in ("Li", "Na", "K", "Rb", "Cs", "Ca", "Sr"))
    crystal = replace(reading.crystal, sites=(replace(site, occupancies=species),) * 7)
    worse = replace(reading, crystal=crystal, charge_disorder=True, largest_sum=1.5)
    met = []
    met.append(first_failed(worse))
    worse = replace(worse, crystal=replace(crystal, sites=crystal.sites[:6]))
    met.append(first_failed(worse))
    worse = replace(worse, crystal=reading.crystal)
    met.append(first_failed(worse))
    worse = replace(worse, charge_disorder=False)
    met.append(first_failed(worse))
    worse = replace(worse, largest_sum=1.0, crystal=replace(reading.crystal, sites=(replace(site, letter="A"),)))
    met.append(first_failed(worse))
    assert met == list(PAPER_FILTERS[4:])
    many = replace(reading.crystal, sites=(site,) * 10)
    assert first_failed(replace(reading, crystal=many)) == CifReason.TOO_MANY_SITES
    assert first_failed(replace(reading, crystal=replace(many, space_group=1))) == CifReason.P1
    large = replace(reading.crystal, sites=(replace(site, multiplicity=96),))
    assert first_failed(replace(reading, crystal=large)) == CifReason.HIGH_MULTIPLICITY


def test_every_reason_has_a_line():
    assert set(REASONS) == set(CifReason) | set(Failure)
    assert REASONS[-len(PAPER_FILTERS) :] == PAPER_FILTERS


def test_table_adds_up():
    crystal = read(text_of("rock_salt")).crystal
    results = [
        FilterResult("one", "a", crystal),
        FilterResult("one", "b", None, CifReason.P1, "x"),
        FilterResult("two", "c", None, Failure.TIMEOUT, "x"),
    ]
    table = tabulate(results, ["one", "two", "three"])
    assert table.started == {"one": 2, "two": 1, "three": 0}
    assert table.left == {"one": 1, "two": 0, "three": 0}
    labels = [label for label, _ in table.rows()]
    assert labels == ["start", Failure.TIMEOUT, *PAPER_FILTERS, "left"]
    text = table.text().splitlines()
    assert text[0].split() == ["dropped", "because", "one", "two", "three", "total"]
    assert text[-1].split() == ["left", "1", "0", "0", "1"]
    assert len({len(line) for line in text}) == 1
    assert FilterTable.from_dict(table.to_dict()) == table
