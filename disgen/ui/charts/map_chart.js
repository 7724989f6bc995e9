// The map of the latent space: points, legend, what a point is when it is pointed at, and tools. What the chosen point
// and the tools of the page draw over it is a part of its own (marks.js), which finds the chart at its element.
const REACH = 12; // px from a point within which it is pointed at
const TOOLS = { // what a button says, its picture in a square of 24, and what it does
  pan: ["Move the map by dragging", "M12 3v18M3 12h18M12 3l-2.5 3M12 3l2.5 3M12 21l-2.5-3M12 21l2.5-3M3 12l3-2.5M3 12l3 2.5M21 12l-3-2.5M21 12l-3 2.5"],
  box: ["Select points in a box", "M4 4h3M10 4h4M17 4h3v3M20 10v4M20 17v3h-3M14 20h-4M7 20H4v-3M4 14v-4M4 7V4"],
  lasso: ["Select points with a lasso", "M12 5c5 0 8.5 2.3 8.5 5.2s-3.5 5.3-8.5 5.3-8.5-2.4-8.5-5.3S7 5 12 5zM7 15c-2 1.5-1.5 4 1 4.5"],
  closer: ["Zoom in", "M12 5v14M5 12h14"],
  further: ["Zoom out", "M5 12h14"],
  all: ["Show the whole map", "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"],
  picture: ["Save the map as a picture", "M12 4v11M12 15l-4-4M12 15l4-4M5 20h14"],
};
const SVG_NAME = "http://www.w3.org/2000/svg";
const MODES = ["pan", "box", "lasso"];

class MapChart {
  tool = "pan";
  selected = /** @type {number[]} */ ([]);
  outlines = /** @type {number[][][]} */ ([]); // of selections, in the numbers of the map

  constructor(parent) {
    this.root = element("div", "disgen-map", parent);
    this.root.disgenMap = this;
    this.view = new View();
    this.canvas = element("canvas", "disgen-points", this.root);
    this.canvas.setAttribute("role", "img");
    this.canvas.tabIndex = 0;
    this.lines = document.createElementNS(SVG_NAME, "svg");
    this.lines.setAttribute("class", "disgen-outlines");
    this.root.append(this.lines);
    this.legend = element("div", "disgen-legend", this.root);
    this.axes = [element("div", "disgen-axis-x", this.root), element("div", "disgen-axis-y", this.root)];
    this.label = element("div", "disgen-label", this.root);
    this.label.hidden = true;
    this.buttons = element("div", "disgen-tools", this.root);
    for (const [name, [says, path]] of Object.entries(TOOLS)) this.button(name, says, path);
    listen(this, this.canvas);
    this.follow = this.follow.bind(this);
    this.next = requestAnimationFrame(this.follow);
  }

  button(name, says, path) {
    const made = element("button", "", this.buttons);
    made.type = "button";
    made.title = says;
    made.dataset.tool = name;
    made.setAttribute("aria-label", says);
    if (MODES.includes(name)) made.setAttribute("aria-pressed", String(name === this.tool));
    made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
    made.addEventListener("click", () => this.use(name));
  }

