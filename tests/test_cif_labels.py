"""Names of atoms: conventions of labels, type symbols, water, vacancies, and what the formula decides."""

import pytest

from disgen.cif import CifError, CifReason
from disgen.cif.atoms.element_names import in_formula
from disgen.cif.atoms.labels import Name, elements_of


def of_labels(*labels, formula=""):
    return elements_of([Name(label, "") for label in labels], in_formula(formula))


def of_types(*kinds, formula="", shared=False):
    return elements_of([Name("X1", kind, shared) for kind in kinds], in_formula(formula))


@pytest.mark.parametrize(
    ("labels", "formula", "elements"),
    [
        ("NA1 CL1", "Na Cl", "Na Cl"), ("NA1 CL1", "NA CL", "Na Cl"), ("CU1 O1", "Cu O", "Cu O"),
        ("Y1 BA1 CU1 O1", "Ba2 Cu3 O7 Y", "Y Ba Cu O"), ("CO O", "Co O", "Co O"), ("CO1 O1", "C O", "C O"),
        ("NO1 O1", "N O", "N O"), ("HO1 SB1", "Ho Sb", "Ho Sb"), ("HO1 O1", "H O", "H O"), ("SN1 S1", "Sn S", "Sn S"),
        ("SI C", "Si C", "Si C"), ("CA1 C1 O1", "Ca C O3", "Ca C O"), ("CA CB", "C", "C C"), ("LA1 O1", "", "La O"),
        ("ZR1 CU1", "", "Zr Cu"), ("Fe1 CA1", "", "Fe C"), ("na1 cl1", "", "Na Cl"), ("CU2+ O2-", "Cu O", "Cu O"),
        ("FE+3 O-2", "Fe2 O3", "Fe O"), ("7Li1 D1", "Li D", "Li H"), ("Dw Li", "Li D", "H Li"),
        ("W1 Na1", "Na O", "O Na"),
        ("M1 O1", "Fe O", "Fe O"), ("Va1 O1", "V O", "V O"),
    ],
)  # fmt: skip
def test_labels_are_judged_together(labels, formula, elements):
    assert list(of_labels(*labels.split(), formula=formula)[0]) == elements.split()


@pytest.mark.parametrize(
    ("labels", "formula", "sentence"),
    [
        ("CU1 O1", "", "may be C or Cu: give it a type symbol, or the file a formula"),
        ("NA1 CL1", "", "'CL1' may be C or Cl"),
        ("T1 O1", "Al Si O4", "'T1', which is no element"),
        ("T1 O1", "", "'T1', which is no element"),
        ("M1 O1", "", "'M1', which is no element"),
        ("M1 R1 O1", "Fe O", "'M1', which is no element"),
    ],
)
def test_what_may_be_two_elements_is_refused(labels, formula, sentence):
    with pytest.raises(CifError, match=sentence) as error:
        of_labels(*labels.split(), formula=formula)
    assert error.value.reason is CifReason.UNKNOWN_ELEMENT


@pytest.mark.parametrize(
    ("kind", "element"),
    [
        ("CU2+", "Cu"), ("cu", "Cu"), ("FE+3", "Fe"), ("CO", "Co"), ("HO", "Ho"), ("H2O", "O"), ("OH2", "O"),
        ("D2O", "O"),
        ("HOH", "O"), ("OD", "O"), ("Wat", "O"), ("H3O+", "O"), ("2H", "H"), ("11B", "B"), ("57Fe", "Fe"),
        ("Fe2.5+", "Fe"),
        ("Fe(III)", "Fe"), ("Csp3", "C"), ("Sival", "Si"), ("Os", "Os"), ("Mn_3+", "Mn"), ("Vac", None), ("Va", None),
    ],
)  # fmt: skip
def test_type_symbols(kind, element):
    found, doubts = of_types(kind)
    assert found == (element,)
    assert doubts == ()


@pytest.mark.parametrize(
    "kind", ["Na/K", "Na,K", "NaK", "(Na,K)", "0.5Na+0.5K", "Na0.5K0.5", "0.8Nb", "NH4", "CN", "NO", "Fe3+Co2+"]
)
def test_mixtures_are_refused(kind):
    with pytest.raises(CifError, match="no element but a mixture: list each element with its share"):
        of_types(kind)


def test_what_was_guessed_is_told():
    assert [doubt.sentence for doubt in of_types("FeM1")[1]] == ["Atom 'X1' is 'FeM1', which was read as Fe."]
    (told,) = of_labels("M1", "O1", formula="Fe O")[1]
    assert told.sentence == "Atom 'M1' was read as Fe, which the stated formula leaves over."


def test_an_x_is_a_vacancy_where_nothing_is_missing():
    found, (told,) = of_types("Na", "X", formula="Na", shared=True)
    assert found == ("Na", None)
    assert "was taken as a vacancy" in told.sentence
    with pytest.raises(CifError, match="'X', which is no element"):
        of_types("X", "Cl")


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("Fe2.5 Ni0.5 O4", {"Fe": 2.5, "Ni": 0.5, "O": 4.0}), ("NA CL", {"Na": 1.0, "Cl": 1.0}),
        ("CO", {"C": 1.0, "O": 1.0}),
        ("C O", {"C": 1.0, "O": 1.0}), ("Li D", {"Li": 1.0, "H": 1.0}), ("Xx2", None), ("", None),
    ],
)  # fmt: skip
def test_formulas(text, amounts):
    assert in_formula(text) == amounts
