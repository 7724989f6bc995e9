// The crystal of a view that stays while the choice around it changes: an element of the page around it holds the scene.
// To load the view anew for every crystal would parse 3Dmol.js and start WebGL again, which takes longer than to draw.
const live = (() => {
  "use strict";
  const PATIENCE = 8000; // ms, for the page to bring the first crystal

  // Calls `show` with the scene now and whenever it is another one, or `miss` if there is none.
  function follow(channel, show, miss) {
    const around = rows.page();
    if (!around) {
      miss();
      return;
    }
    let seen = null;
    const look = () => {
      /** @type {HTMLElement | null} */
      const holder = around.querySelector(`.disgen-scene[data-channel="${channel}"]`);
      const scene = holder?.dataset.scene;
      if (!scene || scene === seen) return;
      seen = scene;
      show(JSON.parse(scene));
    };
    const observer = new MutationObserver(look);
    observer.observe(around.body, { subtree: true, childList: true, attributeFilter: ["data-scene"] });
    window.addEventListener("pagehide", () => observer.disconnect());
    window.setTimeout(() => {
      if (seen === null) miss();
    }, PATIENCE);
    look();
  }

  return { follow };
})();
