// Draws one crystal: atoms, cells, polyhedra, wedges, and the camera before them. `options` says how and may change.
const drawing = (data, options) => {
  "use strict";
  const { point, add, scaled } = meshes;
  const INK = data.dark ? "#e6eded" : "#1c2526";
  const EDGE = data.dark ? "#8b94a3" : "#5c6370";
  const OUTLINE = { style: "outline", color: data.dark ? "#000000" : "#30353f", width: 0.02 };
  const MOST_OUTLINED = 1200; // positions: an outline is a second drawing of all
  const POLYHEDRA = 0.8; // opacity
  const HALO = { color: data.dark ? "#2dbfb0" : "#0f766e", alpha: 0.4 };
  const MOST_HALOS = 400; // positions

  function addAtoms(one) {
    const { viewer, scene, drawn } = one;
    const model = viewer.addModel();
    model.addAtoms(meshes.atoms(scene, drawn, options.bonds));
    scene.sites.forEach((site, number) => {
      const full = site.wedges.length === 1 && !site.wedges[0].meshes;
      const radius = site.radii[options.radii], color = site.colours[options.colours];
      const style = full ? { sphere: { radius, color } } : { clicksphere: { radius } };
      if (options.bonds) style.stick = { radius: 0.09, color };
      model.setStyle({ predicate: (atom) => atom.properties.site === number }, style);
    });
  }

  const edge = (scene, axis) => scaled(scene.cell[axis], options.cells[axis]);

  // Where the label of an axis stands: beyond the end of the axis and what sits there.
  function axisEnd(scene, axis) {
    const largest = Math.max(0, ...scene.sites.map((site) => site.radii[options.radii]));
    const whole = edge(scene, axis);
    return scaled(whole, 1 + (largest + 0.5) / Math.hypot(...whole));
  }

  function addCells(one) {
    const { viewer, scene } = one;
    const lines = viewer.addShape({ color: EDGE });
    [0, 1, 2].forEach((axis) => {
      const [second, third] = [0, 1, 2].filter((other) => other !== axis);
      for (let m = 0; m <= options.cells[second]; m += 1) for (let n = 0; n <= options.cells[third]; n += 1) {
        const outer = m % options.cells[second] === 0 && n % options.cells[third] === 0;
        const start = add(scaled(scene.cell[second], m), scaled(scene.cell[third], n));
        lines.addCylinder({
          start: point(start), end: point(add(start, edge(scene, axis))), radius: outer ? 0.03 : 0.015,
          color: EDGE, fromCap: 2, toCap: 2,
        });
      }
      const label = viewer.addLabel("abc"[axis], {
        position: point(axisEnd(scene, axis)), font: "sans-serif", bold: true, fontSize: 15, fontColor: INK, inFront: true,
        backgroundColor: data.background, backgroundOpacity: 0.7, borderThickness: 0, padding: 1, alignment: "center",
      }, undefined, true);
      one.labels.push(label);
    });
  }

  function addPolyhedra(one) {
    const { viewer, scene, drawn } = one;
    const inside = meshes.copies(scene, options.cells, false);
    const centre = (copy) => inside.has(`${copy.position}:${copy.shift.join()}`);
    meshes.polyhedra(scene, drawn, centre, options).forEach((mesh) => viewer.addCustom({ ...mesh, alpha: POLYHEDRA }));
  }

  // The rows right, up and to the eye of a quaternion (x, y, z, w).
  /** @param {number[]} quaternion */
  function rowsOf([x, y, z, w]) {
    return [
      [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
      [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
      [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ];
  }

  const centreOf = (scene) => scaled(add(add(edge(scene, 0), edge(scene, 1)), edge(scene, 2)), 0.5);

  // Half of the picture's height over the camera's distance: 3Dmol's field of view is the height's in perspective, but
  // half the width's in parallel projection.
  function slopeOf({ viewer, stage }) {
    const angle = (viewer.camera.fov * Math.PI) / 180;
    const aspect = stage.clientWidth / Math.max(1, stage.clientHeight);
    return options.perspective ? Math.tan(angle / 2) : Math.tan(angle) / aspect;
  }

  // The nearest distance of the camera from the centre at which everything is in the picture.
  function fittingDistance(one, rows) {
    const { scene, stage, drawn } = one;
    const slope = slopeOf(one);
    const aspect = stage.clientWidth / Math.max(1, stage.clientHeight);
    const centre = centreOf(scene);
    let distance = 1;
    const consider = (place, radius) => {
      const [x, y, z] = rows.map((row) => row.reduce((sum, r, i) => sum + r * (place[i] - centre[i]), 0));
      const nearer = options.perspective ? z : 0;
      distance = Math.max(distance, nearer + Math.max(Math.abs(y) + radius, (Math.abs(x) + radius) / aspect) / slope);
    };
    drawn.forEach(({ place, site }) => consider(place, scene.sites[site].radii[options.radii] + 0.1));
    [0, 1, 2].forEach((axis) => consider(axisEnd(scene, axis), 0.35));
    return 1.02 * distance;
  }

  // 3Dmol would draw at many a step; without a graphics card each takes tens of milliseconds.
  function unseen(viewer, work) {
    viewer.show = () => {};
    try {
      work();
    } finally {
      delete viewer.show;
    }
  }

  // Puts the camera before the whole crystal, in the direction of a quaternion.
  function place(one, quaternion) {
    const { viewer, scene } = one;
    one.distance = fittingDistance(one, rowsOf(quaternion));
    one.quaternion = quaternion;
    const depth = viewer.CAMERA_Z - one.distance;
    unseen(viewer, () => {
      viewer.zoomTo(); // for the clipping planes
      viewer.setView([...scaled(centreOf(scene), -1), depth, ...quaternion, 0, 0], true);
    });
    viewer.render();
  }

  // Wedges face whoever looks along the chosen axis.
  function addWedges(one) {
    const { viewer, scene, drawn } = one;
    one.shapes.forEach((shape) => viewer.removeShape(shape));
    const found = meshes.wedges(scene, drawn, scene.views[options.view].rotation, options);
    one.shapes = found.map((shape) => viewer.addCustom(shape));
  }

  // Marks all positions of a site, or none.
  function mark(one, site) {
    const { viewer, scene, drawn } = one;
    if (one.halo) viewer.removeShape(one.halo);
    one.halo = null;
    const chosen = Array.from(drawn.values()).filter((copy) => copy.site === site);
    if (chosen.length && chosen.length <= MOST_HALOS) {
      const radius = 1.22 * scene.sites[site].radii[options.radii] + 0.06;
      one.halo = viewer.addShape(HALO);
      chosen.forEach(({ place }) => one.halo.addSphere({ center: point(place), radius, quality: 2 }));
    }
    viewer.render();
  }

  function build(one) {
    const { viewer, scene } = one;
    viewer.removeAllModels();
    viewer.removeAllShapes();
    unseen(viewer, () => viewer.removeAllLabels());
    one.shapes = [];
    one.labels = [];
    one.halo = null;
    one.drawn = meshes.copies(scene, options.cells, options.polyhedra);
    viewer.setViewStyle(one.drawn.size > MOST_OUTLINED ? {} : OUTLINE);
    addAtoms(one);
    addCells(one);
    if (options.polyhedra) addPolyhedra(one);
    addWedges(one);
  }

  function start(stage, scene) {
    const viewer = $3Dmol.createViewer(stage, { backgroundColor: data.background, antialias: true, cartoonQuality: 5 });
    viewer.setProjection(options.perspective ? "perspective" : "orthographic");
    const one = { viewer, scene, stage, shapes: [], labels: [], halo: null, drawn: new Map(), distance: 1, quaternion: [0, 0, 0, 1] };
    build(one);
    return one;
  }

  return { start, build, place, addWedges, mark, slopeOf };
};
