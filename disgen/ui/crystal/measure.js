// Distances and angles by clicking: two atoms give their distance, a third the angle at the second.
const measuring = (ink, paper) => {
  "use strict";
  const LINE = { radius: 0.05, dashed: true, fromCap: 1, toCap: 1 };
  let on = false;
  /** @type {any[]} */
  let picked = []; // atoms, of one crystal
  let owner = null;

  const between = (p, q) => Math.hypot(p.x - q.x, p.y - q.y, p.z - q.z);

  // The angle at the second of three points, in degrees.
  function angle(p, q, r) {
    const u = [p.x - q.x, p.y - q.y, p.z - q.z], v = [r.x - q.x, r.y - q.y, r.z - q.z];
    const cosine = (u[0] * v[0] + u[1] * v[1] + u[2] * v[2]) / (Math.hypot(...u) * Math.hypot(...v));
    return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
  }

  function write(viewer, text, place) {
    return viewer.addLabel(text, {
      position: place, font: "sans-serif", fontSize: 13, fontColor: ink, inFront: true, backgroundColor: paper,
      backgroundOpacity: 0.85, borderThickness: 0, padding: 2, alignment: "center",
    }, undefined, true);
  }

  // What has been measured in a crystal is gone; a crystal that is built anew has lost it already.
  function clear(one) {
    (one.measured ?? []).forEach(({ shape, label }) => {
      if (shape) one.viewer.removeShape(shape);
      one.viewer.removeLabel(label);
    });
    one.measured = [];
    if (owner === one) picked = [];
  }

  // An atom is clicked; returns the sentence that says what has been measured.
  function pick(one, atom) {
    if (owner !== one) {
      if (owner) clear(owner);
      owner = one;
      picked = [];
    }
    if (picked.length === 3) clear(one);
    const last = picked[picked.length - 1];
    if (last && between(last, atom) < 1e-3) return "The same atom: click another.";
    picked.push(atom);
    const { viewer, scene } = one;
    const labels = picked.map(({ properties }) => scene.sites[properties.site].label);
    if (!last) return `${labels[0]}: click a second atom for the distance.`;
    const length = `${between(last, atom).toFixed(3)} Å`;
    const middle = { x: (last.x + atom.x) / 2, y: (last.y + atom.y) / 2, z: (last.z + atom.z) / 2 };
    one.measured = [...(one.measured ?? []), {
      shape: viewer.addCylinder({ ...LINE, start: last, end: atom, color: ink }), label: write(viewer, length, middle),
    }];
    let sentence = `${labels.slice(-2).join("–")} ${length}`;
    if (picked.length === 3) {
      const size = `${angle(picked[0], picked[1], picked[2]).toFixed(2)}°`;
      one.measured.push({ shape: null, label: write(viewer, size, picked[1]) });
      sentence += `; ${labels.join("–")} ${size}`;
    }
    viewer.render();
    return sentence;
  }

  return {
    angle,
    between,
    clear,
    pick,
    get on() { return on; },
    set on(value) {
      on = value;
      if (!on && owner) {
        clear(owner);
        owner.viewer.render();
      }
    },
  };
};
