(() => {
  "use strict";
  const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
  const data = JSON.parse(element("scene").textContent ?? "");
  const stages = Array.from(document.querySelectorAll(".stage"));
  const grid = element("grid");
  const tools = element("tools");
  const tool = (action) => /** @type {HTMLButtonElement} */ (tools.querySelector(`[data-action=${action}]`));
  const FIRST_VIEW = "b"; // as the figures of the paper
  const MOST_DRAWN = 6000; // positions
  const POLYHEDRA = tool("polyhedra").title;
  const panel = element("elements");
  const viewers = [];
  let own = data.compact ? {} : palette.recall();
  const options = { cells: [1, 1, 1], bonds: true, polyhedra: false, radii: "covalent", colours: "jmol", perspective: true, view: FIRST_VIEW };
  const { start, build, place, addWedges, mark, slopeOf } = drawing(data, options);
  const measure = measuring(data.dark ? "#e6eded" : "#1c2526", data.background);
  const touch = touching(viewers, mark, measure);
  let following = false;

  // A sentence in place of the picture; none brings the picture back.
  function say(sentence) {
    const message = element("message");
    message.textContent = sentence;
    message.hidden = !sentence;
    grid.hidden = tools.hidden = Boolean(sentence);
  }

  function fail(sentence) {
    say(sentence);
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
    } catch {
      return false;
    }
  }

  // What 3Dmol reports while the program itself moves the crystals is not to be followed.
  function alone(work) {
    following = true;
    viewers.forEach(work);
    following = false;
  }

  function look(name) {
    options.view = name;
    alone((one) => {
      addWedges(one);
      place(one, one.scene.views[name].quaternion);
    });
  }

  // Draws all crystals anew without turning them; they are fitted into the picture if their extent has changed.
  function redraw(refit) {
    alone((one) => {
      measure.clear(one);
      build(one);
      touch.listen(one);
      touch.restore(one);
      if (refit) place(one, one.viewer.getView().slice(4, 8));
      else one.viewer.render();
    });
  }

  // The other crystals turn as one does, each from its own view, and come as much nearer; each keeps its own centre.
  function follow(leader, now) {
    if (following) return;
    const [x, y, z, w] = leader.quaternion;
    const turned = triad.product(now.slice(4, 8), [-x, -y, -z, w]);
    const nearer = (leader.viewer.CAMERA_Z - now[3]) / leader.distance;
    alone((one) => {
      if (one === leader) return;
      const { viewer, distance, quaternion } = one;
      const place = viewer.getView().slice(0, 3);
      viewer.setView([...place, viewer.CAMERA_Z - distance * nearer, ...triad.product(turned, quaternion)], true);
    });
  }

  function saveImage() {
    viewers.forEach(({ viewer, scene }) => {
      const link = document.createElement("a");
      link.href = viewer.pngURI();
      link.download = `${scene.name}.png`;
      link.click();
    });
  }

  function press(action, on) {
    tool(action).setAttribute("aria-pressed", String(on));
  }

  // The buttons say how things are.
  function label() {
    press("projection", options.perspective);
    press("bonds", options.bonds);
    press("polyhedra", options.polyhedra);
    press("radii", options.radii === "ionic");
    press("colours", options.colours === "vesta");
    const button = tool("polyhedra");
    button.disabled = viewers.every(({ scene }) => !scene.polyhedra.length);
    button.title = button.disabled ? "No position has four to eight ligands around it" : POLYHEDRA;
    document.body.dataset.colours = options.colours;
    tool("projection").textContent = options.perspective ? "Perspective" : "Parallel";
    tool("radii").textContent = options.radii === "ionic" ? "Ionic radii" : "Covalent radii";
    tool("colours").textContent = options.colours === "vesta" ? "VESTA colours" : "Jmol colours";
    /** @type {NodeListOf<HTMLSelectElement>} */
    const fields = tools.querySelectorAll("[data-cells]");
    fields.forEach((field) => { field.value = String(options.cells[Number(field.dataset.cells)]); });
    element("viewonly").hidden = options.cells.every((n) => n === 1);
  }

  function change(refit) {
    label(); // first: the tools may take another line from the picture
    redraw(refit);
    kept.keep(options);
  }

  function choose(cells) {
    const before = options.cells;
    options.cells = cells;
    const most = Math.max(...viewers.map(({ scene }) => meshes.copies(scene, cells, options.polyhedra).size));
    if (most > MOST_DRAWN) {
      options.cells = before;
      touch.say(`${most} positions are too many to draw: choose fewer cells.`, 0, 0);
      label();
      return;
    }
    touch.hush();
    change(true);
  }

  // A scene in own colours, of which the plain one is kept beside it.
  const dress = (one, scene) => Object.assign(one, { plain: scene, scene: palette.dressed(scene, own) });

  function recolour(chosen) {
    own = chosen;
    palette.paint(own);
    viewers.forEach((one) => dress(one, one.plain));
    redraw(false);
  }

  function showElements() {
    const elements = palette.elementsOf(viewers.map((one) => one.plain));
    palette.fill(panel, elements, options.colours, own, (chosen) => {
      recolour(chosen);
      palette.keep(chosen);
    });
  }

  const actions = {
    reset: () => {
      options.cells = [1, 1, 1];
      change(false);
      look(FIRST_VIEW);
    },
    image: saveImage,
    projection: () => {
      const before = viewers.map(slopeOf);
      options.perspective = !options.perspective;
      alone((one, i) => {
        const { viewer } = one;
        const ratio = before[i] / slopeOf(one); // keeps the size
        const now = viewer.getView();
        one.distance *= ratio;
        now[3] = viewer.CAMERA_Z - ratio * (viewer.CAMERA_Z - now[3]);
        viewer.setProjection(options.perspective ? "perspective" : "orthographic");
        viewer.setView(now, true);
        viewer.render();
      });
      label();
      kept.keep(options);
    },
    measure: (button) => {
      measure.on = !measure.on;
      button.setAttribute("aria-pressed", String(measure.on));
      if (!measure.on) touch.hush();
    },
    spin: (button) => {
      const on = button.getAttribute("aria-pressed") !== "true";
      press("spin", on);
      const led = data.linked ? viewers.slice(0, 1) : viewers; // the others follow
      led.forEach(({ viewer }) => viewer.spin(on ? "y" : false, 0.6));
    },
    bonds: () => { options.bonds = !options.bonds; change(false); },
    polyhedra: () => { options.polyhedra = !options.polyhedra; change(true); },
    radii: () => { options.radii = options.radii === "ionic" ? "covalent" : "ionic"; change(false); },
    colours: () => {
      options.colours = options.colours === "vesta" ? "jmol" : "vesta";
      change(false);
      showElements();
    },
    elements: () => {
      panel.hidden = !panel.hidden;
      panel.style.bottom = `${document.body.clientHeight - tools.offsetTop + 4}px`;
      press("elements", !panel.hidden);
      showElements();
    },
    full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
  };

  // The crystals of a page that holds them.
  function begin(panels) {
    stages.forEach((stage, i) => viewers.push({ ...start(stage, palette.dressed(panels[i], own)), plain: panels[i] }));
    if (!data.compact) viewers.forEach(triad.show);
    viewers.forEach(touch.listen);
    label();
    alone((one) => place(one, one.scene.views[FIRST_VIEW].quaternion));
    if (data.linked) {
      viewers.forEach((one) => one.viewer.setViewChangeCallback((now) => follow(one, now)));
    }
  }

  // Another crystal in place of the one that is drawn: seen from where that was, in as many cells if they are not too
  // many, and drawn as chosen before.
  function exchange(one, scene) {
    touch.forget(one);
    measure.clear(one);
    one.viewer.spin(false);
    press("spin", false);
    const aligned = triad.sameTurn(one.viewer.getView().slice(4, 8), one.scene.views[options.view].quaternion);
    const quaternion = aligned ? scene.views[options.view].quaternion : one.viewer.getView().slice(4, 8);
    if (meshes.copies(scene, options.cells, options.polyhedra).size > MOST_DRAWN) options.cells = [1, 1, 1];
    dress(one, scene);
    label();
    build(one);
    showElements();
    touch.listen(one);
    place(one, quaternion);
  }

  // What the page around a view that stays holds: a scene, and the legend and names that go with it.
  function receive({ id, legend, title, scene }) {
    say("");
    /** @type {HTMLElement} */ (document.querySelector(".legend")).innerHTML = legend; // first: it leaves the picture more or less room
    /** @type {HTMLIFrameElement} */ (window.frameElement).title = title;
    draw(() => (viewers.length ? exchange(viewers[0], scene) : begin([scene])));
    stages[0].id = id;
  }

  function draw(work) {
    try {
      work();
    } catch (error) {
      fail("The 3D view cannot be drawn in this browser. Tables and downloads work without it.");
      throw error;
    }
    window.disgenState = "drawn";
  }

  if (typeof $3Dmol === "undefined") {
    fail("The 3D view cannot be drawn, because 3Dmol.js could not be loaded. Tables and downloads work without it.");
    return;
  }
  if (!webglWorks()) {
    fail("The 3D view cannot be drawn, because WebGL is off in this browser. Tables and downloads work without it.");
    return;
  }
  if (!data.compact) kept.recall(options); // a gallery is always drawn alike
  palette.paint(own);
  window.addEventListener("storage", (event) => { // another view of this visit
    if (event.key === palette.STORE && !data.compact && viewers.length) recolour(palette.recall());
  });
  if (!document.fullscreenEnabled) tool("full").hidden = true;
  tools.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (!button) return;
    if (button.dataset.view) look(button.dataset.view);
    else actions[button.dataset.action](button);
  });
  tools.addEventListener("change", (event) => {
    const field = /** @type {HTMLSelectElement} */ (event.target);
    const axis = Number(field.dataset.cells);
    choose(options.cells.map((n, i) => (i === axis ? Number(field.value) : n)));
  });
  window.disgenViewers = viewers;
  if (data.channel) {
    live.follow(data.channel, receive, () => fail("The page has sent no crystal to draw. Reload it to try again."));
  } else {
    draw(() => begin(data.panels));
  }
})();
