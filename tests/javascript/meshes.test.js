import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./load.js";

const { meshes } = load(["meshes.js"], ["meshes"]);
const IDENTITY = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

// A cube of 4 Å with an atom in its corner, which is drawn on all eight, and one in its centre.
const corners = [0, 1].flatMap((i) => [0, 1].flatMap((j) => [0, 1].map((k) => [i, j, k])));
const TRIANGLE = { vertices: [0, 0, 0, 1, 0, 0, 0, 1, 0], normals: [0, 0, 1, 0, 0, 1, 0, 0, 1], faces: [0, 1, 2] };
const SCENE = {
  cell: [[4, 0, 0], [0, 4, 0], [0, 0, 4]],
  positions: [[0, 0, 0, 0], [2, 2, 2, 1]],
  copies: [...corners.map((step) => [0, ...step]), [1, 0, 0, 0]],
  bonds: corners.map((step) => [1, 0, ...step]),
  polyhedra: [{ centre: 1, corners: corners.map((step) => [0, ...step]), faces: [0, 1, 3, 4, 5, 7] }],
  levels: [5, null],
  sites: [
    { wedges: [{ symbol: "Cs", colours: { jmol: "#57178f" } }], radii: { covalent: 2 }, colours: { jmol: "#57178f" } },
    {
      wedges: [
        { symbol: "Cl", colours: { jmol: "#1ff01f" }, meshes: [{ ...TRIANGLE, fine: true }, TRIANGLE] },
        { symbol: "Br", colours: { jmol: "#a62929" }, meshes: [TRIANGLE, TRIANGLE] },
      ],
      radii: { covalent: 1.5 }, colours: { jmol: "#1ff01f" },
    },
  ],
};
const places = (drawn, site) => [...drawn.values()].filter((copy) => copy.site === site).map((copy) => plain(copy.place));

test("one cell has an atom on each corner and one within", () => {
  const drawn = meshes.copies(SCENE, [1, 1, 1], false);
  assert.deepEqual(places(drawn, 0).sort(), corners.map((step) => step.map((n) => 4 * n)).sort());
  assert.deepEqual(places(drawn, 1), [[2, 2, 2]]);
});

test("more cells share the corners between them", () => {
  const drawn = meshes.copies(SCENE, [3, 2, 1], false);
  assert.equal(places(drawn, 0).length, 4 * 3 * 2);
  assert.equal(places(drawn, 1).length, 3 * 2);
  assert.deepEqual([...drawn.values()].map((copy) => copy.index), [...drawn.keys()].map((_, i) => i));
});

test("polyhedra bring their ligands from outside", () => {
  const outside = { ...SCENE, copies: [[1, 0, 0, 0]] };
  assert.equal(meshes.copies(outside, [1, 1, 1], false).size, 1);
  assert.equal(meshes.copies(outside, [1, 1, 1], true).size, 9);
});

test("bonds are known to both of their atoms", () => {
  const drawn = meshes.copies(SCENE, [1, 1, 1], false);
  const atoms = meshes.atoms(SCENE, drawn, true);
  const centre = atoms.find((atom) => atom.properties.site === 1);
  assert.equal(centre.bonds.length, 8);
  for (const other of centre.bonds) assert.deepEqual(plain(atoms[other].bonds), [centre.serial]);
  assert.ok(meshes.atoms(SCENE, drawn, false).every((atom) => atom.bonds.length === 0));
});

test("wedges are turned, enlarged and put on each copy", () => {
  const drawn = meshes.copies(SCENE, [2, 1, 1], false);
  const quarter = [[0, 1, 0], [-1, 0, 0], [0, 0, 1]]; // right is b, up is −a
  const shapes = meshes.wedges(SCENE, drawn, quarter, { radii: "covalent", colours: "jmol" });
  assert.deepEqual(plain(shapes.map((shape) => shape.color)), ["#1ff01f", "#a62929"]);
  const points = shapes[0].vertexArr.map(({ x, y, z }) => [x, y, z]);
  assert.deepEqual(plain(points), [[2, 2, 2], [2, 3.5, 2], [0.5, 2, 2], [6, 2, 2], [6, 3.5, 2], [4.5, 2, 2]]);
  assert.deepEqual(plain(shapes[0].faceArr), [0, 1, 2, 3, 4, 5]);
});

test("a mesh never has more corners than 16 bits can name", () => {
  const drawn = new Map(Array.from({ length: 50000 }, (_, i) => [i, { site: 1, place: [i, 0, 0] }]));
  const shapes = meshes.wedges(SCENE, drawn, IDENTITY, { radii: "covalent", colours: "jmol" });
  for (const shape of shapes) assert.ok(Math.max(...shape.faceArr.slice(-3)) < 65536);
  const corners = shapes.filter(({ color }) => color === "#a62929").reduce((sum, shape) => sum + shape.vertexArr.length, 0);
  assert.equal(corners, 3 * 50000);
});

test("faces of polyhedra are flat: all corners of one have its normal, of length one", () => {
  const drawn = meshes.copies(SCENE, [1, 1, 1], true);
  const [mesh] = meshes.polyhedra(SCENE, drawn, (copy) => copy.position === 1, { colours: "jmol" });
  assert.equal(mesh.color, "#1ff01f");
  assert.equal(mesh.vertexArr.length, 6);
  const normals = mesh.normalArr.map(({ x, y, z }) => [x, y, z].map(Math.abs));
  assert.deepEqual(plain(normals), Array.from({ length: 6 }, () => [1, 0, 0]));
});
