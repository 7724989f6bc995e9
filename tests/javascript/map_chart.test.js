import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./load.js";

class ImageData {
  constructor(width, height) {
    Object.assign(this, { width, height, data: new Uint8ClampedArray(4 * width * height) });
  }
}
const { unpack, nearest, rowsWithin, channels, paint, View } = load(
  ["points.js", "view.js"], ["unpack", "nearest", "rowsWithin", "channels", "paint", "View"],
  { ImageData, TextDecoder, Uint16Array, Uint8Array, DataView },
);

const HEAD = { n: 3, frame: [-1, 1, 0, 4], sizes: [[1, 6], [2, 4]], palette: ["#ff0000", "rgba(0, 0, 255, 0.5)"] };

function packed() {
  let head = JSON.stringify(HEAD);
  head += " ".repeat((4 - (head.length % 4)) % 4);
  const places = new Uint16Array([0, 65535, 0, 0, 65535, 13107]);
  const parts = [
    Buffer.from(new Uint32Array([head.length]).buffer), Buffer.from(head), Buffer.from(places.buffer),
    Buffer.from([0, 1, 1]), Buffer.from([62, 0, 225]), Buffer.from("NaCl\nno crystal\tempty\nFe2O3"),
  ];
  const whole = Buffer.concat([Buffer.from("x"), ...parts]); // bytes of a message begin anywhere
  return new Uint8Array(whole.buffer, whole.byteOffset + 1, whole.length - 1);
}

test("points are unpacked wherever their bytes begin", () => {
  const points = unpack(packed());
  assert.deepEqual([...points.x], [-1, 1, -1]);
  assert.deepEqual([...points.y].map((value) => Number(value.toFixed(6))), [0, 4, 0.8]);
  assert.deepEqual([[...points.colours], [...points.groups]], [[0, 1, 1], [62, 0, 225]]);
  assert.deepEqual([...points.formulas], ["NaCl", "no crystal\tempty", "Fe2O3"]);
  assert.deepEqual([0, 1, 2].map(points.diameter), [6, 4, 4]);
});

test("colours are read as the server writes them", () => {
  assert.deepEqual(plain(channels("#9aa5a8")), [154, 165, 168, 1]);
  assert.deepEqual(plain(channels("rgba(154, 165, 168, 0.4)")), [154, 165, 168, 0.4]);
  assert.deepEqual(plain(channels("rgb(18, 25, 27)")), [18, 25, 27, 1]);
});

test("the nearest point is pointed at, of two on one place the one on top", () => {
  const points = { n: 4, x: [0, 10, 10, 40], y: [0, 0, 0, 0] };
  const place = (x, y) => [x, y];
  assert.equal(nearest(points, place, [9, 1], 5), 2);
  assert.equal(nearest(points, place, [1, 1], 5), 0);
  assert.equal(nearest(points, place, [25, 0], 5), -1);
});

test("a lasso holds what lies inside, also where it is not convex", () => {
  const points = { n: 3, x: [1, 5, 9], y: [5, 5, 5] };
  const horseshoe = [[0, 0], [10, 0], [10, 10], [8, 10], [8, 2], [2, 2], [2, 10], [0, 10]];
  assert.deepEqual(plain(rowsWithin(points, horseshoe)), [0, 2]);
});

test("all points are seen at first, and what is under the pointer stays there", () => {
  const view = new View();
  view.resize(400, 200);
  view.show([0, 10, 0, 10]);
  assert.ok([[0, 0], [10, 10]].every(([x, y]) => view.place(x, y).every((value, at) => value > 0 && value < [400, 200][at])));
  const before = view.under([120, 50]);
  view.zoom(3, [120, 50]);
  assert.ok(view.under([120, 50]).every((value, at) => Math.abs(value - before[at]) < 1e-9));
  const [left, right] = view.ranges;
  view.move(40, 0);
  assert.ok(Math.abs(view.ranges[0] - (left - (40 * (right - left)) / 400)) < 1e-9);
  view.reset();
  assert.deepEqual([view.x, view.y], [5, 5]);
});

test("a window of another size shows the same part, and zoom has an end", () => {
  const view = new View();
  view.resize(400, 200);
  view.show([0, 10, 0, 10]);
  view.zoom(2);
  view.resize(800, 400);
  assert.ok(Math.abs(view.scale / view.all - 2) < 1e-9);
  for (let turn = 0; turn < 200; turn++) view.zoom(2);
  assert.ok(view.scale / view.all <= 200);
});

test("a view that nobody has touched grows with its frame, another one stays where it is", () => {
  const view = new View();
  view.resize(400, 200);
  view.show([0, 10, 0, 10]);
  assert.ok(view.untouched);
  view.move(40, 0);
  assert.ok(!view.untouched, "moved without zooming");
  const before = view.ranges;
  view.extend([-10, 20, -10, 20]);
  assert.deepEqual(view.ranges, before);
  view.reset();
  assert.ok(view.untouched);
  assert.ok(view.place(20, 20)[0] < 400 && view.place(20, 20)[1] > 0, "all points of the new frame");
});

test("a point is painted where it lies, over what lay there before", () => {
  const points = { ...HEAD, n: 3, x: [5, 5, 5000], y: [5, 5, 5], colours: [0, 1, 0] };
  const { image, margin } = paint(points, (x, y) => [x, y], { width: 20, height: 10, pixels: 1, page: "rgb(255, 255, 255)" });
  const at = (x, y) => [...image.data.slice(4 * ((y + margin) * image.width + x + margin)).slice(0, 3)];
  const [red, green, blue] = at(5, 5);
  assert.ok(red > blue && blue > green); // blue at half its strength over red
  assert.deepEqual(at(15, 5), [255, 255, 255]);
  const ring = at(7, 5); // of the larger one, which lies below
  assert.ok(ring[0] > 240 && ring[1] < 120);
});

test("a panel holds its own points, and the first panel's in grey behind them", () => {
  const { panelPoints } = load(["element.js", "points.js", "view.js", "gestures.js", "panels_chart.js"], ["panelPoints"]);
  const x = Float64Array.from({ length: 3005 }, (_, row) => row);
  const points = { x, y: x, colours: Uint8Array.from(x, (row) => row % 7), palette: [], sizes: [[3000, 3], [2, 5], [3, 5]], behind: 8 };
  const first = panelPoints(points, 0), last = panelPoints(points, 2);
  assert.deepEqual([first.own.n, first.own.start, first.drawn.x.length], [3000, 0, 3000]);
  assert.deepEqual([...last.own.x], [3002, 3003, 3004]);
  assert.deepEqual([last.own.start, last.drawn.x.length, ...last.drawn.sizes.map(([count]) => count)], [3002, 1503, 1500, 3]);
  assert.deepEqual([...last.drawn.colours.slice(1499)], [8, 3002 % 7, 3003 % 7, 3004 % 7]);
  assert.deepEqual([...last.drawn.x.slice(1498)], [2996, 2998, 3002, 3003, 3004]);
});
