"""Searching an index, and rebuilding the original of an entry."""

import numpy as np
import pytest

from disgen.cif import read_cif
from disgen.corpus import amcsd
from disgen.corpus.errors import CorpusError
from disgen.corpus.originals import original
from disgen.corpus.search import SearchError, atom_shares, parse_formula, search, space_group_number

FORMULAS = ("Fe2O3", "Fe4O6", "La1.85Sr0.15CuO4", "LiFePO4", "Li2O", "Fe2O3.02", "Al2O3", "LiFe0.5Mn0.5PO4")
GROUPS = np.array([167, 62, 139, 62, 225, 167, 167, 62])


def found(**conditions):
    rows = search(FORMULAS, GROUPS, atom_shares(FORMULAS), **conditions)
    return [FORMULAS[row] for row in rows]


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("La1.85Sr0.15CuO4", {"La": 1.85, "Sr": 0.15, "Cu": 1, "O": 4}),
        ("Ca3(PO4)2", {"Ca": 3, "P": 2, "O": 8}),
        (" H2 O ", {"H": 2, "O": 1}),
        ("Mg(Al(OH)2)3", {"Mg": 1, "Al": 3, "O": 6, "H": 6}),
        ("O.5", {"O": 0.5}),
    ],
)
def test_formulas_are_read(text, amounts):
    assert parse_formula(text) == pytest.approx(amounts)


@pytest.mark.parametrize(
    "text",
    ["", "fe2o3", "Xx2", "Fe2O3)", "(Fe2O3", "Fe0", "Fe-2", "<b>", "Fe.", "()", "O" * 300, "Fe₂", "Ca" + "9" * 90],
)
def test_what_is_no_formula_is_one_sentence(text):
    with pytest.raises(SearchError, match="is no formula") as error:
        parse_formula(text)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, list(FORMULAS)),
        ({"formula": "Fe2O3"}, ["Fe2O3", "Fe4O6", "Fe2O3.02"]),
        ({"formula": "O3Fe2", "space_group": "R-3c"}, ["Fe2O3", "Fe2O3.02"]),
        ({"formula": "Li*PO4"}, ["LiFePO4", "LiFe0.5Mn0.5PO4"]),
        ({"formula": "*2O3"}, ["Fe2O3", "Al2O3"]),
        ({"formula": "(*"}, []),
        ({"formula": "***"}, list(FORMULAS)),
        ({"formula": "Fe*O*3"}, ["Fe2O3"]),
        ({"formula": "Fe2O3*Fe2O3"}, []),
        ({"formula": "*Mn*4"}, ["LiFe0.5Mn0.5PO4"]),
        ({"elements": ["Li", "O"]}, ["LiFePO4", "Li2O", "LiFe0.5Mn0.5PO4"]),
        ({"elements": ["Li", "O"], "only": True}, ["Li2O"]),
        ({"elements": ["Fe"], "space_group": "62"}, ["Fe4O6", "LiFePO4", "LiFe0.5Mn0.5PO4"]),
        ({"formula": "LiFe0.5Mn0.5PO4"}, ["LiFe0.5Mn0.5PO4"]),
        ({"formula": "LiFePO4"}, ["LiFePO4"]),
    ],
)
def test_conditions_are_met_together(conditions, expected):
    assert found(**conditions) == expected


@pytest.mark.parametrize(
    ("text", "number"), [("62", 62), ("pnma", 62), ("P6_3/mmc", 194), ("P 63/m m c", 194), ("F m -3 m", 225)]
)
def test_space_groups_have_numbers_and_symbols(text, number):
    assert space_group_number(text) == number


@pytest.mark.parametrize("text", ["0", "231", "Pxyz", "-1000000000000", "9" * 50, "000000620", "²"])
def test_other_space_groups_are_one_sentence(text):
    with pytest.raises(SearchError, match="no space group"):
        space_group_number(text)


def test_unknown_elements_are_one_sentence():
    with pytest.raises(SearchError, match="no element 'Md'"):
        found(elements=["Md"])


def test_an_entry_alone_is_the_entry_of_the_stream():
    code, text = next(amcsd.cifs())
    assert amcsd.cif(code) == text
    for missing in ("9999999", "x", ""):
        with pytest.raises(CorpusError, match="no entry"):
            amcsd.cif(missing)


def test_an_original_is_rebuilt_or_refused_in_a_sentence():
    code, text = next(amcsd.cifs())
    crystal = read_cif(text)
    assert original("amcsd", code, crystal.key) == crystal
    with pytest.raises(CorpusError, match="another crystal"):
        original("amcsd", code, "225|aXx")
    with pytest.raises(CorpusError, match="not shown"):
        original("3dsc_mp_cifs", code, crystal.key)


@pytest.mark.usefixtures("ends")
@pytest.mark.parametrize("formula", ["*" * 100 + "q", "*O" * 50 + "q", "*" * 50 + "q" + "*" * 50])
def test_no_pattern_keeps_the_server_busy(formula):
    assert found(formula=formula) == []
