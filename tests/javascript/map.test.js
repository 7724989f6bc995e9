import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./load.js";

const { contour, numbers, fanned, placedNames } = load(
  ["map_names.js", "map_layers.js", "marks.js"], ["contour", "numbers", "fanned", "placedNames"],
);
const distance = ([x, y], [u, v]) => Math.hypot(x - u, y - v);

test("numbers come as 32-bit floats in base 64", () => {
  const text = Buffer.from(new Float32Array([1.5, -2, 0]).buffer).toString("base64");
  assert.deepEqual([...numbers(text)], [1.5, -2, 0]);
});

test("a contour of a cone is a circle", () => {
  const rows = 41, columns = 41;
  const values = Array.from({ length: rows * columns }, (_, at) => Math.hypot((at % columns) - 20, Math.floor(at / columns) - 20));
  const segments = contour({ rows, columns, values }, 12.3);
  const ends = segments.flatMap(([x, y, u, v]) => [[x, y], [u, v]]);
  assert.ok(segments.length > 60);
  for (const end of ends) assert.ok(Math.abs(distance(end, [20, 20]) - 12.3) < 0.02);
  const length = segments.reduce((sum, [x, y, u, v]) => sum + distance([x, y], [u, v]), 0);
  assert.ok(Math.abs(length - 2 * Math.PI * 12.3) < 0.2);
  for (const end of ends) assert.equal(ends.filter((other) => distance(end, other) < 1e-9).length, 2); // it is closed
});

test("a contour lies between the values on both sides, and a saddle has two pieces", () => {
  assert.deepEqual(plain(contour({ rows: 2, columns: 2, values: [0, 4, 0, 4] }, 1)), [[0.25, 0, 0.25, 1]]);
  assert.equal(contour({ rows: 2, columns: 2, values: [1, 0, 0, 1] }, 0.5).length, 2);
  assert.equal(contour({ rows: 2, columns: 2, values: [3, 3, 3, 3] }, 1).length, 0);
});

test("marks that stand alone stay where they are", () => {
  assert.deepEqual(plain(fanned([[0, 0], [50, 0], [0, 50]], [])), [[0, 0], [50, 0], [0, 50]]);
});

test("marks on one place are fanned out so that none hides another", () => {
  const seats = fanned(Array.from({ length: 30 }, () => [100, 100]), []);
  for (const [i, seat] of seats.entries()) {
    for (const other of seats.slice(i + 1)) assert.ok(distance(seat, other) > 5);
    assert.ok(distance(seat, [100, 100]) < 60);
  }
});

test("marks under a ring are seen outside it", () => {
  const [seat] = fanned([[10, 10]], [[10, 10]]);
  assert.ok(distance(seat, [10, 10]) > 11 + 5);
});

const name = (text, x, y) => ({ text, at: [x, y] });
const written = (names, zoom = 1, taken = []) => plain(
  placedNames(names, ([x, y]) => [zoom * x, zoom * y], 400, 300, (text) => 6 * text.length, taken),
).map(({ text }) => text);

test("of names that would lie on each other the more important is written; closer there is room for both", () => {
  const names = [name("spinel", 100, 100), name("garnet", 110, 102), name("rutile", 100, 200)];
  assert.deepEqual(written(names), ["spinel", "rutile"]);
  assert.deepEqual(written(names, 1.4), ["spinel", "rutile"]);
  assert.deepEqual(written([name("spinel", 20, 20), name("garnet", 35, 22)], 5), ["spinel", "garnet"]);
});

test("names keep clear of the legend and the map's edges, and of their namesakes", () => {
  assert.deepEqual(written([name("spinel", 60, 50), name("spinel", 100, 150)], 1, [[0, 0, 90, 90]]), ["spinel"]);
  assert.deepEqual(written([name("spinel", 3, 100), name("spinel", 200, 298)]), []);
  assert.deepEqual(written([name("spinel", 100, 100), name("spinel", 150, 150), name("spinel", 350, 250)]).length, 2);
});

test("there are never many names", () => {
  const names = Array.from({ length: 200 }, (_, at) => name(`n${at}`, 20 + 36 * (at % 10), 12 + 14 * Math.floor(at / 10)));
  assert.equal(written(names).length, 22);
});
