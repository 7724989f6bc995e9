"""The figures of Tables 1 and 2 against perfect output, known damage, and plain loops."""

import json

import numpy as np
import pytest

from disgen import wyckoff
from disgen.canonical import canonicalise
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.evaluation.reconstruction_error import reconstruction_error
from disgen.generation.outcome import Decoding
from disgen.generation.reconstruction import reconstruct
from disgen.model.output import DecoderOutput
from disgen.representation import Rows, SiteArrays


def crystal(space_group, cell, *sites):
    made = tuple(
        WyckoffSite(letter, int(wyckoff.tables().multiplicity[wyckoff.row(space_group, letter)]), point, contents)
        for letter, point, contents in sites
    )
    return canonicalise(WyckoffCrystal(space_group, tuple(map(float, cell)), made))


CRYSTALS = (
    crystal(225, (5.6,) * 3 + (90,) * 3, ("a", (0.0,) * 3, (("Na", 1.0),)), ("b", (0.5,) * 3, (("Cl", 1.0),))),
    crystal(
        225, (4.2,) * 3 + (90,) * 3, ("a", (0.0,) * 3, (("O", 1.0),)), ("b", (0.5,) * 3, (("Fe", 0.4), ("Ni", 0.5)))
    ),
    crystal(
        62,
        (10.3, 6.0, 4.7, 90, 90, 90),
        ("a", (0.0,) * 3, (("Li", 0.7),)),
        ("c", (0.28, 0.25, 0.97), (("Fe", 0.8), ("Mn", 0.2))),
        ("c", (0.09, 0.25, 0.42), (("P", 1.0),)),
        ("d", (0.16, 0.04, 0.28), (("O", 1.0),)),
    ),
    crystal(
        2, (5.0, 6.0, 7.0, 81, 92, 103), ("i", (0.98, 0.01, 0.3), (("Al", 1.0),)), ("i", (0.4, 0.3, 0.2), (("S", 0.5),))
    ),
)


def perfect(truth: SiteArrays) -> DecoderOutput:
    a, c = truth.dense()
    floor = np.float32(1e-6)
    return DecoderOutput(
        occupancy=a[:, :, Rows.OCCUPANCY].copy(),
        multiplicity=np.log(a[:, :, Rows.MULTIPLICITY] + floor),
        disordered=a[:, :, Rows.DISORDERED][:, :, 0].copy(),
        coordinates=a[:, :, Rows.COORDINATES].copy(),
        letter=np.log(a[:, :, Rows.LETTER] + floor),
        lattice=c[:, Rows.LATTICE].copy(),
        space_group=np.log(c[:, Rows.SPACE_GROUP] + floor),
    )


@pytest.fixture
def truth() -> SiteArrays:
    return SiteArrays.from_crystals(CRYSTALS)


@pytest.fixture
def output(truth) -> DecoderOutput:
    return perfect(truth)


def errors(truth, output):
    free, exact = reconstruct(output, Decoding.FREE), reconstruct(output, Decoding.EXACT)
    return reconstruction_error("test", truth, output, free, exact)


def test_perfect_output_has_no_errors(truth, output):
    found = errors(truth, output)
    assert found["split"] == "test"
    assert found["n"] == 4
    assert max(found["lattice_mae"].values()) < 1e-5
    assert found["space_group_accuracy"] == found["disordered_flag_accuracy"] == 1.0
    assert found["disordered_sites"] == {
        "occupancy_mae": pytest.approx(0.0, abs=1e-7),
        "multiplicity_accuracy": 1.0,
        "letter_accuracy": 1.0,
        "coordinate_mae": pytest.approx(0.0, abs=1e-7),
    }
    assert found["ordered_sites"] == {
        "element_accuracy": 1.0,
        "multiplicity_accuracy": 1.0,
        "letter_accuracy": 1.0,
        "coordinate_mae": pytest.approx(0.0, abs=1e-7),
    }
    assert found["sma"] == {"free": 1.0, "exact": 1.0}


def test_the_result_is_plain_json_with_the_promised_keys(truth, output):
    found = json.loads(json.dumps(errors(truth, output), allow_nan=False))
    assert list(found) == [
        "split",
        "n",
        "lattice_mae",
        "space_group_accuracy",
        "disordered_flag_accuracy",
        "disordered_sites",
        "ordered_sites",
        "sma",
        "exact_crystal",
        "split_kind",
        "intervals",
        "by_source",
        "by_crystal_system",
    ]
    assert list(found["lattice_mae"]) == ["a", "b", "c", "alpha", "beta", "gamma"]


def test_known_damage_gives_known_figures(truth, output):
    output.lattice[0, 2] += 0.8  # one c of four
    output.lattice[1, 5] -= 2.0  # one gamma of four
    output.space_group[3] = np.roll(output.space_group[3], 1)
    output.disordered[2, 0] = 0.2  # one of ten real sites
    output.disordered[2, 8] = 0.9  # padding does not count
    output.coordinates[0, 1, 0] += 0.15  # an ordered site: one of 3 x 6 coordinates
    output.coordinates[2, 0, 1] -= 0.12  # a disordered site: one of 3 x 4
    output.letter[0, 0] = np.roll(output.letter[0, 0], 1)
    output.multiplicity[1, 1] = np.roll(output.multiplicity[1, 1], 1)
    found = errors(truth, output)
    assert found["lattice_mae"]["c"] == pytest.approx(0.2, abs=1e-5)
    assert found["lattice_mae"]["gamma"] == pytest.approx(0.5, abs=1e-5)
    assert found["lattice_mae"]["a"] == pytest.approx(0.0, abs=1e-5)
    assert found["space_group_accuracy"] == 0.75
    assert found["disordered_flag_accuracy"] == pytest.approx(0.9)
    assert found["ordered_sites"]["coordinate_mae"] == pytest.approx(0.15 / 18, abs=1e-6)
    assert found["disordered_sites"]["coordinate_mae"] == pytest.approx(0.12 / 12, abs=1e-6)
    assert found["ordered_sites"]["letter_accuracy"] == pytest.approx(5 / 6)
    assert found["disordered_sites"]["letter_accuracy"] == 1.0
    assert found["disordered_sites"]["multiplicity_accuracy"] == pytest.approx(3 / 4)
    assert found["sma"]["free"] < 1.0
    assert found["sma"]["exact"] == 1.0


