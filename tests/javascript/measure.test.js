import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./load.js";

const { measuring, triad } = load(["triad.js", "measure.js"], ["measuring", "triad"]);

const atom = (x, y, z, site) => ({ x, y, z, properties: { site } });

function crystal() {
  const drawn = { lines: 0, labels: [] };
  const viewer = {
    addCylinder: () => ({ line: ++drawn.lines }),
    addLabel: (text) => { drawn.labels.push(text); return text; },
    removeShape: () => { drawn.lines -= 1; },
    removeLabel: (text) => { drawn.labels = drawn.labels.filter((one) => one !== text); },
    render: () => {},
  };
  return { drawn, one: { viewer, scene: { sites: [{ label: "Ti1" }, { label: "O1" }] } } };
}

test("two atoms give a distance, a third the angle at the second, a fourth begins anew", () => {
  const measure = measuring("#000000", "#ffffff"), { drawn, one } = crystal();
  assert.match(measure.pick(one, atom(2, 0, 0, 1)), /^O1: click a second/);
  assert.equal(measure.pick(one, atom(0, 0, 0, 0)), "O1–Ti1 2.000 Å");
  assert.match(measure.pick(one, atom(0, 0, 0, 0)), /same atom/);
  assert.equal(measure.pick(one, atom(0, 3, 0, 1)), "Ti1–O1 3.000 Å; O1–Ti1–O1 90.00°");
  assert.equal(drawn.lines, 2);
  assert.deepEqual(drawn.labels, ["2.000 Å", "3.000 Å", "90.00°"]);
  measure.pick(one, atom(1, 1, 1, 1));
  assert.equal(drawn.lines, 0);
  assert.deepEqual(drawn.labels, []);
});

test("an atom of another crystal begins anew, and switching off clears", () => {
  const measure = measuring("#000000", "#ffffff"), first = crystal(), second = crystal();
  measure.on = true;
  measure.pick(first.one, atom(0, 0, 0, 0));
  measure.pick(first.one, atom(1, 0, 0, 1));
  assert.match(measure.pick(second.one, atom(5, 0, 0, 0)), /click a second/);
  assert.equal(first.drawn.lines, 0);
  measure.pick(second.one, atom(5, 0, 4, 0));
  measure.on = false;
  assert.deepEqual(second.drawn.labels, []);
});

test("angles of a straight line and of a hexagonal cell", () => {
  const { angle } = measuring("", "");
  assert.equal(angle({ x: -1, y: 0, z: 0 }, { x: 0, y: 0, z: 0 }, { x: 2, y: 0, z: 0 }), 180);
  assert.ok(Math.abs(angle({ x: 1, y: 0, z: 0 }, { x: 0, y: 0, z: 0 }, { x: -0.5, y: Math.sqrt(0.75), z: 0 }) - 120) < 1e-9);
});

test("the triad points where the crystal's axes do, whatever their lengths", () => {
  const cell = [[4, 0, 0], [0, 9, 0], [0, 0, 2]];
  const flat = plain(triad.ends(cell, [0, 0, 0, 1]));
  assert.deepEqual(flat.map(({ axis }) => axis).sort(), [0, 1, 2]);
  const b = flat.find(({ axis }) => axis === 1);
  assert.ok(Math.abs(b.x) < 1e-9 && b.y < -20); // up in the picture
  assert.equal(flat.at(-1).axis, 2); // nearest to the eye is drawn last
  const half = Math.SQRT1_2; // a quarter turn about x brings c down, as (0, 0, 1) goes to (0, -1, 0)
  const turned = plain(triad.ends(cell, [half, 0, 0, half])).find(({ axis }) => axis === 2);
  assert.ok(Math.abs(turned.x) < 1e-9 && turned.y > 20);
});
