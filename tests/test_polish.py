"""Polishing takes clashes away and nothing else: symmetry, contents and all that was good stay."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import spglib
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import random_crystals

from disgen import wyckoff
from disgen.canonical import canonicalise, canonicalise_many
from disgen.cif import CifError, read_cif, write_cif
from disgen.corpus import amcsd
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.export.adapters.pymatgen import to_pymatgen
from disgen.generation.geometry.distances import measure
from disgen.generation.geometry.motion import Bucket
from disgen.generation.geometry.polish import CONTACT, MOST_GROWTH, NEAREST, polish, polish_and_measure
from disgen.generation.geometry.relaxation import _chosen, _derivatives, _too_close
from disgen.generation.screening import screen
from disgen.symmetry import constrain_cells, snap

NO_BOUNDS = (0.1, 10.0)


def crystal(space_group, cell, *sites):
    """A canonical crystal from (letter, coordinates, occupancies) triples."""
    made = []
    for letter, coordinates, occupancies in sites:
        row = wyckoff.row(space_group, letter)
        point = snap(np.array([row]), np.array([coordinates], dtype=float))[0]
        made.append(WyckoffSite(letter, int(wyckoff.tables().multiplicity[row]), tuple(point.tolist()), occupancies))
    return canonicalise(WyckoffCrystal(space_group, tuple(map(float, cell)), tuple(made)))


def bruise(good, seed):
    """Crystals with cells a little too small and atoms out of place, as a decoder makes them."""
    rng = np.random.default_rng(seed)
    bruised = []
    for made in good:
        rows = np.array([wyckoff.row(made.space_group, site.letter) for site in made.sites])
        points = np.array([site.coordinates for site in made.sites]) + rng.normal(scale=0.08, size=(len(rows), 3))
        sites = [
            replace(site, coordinates=tuple(point))
            for site, point in zip(made.sites, snap(rows, points).tolist(), strict=True)
        ]
        shrunk = [length * rng.uniform(0.85, 1.0) for length in made.cell[:3]]
        cell = constrain_cells(np.array([made.space_group]), np.array([[*shrunk, *made.cell[3:]]]))[0]
        bruised.append(WyckoffCrystal(made.space_group, tuple(cell.tolist()), tuple(sites)))
    return canonicalise_many(bruised)


def reach(geometry):
    return np.minimum(geometry.min_contact / CONTACT, geometry.min_distance_split_aware / NEAREST)


def contents(made):
    return Counter((site.letter, site.multiplicity, site.occupancies) for site in made.sites)


@pytest.fixture(scope="module")
def good():
    """Some sixty minerals of all kinds."""
    found = []
    for number, (_, text) in enumerate(amcsd.cifs()):
        if number % 150 == 0:
            try:
                found.append(read_cif(text))
            except CifError:
                continue
    return found


@pytest.fixture(scope="module")
def bruised(good):
    return bruise(good, seed=0)


@pytest.fixture(scope="module")
def polished(bruised):
    return polish_and_measure(bruised)


def test_what_is_good_is_returned_as_it_is(good):
    result = polish_and_measure(good)
    before = measure(good)
    fine = (reach(before) >= 1.0) & (before.volume_per_atom >= 4.0) & (before.volume_per_atom <= 80.0)
    assert fine.mean() > 0.9
    assert np.array_equal(result.changed, ~fine)
    assert all(new is old for new, old, same in zip(result.crystals, good, fine, strict=True) if same)


def test_bruised_minerals_are_mended(bruised, polished):
    before, after = screen(bruised), screen(polished.crystals)
    assert before.plausible.mean() < 0.6
    assert after.plausible.mean() > 0.95
    assert after.valid_split_aware.mean() > before.valid_split_aware.mean()
    assert polished.changed.mean() > 0.4
    growth = polished.after.volume_per_atom / polished.before.volume_per_atom
    assert np.median(growth[polished.changed]) < 1.01  # sites go first


def test_the_report_is_that_of_the_crystals(bruised, polished):
    assert len(polished) == len(bruised)
    np.testing.assert_array_equal(polished.before.min_contact, measure(bruised).min_contact)
    for column in ("min_distance", "min_distance_split_aware", "min_contact", "volume_per_atom"):
        np.testing.assert_allclose(getattr(polished.after, column), getattr(measure(polished.crystals), column))
    assert np.array_equal(polished.changed, [a is not b for a, b in zip(bruised, polished.crystals, strict=True)])
    better, worse = reach(polished.after) > reach(polished.before), reach(polished.after) < reach(polished.before)
    assert better[polished.changed].mean() > 0.9
    assert not (worse & (reach(polished.after) < 1.0)).any()


def test_a_second_time_changes_nothing_that_is_good_now(polished):
    again = polish(polished.crystals)
    fine = reach(polished.after) >= 1.0
    assert fine.mean() > 0.8
    assert all(new is old for new, old, same in zip(again, polished.crystals, fine, strict=True) if same)


@settings(max_examples=6)
@given(st.integers(0, 10_000))
def test_symmetry_and_contents_stay(seed):
    crystals = random_crystals(12, seed)
    result = polish_and_measure(crystals, steps=12)
    for before, after in zip(crystals, result.crystals, strict=True):
        assert after.space_group == before.space_group
        assert after.key == before.key
        assert contents(after) == contents(before)
        assert canonicalise(after) == after
        cells = np.array([after.cell])
        np.testing.assert_allclose(constrain_cells(np.array([after.space_group]), cells), cells, atol=1e-9)
        assert 1.0 / MOST_GROWTH - 1e-3 < after.volume / before.volume < MOST_GROWTH + 1e-3
    volume, new_volume = result.before.volume_per_atom, result.after.volume_per_atom
    assert (new_volume >= np.minimum(volume, 79.0) * (1.0 - 1e-4)).all()
    assert (reach(result.after) >= np.minimum(reach(result.before), 1.0)).all()


def space_group_found(made):
    structure = to_pymatgen(made)
    kinds = {}
    numbers = [kinds.setdefault(site.species, len(kinds) + 1) for site in structure]
    return spglib.get_symmetry_dataset((structure.lattice.matrix, structure.frac_coords, numbers), symprec=0.01).number


def test_their_files_are_read_with_the_same_space_group(bruised, polished):
    changed = [
        (before, after)
        for before, after in zip(bruised, polished.crystals, strict=True)
        if before is not after and before.n_positions < 120 and read_cif(write_cif(before)) == before
    ]
    assert len(changed) >= 20
    for _, after in changed[:20]:
        assert read_cif(write_cif(after)) == after
        assert space_group_found(after) == after.space_group


def test_atoms_do_not_come_to_lie_more_symmetrically_than_their_space_group():
    # Repulsion drives x to 0, where the crystal is one of Imma (74) instead of Pnma (62).
    cell = (3.4506, 3.4129, 5.2089, 90, 90, 90)
    made = crystal(62, cell, ("a", (0, 0, 0), (("Cu", 1.0),)), ("c", (0.01833, 0.25, 0.47335), (("Fe", 1.0),)))
    assert space_group_found(made) == 62
    assert space_group_found(polish([made])[0]) == 62


def test_company_order_and_threads_do_not_matter(bruised, polished):
    assert polish(bruised[::-1])[::-1] == polished.crystals
    assert polish(bruised[:10], threads=2) == polished.crystals[:10]
    for index in np.flatnonzero(polished.changed)[:8].tolist():
        alone, together = polish([bruised[index]])[0], polished.crystals[index]
        assert alone.key == together.key
        np.testing.assert_allclose(alone.cell, together.cell, atol=1e-4)
        for one, other in zip(alone.sites, together.sites, strict=True):
            np.testing.assert_allclose(one.coordinates, other.coordinates, atol=1e-4)


def test_the_number_of_threads_is_put_back():
    before = torch.get_num_threads()
    polish([], threads=before + 1)
    assert torch.get_num_threads() == before


def posed(crystals):
    """The problems of crystals, by number of sites."""
    for size in sorted({len(made.sites) for made in crystals}):
        alike = [made for made in crystals if len(made.sites) == size]
        bounds = (np.full(len(alike), bound) for bound in NO_BOUNDS)
        bucket = Bucket.of(alike)
        yield bucket, bucket.problem(*bounds, CONTACT, NEAREST)


def random_moves(problem, seed):
    """Displacements along free directions, and allowed strains."""
    rng = np.random.default_rng(seed)
    shift = torch.from_numpy(rng.normal(scale=0.2, size=(*problem.weight.shape, 3)))
    shift = (problem.projector @ shift[..., None])[..., 0]
    amounts = torch.from_numpy(rng.normal(scale=0.03, size=(len(shift), 6, 1, 1)))
    return shift, (problem.strains * amounts).sum(1)


def test_distances_before_and_after_moves_are_those_of_the_screening(bruised):
    crystals = [*bruised, *random_crystals(60, seed=5)]
    for bucket, problem in posed(crystals):
        shift, strain = random_moves(problem, seed=1)
        for moves in ((0.0 * shift, 0.0 * strain), (shift, strain)):
            found = _too_close(problem, *moves)[1].numpy()
            geometry = measure(bucket.displaced(*moves))
            # Coordinates of a crystal are exact to 1e-12, those of the tables as well.
            np.testing.assert_allclose(found, reach(geometry), rtol=1e-6)


def test_numbers_that_are_not_finite_are_not_taken_over(bruised):
    bucket, problem = next(posed(bruised))
    shift, strain = (
        torch.zeros(size, dtype=torch.float64) for size in (problem.projector.shape[:3], (len(bucket.crystals), 3, 3))
    )
    for moves in ((shift + torch.nan, strain), (shift, strain + torch.nan)):
        assert bucket.displaced(*moves) == bucket.crystals


def test_derivatives_are_those_of_the_distances():
    # Lattice vectors of the triclinic cell and pairs within and between orbits.
    fe, o = (("Fe", 1.0),), (("O", 1.0),)
    made = [
        crystal(2, (3.0, 3.3, 3.6, 80, 95, 100), ("i", (0.1, 0.2, 0.3), fe), ("i", (0.6, 0.3, 0.2), o)),
        crystal(14, (2.5, 2.7, 2.9, 90, 95, 90), ("a", (0, 0, 0), fe), ("e", (0.6, 0.3, 0.2), o)),
        crystal(194, (3.4, 3.4, 4.0, 90, 90, 120), ("c", (1 / 3, 2 / 3, 0.25), fe), ("k", (0.2, 0.4, 0.1), o)),
    ]
    ((_, problem),) = posed(made)
    shift, strain = random_moves(problem, seed=2)
    contacts, _ = _too_close(problem, shift, strain)
    pairs = _chosen(problem.candidates, contacts.pair)
    direction = contacts.vector / contacts.vector.norm(dim=1, keepdim=True)
    column, derivative = _derivatives(problem, pairs, contacts.vector, direction, strain)
    assert set(pairs.crystal.tolist()) == {0, 1, 2}

    step = 1e-6
    for unknown in range(3 * 2 + 6):
        move, stretch = torch.zeros_like(shift), torch.zeros_like(strain)
        if unknown < 6:
            move[:, unknown // 3, unknown % 3] = step
        else:
            stretch = step * problem.strains[:, unknown - 6]
        moved, _ = _too_close(problem, shift + move, strain + stretch)
        assert torch.equal(moved.pair, contacts.pair)
        expected = (moved.vector.norm(dim=1) - contacts.vector.norm(dim=1)) / step
        found = (derivative * (column == unknown)).sum(1)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_impossible_wishes(bruised):
    for wish in ({"steps": 0}, {"threads": 0}):
        with pytest.raises(ValueError, match="at least one"):
            polish(bruised[:2], **wish)
    wrong = WyckoffCrystal(1, (5.0,) * 3 + (90.0,) * 3, (WyckoffSite("b", 1, (0.0, 0.0, 0.0), (("O", 1.0),)),))
    with pytest.raises(ValueError, match="no Wyckoff letter 'b'"):
        polish([wrong])
