import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./load.js";

const { ticks } = load(["parity.js"], ["ticks"]);
const table = load(["periodic_table.js"], ["listOf", "next", "neighbour"]);

test("ticks are round numbers within the range, with as many digits as they need", () => {
  assert.deepEqual(plain(ticks(0, 10, 5)), [[0, "0"], [2, "2"], [4, "4"], [6, "6"], [8, "8"], [10, "10"]]);
  assert.deepEqual(plain(ticks(0.13, 0.31, 4)).map(([, text]) => text), ["0.15", "0.20", "0.25", "0.30"]);
  assert.deepEqual(plain(ticks(-1200, 900, 5)).map(([value]) => value), [-1000, -500, 0, 500]);
});

test("there are few ticks however wide or narrow the range", () => {
  for (let power = -6; power <= 6; power += 1) {
    for (const span of [1, 1.7, 2.5, 4.9, 9.99]) {
      const count = ticks(3 * 10 ** power, (3 + span) * 10 ** power, 5).length;
      assert.ok(count >= 2 && count <= 6, `${count} ticks for ${span}e${power}`);
    }
  }
});

test("a click takes an element from list to list and back, with shift the other way", () => {
  const turns = [false, true].map((backwards) => {
    const way = [""];
    for (let click = 0; click < 3; click += 1) way.push(table.next(way.at(-1), backwards));
    return way;
  });
  assert.deepEqual(turns, [["", "first", "second", ""], ["", "second", "first", ""]]);
  assert.equal(table.listOf({ first: ["Li"], second: ["O"] }, "O"), "second");
  assert.equal(table.listOf({ first: ["Li"], second: ["O"] }, "P"), "");
});

test("an arrow key goes to the nearest element of the row or column", () => {
  const at = (x, y) => ({ getBoundingClientRect: () => ({ x, y }) });
  const [h, he, li, be, na] = [at(0, 0), at(170, 0), at(0, 10), at(10, 10), at(0, 20)];
  const all = [h, he, li, be, na];
  assert.equal(table.neighbour(all, h, [1, 0]), li); // down
  assert.equal(table.neighbour(all, li, [0, 1]), be); // right
  assert.equal(table.neighbour(all, na, [-1, 0]), li); // up
  assert.equal(table.neighbour(all, h, [0, -1]), null);
});
