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

  return { ends, show };
})();
