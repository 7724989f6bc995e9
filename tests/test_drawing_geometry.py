"""The drawn geometry: wedges by occupancy, images on the faces, view directions."""

import numpy as np
import pytest

from disgen.crystal import WyckoffSite, lattice_vectors
from disgen.drawing.geometry import (
    HAIR,
    LEVELS,
    levels_for,
    periodic_images,
    quaternion,
    view_rotations,
    wedge_mesh,
    wedges,
)


def site(*occupancies):
    return WyckoffSite("a", 1, (0.0, 0.0, 0.0), occupancies)


def volume(mesh):
    a, b, c = (mesh.vertices[mesh.faces[:, corner]] for corner in range(3))
    return np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6


def test_a_full_site_is_one_whole_sphere():
    (wedge,) = wedges(site(("Fe", 1.0)))
    assert wedge.is_full
    assert (wedge.start, wedge.end) == (0.0, 2 * np.pi)


def test_wedges_run_by_falling_occupancy_and_leave_the_vacancy_open():
    parts = wedges(site(("Fe", 0.5), ("Ni", 0.25)))
    assert [part.symbol for part in parts] == ["Fe", "Ni"]
    assert parts[0].start == pytest.approx(HAIR / 2)
    assert parts[0].end == pytest.approx(np.pi - HAIR / 2)
    assert parts[-1].end == pytest.approx(1.5 * np.pi - HAIR / 2)  # the last quarter stays empty


def test_a_lone_partly_filled_species_keeps_its_gap():
    (wedge,) = wedges(site(("O", 0.92)))
    assert not wedge.is_full
    assert wedge.end - wedge.start == pytest.approx(0.92 * 2 * np.pi - HAIR)


def test_occupancies_above_one_are_scaled_down():
    parts = wedges(site(("Fe", 0.8), ("Ni", 0.4)))
    assert parts[-1].end <= 2 * np.pi
    spans = [part.end - part.start + HAIR for part in parts]
    assert spans[0] / spans[1] == pytest.approx(2.0)


def test_a_trace_keeps_a_wedge_that_is_not_turned_inside_out():
    for part in wedges(site(("Fe", 0.9995), ("Ni", 0.0005))):
        assert part.end >= part.start


@pytest.mark.parametrize("share", [0.03, 0.25, 0.5, 0.75, 0.97, 1.0])
def test_meshes_are_closed_point_outwards_and_have_the_volume_of_their_share(share):
    mesh = wedge_mesh(0.3, 0.3 + share * 2 * np.pi, segments=64)
    edges = np.sort(np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]]), axis=1)
    assert edges.max() < len(mesh.vertices)
    corners = mesh.vertices[mesh.faces]
    turned = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outward = np.einsum("ij,ij->i", turned, mesh.normals[mesh.faces].sum(axis=1))
    assert (outward >= 0.0).all()
    assert volume(mesh) == pytest.approx(share * 4 / 3 * np.pi, rel=0.02)
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0)


def test_every_edge_of_a_wedge_belongs_to_two_faces_that_run_along_it_in_opposite_ways():
    mesh = wedge_mesh(0.0, 2.0, segments=24)
    _, point = np.unique(np.round(mesh.vertices, 9) + 0.0, axis=0, return_inverse=True)
    faces = point[mesh.faces]
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])]
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    once, counts = np.unique(edges, axis=0, return_counts=True)
    assert (counts == 1).all()
    assert {tuple(edge) for edge in once} == {tuple(edge[::-1]) for edge in once}


def test_a_wedge_turns_clockwise_from_twelve_as_seen_from_its_axis():
    mesh = wedge_mesh(0.0, np.pi / 2)
    assert (mesh.vertices[:, 0] >= -1e-9).all()  # right
    assert (mesh.vertices[:, 1] >= -1e-9).all()  # up


@pytest.mark.parametrize(
    ("position", "copies"),
    [((0.0, 0.0, 0.0), 8), ((0.5, 0.0, 0.0), 4), ((0.5, 0.5, 0.0), 2), ((0.25, 0.5, 0.3), 1), ((0.9999, 0.5, 0.5), 2)],
)
def test_positions_on_faces_edges_and_corners_are_repeated(position, copies):
    points, owners = periodic_images(np.array([position]), np.array([7]))
    assert len(points) == copies
    assert len(np.unique(np.round(points, 6), axis=0)) == copies
    assert (owners == 7).all()
    assert points.min() > -0.01
    assert points.max() < 1.01


def test_no_positions_have_no_images():
    points, owners = periodic_images(np.zeros((0, 3)), np.zeros(0, dtype=int))
    assert points.shape == (0, 3)
    assert owners.shape == (0,)


@pytest.mark.parametrize("cell", [(4, 5, 6, 90, 90, 90), (9, 3, 4, 80, 95, 110), (5, 5, 12, 90, 90, 120)])
def test_views_look_against_their_axis_with_the_longer_axis_from_left_to_right(cell):
    vectors = lattice_vectors(cell)
    for axis, (name, rotation) in enumerate(view_rotations(cell).items()):
        assert name == "abc"[axis]
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1.0)
        seen = rotation @ vectors[axis]
        np.testing.assert_allclose(seen[:2], 0.0, atol=1e-9)
        assert seen[2] > 0.0
        up = rotation @ vectors[1 if name == "c" else 2]
        assert up[0] == pytest.approx(0.0, abs=1e-9)
        assert up[1] > 0.0


@pytest.mark.parametrize("seed", range(8))
def test_quaternions_turn_as_their_matrices(seed):
    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    x, y, z, w = quaternion(rotation)
    vector = rng.normal(size=3)
    axis = np.array([x, y, z])
    turned = vector + 2 * np.cross(axis, np.cross(axis, vector) + w * vector)
    np.testing.assert_allclose(turned, rotation @ vector, atol=1e-12)


def test_half_turns_have_quaternions_too():
    for diagonal in ((1, -1, -1), (-1, 1, -1), (-1, -1, 1)):
        values = np.abs(quaternion(np.diag(diagonal).astype(float)))
        assert sorted(values) == pytest.approx([0, 0, 0, 1])


def test_caps_are_lit_for_whoever_looks_along_the_axis():
    mesh = wedge_mesh(0.0, 4.0, segments=24)
    ball = 25 * 17  # more than the vertices of the round part
    rim = mesh.vertices[-ball:]
    for eye in (1.0, -1.0):
        seen = np.abs(rim[:, 2] - eye) < 0.3  # the end of the caps that is near the eye
        assert (mesh.normals[-ball:][seen][:, 2] * eye).min() > 0.3


def test_many_positions_are_drawn_with_fewer_facets():
    facets = [segments for _, segments in LEVELS]
    assert facets == sorted(facets, reverse=True)
    assert levels_for(30, 50) == LEVELS[:1]
    assert levels_for(30, 27 * 30) == LEVELS[:3]
    assert levels_for(400, 27 * 400) == LEVELS[1:]
    assert levels_for(5000, 27 * 5000) == LEVELS[-1:]