  use(name) {
    if (name === "closer") this.view.zoom(1.5);
    else if (name === "further") this.view.zoom(1 / 1.5);
    else if (name === "all") this.view.reset();
    else if (name === "picture") savePicture(this);
    else {
      this.tool = name;
      this.root.dataset.mode = name;
      for (const made of this.buttons.querySelectorAll("[aria-pressed]")) {
        made.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (made).dataset.tool === name));
      }
    }
  }

  show(bytes, clicked) {
    this.clicked = clicked;
    const head = unpack(bytes);
    if (this.points?.version === head.version) return;
    const another = this.points?.map !== head.map;
    this.points = head;
    this.root.dataset.choosing = String(head.choosing ?? true);
    this.canvas.setAttribute("aria-label", head.alt);
    this.axes.forEach((axis, at) => { axis.textContent = head.titles[at]; });
    this.showLegend(head.legend);
    this.seen = "";
    if (another) {
      this.measure();
      this.view.show(head.frame);
    }
    this.draw(); // before the crystal's view, which comes next, keeps the browser busy
  }

  showLegend({ title, entries, bar }) {
    this.legend.replaceChildren();
    this.legend.classList.toggle("numbers", Boolean(bar));
    if (title) element("strong", "", this.legend, title);
    if (bar) {
      const scale = element("div", "scale", this.legend);
      scale.style.background = `linear-gradient(to top, ${bar.colours.join()})`;
      for (const [place, text] of bar.ticks) element("span", "", scale, text).style.bottom = `${100 * place}%`;
    }
    for (const [name, colour] of entries) {
      const entry = element("div", "", this.legend);
      element("i", "", entry).style.background = colour;
      entry.append(name);
    }
  }

  measure() {
    this.view.resize(this.root.clientWidth, this.root.clientHeight);
  }

  follow() {
    this.next = requestAnimationFrame(this.follow);
    this.draw();
  }

  draw() {
    if (!this.points || !this.root.clientWidth) return;
    const { clientWidth, clientHeight } = this.root;
    if (clientWidth !== this.view.width || clientHeight !== this.view.height) this.measure();
    const { page, pixels } = paper(), text = [page, pixels, ...this.view.ranges].join();
    if (text === this.seen) return;
    this.seen = text;
    const width = Math.round(clientWidth * pixels), height = Math.round(clientHeight * pixels);
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const { image, margin } = paint(this.points, this.view.place, { width, height, pixels, page });
    this.canvas.getContext("2d")?.putImageData(image, -margin, -margin);
    this.drawOutlines();
  }

  drawOutlines(draft = null) {
    const placed = this.outlines.map((corners) => corners.map(([x, y]) => this.view.place(x, y)));
    this.lines.replaceChildren();
    for (const corners of draft ? [...placed, draft] : placed) {
      for (const kind of ["under", "over"]) {
        const line = document.createElementNS(SVG_NAME, "polygon");
        line.setAttribute("points", corners.map((place) => place.map((value) => value.toFixed(1)).join()).join(" "));
        line.setAttribute("class", kind);
        this.lines.append(line);
      }
    }
  }

  // Where a row is drawn, in px of the window.
  pixels(row) {
    const { left, top } = this.root.getBoundingClientRect();
    const [x, y] = this.view.place(this.points.x[row], this.points.y[row]);
    return [left + x, top + y];
  }

  // What the map says about the point at a place.
  point(place) {
    const row = place && this.points ? nearest(this.points, this.view.place, place, REACH) : -1;
    this.canvas.style.cursor = row < 0 ? "" : "pointer";
    this.label.hidden = row < 0;
    if (row < 0) return;
    const group = this.points.groups[row], [formula, more] = this.points.formulas[row].split("\t");
    const lines = group ? [formula, `${this.points.symbols[group]} (${group})`, more] : [more];
    this.label.textContent = lines.filter(Boolean).join("\n");
    const [x, y] = this.view.place(this.points.x[row], this.points.y[row]);
    this.label.classList.toggle("left", x > this.view.width / 2);
    Object.assign(this.label.style, { left: `${x}px`, top: `${Math.max(24, y)}px` });
  }

  click(place) {
    const row = this.points ? nearest(this.points, this.view.place, place, REACH) : -1;
    if (row >= 0) this.choose([row]);
  }

  draft(outline) {
    this.drawOutlines(outline);
  }

  select(outline, more) {
    const corners = outline.map((place) => this.view.under(place)), rows = rowsWithin(this.points, corners);
    this.outlines = more ? [...this.outlines, corners] : [corners];
    this.drawOutlines();
    this.choose(more ? [...new Set([...this.selected, ...rows])] : rows);
  }

  choose(rows) {
    if (this.root.dataset.choosing === "false") return;
    this.selected = rows;
    this.clicked(rows);
  }

  clear() {
    this.deselect();
    this.choose([]);
  }

  deselect() {
    this.outlines = [];
    this.drawOutlines();
  }

  remove() {
    cancelAnimationFrame(this.next);
    this.root.remove();
  }
}

// As a file: points, what lies over them, and the legend.
function savePicture(chart) {
  const { width, height } = chart.canvas, scale = width / chart.view.width;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const over = [...chart.root.querySelectorAll("canvas")].filter((one) => one.width && one.height);
  for (const one of over) pen.drawImage(one, 0, 0, width, height);
  pen.scale(scale, scale);
  pen.font = "13px sans-serif";
  pen.fillStyle = getComputedStyle(chart.root).color;
  pen.fillText(chart.points.legend.title, 10, 20);
  chart.points.legend.entries.forEach(([name, colour], at) => {
    const y = 40 + 19 * at;
    pen.fillStyle = colour;
    pen.fillRect(10, y - 9, 10, 10);
    pen.fillStyle = getComputedStyle(chart.root).color;
    pen.fillText(name, 26, y);
  });
  const marks = chart.root.querySelector(".disgen-marks"), image = new Image();
  const save = () => saveAs("disgen-map.png", canvas);
  if (!marks) return save();
  const copy = /** @type {SVGElement} */ (marks.cloneNode(true));
  for (const [name, value] of Object.entries({ xmlns: SVG_NAME, width: chart.view.width, height: chart.view.height })) copy.setAttribute(name, String(value));
  image.onload = () => { pen.drawImage(image, 0, 0); save(); };
  image.src = `data:image/svg+xml,${encodeURIComponent(copy.outerHTML)}`;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const { chart, remove } = chartAt(parentElement, MapChart);
  chart.show(data, (rows) => setTriggerValue("clicked", rows));
  return remove;
}
