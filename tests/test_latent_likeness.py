"""Likeness: a vector from a latent alone, equal for what decodes alike, farther the less two crystals share."""

from pathlib import Path

import numpy as np
import pytest

from disgen.latent.likeness import WEIGHTS, Weights, describe, describer, likeness
from disgen.latent.projection import ProjectionError, fit_map, load_map, save_map
from disgen.model.checkpoint import load_run
from disgen.model.output import DecoderOutput

RELEASED = Path(__file__).parent.parent / "assets" / "models" / "open"


@pytest.fixture(scope="module")
def run(small_run):
    return load_run(small_run)


def decoded(group: int, sites: list[tuple[int, dict[int, float]]]) -> DecoderOutput:
    """What a decoder would say that is sure of a space group and of sites, each a letter's number and its contents."""
    occupancy, letter = np.zeros((1, 9, 101), np.float32), np.full((1, 9, 27), -60.0, np.float32)
    occupancy[:, len(sites) :, 100], letter[:, len(sites) :, 0] = 1.0, 0.0
    for number, (name, contents) in enumerate(sites):
        letter[0, number, name] = 0.0
        for element, share in contents.items():
            occupancy[0, number, element - 1] = share
    groups = np.full((1, 230), -60.0, np.float32)
    groups[0, group - 1] = 0.0
    zeros = np.zeros((1, 9), np.float32)
    multiplicity, coordinates = np.zeros((1, 9, 51), np.float32), np.zeros((1, 9, 3), np.float32)
    return DecoderOutput(occupancy, multiplicity, zeros, coordinates, letter, np.zeros((1, 6), np.float32), groups)


def distance(one: DecoderOutput, other: DecoderOutput, weights: Weights = WEIGHTS) -> float:
    return float(np.linalg.norm(likeness(one, weights) - likeness(other, weights)))


SALT = decoded(225, [(1, {11: 1.0}), (2, {17: 1.0})])


def test_order_of_sites_and_amounts_do_not_count():
    assert distance(SALT, decoded(225, [(2, {11: 1.0}), (1, {17: 1.0})])) == pytest.approx(0.0, abs=1e-5)
    mixed = decoded(225, [(1, {11: 0.7, 19: 0.3}), (2, {17: 1.0})])
    assert distance(mixed, decoded(225, [(1, {11: 0.6, 19: 0.4}), (2, {17: 1.0})])) < 0.1 * distance(SALT, mixed)


def test_the_squared_distance_is_the_sum_that_the_text_says():
    """Exact for groups, systems and elements; the kernel of letters is approximate."""
    other_group = decoded(221, [(1, {11: 1.0}), (2, {17: 1.0})])  # of the same crystal system
    assert distance(SALT, other_group) ** 2 == pytest.approx(2 * WEIGHTS.group**2, rel=1e-3)
    other_system = decoded(62, [(1, {11: 1.0}), (2, {17: 1.0})])
    assert distance(SALT, other_system) ** 2 == pytest.approx(2 * (WEIGHTS.group**2 + WEIGHTS.system**2), rel=1e-3)
    half_shared = decoded(225, [(1, {19: 1.0}), (2, {17: 1.0})])
    assert distance(SALT, half_shared) ** 2 == pytest.approx(WEIGHTS.elements**2, rel=1e-3)
    nothing_shared = decoded(225, [(1, {19: 1.0}), (2, {35: 1.0})])
    assert distance(SALT, nothing_shared) ** 2 == pytest.approx(2 * WEIGHTS.elements**2, rel=1e-3)
    other_letter = decoded(225, [(1, {11: 1.0}), (3, {17: 1.0})])  # b and c differ by one each
    expected = 2 * WEIGHTS.letters**2 * (1 - np.exp(-2 / (2 * 0.5**2)))
    assert distance(SALT, other_letter) ** 2 == pytest.approx(expected, rel=0.2)


def test_letters_saturate():
    two, five = (decoded(225, [(1, {11: 1.0})] + [(letter, {17: 1.0}) for letter in range(2, n)]) for n in (4, 7))
    only_letters = Weights(0.0, 0.0, 1.0, 0.0)
    assert distance(SALT, two, only_letters) == pytest.approx(distance(SALT, five, only_letters), rel=0.2)


def test_a_site_that_is_not_there_and_nothing_at_all_are_no_elements():
    ghost = decoded(225, [(1, {11: 1.0}), (2, {17: 1.0})])
    ghost.occupancy[0, 5, 25] = 0.9  # on padding
    assert distance(SALT, ghost) == pytest.approx(0.0, abs=1e-5)
    assert np.isfinite(likeness(decoded(1, []))).all()


def test_a_vector_is_of_its_latent_alone(run):
    z = run.latents["test"][:40]
    together = describe(run, z)
    assert together.dtype == np.float32
    np.testing.assert_allclose(describe(run, z[7:8])[0], together[7], atol=1e-5)
    np.testing.assert_allclose(describer(run)(z[::-1]), together[::-1], atol=1e-5)
    assert describe(run, z[:0]).shape == (0, together.shape[1])


def test_copies_of_a_crystal_are_nearer_than_others():
    released = load_run(RELEASED)
    keys = released.split_index("test")["key"].to_numpy(dtype=object)[:400]
    vectors = describe(released, released.latents["test"][:400]).astype(np.float64)
    one, other = np.triu_indices(400, k=1)
    gaps = np.linalg.norm(vectors[one] - vectors[other], axis=1)
    same = keys[one] == keys[other]
    assert same.sum() > 20
    assert np.median(gaps[same]) < 0.05
    assert np.median(gaps[~same]) > 1.0


def test_a_map_by_likeness_is_stored_as_such_and_places_alike(run, tmp_path):
    z = run.latents["test"]
    fitted = fit_map(z, describe=describer(run))
    assert fitted.settings["space"] == "likeness"
    save_map(fitted, tmp_path)
    with pytest.raises(ProjectionError, match="what latents decode to"):
        load_map(tmp_path, "tsne", z)
    loaded = load_map(tmp_path, "tsne", z, describer(run))
    new = run.latents["validation"][:30]
    np.testing.assert_array_equal(loaded.place(new), fitted.place(new))
    assert not np.allclose(fitted.coordinates, fit_map(z).coordinates)


def test_a_map_of_plain_latents_stays_one(run, tmp_path):
    z = run.latents["test"]
    plain = fit_map(z)
    save_map(plain, tmp_path)
    loaded = load_map(tmp_path, "tsne", z, describer(run))
    assert loaded.describe is None
    new = run.latents["validation"][:10]
    np.testing.assert_array_equal(loaded.place(new), plain.place(new))
