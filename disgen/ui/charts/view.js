// Which part of the map is seen: a centre in its numbers, and px to one of them, the same along both axes.
const MARGIN = 0.04; // of the frame, around all points
const FURTHEST = 0.25, CLOSEST = 200; // of the scale at which all points are seen

class View {
  constructor() {
    this.width = this.height = 1;
    this.x = this.y = 0;
    this.scale = this.all = 1;
    this.frame = [0, 1, 0, 1];
    this.place = (x, y) => [this.width / 2 + (x - this.x) * this.scale, this.height / 2 - (y - this.y) * this.scale];
  }

  // All points of a map; left, right, bottom, top.
  show(frame) {
    this.extend(frame);
    this.reset();
  }

  // All points are now within another frame; what is seen stays.
  extend(frame) {
    this.frame = frame;
    this.measure();
  }

  // Nobody has moved or zoomed the map: all points are seen as at first.
  get untouched() {
    const [left, right, bottom, top] = this.frame;
    return this.scale === this.all && this.x === (left + right) / 2 && this.y === (bottom + top) / 2;
  }

  reset() {
    const [left, right, bottom, top] = this.frame;
    [this.x, this.y, this.scale] = [(left + right) / 2, (bottom + top) / 2, this.all];
  }

  // A window of another size shows the same part.
  resize(width, height) {
    const zoom = this.scale / this.all;
    [this.width, this.height] = [Math.max(1, width), Math.max(1, height)];
    this.measure();
    this.scale = zoom * this.all;
  }

  measure() {
    const [left, right, bottom, top] = this.frame, room = 1 + 2 * MARGIN;
    this.all = Math.min(this.width / (room * (right - left)), this.height / (room * (top - bottom)));
  }

  // The number of the map at a place in px.
  /** @param {number[]} place */
  under([u, v]) {
    return [this.x + (u - this.width / 2) / this.scale, this.y - (v - this.height / 2) / this.scale];
  }

  move(right, down) {
    this.x -= right / this.scale;
    this.y += down / this.scale;
  }

  // What lies at a place stays there.
  zoom(factor, at = /** @type {number[]} */ ([this.width / 2, this.height / 2])) {
    const [x, y] = this.under(at);
    this.scale = Math.min(CLOSEST * this.all, Math.max(FURTHEST * this.all, factor * this.scale));
    this.x = x - (at[0] - this.width / 2) / this.scale;
    this.y = y + (at[1] - this.height / 2) / this.scale;
  }

  // Left, right, bottom, top of what is seen.
  get ranges() {
    const wide = this.width / 2 / this.scale, tall = this.height / 2 / this.scale;
    return [this.x - wide, this.x + wide, this.y - tall, this.y + tall];
  }
}
