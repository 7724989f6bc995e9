// What is drawn of a scene: which copies of its positions, and the triangles of wedges and polyhedra.
const meshes = (() => {
  "use strict";
  const MOST_VERTICES = 60000; // of one mesh: indices have 16 bits

  const point = (v) => ({ x: v[0], y: v[1], z: v[2] });
  const add = (u, v) => [u[0] + v[0], u[1] + v[1], u[2] + v[2]];
  const subtract = (u, v) => [u[0] - v[0], u[1] - v[1], u[2] - v[2]];
  const scaled = (v, s) => [v[0] * s, v[1] * s, v[2] * s];
  const cross = (u, v) => [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const unit = (v) => scaled(v, 1 / (Math.hypot(...v) || 1));
  const nameOf = (position, shift) => `${position}:${shift.join()}`;

  function moved(scene, position, shift) {
    const place = scene.positions[position].slice(0, 3);
    return shift.reduce((sum, cells, axis) => add(sum, scaled(scene.cell[axis], cells)), place);
  }

  // Copies of the positions in n cells along each axis, their images on the outer faces, and, with polyhedra, the
  // ligands outside. Each has its place, site, position in the first cell and the cell it lies in.
  function copies(scene, cells, withLigands) {
    const drawn = new Map();
    const put = (position, shift) => {
      const name = nameOf(position, shift);
      if (!drawn.has(name)) {
        const place = moved(scene, position, shift);
        drawn.set(name, { place, site: scene.positions[position][3], position, shift, index: drawn.size });
      }
    };
    const last = (axis, step) => (step > 0 ? [cells[axis] - 1] : step < 0 ? [0] : Array(cells[axis]).keys());
    scene.copies.forEach(([position, ...step]) => {
      for (const i of last(0, step[0])) for (const j of last(1, step[1])) for (const k of last(2, step[2])) {
        put(position, add(step, [i, j, k]));
      }
    });
    if (withLigands) {
      Array.from(drawn.values()).forEach((copy) => {
        scene.polyhedra.filter((found) => found.centre === copy.position).forEach((found) => {
          found.corners.forEach(([position, ...step]) => put(position, add(step, copy.shift)));
        });
      });
    }
    return drawn;
  }

  // Atoms for 3Dmol, bonded to each other.
  function atoms(scene, drawn, withBonds) {
    const list = Array.from(drawn.values()).map(({ place, site }, serial) => ({
      elem: scene.sites[site].wedges.length ? scene.sites[site].wedges[0].symbol : "X",
      x: place[0], y: place[1], z: place[2], serial, bonds: /** @type {number[]} */ ([]), bondOrder: /** @type {number[]} */ ([]), hetflag: true, properties: { site },
    }));
    if (withBonds) {
      const of = new Map();
      scene.bonds.forEach((bond) => of.set(bond[0], [...(of.get(bond[0]) || []), bond]));
      drawn.forEach((copy) => (of.get(copy.position) || []).forEach(([, second, ...step]) => {
        const other = drawn.get(nameOf(second, add(step, copy.shift)));
        if (!other) return;
        list[copy.index].bonds.push(other.index);
        list[copy.index].bondOrder.push(1);
        list[other.index].bonds.push(copy.index);
        list[other.index].bondOrder.push(1);
      }));
    }
    return list;
  }

  // From the wedge's own frame (x right, y up, z to the eye) to the crystal's, for the view the wedges face.
  const turner = ([r, u, t]) => (x, y, z) => [
    r[0] * x + u[0] * y + t[0] * z,
    r[1] * x + u[1] * y + t[1] * z,
    r[2] * x + u[2] * y + t[2] * z,
  ];

  function inThrees(numbers, turn) {
    const vectors = [];
    for (let i = 0; i < numbers.length; i += 3) vectors.push(turn(numbers[i], numbers[i + 1], numbers[i + 2]));
    return vectors;
  }

  // One mesh a species and site, merged over all of the site's copies.
  function wedges(scene, drawn, rotation, { radii, colours }) {
    const turn = turner(rotation);
    const level = scene.levels.findIndex((most) => most === null || drawn.size <= most);
    const shapes = [];
    scene.sites.forEach((site, number) => {
      const centres = Array.from(drawn.values()).filter((copy) => copy.site === number).map((copy) => copy.place);
      site.wedges.filter((wedge) => wedge.meshes).forEach((wedge) => {
        const mesh = wedge.meshes[level < 0 ? wedge.meshes.length - 1 : level];
        const corners = inThrees(mesh.vertices, turn).map((corner) => scaled(corner, site.radii[radii]));
        const normals = inThrees(mesh.normals, turn).map(point);
        const most = Math.max(1, Math.floor(MOST_VERTICES / corners.length));
        for (let first = 0; first < centres.length; first += most) {
          const vertexArr = [], normalArr = [], faceArr = [];
          centres.slice(first, first + most).forEach((centre) => {
            const offset = vertexArr.length;
            corners.forEach((corner, i) => {
              vertexArr.push(point(add(centre, corner)));
              normalArr.push(normals[i]);
            });
            mesh.faces.forEach((index) => faceArr.push(offset + index));
          });
          shapes.push({ vertexArr, normalArr, faceArr, color: wedge.colours[colours] });
        }
      });
    });
    return shapes;
  }

  // Coordination polyhedra with flat faces, one mesh a site.
  function polyhedra(scene, drawn, inside, { colours }) {
    const bySite = new Map();
    drawn.forEach((copy) => {
      if (!inside(copy)) return;
      scene.polyhedra.filter((found) => found.centre === copy.position).forEach((found) => {
        const corners = found.corners.map(([position, ...step]) => moved(scene, position, add(step, copy.shift)));
        const mesh = bySite.get(copy.site) || { vertexArr: [], normalArr: [], faceArr: [] };
        for (let i = 0; i < found.faces.length; i += 3) {
          const face = [0, 1, 2].map((k) => corners[found.faces[i + k]]);
          const normal = point(unit(cross(subtract(face[1], face[0]), subtract(face[2], face[0]))));
          face.forEach((corner) => {
            mesh.faceArr.push(mesh.vertexArr.length);
            mesh.vertexArr.push(point(corner));
            mesh.normalArr.push(normal);
          });
        }
        bySite.set(copy.site, mesh);
      });
    });
    return Array.from(bySite, ([site, mesh]) => ({ ...mesh, color: scene.sites[site].colours[colours] }));
  }

  return { copies, atoms, wedges, polyhedra, point, add, scaled };
})();
