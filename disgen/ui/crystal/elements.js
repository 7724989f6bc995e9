// A person's own colours and sizes of elements: kept for the visit, and for all views but galleries.
const palette = (() => {
  "use strict";
  const STORE = "disgen-elements";
  const SYMBOL = /^[A-Z][a-z]?$/, COLOUR = /^#[0-9a-f]{6}$/i;
  const SIZES = [0.4, 2.5]; // least and largest factor on a radius

  // What a text states that makes sense: by symbol, a colour, a factor on the radius, or both.
  function parsed(text) {
    let kept;
    try {
      kept = JSON.parse(text ?? "{}");
    } catch {
      kept = {};
    }
    const own = {};
    Object.entries(kept ?? {}).forEach(([symbol, said]) => {
      const found = {};
      if (COLOUR.test(said?.colour)) found.colour = said.colour;
      if (typeof said?.size === "number" && said.size >= SIZES[0] && said.size <= SIZES[1]) found.size = said.size;
      if (SYMBOL.test(symbol) && Object.keys(found).length) own[symbol] = found;
    });
    return own;
  }

  function recall() {
    try {
      return parsed(sessionStorage.getItem(STORE));
    } catch { // a browser that keeps nothing
      return {};
    }
  }

  function keep(own) {
    try {
      sessionStorage.setItem(STORE, JSON.stringify(own));
    } catch { /* a browser that keeps nothing */ }
  }

  const coloured = (colours, colour) => (colour ? Object.fromEntries(Object.keys(colours).map((name) => [name, colour])) : colours);

  // A scene in own colours. What is shared is as large as its species are on average, as without any choice.
  function dressed(scene, own) {
    const sites = scene.sites.map((site) => {
      const shares = site.wedges.map((wedge) => wedge.end - wedge.start);
      const whole = shares.reduce((sum, share) => sum + share, 0);
      const sum = site.wedges.reduce((so, wedge, i) => so + shares[i] * (own[wedge.symbol]?.size ?? 1), 0);
      const factor = whole > 0 ? sum / whole : 1;
      return {
        ...site,
        colours: coloured(site.colours, own[site.element]?.colour),
        radii: Object.fromEntries(Object.entries(site.radii).map(([name, radius]) => [name, radius * factor])),
        wedges: site.wedges.map((wedge) => ({ ...wedge, colours: coloured(wedge.colours, own[wedge.symbol]?.colour) })),
      };
    });
    return { ...scene, sites };
  }

  // The elements of scenes with their usual colours, each once.
  function elementsOf(scenes) {
    const found = new Map();
    scenes.forEach((scene) => scene.sites.forEach((site) => site.wedges.forEach((wedge) => found.set(wedge.symbol, wedge.colours))));
    return found;
  }

  // The legend takes its colours from here.
  function paint(own) {
    const style = document.documentElement.style;
    Array.from(style).filter((name) => name.startsWith("--own-")).forEach((name) => style.removeProperty(name));
    Object.entries(own).forEach(([symbol, { colour }]) => { if (colour) style.setProperty(`--own-${symbol}`, colour); });
  }

  // Fields for a colour and a size of each element; `change` is called with all that is chosen then.
  function fill(panel, elements, scheme, own, change) {
    panel.replaceChildren();
    const set = (symbol, said) => {
      own = { ...own, [symbol]: { ...own[symbol], ...said } };
      change(own);
    };
    elements.forEach((colours, symbol) => {
      const row = document.createElement("label");
      const colour = document.createElement("input"), size = document.createElement("input");
      Object.assign(colour, { type: "color", value: own[symbol]?.colour ?? colours[scheme], ariaLabel: `Colour of ${symbol}` });
      Object.assign(size, { type: "range", min: String(SIZES[0]), max: String(SIZES[1]), step: "0.05", value: String(own[symbol]?.size ?? 1), ariaLabel: `Size of ${symbol}` });
      size.title = "Factor on the radius";
      colour.addEventListener("input", () => set(symbol, { colour: colour.value }));
      size.addEventListener("input", () => set(symbol, { size: Number(size.value) }));
      row.append(colour, symbol, size);
      panel.append(row);
    });
    const back = document.createElement("button");
    Object.assign(back, { type: "button", textContent: "As usual", title: "The usual colours and sizes of all elements" });
    back.addEventListener("click", () => {
      change({});
      fill(panel, elements, scheme, {}, change);
    });
    panel.append(back);
  }

  return { STORE, parsed, recall, keep, dressed, elementsOf, paint, fill };
})();
