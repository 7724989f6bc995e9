"""Geometry of the drawn crystal: sphere wedges, periodic images on the faces of the cell, view directions.

Everything is in a local frame whose z axis is the axis of the wedges, so that a viewer who looks along it sees a pie:
angles run clockwise from 12 o'clock, species by falling occupancy, and the empty share is the gap that is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import lattice_vectors
from disgen.drawing.contents import VACANCY, species

if TYPE_CHECKING:
    from disgen.crystal import WyckoffSite

HAIR = 0.012  # rad between neighbouring wedges, against flicker where two caps would coincide
FACE_TOLERANCE = 1e-3  # fractional distance from a face within which a position is repeated on the opposite face
LEAN = 1.5  # of the normals of caps, as a multiple of the distance from the middle
# Levels of detail: facets of a full turn up to so many drawn positions, so that large cells stay fluid.
LEVELS: tuple[tuple[float, int], ...] = ((120, 40), (500, 24), (1200, 14), (np.inf, 10))
_FULL_TURN = 2.0 * np.pi


@dataclass(frozen=True)
class Mesh:
    """Triangles of a closed surface, seen from outside in counter-clockwise order.

    Attributes:
        vertices: (v, 3) in units of the radius.
        normals: (v, 3) unit vectors that point outwards.
        faces: (f, 3) indices of vertices.
    """

    vertices: np.ndarray
    normals: np.ndarray
    faces: np.ndarray


@dataclass(frozen=True)
class Wedge:
    """One species' share of a site's sphere, from ``start`` to ``end`` in rad clockwise from 12 o'clock."""

    symbol: str
    start: float
    end: float

    @property
    def is_full(self) -> bool:
        """True if the species fills the whole sphere."""
        return self.end - self.start >= _FULL_TURN - 1e-9


def wedges(site: WyckoffSite) -> tuple[Wedge, ...]:
    """Wedges of a site's species by falling occupancy, without the gap of its vacancy.

    Occupancies that sum to more than one are scaled down to one; neighbouring wedges are `HAIR` apart.
    """
    pairs = species(site)
    total = max(1.0, sum(amount for _, amount in pairs))
    edges = np.concatenate([[0.0], np.cumsum([amount / total for _, amount in pairs])]) * _FULL_TURN
    edges[-1] = _FULL_TURN if abs(edges[-1] - _FULL_TURN) < 0.01 else edges[-1]  # noqa: PLR2004 (0.995 counts as full)
    hair = HAIR if len(pairs) > 1 else 0.0
    return tuple(
        Wedge(symbol, float(start + min(hair, end - start) / 2), float(end - min(hair, end - start) / 2))
        for (symbol, _), start, end in zip(pairs, edges[:-1], edges[1:], strict=True)
        if symbol != VACANCY
    )


