"""What reading flags and refuses, and how a sample of the AMCSD agrees with what its files state."""

import pickle
import re

import gemmi
import numpy as np
import pytest

from disgen.cif import CifError, CifReason, read, read_cif
from disgen.cif.parse import parse_cif
from disgen.corpus import amcsd

CUBE = (5.0, 5.0, 5.0, 90, 90, 90)
BOX = (5.0, 6.0, 7.0, 90, 90, 90)
TRICLINIC = (9, 10, 11, 80, 85, 95)


def cif(*atoms: str, group: str = "P m -3 m", cell=CUBE) -> str:
    """A CIF of atom rows: label, coordinates, occupancy."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_test", *(f"_cell_{name} {value}" for name, value in zip(names, cell, strict=True))]
    columns = ("label", "fract_x", "fract_y", "fract_z", "occupancy")
    lines += [f"_space_group_name_H-M_alt '{group}'", "loop_", *(f"_atom_site_{column}" for column in columns), *atoms]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("fillings", "flagged"),
    [
        ((0.9, 0.9, 1.0), True),
        ((0.9, 0.9015, 1.0), True),
        ((0.9, 0.95, 1.0), False),
        ((0.9, 0.9, 0.95), False),
        ((1.0, 1.0, 1.0), False),
        ((1.0, 0.9, 1.0), False),
    ],
)
def test_uniform_vacancies_are_flagged(fillings, flagged):
    ba, ti, o = fillings
    reading = read(cif(f"Ba1 0 0 0 {ba}", f"Ti1 0.5 0.5 0.5 {ti}", f"O1 0.5 0.5 0 {o}"))
    assert reading.uniform_vacancy is flagged


def test_uniform_vacancies_need_oxygen_and_two_other_sites():
    assert not read(cif("Ba1 0 0 0 0.9", "O1 0.5 0.5 0 1")).uniform_vacancy
    assert not read(cif("Ba1 0 0 0 0.9", "Ti1 0.5 0.5 0.5 0.9", "S1 0.5 0.5 0 1")).uniform_vacancy
    assert read(cif("Ba1 0 0 0 0.4", "La1 0 0 0 0.5", "Ti1 0.5 0.5 0.5 0.9", "O1 0.5 0.5 0 1")).uniform_vacancy


RNG = np.random.default_rng(1)
SCATTERED = [f"{x:.4f} {y:.4f} {z:.4f}" for x, y, z in RNG.random((12, 3))]
LIMITS = {
    CifReason.P1: (
        cif("Li 0 0 0 1", "P 0.31 0.42 0.17 1", "O 0.61 0.12 0.55 1", group="P 1", cell=BOX),
        "space group P1",
    ),
    CifReason.TOO_MANY_SITES: (
        cif(*(f"O{n} {p} 1" for n, p in enumerate(SCATTERED[:10])), group="P -1", cell=TRICLINIC),
        "The crystal has 10 Wyckoff sites; the representation holds at most 9",
    ),
    CifReason.HIGH_MULTIPLICITY: (
        cif("Na 0 0 0 1", "O 0.1 0.2 0.3 1", group="F m -3 m", cell=(15, 15, 15, 90, 90, 90)),
        "A Wyckoff site has multiplicity 96; the representation holds at most 50",
    ),
    CifReason.TOO_MANY_DISORDERED: (
        cif(*(f"O{n} {p} 0.5" for n, p in enumerate(SCATTERED[:7])), group="P -1", cell=TRICLINIC),
        "The crystal has 7 disordered sites; at most 6 are allowed",
    ),
    CifReason.TOO_MANY_SPECIES: (
        cif(*(f"{e}1 0 0 0 0.14" for e in ("Fe", "Ni", "Co", "Mn", "Cr", "V", "Ti")), "O 0.5 0.5 0.5 1"),
        "A site is shared by 7 elements; at most 6 are allowed",
    ),
    CifReason.CHARGE_DISORDER: (cif("Fe2+ 0 0 0 0.5", "Fe3+ 0 0 0 0.5", "O 0.5 0.5 0.5 1"), "with different charges"),
    CifReason.OVER_FULL: (cif("Fe 0 0 0 0.9", "Ni 0 0 0 0.2", "O 0.5 0.5 0.5 1"), "sum to 1.1, more than 1.02"),
    CifReason.LETTER_27: (
        cif("Fe 0.1 0.2 0.3 1", group="P m m m", cell=BOX),
        "27th Wyckoff position of space group 47",
    ),
    CifReason.HEAVY_ELEMENT: (cif("Md 0 0 0 1", "O 0.5 0.5 0.5 1"), "Atom 'Md' is Md, an element beyond fermium"),
}


@pytest.mark.parametrize("reason", LIMITS)
def test_limits_of_the_representation(reason):
    text, sentence = LIMITS[reason]
    with pytest.raises(CifError, match=re.escape(sentence)) as error:
        read_cif(text)
    assert error.value.reason is reason
    if reason is not CifReason.HEAVY_ELEMENT:
        assert read(text).crystal.sites, "without the limits the crystal is there"
    again = pickle.loads(pickle.dumps(error.value))  # noqa: S301 (our own, as between the processes of a build)
    assert (again.reason, str(again)) == (reason, str(error.value))


def test_what_just_fits():
    nine = cif(*(f"O{n} {p} 1" for n, p in enumerate(SCATTERED[:9])), group="P -1", cell=TRICLINIC)
    assert len(read_cif(nine).sites) == 9
    six = cif(*(f"O{n} {p} 0.5" for n, p in enumerate(SCATTERED[:6])), group="P -1", cell=TRICLINIC)
    assert read_cif(six).disordered_sites == 6
    species = cif(*(f"{e}1 0 0 0 0.16" for e in ("Fe", "Ni", "Co", "Mn", "Cr", "V")), "O 0.5 0.5 0.5 1")
    assert len(read_cif(species).sites[-1].occupancies) == 6
    fermium = cif("Fm 0 0 0 1", "O 0.5 0.5 0.5 1")
    assert read_cif(fermium).elements == ("O", "Fm")


def test_the_27th_position_is_read_but_not_encoded():
    crystal = read(LIMITS[CifReason.LETTER_27][0]).crystal
    assert [(site.letter, site.multiplicity) for site in crystal.sites] == [("A", 8)]


# --- a sample of the AMCSD (rules 2, 11, 14) --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample() -> list[tuple[str, str]]:
    return [entry for number, entry in enumerate(amcsd.cifs()) if number % 60 == 0]


def test_minerals_have_their_stated_formula_and_group(sample):
    """Multiplicities times occupancies give the stated formula, and the group found is the stated one, mostly."""
    right_formula = right_group = formulas = groups = 0
    for _, text in sample:
        reading = read(text)
        block = gemmi.cif.read_string(text).sole_block()
        stated = gemmi.find_spacegroup_by_name(gemmi.cif.as_string(block.find_value("_symmetry_space_group_name_H-M")))
        if stated:
            groups += 1
            right_group += stated.number == reading.crystal.space_group
        formula = parse_cif(text).formula
        if formula and not reading.h_missing and "(" not in block.find_value("_chemical_formula_sum"):
            formulas += 1
            ours = reading.crystal.composition
            scale = sum(formula.values()) / sum(ours.values())
            right_formula += set(ours) == set(formula) and all(
                abs(ours[symbol] * scale - amount) < 0.02 * amount + 0.02 for symbol, amount in formula.items()
            )
    assert groups > 140
    assert right_group >= 0.97 * groups
    assert formulas > 50
    assert right_formula >= 0.97 * formulas


def test_reading_twice_gives_the_same(sample):
    for _, text in sample[::10]:
        assert read(text) == read(text)
        rows = text.rstrip("\n").split("\n")
        start = rows.index("_atom_site_label")
        atoms = next(n for n in range(start, len(rows)) if not rows[n].startswith("_"))
        backwards = "\n".join(rows[:atoms] + rows[atoms:][::-1])
        assert read(backwards).crystal.formula == read(text).crystal.formula
        assert read(backwards).crystal.space_group == read(text).crystal.space_group
