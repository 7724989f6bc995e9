"""A table of small CIFs made after real trouble: each is read as the table says, told of, or refused; none in silence.

``tests/data/cases/expected.csv`` has the space group, the composition of the conventional cell (only ratios count where
cells may differ) and the Wyckoff letters up to the normaliser, worked out by hand with International Tables.
"""

import csv
import re
from pathlib import Path

import pytest

from disgen.cif import CifError, CifReason, DoubtKind, read
from disgen.cif.isolated import IsolatedReading, read_together
from disgen.cif.limits import first_exceeded
from disgen.normaliser import normaliser
from disgen.wyckoff import LETTERS

CASES = Path(__file__).parent / "data" / "cases"
ROWS = {row["file"]: row for row in csv.DictReader((CASES / "expected.csv").open(encoding="utf-8"))}
# Its atoms lie at (1/4, 1/4, z) and (3/4, 3/4, 1/2 + z) only, which a translation by (1/2, 1/2, 1/2) exchanges: they
# have the body-centred group Immm (71), 2a and 4i, not Pnnn (48), 2a and 4k; cell and contents are the same.
CORRECTED = {"131-origin-1-48-Pnnn.cif": {"space_group": "71", "letters_one_setting": "2a 4i"}}
# What is told of a file that is read, besides what the table asks for: kinds of doubts.
TOLD = {
    "05-pauling-sum-in-type-Cu-first.cif": CifReason.UNKNOWN_ELEMENT,
    "06-slash-type.cif": CifReason.UNKNOWN_ELEMENT,
    "04-label-T1-tetrahedral.cif": CifReason.UNKNOWN_ELEMENT,
    "07-water-H2O-type.cif": {DoubtKind.HYDROGEN},
    "51-ops-only-identity-but-Fm-3m.cif": {DoubtKind.OPERATIONS},
    "50-ops-without-centring.cif": {DoubtKind.OPERATIONS},
    "52-ops-generators-only.cif": {DoubtKind.OPERATIONS},
    "53-wrong-translations-In2Se3.cif": {DoubtKind.OPERATIONS},
    "60-equivalents-listed-explicitly.cif": {DoubtKind.EQUIVALENTS},
    "86-missing-angles.cif": {DoubtKind.CELL},
    "93-atoms-without-loop-keyword.cif": CifReason.UNREADABLE,
    "98-cartn-only.cif": CifReason.NO_ATOMS,
    "99-magcif.cif": {DoubtKind.MAGNETIC},
    "100-modulated.cif": {DoubtKind.MODULATED},
    "111-occ-percent.cif": CifReason.OVER_FULL,
    "112-occ-multiplicity-style-fullprof.cif": {DoubtKind.OCCUPANCY},
    "114-two-charges-one-site.cif": CifReason.CHARGE_DISORDER,
    "123-icsd-uncommented-overfull-1.5.cif": CifReason.OVER_FULL,
    "129-Materials-Project-spacegroup-Fd-3m-no-ops.cif": {DoubtKind.FORMULA},
    "132-clash-0.33-P63mmc.cif": {DoubtKind.POSITION, DoubtKind.FORMULA},
    "133-two-full-atoms-0.2A-apart.cif": {DoubtKind.DISTANCE},
    "134-argyrodite-typo-composition.cif": {DoubtKind.FORMULA},
    "136-symmetry-multiplicity-formula-mismatch.cif": {DoubtKind.MULTIPLICITY},
    "144-primitive-cell-with-cubic-name.cif": CifReason.BAD_CELL,
    "145-cubic-name-tetragonal-cell.cif": CifReason.BAD_CELL,
    "146-fallback-two-blocks-overfull.cif": CifReason.OVER_FULL,
}
AGREES = sorted(set(ROWS) - set(TOLD) - {name for name, row in ROWS.items() if "refuse or tell" in row["remark"]})


