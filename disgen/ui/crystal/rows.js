// The rows of the sites' tables on the page around the view: they light up, and choose a site when they are clicked.
const rows = (() => {
  "use strict";

  // None for a view that stands alone.
  function page() {
    try {
      return window.parent === window ? null : window.parent.document;
    } catch {
      return null;
    }
  }

  function light(table, site) {
    const around = page();
    if (!around) return;
    /** @type {NodeListOf<HTMLElement>} */
    const all = around.querySelectorAll(`[data-table="${table}"] [data-row]`);
    all.forEach((row) => {
      row.classList.toggle("lit", row.dataset.row === String(site));
    });
  }

  // Calls back with the table's name and the site's number.
  function listen(choose) {
    const around = page();
    if (!around) return;
    const told = (event) => {
      if (event.type === "keydown" && event.key !== "Enter") return;
      const row = event.target.closest?.("[data-table] [data-row]");
      if (row) choose(row.closest("[data-table]").dataset.table, Number(row.dataset.row));
    };
    ["click", "keydown"].forEach((kind) => {
      around.addEventListener(kind, told);
      window.addEventListener("pagehide", () => around.removeEventListener(kind, told));
    });
  }

  return { page, light, listen };
})();
