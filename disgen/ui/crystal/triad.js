// The directions of a, b and c in a corner of the picture, as long as a crystal is turned.
const triad = (() => {
  "use strict";
  const SIZE = 64, ARM = 22; // px: of the corner, and of an axis in the plane of the picture
  const COLOURS = ["#cc3311", "#228833", "#4477aa"];

  // Where a vector of the crystal points in the picture: right, up, and to the eye, by a quaternion (x, y, z, w).
  function turned([x, y, z, w], v) {
    const cross = (p, q) => [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]];
    const inner = cross([x, y, z], v).map((value, i) => value + w * v[i]);
    return cross([x, y, z], inner).map((value, i) => v[i] + 2 * value);
  }

  // Whether two quaternions are the same rotation: they may differ by their sign.
  const sameTurn = (one, other) => Math.abs(one.reduce((sum, value, i) => sum + value * other[i], 0)) > 1 - 1e-6;

  // Product of two rotations as quaternions (x, y, z, w), the second applied first.
  /** @type {(first: number[], second: number[]) => number[]} */
  const product = ([a, b, c, d], [e, f, g, h]) => [
    d * e + a * h + b * g - c * f,
    d * f - a * g + b * h + c * e,
    d * g + a * f - b * e + c * h,
    d * h - a * e - b * f - c * g,
  ];

  // Ends of the three axes of a cell in px from the corner's middle, those farther from the eye first.
  function ends(cell, quaternion) {
    return cell
      .map((vector, axis) => {
        const length = Math.hypot(...vector) || 1;
        const [right, up, near] = turned(quaternion, vector.map((value) => value / length));
        return { axis, x: ARM * right, y: -ARM * up, near };
      })
      .sort((one, other) => one.near - other.near);
  }

  // Draws the triad of a crystal and follows it.
  function show(one) {
    const box = `${-SIZE / 2} ${-SIZE / 2} ${SIZE} ${SIZE}`;
    one.stage.insertAdjacentHTML("beforeend", `<svg class="triad" viewBox="${box}" aria-hidden="true"></svg>`);
    const svg = one.stage.lastElementChild;
    let seen = "";
    const follow = () => {
      requestAnimationFrame(follow);
      const quaternion = one.viewer.getView().slice(4, 8);
      const now = `${quaternion.map((value) => value.toFixed(3)).join()} ${one.scene.table}`;
      if (now === seen) return;
      seen = now;
      svg.innerHTML = ends(one.scene.cell, quaternion).map(({ axis, x, y }) => {
        const [colour, right, down] = [COLOURS[axis], x.toFixed(1), y.toFixed(1)];
        return `<line x2="${right}" y2="${down}" stroke="${colour}" stroke-width="2.5" stroke-linecap="round"/>`
          + `<text x="${(1.32 * x).toFixed(1)}" y="${(1.32 * y).toFixed(1)}" fill="${colour}">${"abc"[axis]}</text>`;
      }).join("");
    };
    follow();
  }

  return { sameTurn, product, ends, show };
})();
