(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("scene").textContent);
  const stages = Array.from(document.querySelectorAll(".stage"));
  const tip = document.getElementById("tip");
  const tools = document.getElementById("tools");
  const MOST_VERTICES = 60000; // of one mesh: indices have 16 bits
  const INK = data.dark ? "#e6eded" : "#1c2526";
  const EDGE = data.dark ? "#8b94a3" : "#5c6370";
  const FIRST_VIEW = "b"; // as the figures of the paper
  const viewers = [];
  let following = false;

  function fail(sentence) {
    document.getElementById("grid").hidden = true;
    tools.hidden = true;
    const message = document.getElementById("message");
    message.textContent = sentence;
    message.hidden = false;
    window.disgenState = "failed";
  }

  function webglWorks() {
    try {
      const canvas = document.createElement("canvas");
      const gl = canvas.getContext("webgl2") || canvas.getContext("webgl");
      if (!gl) return false;
      const loser = gl.getExtension("WEBGL_lose_context");
      if (loser) loser.loseContext();
      return true;
    } catch (error) {
      return false;
    }
  }

  const point = (v) => ({ x: v[0], y: v[1], z: v[2] });
  const add = (u, v) => [u[0] + v[0], u[1] + v[1], u[2] + v[2]];
  const scaled = (v, s) => [v[0] * s, v[1] * s, v[2] * s];

  // From the wedge's own frame (x right, y up, z to the eye) to the crystal's, for the view the wedges face.
  function turner(rotation) {
    const [r, u, t] = rotation;
    return (x, y, z) => [
      r[0] * x + u[0] * y + t[0] * z,
      r[1] * x + u[1] * y + t[1] * z,
      r[2] * x + u[2] * y + t[2] * z,
    ];
  }

  // One mesh a species and site, merged over all of the site's positions.
  function addWedges(viewer, scene, name) {
    const turn = turner(scene.views[name].rotation);
    const shapes = [];
    scene.sites.forEach((site, number) => {
      const centres = scene.positions.filter((position) => position[3] === number);
      site.wedges.filter((wedge) => wedge.mesh).forEach((wedge) => {
        const corners = [], normals = [];
        for (let i = 0; i < wedge.mesh.vertices.length; i += 3) {
          corners.push(turn(...wedge.mesh.vertices.slice(i, i + 3)));
          normals.push(point(turn(...wedge.mesh.normals.slice(i, i + 3))));
        }
        const most = Math.max(1, Math.floor(MOST_VERTICES / corners.length));
        for (let first = 0; first < centres.length; first += most) {
          const vertexArr = [], normalArr = [], faceArr = [];
          centres.slice(first, first + most).forEach((centre) => {
            const offset = vertexArr.length;
            corners.forEach((corner, i) => {
              vertexArr.push(point(add(centre, scaled(corner, site.radius))));
              normalArr.push(normals[i]);
            });
            wedge.mesh.faces.forEach((index) => faceArr.push(offset + index));
          });
          shapes.push(viewer.addCustom({ vertexArr, normalArr, faceArr, color: wedge.colour }));
        }
      });
    });
    return shapes;
  }

  function addAtoms(viewer, scene) {
    const model = viewer.addModel();
    model.addAtoms(scene.positions.map((p, serial) => ({
      elem: scene.sites[p[3]].wedges.length ? scene.sites[p[3]].wedges[0].symbol : "X",
      x: p[0], y: p[1], z: p[2], serial, bonds: [], bondOrder: [], hetflag: true, properties: { site: p[3] },
    })));
    scene.sites.forEach((site, number) => {
      const full = site.wedges.length === 1 && !site.wedges[0].mesh;
      const style = full
        ? { sphere: { radius: site.radius, color: site.wedges[0].colour } }
        : { clicksphere: { radius: site.radius } };
      model.setStyle({ predicate: (atom) => atom.properties.site === number }, style);
    });
    viewer.setHoverDuration(80);
    viewer.setHoverable({}, true, (atom, _viewer, event) => {
      tip.textContent = scene.sites[atom.properties.site].text;
      tip.hidden = false;
      const x = (event && event.clientX) || 0, y = (event && event.clientY) || 0;
      tip.style.left = Math.max(4, Math.min(x + 12, window.innerWidth - tip.offsetWidth - 4)) + "px";
      tip.style.top = Math.max(4, Math.min(y + 14, window.innerHeight - tip.offsetHeight - 4)) + "px";
    }, () => { tip.hidden = true; });
  }

  // Where the label of an axis stands: beyond the end of the axis and what sits there.
  function axisEnd(scene, axis) {
    const largest = Math.max(0, ...scene.sites.map((site) => site.radius));
    return scaled(scene.cell[axis], 1 + (largest + 0.5) / Math.hypot(...scene.cell[axis]));
  }

  function addCell(viewer, scene) {
    const cell = scene.cell, radius = 0.03;
    [0, 1, 2].forEach((axis) => {
      const [second, third] = [0, 1, 2].filter((other) => other !== axis);
      [[0, 0], [0, 1], [1, 0], [1, 1]].forEach(([m, n]) => {
        const start = add(scaled(cell[second], m), scaled(cell[third], n));
        viewer.addCylinder({
          start: point(start), end: point(add(start, cell[axis])), radius, color: EDGE, fromCap: 2, toCap: 2,
        });
      });
      viewer.addLabel("abc"[axis], {
        position: point(axisEnd(scene, axis)), font: "sans-serif", bold: true, fontSize: 15, fontColor: INK, inFront: true,
        backgroundColor: data.background, backgroundOpacity: 0.7, borderThickness: 0, padding: 1, alignment: "center",
      });
    });
  }

  // The nearest distance of the camera from the centre of the cell at which everything is in the picture.
  function fittingDistance(viewer, scene, name, centre, stage) {
    const rows = scene.views[name].rotation;
    const slope = Math.tan((viewer.camera.fov * Math.PI) / 360);
    const aspect = stage.clientWidth / Math.max(1, stage.clientHeight);
    const things = scene.positions.map((p) => [p, scene.sites[p[3]].radius + 0.1]);
    [0, 1, 2].forEach((axis) => things.push([axisEnd(scene, axis), 0.35]));
    return Math.max(...things.map(([p, radius]) => {
      const [x, y, z] = rows.map((row) => row.reduce((sum, r, i) => sum + r * (p[i] - centre[i]), 0));
      return z + Math.max(Math.abs(y) + radius, (Math.abs(x) + radius) / aspect) / slope;
    }));
  }

  function look(name) {
    viewers.forEach((one) => {
      const { viewer, scene, shapes, stage } = one;
      shapes.forEach((shape) => viewer.removeShape(shape));
      one.shapes = addWedges(viewer, scene, name);
      const centre = [0, 1, 2].map((i) => (scene.cell[0][i] + scene.cell[1][i] + scene.cell[2][i]) / 2);
      one.distance = 1.02 * fittingDistance(viewer, scene, name, centre, stage);
      const depth = viewer.CAMERA_Z - one.distance;
      viewer.zoomTo(); // for the clipping planes
      viewer.setView([...scaled(centre, -1), depth, ...scene.views[name].quaternion, 0, 0], true);
      viewer.render();
    });
  }

  // The other crystals turn with one, and come as much nearer; each keeps its own centre.
  function follow(leader, now) {
    if (following) return; // the others' own changes
    following = true;
    const nearer = (leader.viewer.CAMERA_Z - now[3]) / leader.distance;
    viewers.filter((one) => one !== leader).forEach(({ viewer, distance }) => {
      const own = viewer.getView();
      viewer.setView([...own.slice(0, 3), viewer.CAMERA_Z - distance * nearer, ...now.slice(4, 8)], true);
    });
    following = false;
  }

  function draw(stage, scene) {
    const viewer = $3Dmol.createViewer(stage, { backgroundColor: data.background, antialias: true, cartoonQuality: 5 });
    viewer.setViewStyle({ style: "outline", color: data.dark ? "#000000" : "#30353f", width: 0.02 });
    addAtoms(viewer, scene);
    addCell(viewer, scene);
    viewers.push({ viewer, scene, stage, shapes: [] });
  }

  function saveImage() {
    viewers.forEach(({ viewer }, i) => {
      const link = document.createElement("a");
      link.href = viewer.pngURI();
      link.download = viewers.length > 1 ? `crystal-${i + 1}.png` : "crystal.png";
      link.click();
    });
  }

  const actions = {
    reset: () => look(FIRST_VIEW),
    image: saveImage,
    projection: (button) => {
      const perspective = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(perspective));
      button.textContent = perspective ? "Perspective" : "Parallel";
      viewers.forEach(({ viewer }) => {
        viewer.setProjection(perspective ? "perspective" : "orthographic");
        viewer.render();
      });
    },
    spin: (button) => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      viewers.forEach(({ viewer }) => viewer.spin(on ? "y" : false, 0.6));
    },
    full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
  };

  if (typeof $3Dmol === "undefined") {
    fail("The 3D view cannot be drawn, because 3Dmol.js could not be loaded. Tables and downloads work without it.");
    return;
  }
  if (!webglWorks()) {
    fail("The 3D view cannot be drawn, because WebGL is off in this browser. Tables and downloads work without it.");
    return;
  }
  try {
    stages.forEach((stage, i) => draw(stage, data.panels[i]));
    look(FIRST_VIEW);
    if (data.linked) {
      viewers.forEach((one) => one.viewer.setViewChangeCallback((now) => follow(one, now)));
    }
  } catch (error) {
    fail("The 3D view cannot be drawn in this browser. Tables and downloads work without it.");
    throw error;
  }
  if (!document.fullscreenEnabled) tools.querySelector("[data-action=full]").hidden = true;
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.view) look(button.dataset.view);
    else actions[button.dataset.action](button);
  });
  window.disgenViewers = viewers;
  window.disgenState = "drawn";
})();
