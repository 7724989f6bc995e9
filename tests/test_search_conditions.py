"""Exact checks of conditions on decoded crystals, against pymatgen's reading of the written CIFs; grades and ranks."""

import itertools
import warnings

import numpy as np
import pytest
import torch
from pymatgen.io.cif import CifParser

from disgen.cif import write_cif
from disgen.crystal import ATOMIC_NUMBER
from disgen.generation.neutrality import neutrality
from disgen.judge.search_results import results_of
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run
from disgen.search.charges import nearest_charges
from disgen.search.conditioning import optimise
from disgen.search.conditions import Checker, Grade
from disgen.search.settings import Settings
from disgen.search.targets import (
    AllowedElements,
    CellRange,
    CompositionRatio,
    CrystalSystems,
    DisorderedSites,
    ForbiddenElements,
    RequiredElements,
    SiteCount,
    SiteMix,
    SpaceGroups,
    Targets,
    VolumePerAtom,
)

TARGETS = Targets(
    (
        RequiredElements(("Na", "O")),
        ForbiddenElements(("H", "S")),
        SpaceGroups((12, 62, 166, 194)),
        CrystalSystems(("orthorhombic", "trigonal", "hexagonal")),
        DisorderedSites(1, 2),
        SiteCount(2, 6),
        SiteMix((("Na", 0.6), ("vacancy", 0.4)), 0.2),
        CompositionRatio((("Na", 1), ("O", 2)), 0.15),
        CellRange("a", 2.5, 7.0),
        CellRange("gamma", 100.0, 130.0),
        VolumePerAtom(8.0, 16.0),
        AllowedElements(("Na", "O", "Fe", "Mn", "Ti", "Co", "Ni", "Al", "Si", "P", "Ca", "K")),
    )
)
N = 110
SETTINGS = Settings(n=N, steps=30, pool=4)
ONE_SPOT = 0.02  # Å: pymatgen takes sites that are so close for one, and refuses what it then holds


@pytest.fixture(scope="module")
def run(small_run):
    torch.set_num_threads(1)
    return load_run(small_run)


@pytest.fixture(scope="module")
def kde(run):
    return fitted_estimator(run, "kde")


@pytest.fixture(scope="module")
def checker(run):
    return Checker.of(run, TARGETS)


@pytest.fixture(scope="module")
def last(run, kde, checker):
    return list(optimise(run, TARGETS, kde, checker, checker.mixing, SETTINGS))[-1]


@pytest.fixture(scope="module")
def results(last, kde, checker):
    return results_of(checker, last, checker.check(last.z), kde, SETTINGS)


def independent_reading(text):
    """What pymatgen says about a CIF: cell, composition, and for each orbit its contents."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parser = CifParser.from_str(text)
        structure = parser.parse_structures(primitive=False)[0]
        block = next(iter(parser.as_dict().values()))
        operations = parser.get_symops(next(iter(parser._cif.data.values())))
    orbits = []
    left = list(structure)
    while left:
        images = np.array([operation.operate(left[0].frac_coords) for operation in operations])
        gaps = np.array([site.frac_coords for site in left])[:, None] - images
        same = (np.abs(gaps - np.rint(gaps)).max(axis=2) < 2e-4).any(axis=1)
        orbits.append({str(species): amount for species, amount in left[0].species.items()})
        left = [site for site, is_image in zip(left, same, strict=True) if not is_image]
    return structure, int(block["_space_group_IT_number"]), orbits


def holds(structure, group, orbits):
    """The conditions of TARGETS, by pymatgen's reading."""
    amounts = structure.composition.get_el_amt_dict()
    elements = set(amounts)
    empty = [1.0 - sum(orbit.values()) for orbit in orbits]
    empty = [share if share > 1e-3 else 0.0 for share in empty]
    disordered = sum(len(orbit) > 1 or share > 0.0 for orbit, share in zip(orbits, empty, strict=True))
    sodium = amounts.get("Na", 0.0) / max(amounts.get("Na", 0.0) + amounts.get("O", 0.0), 1e-9)
    return (
        all(max(orbit.get(symbol, 0.0) for orbit in orbits) >= 0.05 for symbol in ("Na", "O")),
        not elements & {"H", "S"},
        group in {12, 62, 166, 194},
        16 <= group <= 74 or 143 <= group <= 194,
        1 <= disordered <= 2,
        2 <= len(orbits) <= 6,
        any(abs(o.get("Na", 0.0) - 0.6) <= 0.2 and abs(v - 0.4) <= 0.2 for o, v in zip(orbits, empty, strict=True)),
        {"Na", "O"} <= elements and abs(sodium - 1 / 3) <= 0.15,
        2.5 <= structure.lattice.a <= 7.0,
        100.0 <= structure.lattice.gamma <= 130.0,
        8.0 <= structure.volume / sum(amounts.values()) <= 16.0,
        elements <= {"Na", "O", "Fe", "Mn", "Ti", "Co", "Ni", "Al", "Si", "P", "Ca", "K"},
    )


