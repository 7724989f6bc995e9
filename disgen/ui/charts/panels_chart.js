// Small multiples of a map: a panel for each set of points, with the first set in grey behind the others. All show the
// same part of the map, which is moved and zoomed in any of them.
const REACH = 9; // px from a point within which it is pointed at
const BEHIND = 1500; // points of the first set behind each other one
const FAINT = 2.5; // px, diameter of those

// The points of one panel: `own` can be pointed at; `drawn` has those behind them as well.
function panelPoints(points, at) {
  const [count, size] = points.sizes[at], start = points.sizes.slice(0, at).reduce((sum, [many]) => sum + many, 0);
  const part = (values) => values.subarray(start, start + count);
  const own = { n: count, start, x: part(points.x), y: part(points.y) };
  const stride = Math.ceil(points.sizes[0][0] / BEHIND);
  const behind = at ? Array.from({ length: Math.ceil(points.sizes[0][0] / stride) }, (_, row) => row * stride) : [];
  const joined = (values, mine) => Float64Array.from([...behind.map((row) => values[row]), ...mine]);
  const colours = [...behind.map(() => points.behind), ...part(points.colours)];
  const sizes = [[behind.length, FAINT], [count, size]];
  return { own, drawn: { palette: points.palette, sizes, colours, x: joined(points.x, own.x), y: joined(points.y, own.y) } };
}

class Panel {
  tool = "pan";
  points = /** @type {any} */ (null);

  constructor(chart, at) {
    this.chart = chart;
    this.view = chart.view;
    this.at = at;
    this.root = element("figure", "", chart.grid);
    this.title = element("figcaption", "", this.root);
    const frame = element("div", "frame", this.root);
    this.canvas = element("canvas", "", frame);
    this.canvas.setAttribute("role", "img");
    this.canvas.tabIndex = 0;
    this.label = element("div", "label", frame);
    this.label.hidden = true;
    listen(this, this.canvas);
  }

  show(points) {
    const { label, alt } = points.panels[this.at];
    this.title.textContent = label;
    this.canvas.setAttribute("aria-label", alt);
    this.points = panelPoints(points, this.at);
  }

  draw(pixels, page) {
    const { width, height } = this.view;
    const size = { width: Math.round(width * pixels), height: Math.round(height * pixels) };
    if (this.canvas.width !== size.width || this.canvas.height !== size.height) Object.assign(this.canvas, size);
    const { image, margin } = paint(this.points.drawn, this.view.place, { ...size, pixels, page });
    this.canvas.getContext("2d")?.putImageData(image, -margin, -margin);
  }

  nearest(place) {
    return place ? nearest(this.points.own, this.view.place, place, REACH) : -1;
  }

  // What is said about the point at a place.
  point(place) {
    const index = this.nearest(place), { own } = this.points;
    this.canvas.style.cursor = index < 0 ? "" : "pointer";
    this.label.hidden = index < 0;
    if (index < 0) return;
    const { groups, symbols, formulas, panels } = this.chart.points, row = own.start + index, group = groups[row];
    const [formula, outcome] = formulas[row].split("\t");
    const lines = [`${panels[this.at].label} ${index}`, formula, group && `${symbols[group]} (${group})`, outcome];
    this.label.textContent = lines.filter(Boolean).join("\n");
    const [x, y] = this.view.place(own.x[index], own.y[index]);
    this.label.classList.toggle("left", x > this.view.width / 2);
    this.label.classList.toggle("over", y > this.view.height / 2);
    Object.assign(this.label.style, { left: `${x}px`, top: `${y}px` });
  }

  click(place) {
    const index = this.nearest(place);
    if (index >= 0) this.chart.picked(`${this.chart.points.panels[this.at].name}:${index}`);
  }

  // There is no box and no lasso here.
  draft() {}
  select() {}
  clear() {}
}

class PanelsChart {
  panels = /** @type {Panel[]} */ ([]);

