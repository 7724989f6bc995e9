// Parity plots side by side. A click names the crystal of the nearest point; a drag zooms; a double click shows all.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 260, HEIGHT = 240, LEFT = 40, RIGHT = 8, TOP = 24, BOTTOM = 24;
const REACH = 12; // px around a click within which a point is meant
const STEPS = [1, 2, 5, 10];

function shape(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

// Round numbers between two, at most so many.
function ticks(low, high, most) {
  const power = 10 ** Math.floor(Math.log10((high - low) / most));
  const step = STEPS.map((one) => one * power).find((one) => (high - low) / one <= most) ?? 10 * power;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const found = [];
  for (let n = Math.ceil(low / step); n * step <= high; n += 1) found.push([n * step, (n * step).toFixed(digits)]);
  return found;
}

class Panel {
  whole = { x: [0, 1], y: [0, 1] }; // the numbers that show all points

  constructor(parent, number) {
    this.svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }, parent);
    this.clip = `disgen-parity-${number}`;
    this.svg.addEventListener("pointerdown", (event) => this.press(event));
    this.svg.addEventListener("pointermove", (event) => this.drag(event));
    this.svg.addEventListener("pointerup", (event) => this.release(event));
    this.svg.addEventListener("pointercancel", () => this.settle());
    this.svg.addEventListener("dblclick", () => this.show(this.whole));
  }

  load(panel, colours, pick) {
    this.panel = panel;
    this.colours = colours;
    this.pick = pick;
    const ends = [Math.min, Math.max].map((end) => end(...panel.x.map((x, i) => end(x, panel.y[i]))));
    const edge = 0.03 * (ends[1] - ends[0] || 1);
    this.whole = { x: [ends[0] - edge, ends[1] + edge], y: [ends[0] - edge, ends[1] + edge] };
    this.svg.setAttribute("aria-label", `Reconstructed over target ${panel.name}, ${panel.unit}`);
    this.show(this.whole);
  }

  across(x) {
    const [low, high] = this.range.x;
    return LEFT + ((x - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  }

  down(y) {
    const [low, high] = this.range.y;
    return HEIGHT - BOTTOM - ((y - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  }

  show(range) {
    this.range = range;
    const { name, unit, x, y, rows } = this.panel;
    const right = WIDTH - RIGHT, bottom = HEIGHT - BOTTOM;
    this.svg.replaceChildren();
    shape("text", { class: "heading", x: LEFT, y: TOP - 9 }, this.svg).textContent = `${name} / ${unit}`;
    this.tip = shape("text", { x: right, y: TOP - 9, "text-anchor": "end" }, this.svg);
    for (const [value, text] of ticks(...range.x, 4)) {
      const at = this.across(value).toFixed(1);
      shape("line", { class: "grid", x1: at, y1: TOP, x2: at, y2: bottom }, this.svg);
      shape("text", { x: at, y: bottom + 15, "text-anchor": "middle" }, this.svg).textContent = text;
    }
    for (const [value, text] of ticks(...range.y, 5)) {
      const at = this.down(value).toFixed(1);
      shape("line", { class: "grid", x1: LEFT, y1: at, x2: right, y2: at }, this.svg);
      shape("text", { x: LEFT - 5, y: Number(at) + 4, "text-anchor": "end" }, this.svg).textContent = text;
    }
    shape("rect", { class: "frame", x: LEFT, y: TOP, width: right - LEFT, height: bottom - TOP }, this.svg);
    const clip = shape("clipPath", { id: this.clip }, this.svg);
    shape("rect", { x: LEFT, y: TOP, width: right - LEFT, height: bottom - TOP }, clip);
    this.points = shape("g", { class: "points", "clip-path": `url(#${this.clip})` }, this.svg);
    const [low, high] = this.whole.x;
    shape("line", {
      class: "diagonal", x1: this.across(low), y1: this.down(low), x2: this.across(high), y2: this.down(high),
    }, this.points);
    rows.forEach((row, i) => {
      const at = { cx: this.across(x[i]).toFixed(1), cy: this.down(y[i]).toFixed(1) };
      shape("circle", { ...at, r: 2, fill: this.colours[0], "data-row": row }, this.points);
    });
    this.mark(this.shown);
  }

  // The chosen crystal, larger and on top, also where its own point hides behind another.
  mark(shown) {
    this.shown = shown;
    this.points.querySelector(".shown")?.remove();
    if (!shown) return;
    const at = { cx: this.across(shown[0]).toFixed(1), cy: this.down(shown[1]).toFixed(1) };
    shape("circle", { ...at, r: 5.5, fill: this.colours[1], class: "shown" }, this.points);
  }

  place(event) {
    const box = this.svg.getBoundingClientRect(), scale = WIDTH / box.width;
    return [(event.clientX - box.x) * scale, (event.clientY - box.y) * scale];
  }

  // The point nearest to a place, if one is near.
  nearest([u, v]) {
    let best = -1, gap = REACH;
    this.panel.x.forEach((x, i) => {
      const away = Math.hypot(this.across(x) - u, this.down(this.panel.y[i]) - v);
      if (away < gap) [best, gap] = [i, away];
    });
    return best;
  }

  press(event) {
    if (event.button !== 0) return;
    this.start = this.place(event);
    this.svg.setPointerCapture(event.pointerId);
  }

  drag(event) {
    const [u, v] = this.place(event);
    if (!this.start) {
      const i = this.nearest([u, v]), { unit, x, y } = this.panel;
      this.tip.textContent = i < 0 ? "" : `${x[i].toFixed(3)} ${unit} → ${y[i].toFixed(3)} ${unit}`;
      return;
    }
    this.frame ??= shape("rect", { class: "zoom" }, this.svg);
    const [a, b] = this.start;
    const box = { x: Math.min(a, u), y: Math.min(b, v), width: Math.abs(a - u), height: Math.abs(b - v) };
    for (const [key, value] of Object.entries(box)) this.frame.setAttribute(key, value);
  }

  release(event) {
    if (!this.start) return;
    const [a, b] = this.start, [u, v] = this.place(event);
    this.settle();
    if (Math.hypot(u - a, v - b) < 5) {
      const i = this.nearest([u, v]);
      if (i >= 0) this.pick(this.panel.rows[i]);
      return;
    }
    const x = [a, u].sort((one, other) => one - other), y = [b, v].sort((one, other) => other - one);
    if (x[1] - x[0] < 5 || y[0] - y[1] < 5) return;
    const across = (px) => this.range.x[0] + ((px - LEFT) / (WIDTH - LEFT - RIGHT)) * (this.range.x[1] - this.range.x[0]);
    const down = (px) =>
      this.range.y[0] + ((HEIGHT - BOTTOM - px) / (HEIGHT - TOP - BOTTOM)) * (this.range.y[1] - this.range.y[0]);
    this.show({ x: x.map(across), y: y.map(down) });
  }

  settle() {
    this.start = null;
    this.frame?.remove();
    this.frame = null;
  }
}

const drawn = new WeakMap(); // panels by the component's element, which outlives its data

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".panels");
  if (!drawn.has(root)) drawn.set(root, { version: "", panels: data.panels.map((_, number) => new Panel(root, number)) });
  const chart = drawn.get(root);
  if (chart.version !== data.version) {
    chart.version = data.version;
    const pick = (row) => setTriggerValue("picked", row);
    chart.panels.forEach((panel, number) => panel.load(data.panels[number], data.colours, pick));
  }
  chart.panels.forEach((panel, number) => panel.mark(data.shown[number]));
}