def test_the_checks_agree_with_pymatgen(results):
    compared = 0
    for result in results:
        if result.decoded.crystal is None:
            assert not any(result.met)
            continue
        if result.decoded.checks.min_distance < ONE_SPOT:
            assert not result.decoded.checks.valid
            continue
        crystal = result.decoded.crystal
        assert holds(*independent_reading(write_cif(crystal))) == result.met, crystal.formula
        compared += 1
    assert compared >= 100
    share = np.mean([result.met for result in results], axis=0)
    assert ((share > 0.0) & (share < 1.0)).sum() >= 6, "the comparison is about conditions that may fail"


def test_results_know_where_they_come_from(results, last, run):
    assert sorted(result.latent for result in results) == list(range(N))
    for result in results:
        assert result.seed == SETTINGS.seed
        assert result.step == last.found[result.latent]
        assert np.array_equal(result.decoded.z, last.z[result.latent])
        assert np.isfinite(result.log_probability)
    again = Checker.of(run, TARGETS).check(np.stack([result.decoded.z for result in results[:5]]))
    assert again.decoded.crystals == tuple(result.decoded.crystal for result in results[:5])


def test_results_are_ranked(results):
    def rank(result):
        checks = result.decoded.checks
        verdicts = (all(result.met), result.credible, not result.twin, result.new, not result.foreign)
        sound = (checks.valid_split_aware, checks.neutral_mixed, -result.imbalance, result.near)
        return (*verdicts, *sound, checks.neutral)

    ranks = [rank(result) for result in results]
    assert ranks == sorted(ranks, reverse=True)
    for one, other in itertools.pairwise(results):
        if rank(one) == rank(other):
            assert one.log_probability >= other.log_probability


def test_the_search_brings_more_than_plain_samples(checker, last, kde):
    met = checker.check(last.z).met.mean(axis=0)
    plain = checker.check(kde.sample(N, np.random.default_rng(0))).met.mean(axis=0)
    assert met.mean() > plain.mean() + 0.2


def test_success_counts(checker, last):
    checked = checker.check(last.z)
    success = checker.success(checked)
    met = checked.met.all(axis=1)
    assert success.met == pytest.approx(met.mean())
    assert success.met == last.successes / N
    assert success.unique_novel <= success.sound <= success.met
    valid = met & checked.decoded.screening.valid_split_aware
    assert success.distinct_valid == len(
        {key for key, is_valid in zip(checked.decoded.screening.key, valid, strict=True) if is_valid}
    )


def test_grades_build_on_each_other(checker, kde):
    everything = Checker.of(checker.run, Targets((SiteCount(1, 9),)))
    checked = everything.check(kde.sample(200, np.random.default_rng(1)))
    checks, grade = checked.decoded.screening, checked.grade
    assert set(grade) <= set(Grade)
    assert len(set(grade)) > 3
    assert ((grade >= Grade.VALID) <= checks.valid_split_aware).all()
    assert ((grade >= Grade.NEUTRAL) <= checks.neutral_mixed).all()
    assert ((grade >= Grade.NOVEL) <= checks.novel).all()
    assert ((grade == Grade.PLAUSIBLE) <= checks.plausible).all()
    assert everything.best == Grade.PLAUSIBLE
    assert everything.base_rate(kde, 1, samples=50) > 0.9
    assert checker.base_rate(kde, 1, samples=50) < 0.1


def test_charges_are_asked_for_where_neutrality_is_missing(checker, kde):
    everything = Checker.of(checker.run, Targets((SiteCount(1, 9),)))
    z = kde.sample(200, np.random.default_rng(1))
    neutral = everything.check(z).decoded.screening.neutral_mixed
    charges = everything(z).charges
    assert not charges[neutral].any()
    assert charges[~neutral].any()


@pytest.mark.parametrize(
    ("composition", "wanted"),
    [
        ({"Sr": 0.4, "Al": 1.0, "O": 2.0}, {"Sr": 2, "Al": 3, "O": -2}),
        ({"Na": 1.0, "Cl": 1.0}, {}),  # neutral already
        ({"Na": 0.9, "Cl": 1.0}, {"Na": 1, "Cl": -1}),
        ({"Li": 1.0, "Fe": 1.0, "F": 9.0}, {"Li": 1, "Fe": 6, "F": -1}),  # any charge of iron up to its highest
        ({"Na": 1.0, "K": 1.0}, {}),  # an alloy
        ({"He": 1.0, "Na": 1.0, "Cl": 0.5}, {}),  # no states of helium
    ],
)
def test_nearest_charges(composition, wanted):
    charges = nearest_charges(composition)
    assert charges.shape == (100,)
    for symbol, charge in wanted.items():
        assert charges[ATOMIC_NUMBER[symbol] - 1] == charge
    if not wanted:
        assert not charges.any()
    elif not neutrality(composition).mixed_valence:
        assert abs(sum(charges[ATOMIC_NUMBER[s] - 1] * amount for s, amount in composition.items())) > 1e-3