  constructor(parent) {
    this.root = element("div", "disgen-panels", parent);
    /** @type {any} */ (this.root).disgenPanels = this;
    this.view = new View();
    const head = element("div", "head", this.root);
    this.legend = element("div", "legend", head);
    const tools = element("div", "tools", head);
    this.button(tools, "Show the whole map", () => this.view.reset());
    this.button(tools, "Save as a picture", () => savePanels(this));
    this.grid = element("div", "grid", this.root);
    this.follow = this.follow.bind(this);
    this.next = requestAnimationFrame(this.follow);
  }

  button(parent, says, does) {
    const made = element("button", "", parent, says);
    made.type = "button";
    made.addEventListener("click", does);
  }

  show(bytes, picked) {
    this.picked = picked;
    const points = unpack(bytes);
    if (this.points?.version === points.version) return;
    const another = this.points?.map !== points.map;
    this.points = points;
    this.legend.replaceChildren();
    for (const [name, colour] of points.legend.entries) {
      const entry = element("span", "", this.legend);
      element("i", "", entry).style.background = colour;
      entry.append(name);
    }
    for (const panel of this.panels.splice(points.panels.length)) panel.root.remove();
    while (this.panels.length < points.panels.length) this.panels.push(new Panel(this, this.panels.length));
    for (const panel of this.panels) panel.show(points);
    this.seen = "";
    // Another set may lie further out: a person who has not moved the map sees it too.
    const whole = another || this.view.untouched;
    this.measure();
    if (whole) this.view.show(points.frame);
    else this.view.extend(points.frame);
    this.draw();
  }

  measure() {
    const { clientWidth, clientHeight } = this.panels[0].canvas;
    this.view.resize(clientWidth, clientHeight);
  }

  follow() {
    this.next = requestAnimationFrame(this.follow);
    this.draw();
  }

  draw() {
    const canvas = this.panels[0]?.canvas;
    if (!this.points || !canvas?.clientWidth) return;
    if (canvas.clientWidth !== this.view.width || canvas.clientHeight !== this.view.height) this.measure();
    const { page, pixels } = paper(), text = [page, pixels, ...this.view.ranges].join();
    if (text === this.seen) return;
    this.seen = text;
    for (const panel of this.panels) {
      panel.label.hidden = true;
      panel.draw(pixels, page);
    }
  }

  remove() {
    cancelAnimationFrame(this.next);
    this.root.remove();
  }
}

// All panels as they stand on the page, under the legend, as a file.
function savePanels(chart) {
  const around = chart.root.getBoundingClientRect(), scale = chart.panels[0].canvas.width / chart.view.width;
  const canvas = Object.assign(document.createElement("canvas"), { width: around.width * scale, height: around.height * scale });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")), { color } = getComputedStyle(chart.root);
  const at = (one) => {
    const { left, top, height } = one.getBoundingClientRect();
    return [left - around.left, top - around.top, height];
  };
  const write = (one, text, indent = 0) => {
    const [left, top, height] = at(one);
    pen.fillStyle = color;
    pen.fillText(text, left + indent, top + height / 2);
  };
  pen.scale(scale, scale);
  pen.fillStyle = paper().page;
  pen.fillRect(0, 0, around.width, around.height);
  pen.textBaseline = "middle";
  pen.font = "13px sans-serif";
  for (const entry of chart.legend.children) {
    const mark = /** @type {HTMLElement} */ (entry.firstChild), [left, top, height] = at(mark);
    write(mark, entry.textContent, 1.5 * height);
    pen.fillStyle = mark.style.background;
    pen.fillRect(left, top, height, height);
  }
  for (const panel of chart.panels) {
    const [left, top] = at(panel.canvas);
    write(panel.title, panel.title.textContent);
    pen.drawImage(panel.canvas, left, top, chart.view.width, chart.view.height);
    pen.strokeStyle = color;
    pen.lineWidth = 0.5;
    pen.strokeRect(left, top, chart.view.width, chart.view.height);
  }
  saveAs("disgen-samplers.png", canvas);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const { chart, remove } = chartAt(parentElement, PanelsChart);
  chart.show(data, (name) => setTriggerValue("picked", name));
  return remove;
}
