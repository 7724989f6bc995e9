// Draws marks over the chart of the map, and tells which one is clicked.
const SVG = "http://www.w3.org/2000/svg";
const GOOD = "#ffd92f";
const RING = 11, DOT = 5, CROWD = 12; // px: radii, and the distance within which marks would hide each other
const NARROW = 640; // px, below which columns stand below each other
const GOLDEN = Math.PI * (3 - Math.sqrt(5)); // rad: turned by it again and again, marks never fall in line
const drawings = new WeakMap(); // by the component's element, which outlives its data

// In a narrow window the crystal stands below the map: a click on a point shall show it.
function reveal() {
  const crystal = document.querySelector(".st-key-map_crystal");
  if (!crystal || window.innerWidth > NARROW) return;
  crystal.scrollIntoView({ behavior: "smooth", block: "nearest" });
}

function shape(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

// One outline in a light and one in a dark colour, so that a mark stands out on any point and any page.
function outlined(draw) {
  draw({ fill: "none", stroke: PAPER, "stroke-width": 5, "stroke-linejoin": "round" });
  return draw({ fill: "none", stroke: INK, "stroke-width": 2.5, "stroke-linejoin": "round" });
}

// Where marks are drawn so that each can be seen and clicked: those that would lie on each other, or under a ring, are
// fanned out around their common place. t-SNE puts most latents near a crystal exactly onto that crystal.
function fanned(places, rings) {
  const crowds = rings.map((at) => ({ at, size: 0, hollow: true }));
  const seats = places.map(([x, y]) => {
    let crowd = crowds.find(({ at }) => Math.hypot(at[0] - x, at[1] - y) < CROWD);
    if (!crowd) {
      crowd = { at: [x, y], size: 0, hollow: false };
      crowds.push(crowd);
    }
    return { crowd, seat: crowd.size++ };
  });
  return seats.map(({ crowd: { at, size, hollow }, seat }) => {
    const spacing = 2 * (DOT + 1.5) * Math.min(1, Math.sqrt(120 / size));
    const radius = Math.sqrt((hollow ? (RING + DOT + 1) ** 2 : 0) + seat * spacing ** 2 / 3.5);
    return [at[0] + radius * Math.cos(seat * GOLDEN), at[1] + radius * Math.sin(seat * GOLDEN)];
  });
}

class Drawing {
  at = ""; // of the chosen point, as text

  constructor() {
    this.layers = new Layers();
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "disgen-marks");
    this.svg.setAttribute("role", "img");
    this.svg.style.cssText = "position:absolute;left:0;top:0;overflow:hidden;pointer-events:none";
    // The wheel zooms the map also where a mark lies.
    this.svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.chart()?.canvas.dispatchEvent(new WheelEvent("wheel", event));
    }, { passive: false });
    this.follow = this.follow.bind(this);
    this.next = requestAnimationFrame(this.follow);
  }

  show(data, pick) {
    const cleared = this.data?.selected && !data.selected;
    this.data = data;
    this.pick = pick;
    this.seen = "";
    this.layers.show(data);
    this.svg.setAttribute("aria-label", data.label);
    if (cleared) this.chart()?.deselect();
    const at = String(data.rings[0].at);
    if (this.at && this.at !== at) reveal();
    this.at = at;
  }

  // The map's chart, which hangs on its element (map_chart.js).
  chart() {
    return /** @type {any} */ (document.querySelector(`.st-key-${this.data.chart} .disgen-map`))?.disgenMap;
  }

  // The chart may be moved, zoomed or drawn anew at any time; only then is there something to do.
  follow() {
    this.next = requestAnimationFrame(this.follow);
    const chart = this.chart();
    if (!chart?.points || !chart.seen) return;
    if (this.svg.parentNode !== chart.root) {
      chart.canvas.after(this.layers.canvas, this.svg); // under what the map says about a point
      this.seen = "";
    }
    const { width, height } = chart.view, seen = [chart.seen, width, height, chart.points.version].join();
    if (seen === this.seen) return;
    this.seen = seen;
    Object.assign(this.svg.style, { width: `${width}px`, height: `${height}px` });
    const place = ([x, y]) => chart.view.place(x, y);
    this.layers.draw(chart.points, place, { width, height }, this.taken(chart, place));
    this.draw(place);
  }

  // Boxes of the legend, the tools and the rings, [left, top, right, bottom] in pixels of the chart.
  taken(chart, place) {
    const frame = chart.root.getBoundingClientRect();
    const parts = [chart.legend, chart.buttons].map((part) => part.getBoundingClientRect());
    const around = this.data.rings.map(({ at }) => place(at)).map(([x, y]) => [x - RING, y - RING, x + RING, y + RING]);
    const moved = ({ left, top, right, bottom }) => [
      left - frame.left, top - frame.top, right - frame.left, bottom - frame.top,
    ];
    return [...parts.map(moved), ...around];
  }

  draw(place) {
    const { rings, points, path, picked } = this.data;
    this.svg.replaceChildren();
    const places = points.map((point) => place(point.at)), centres = rings.map((ring) => place(ring.at));
    if (path) {
      const corners = places.map((at) => at.map((value) => value.toFixed(1)).join()).join(" ");
      outlined((style) => shape("polyline", { points: corners, ...style }, this.svg));
    }
    const seats = fanned(places, centres), numbers = seats.map((_, number) => number);
    // The chosen mark lies on top of the others.
    for (const number of [...numbers.filter((one) => one !== picked), ...numbers.filter((one) => one === picked)]) {
      const [x, y] = seats[number], chosen = number === picked;
      const mark = shape("circle", {
        cx: x.toFixed(1), cy: y.toFixed(1), r: chosen ? DOT + 3 : DOT, fill: points[number].good ? GOOD : PAPER,
        stroke: INK, "stroke-width": chosen ? 3 : 1.5, "data-mark": number,
      }, this.svg);
      mark.style.cssText = "pointer-events:auto;cursor:pointer";
      mark.addEventListener("click", () => this.pick(number));
      shape("title", {}, mark).textContent = points[number].title;
    }
    rings.forEach(({ kind }, number) => {
      const [x, y] = centres[number];
      outlined((style) => kind === "end"
        ? shape("rect", { x: x - RING, y: y - RING, width: 2 * RING, height: 2 * RING, ...style }, this.svg)
        : shape("circle", { cx: x, cy: y, r: RING, ...style }, this.svg)).setAttribute("data-ring", kind);
    });
  }

  remove() {
    cancelAnimationFrame(this.next);
    this.layers.canvas.remove();
    this.svg.remove();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const drawing = drawings.get(parentElement) ?? new Drawing();
  drawings.set(parentElement, drawing);
  drawing.show(data, (number) => setTriggerValue("picked", number));
  return () => {
    drawing.remove();
    drawings.delete(parentElement);
  };
}