def wedge_mesh(start: float, end: float, *, segments: int = 32) -> Mesh:
    """Part of the unit sphere between two half planes through the z axis, with flat caps; the whole sphere if 2π wide.

    Args:
        start: first angle in rad, clockwise from +y as seen from +z.
        end: second angle in rad, larger than ``start`` by at most 2π.
        segments: facets of a full turn.
    """
    span = end - start
    full = span >= _FULL_TURN - 1e-9
    columns = max(2, round(segments * span / _FULL_TURN))
    rings = max(4, segments // 2)
    turn, polar = np.meshgrid(np.linspace(start, end, columns + 1), np.linspace(0.0, np.pi, rings + 1))
    ball = np.stack([np.sin(turn) * np.sin(polar), np.cos(turn) * np.sin(polar), np.cos(polar)], axis=-1)
    index = np.arange(ball.size // 3).reshape(rings + 1, columns + 1)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    quads = np.concatenate(
        [np.stack([a, b, c], axis=-1)[1:].reshape(-1, 3), np.stack([b, d, c], axis=-1)[:-1].reshape(-1, 3)]
    )
    vertices, normals, faces = [ball.reshape(-1, 3)], [ball.reshape(-1, 3)], [quads]
    if not full:
        offset = index.size
        for angle, side in ((start, -1), (end, 1)):
            arc = ball[:, 0 if side < 0 else -1]
            cap = np.concatenate([np.zeros((1, 3)), arc])
            # Flat normals would leave caps black for whoever looks along the axis: these lean towards the edge.
            leaning = side * np.array([np.cos(angle), -np.sin(angle), 0.0]) + LEAN * cap
            vertices.append(cap)
            normals.append(leaning / np.linalg.norm(leaning, axis=1, keepdims=True))
            steps = np.arange(1, rings + 1)
            fan = np.stack([np.zeros(rings, dtype=int), steps, steps + 1], axis=-1)
            faces.append(offset + (fan if side < 0 else fan[:, ::-1]))
            offset += rings + 2
    mesh = Mesh(np.concatenate(vertices), np.concatenate(normals), np.concatenate(faces).astype(np.int64))
    return _outward(mesh)


def periodic_images(positions: np.ndarray, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add the copies of positions that lie on a face, an edge or a corner of the cell, on the opposite side.

    Args:
        positions: (m, 3) fractional coordinates in [0, 1).
        sites: (m,) what belongs to each position.

    Returns:
        Positions (m', 3) in [0, 1] and what belongs to them, (m',).
    """
    if not len(positions):
        return positions.reshape(0, 3), sites
    low, high = positions < FACE_TOLERANCE, positions > 1.0 - FACE_TOLERANCE
    step = low.astype(int) - high.astype(int)
    points, owners = [positions], [sites]
    for shift in list(product((0, 1), repeat=3))[1:]:
        chosen = np.all((step != 0) | (np.array(shift) == 0), axis=1)
        points.append(positions[chosen] + step[chosen] * np.array(shift))
        owners.append(sites[chosen])
    return np.concatenate(points), np.concatenate(owners)


def view_rotations(cell: tuple[float, ...]) -> dict[str, np.ndarray]:
    """Rotations to the views along a, b and c: rows are the crystal's directions that point right, up and to the eye.

    The axis points to the viewer, and c upwards as in most figures of crystals; along c it is b that does.
    """
    vectors = lattice_vectors(cell)
    rotations = {}
    for axis, name in enumerate("abc"):
        toward = vectors[axis] / np.linalg.norm(vectors[axis])
        up = vectors[1 if name == "c" else 2]
        up = up - (up @ toward) * toward
        up /= np.linalg.norm(up)
        rotations[name] = np.stack([np.cross(up, toward), up, toward])
    return rotations


def quaternion(rotation: np.ndarray) -> tuple[float, float, float, float]:
    """Unit quaternion (x, y, z, w) of a proper rotation matrix (3, 3) that acts on column vectors."""
    m = rotation
    # Largest of the four components first, which keeps the division well away from zero (Shepperd's method).
    squares = np.array(
        [
            1 + m[0, 0] - m[1, 1] - m[2, 2],
            1 - m[0, 0] + m[1, 1] - m[2, 2],
            1 - m[0, 0] - m[1, 1] + m[2, 2],
            1 + np.trace(m),
        ]
    )
    pairs = np.array(
        [
            [squares[0], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2]],
            [m[0, 1] + m[1, 0], squares[1], m[1, 2] + m[2, 1], m[0, 2] - m[2, 0]],
            [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], squares[2], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], squares[3]],
        ]
    )
    row = pairs[int(np.argmax(squares))]
    x, y, z, w = row / np.linalg.norm(row)
    return float(x), float(y), float(z), float(w)


def levels_for(fewest: int, most: int) -> tuple[tuple[float, int], ...]:
    """The levels of detail that drawing between so many positions needs: (most positions, facets of a full turn)."""
    needed = [level for level in LEVELS if level[0] >= fewest]
    last = next(number for number, (limit, _) in enumerate(needed) if limit >= most)
    return tuple(needed[: last + 1])


def _outward(mesh: Mesh) -> Mesh:
    """The mesh with every face turned so that its corners run counter-clockwise as seen from outside."""
    corners = mesh.vertices[mesh.faces]
    turned = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = np.einsum("ij,ij->i", turned, mesh.normals[mesh.faces].sum(axis=1)) < 0.0
    faces = mesh.faces.copy()
    faces[inward] = faces[inward][:, ::-1]
    return Mesh(mesh.vertices, mesh.normals, faces)
