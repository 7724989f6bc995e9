import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.js";

const CAMERA_Z = 150;
const SCENE = {
  cell: [[10, 0, 0], [0, 4, 0], [0, 0, 4]], positions: [[0, 0, 0, 0]], copies: [[0, 0, 0, 0]], bonds: [], polyhedra: [],
  levels: [null], views: { b: { rotation: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], quaternion: [0, 0, 0, 1] } },
  sites: [{ wedges: [{ symbol: "Na", colours: {} }], radii: { covalent: 1 }, colours: {} }],
};

// A view of 3Dmol that draws nothing and remembers where its camera is.
function fakeViewer() {
  const done = { camera: { fov: 20 }, CAMERA_Z, setView: (view) => { done.view = view; } };
  return new Proxy(done, { get: (target, name) => target[name] ?? (() => new Proxy({}, { get: () => () => {} })) });
}

function started(options, stage) {
  const $3Dmol = { createViewer: fakeViewer };
  const { drawing } = load(["meshes.js", "drawing.js"], ["drawing"], { $3Dmol });
  const all = { cells: [1, 1, 1], bonds: false, polyhedra: false, radii: "covalent", colours: "jmol", view: "b", ...options };
  const tools = drawing({ dark: false, background: "#ffffff" }, all);
  return { tools, one: tools.start(stage, SCENE) };
}

// Half of the picture's height and width in Å at the crystal's centre.
const seen = ({ tools, one }) => {
  const high = one.distance * tools.slopeOf(one);
  return [(high * one.stage.clientWidth) / one.stage.clientHeight, high];
};

for (const perspective of [true, false]) {
  test(`the camera sees the middle of the cell, and all of it (${perspective ? "perspective" : "parallel"})`, () => {
    const view = started({ perspective }, { clientWidth: 400, clientHeight: 400, addEventListener() {} });
    view.tools.place(view.one, [0, 0, 0, 1]);
    assert.deepEqual([...view.one.viewer.view.slice(0, 3)], [-5, -2, -2]);
    const [right, up] = seen(view);
    assert.ok(right > 5 && right < 9, `${right} Å`);
    assert.ok(up >= right - 1e-9);
  });
}

test("turned by a quarter around the line of sight, the long edge stands upright and a wide picture needs more room", () => {
  const view = started({ perspective: false }, { clientWidth: 800, clientHeight: 400, addEventListener() {} });
  view.tools.place(view.one, [0, 0, 0, 1]);
  const lying = view.one.distance;
  view.tools.place(view.one, [0, 0, Math.SQRT1_2, Math.SQRT1_2]);
  assert.ok(view.one.distance > 1.5 * lying);
});

test("more cells are seen from farther away", () => {
  const far = started({ perspective: true, cells: [3, 1, 1] }, { clientWidth: 400, clientHeight: 400, addEventListener() {} });
  const near = started({ perspective: true }, { clientWidth: 400, clientHeight: 400, addEventListener() {} });
  for (const view of [far, near]) view.tools.place(view.one, [0, 0, 0, 1]);
  assert.ok(far.one.distance > 2 * near.one.distance);
});
