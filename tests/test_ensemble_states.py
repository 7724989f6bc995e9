"""Oxidation states that are assumed: those that chemists would assume."""

import pytest

from disgen.ensembles.states import assumed_states


@pytest.mark.parametrize(
    ("composition", "charges"),
    [
        ({"Ag": 0.5, "Sb": 0.5, "Te": 1.0}, {"Ag": 1.0, "Sb": 3.0, "Te": -2.0}),
        ({"La": 1.85, "Sr": 0.15, "Cu": 1.0, "O": 4.0}, {"La": 3.0, "Sr": 2.0, "Cu": 2.15, "O": -2.0}),
        ({"Li": 7.0, "La": 3.0, "Zr": 2.0, "O": 12.0}, {"Li": 1.0, "La": 3.0, "Zr": 4.0, "O": -2.0}),
        ({"Zn": 2.0, "V": 2.0, "O": 7.0}, {"Zn": 2.0, "V": 5.0, "O": -2.0}),
        ({"Y": 0.16, "Zr": 0.84, "O": 1.92}, {"Y": 3.0, "Zr": 4.0, "O": -2.0}),
    ],
)
def test_states_are_the_usual_ones_and_neutral(composition, charges):
    found = assumed_states(composition)
    assert found.charges == pytest.approx(charges)
    assert found.charge(composition) == pytest.approx(0.0, abs=1e-6)
    assert found.sentence.startswith("Assumed oxidation states: ")


def test_mixed_valence_is_said():
    assert "Cu is of mixed valence" in assumed_states({"Y": 1, "Ba": 2, "Cu": 3, "O": 6.9}).sentence
    assert "mixed valence" not in assumed_states({"Na": 1, "Cl": 1}).sentence


@pytest.mark.parametrize(
    ("composition", "said"), [({"Cu": 1, "Au": 1}, "Only metals"), ({"Na": 1, "Cl": 2}, "No known oxidation states")]
)
def test_without_states_there_is_no_charge(composition, said):
    found = assumed_states(composition)
    assert said in found.sentence
    assert found.charge({"Cu": 1, "Na": 1, "Cl": 2, "Au": 3}) is None