def test_occupancy_errors_count_the_species_that_are_there_and_the_vacancy(truth, output):
    # Disordered sites: Fe 0.4 Ni 0.5 vacancy 0.1; Li 0.7 vacancy 0.3; Fe 0.8 Mn 0.2; S 0.5 vacancy 0.5: nine shares.
    row = truth.species[1, :, 0].tolist().index(26)
    output.occupancy[1, row, 25] += 0.09
    output.occupancy[1, row, Rows.VACANCY] -= 0.09
    output.occupancy[1, row, 50] += 0.3  # an element that is not there
    output.occupancy[0, 0, 30] += 0.4  # an ordered site: its element stays the most probable
    found = errors(truth, output)
    assert found["disordered_sites"]["occupancy_mae"] == pytest.approx(0.18 / 9, abs=1e-6)
    assert found["ordered_sites"]["element_accuracy"] == 1.0


def test_coordinates_are_compared_periodically(truth, output):
    aluminium = truth.species[3, :, 0].tolist().index(13)
    output.coordinates[3, aluminium] += np.array([1.0, -2.0, 0.99], dtype=np.float32)
    found = errors(truth, output)
    assert found["ordered_sites"]["coordinate_mae"] == pytest.approx(0.01 / 18, abs=1e-6)


def test_agrees_with_plain_loops_on_noise(truth, output):
    rng = np.random.default_rng(0)
    noisy = DecoderOutput(
        occupancy=rng.dirichlet(np.ones(101), size=(4, 9)).astype(np.float32),
        multiplicity=output.multiplicity.copy(),
        disordered=rng.random((4, 9)).astype(np.float32),
        coordinates=rng.normal(size=(4, 9, 3)).astype(np.float32),
        letter=rng.normal(size=(4, 9, 27)).astype(np.float32),
        lattice=output.lattice.copy(),
        space_group=rng.normal(size=(4, 230)).astype(np.float32),
    )
    a, c = truth.dense()
    shares, letters, offsets, flags, elements = [], {0: [], 1: []}, {0: [], 1: []}, [], []
    for i, made in enumerate(CRYSTALS):
        for j, site in enumerate(made.sites):
            mixed = int(site.is_disordered)
            letters[mixed].append(noisy.letter[i, j].argmax() == ord(site.letter) - 96)
            gap = noisy.coordinates[i, j] - np.array(site.coordinates)
            offsets[mixed] += [min(abs(x - k) for k in range(-8, 9)) for x in gap]
            flags.append((noisy.disordered[i, j] > 0.5) == site.is_disordered)
            if mixed:
                shares += [abs(noisy.occupancy[i, j, row] - a[i, j, row]) for row in np.flatnonzero(a[i, j, :101])]
            else:
                elements.append(noisy.occupancy[i, j].argmax() == a[i, j, :101].argmax())
    found = errors(truth, noisy)
    assert found["disordered_sites"]["occupancy_mae"] == pytest.approx(np.mean(shares), abs=1e-6)
    assert found["disordered_sites"]["letter_accuracy"] == pytest.approx(np.mean(letters[1]))
    assert found["ordered_sites"]["letter_accuracy"] == pytest.approx(np.mean(letters[0]))
    assert found["disordered_sites"]["coordinate_mae"] == pytest.approx(np.mean(offsets[1]), abs=1e-6)
    assert found["ordered_sites"]["coordinate_mae"] == pytest.approx(np.mean(offsets[0]), abs=1e-6)
    assert found["disordered_flag_accuracy"] == pytest.approx(np.mean(flags))
    assert found["ordered_sites"]["element_accuracy"] == pytest.approx(np.mean(elements))
    expected = np.mean(noisy.space_group.argmax(axis=1) == c[:, Rows.SPACE_GROUP].argmax(axis=1))
    assert found["space_group_accuracy"] == pytest.approx(expected)


def test_a_split_without_disorder_has_no_disordered_figures(truth, output):
    only = truth.take(np.array([0]))
    found = errors(only, output.take(np.array([0])))
    assert set(found["disordered_sites"].values()) == {None}
    assert found["ordered_sites"]["element_accuracy"] == 1.0


def test_different_numbers_of_samples_are_refused(truth, output):
    free, exact = reconstruct(output, Decoding.FREE), reconstruct(output, Decoding.EXACT)
    with pytest.raises(ValueError, match="Cannot compare 2 crystals with 4"):
        reconstruction_error("test", truth.take(np.array([0, 1])), output, free, exact)
    nothing = np.zeros(0, dtype=int)
    with pytest.raises(ValueError, match="at least one"):
        reconstruction_error("test", truth.take(nothing), output.take(nothing), free, exact)