def outcome(name):
    """The reading, or None, and the reason and sentence of a refusal."""
    try:
        reading = read((CASES / name).read_bytes())
    except CifError as error:
        return None, error.reason, str(error)
    limit = first_exceeded(reading)
    return reading, limit.reason if limit else "", limit.sentence(reading) if limit else ""


def amounts(text):
    return {symbol: float(amount) for symbol, amount in re.findall(r"([A-Z][a-z]?)([\d.]+)", text)}


def letters_of_all_settings(group, letters):
    """Sorted letters of a crystal after each operation of the normaliser of its space group."""
    numbers = [LETTERS.index(letter) + 1 for letter in letters]
    return {tuple(sorted(LETTERS[row[n] - 1] for n in numbers)) for row in normaliser(group).letters}


def test_the_table_and_the_files_belong_together():
    assert {path.name for path in CASES.glob("*.cif")} == ROWS.keys()
    assert len(ROWS) == 114
    assert TOLD.keys() | CORRECTED.keys() <= ROWS.keys()


@pytest.mark.parametrize("name", sorted(ROWS))
def test_it_is_read_as_the_table_says_or_told(name):
    row = ROWS[name] | CORRECTED.get(name, {})
    reading, reason, sentence = outcome(name)
    if "refuse or tell" in row["remark"]:
        assert reason or (reading and reading.doubts), "nothing is said"
        assert sentence or reading.crystal
        return
    assert reading is not None, sentence
    crystal = reading.crystal
    assert crystal.space_group == int(row["space_group"])
    expected = amounts(row["composition_per_conventional_cell"])
    scale = sum(crystal.composition.values()) / sum(expected.values())
    assert crystal.composition == pytest.approx({e: n * scale for e, n in expected.items()}, rel=2e-3)
    sites = re.findall(r"(\d+)([a-zA-Z])", row["letters_one_setting"])
    if sites:
        assert scale == pytest.approx(1.0, rel=1e-3)
        assert sorted(int(n) for n, _ in sites) == sorted(site.multiplicity for site in crystal.sites)
        ours = tuple(sorted(site.letter for site in crystal.sites))
        assert ours in letters_of_all_settings(crystal.space_group, [letter for _, letter in sites])


@pytest.mark.parametrize("name", sorted(TOLD))
def test_what_is_told_is_of_the_right_kind(name):
    reading, reason, _ = outcome(name)
    expected = TOLD[name]
    if isinstance(expected, CifReason):
        assert reason == expected
    else:
        assert {doubt.kind for doubt in reading.doubts} >= expected
        assert all(doubt.sentence.endswith(".") and "\n" not in doubt.sentence for doubt in reading.doubts)


def test_agreement_is_silent():
    """Files that are whole and agree with themselves are read without a word."""
    spoken = {name: [doubt.kind.name for doubt in outcome(name)[0].doubts] for name in AGREES}
    assert {name.split("-")[0]: kinds for name, kinds in spoken.items() if kinds} == {
        "08": ["HYDROGEN"],
        "131": ["DISTANCE"],  # oxygen atoms 0.5 Å apart
        "28": ["FORMULA"],  # these five state an idealised formula
        "33": ["FORMULA"],
        "45": ["FORMULA"],
        "46": ["FORMULA"],
        "64": ["FORMULA"],
        "63": ["POSITION"],
        "87": ["CELL"],
        "88": ["CELL"],
    }


def test_in_a_process_of_its_own_the_same_is_said():
    names = [name for name in sorted(TOLD) if isinstance(TOLD[name], set)][:6]
    found = read_together([(CASES / name).read_bytes() for name in names])
    assert all(isinstance(one, IsolatedReading) for one in found)
    assert [one.notes for one in found] == [outcome(name)[0].notes for name in names]
    (over_full,) = read_together([(CASES / "123-icsd-uncommented-overfull-1.5.cif").read_bytes()])
    assert (over_full.reason, over_full.is_sound) == (CifReason.OVER_FULL, False)
