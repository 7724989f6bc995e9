// How crystals are drawn is kept for the next view of the same visit.
const kept = (() => {
  "use strict";
  const STORE = "disgen-view";

  // Takes over into the options of a view what was chosen before.
  function recall(options) {
    try {
      const found = JSON.parse(sessionStorage.getItem(STORE) ?? "{}");
      ["bonds", "polyhedra", "perspective"].forEach((name) => {
        if (typeof found[name] === "boolean") options[name] = found[name];
      });
      if (["covalent", "ionic"].includes(found.radii)) options.radii = found.radii;
      if (["jmol", "vesta"].includes(found.colours)) options.colours = found.colours;
    } catch { /* a browser that keeps nothing */ }
  }

  function keep(options) {
    try {
      sessionStorage.setItem(STORE, JSON.stringify({ ...options, cells: undefined, view: undefined }));
    } catch { /* a browser that keeps nothing */ }
  }

  return { recall, keep };
})();
