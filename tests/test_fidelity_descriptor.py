"""The fixed descriptor: numbers that can be checked by hand, and that do not depend on how a crystal is written."""

import numpy as np
import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.evaluation.fidelity.contacts import nearest_contacts
from disgen.evaluation.fidelity.contents import Contents
from disgen.evaluation.fidelity.descriptor import FEATURES, GEOMETRY, WITHOUT_GEOMETRY, column, describe
from disgen.evaluation.fidelity.elements import KINDS, PROPERTIES, kinds, table
from disgen.generation.geometry.distances import COVALENT_RADII, measure

HALITE = WyckoffCrystal(
    225,
    (5.64, 5.64, 5.64, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 0.75), ("K", 0.2))),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Cl", 1.0),)),
    ),
)


def feature(crystal, name):
    return describe([crystal])[0, column(name)]


def test_features_have_names_of_their_own_and_geometry_comes_last():
    assert len(set(FEATURES)) == len(FEATURES) == 80
    assert FEATURES[WITHOUT_GEOMETRY:] == GEOMETRY


def test_halite_with_potassium_and_vacancies_by_hand():
    atoms = 4 * 0.95 + 4
    expected = {
        "n_elements": 3,
        "n_sites": 2,
        "space_group": 225,
        "crystal_system": 6,
        "log_positions": 3.0,
        "log_atoms": np.log2(atoms),
        "log_general_multiplicity": np.log2(192),
        "share_anions": 4 / atoms,
        "share_halogens": 4 / atoms,
        "share_oxygen": 0.0,
        "disordered_sites": 1,
        "mixed_sites": 1,
        "vacant_sites": 1,
        "disordered_share": 0.5,
        "species_a_site_mean": 1.5,
        "species_a_site_max": 2,
        "vacancy": 0.025,
        "vacancy_max": 0.05,
        "smallest_amount": 0.2,
        "freedom_mean": 0.0,
        "electronegativity_mean": (4 * 3.16 + 3 * 0.93 + 0.8 * 0.82) / atoms,
        "electronegativity_max": 3.16,
        "electronegativity_spread": 0.11,
        "charge_max": 1.0,
        "charge_min": -1.0,
        "volume_per_atom": 5.64**3 / atoms,
        "log_c_to_a": 0.0,
        "gamma": 90.0,
        "longest": 5.64,
        "density": 1.66053906892 * (4 * 35.45 + 3 * 22.99 + 0.8 * 39.098) / 5.64**3,
    }
    for name, value in expected.items():
        assert feature(HALITE, name) == pytest.approx(value, rel=2e-3), name
    radius = (0.75 * COVALENT_RADII["Na"] + 0.2 * COVALENT_RADII["K"]) / 0.95
    contact = 2.82 / (radius + COVALENT_RADII["Cl"])
    for name in ("contact_min", "contact_mean", "contact_max", "contact_anions"):
        assert feature(HALITE, name) == pytest.approx(contact, rel=2e-3)


def test_the_smallest_contact_is_the_one_that_screening_measures(minerals):
    found, expected = describe(minerals)[:, column("contact_min")], measure(minerals).min_contact
    # Amounts are rounded here, which lets a few pairs of alternatives differ.
    assert (np.abs(found / expected - 1.0) < 0.01).mean() > 0.99
    volumes = describe(minerals)[:, column("volume_per_atom")] / measure(minerals).volume_per_atom
    assert (np.abs(volumes - 1.0) < 0.01).mean() > 0.99


def test_contacts_do_not_depend_on_the_company(minerals):
    whole = nearest_contacts(Contents.of(minerals[:700]))
    parts = [nearest_contacts(Contents.of(minerals[start : start + 70])) for start in range(0, 700, 70)]
    assert np.allclose(whole, np.concatenate(parts), rtol=1e-12)


def test_descriptors_do_not_depend_on_the_company_and_survive_half_precision(minerals):
    whole = describe(minerals[:100])
    assert whole.shape == (100, len(FEATURES))
    assert np.isfinite(whole).all()
    assert np.array_equal(whole, np.concatenate([describe([crystal]) for crystal in minerals[:100]]))
    assert np.array_equal(whole, whole.astype(np.float16).astype(np.float32))
    assert describe([]).shape == (0, len(FEATURES))


def test_digits_of_an_occupancy_do_not_show():
    site = WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 0.7512), ("K", 0.1988)))
    assert np.array_equal(describe([HALITE]), describe([WyckoffCrystal(225, HALITE.cell, (site, HALITE.sites[1]))]))


def test_a_cell_that_is_none_has_no_geometry():
    flat = WyckoffCrystal(
        2, (5.0, 5.0, 5.0, 40.0, 40.0, 120.0), (WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Na", 1.0),)),)
    )
    values = describe([flat, HALITE])
    assert np.isnan(values[0, column("volume_per_atom")])
    assert np.isnan(values[0, column("contact_min")])
    assert np.isfinite(values[0, :WITHOUT_GEOMETRY]).all()
    assert np.array_equal(values[1], describe([HALITE])[0])


def test_every_element_has_every_property():
    assert table().shape == (100, len(PROPERTIES))
    assert np.isfinite(table()).all()
    assert kinds()[7].tolist() == [float(name in {"anions", "oxygen"}) for name in KINDS]
    iron, lanthanum, uranium = (dict(zip(KINDS, kinds()[number - 1], strict=True)) for number in (26, 57, 92))
    assert iron["transition_metals"] == lanthanum["rare_earths"] == uranium["actinides"] == 1.0
    assert lanthanum["transition_metals"] == uranium["transition_metals"] == 0.0
