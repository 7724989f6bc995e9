// Draws marks over the chart of the map, and tells which one is clicked. The chart's figure stays as it is: another
// figure would be another chart, without its zoom and its selection.
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
  home = /** @type {number[]} */ ([]); // the ranges of a chart before it was zoomed or moved

  constructor() {
    this.layers = new Layers();
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "disgen-marks");
    this.svg.setAttribute("role", "img");
    this.svg.style.cssText = "position:absolute;overflow:hidden;pointer-events:none";
    // The wheel zooms the map also where a mark lies.
    this.svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.chart()?.querySelector(".nsewdrag")?.dispatchEvent(new WheelEvent("wheel", event));
    }, { passive: false });
    this.follow = this.follow.bind(this);
    this.next = requestAnimationFrame(this.follow);
  }

  show(data, pick, frame) {
    const cleared = this.data?.selected && !data.selected;
    this.data = data;
    this.pick = pick;
    this.frame = frame;
    this.seen = "";
    this.layers.show(data);
    this.svg.setAttribute("aria-label", data.label);
    if (cleared) this.deselect();
    const at = String(data.rings[0].at);
    if (this.at && this.at !== at) reveal();
    this.at = at;
  }

  // Plotly keeps the outline of a box or a lasso until it hears of a double click.
  deselect() {
    const chart = this.chart();
    if (!chart?._fullLayout?.selections?.length) return;
    chart.emit("plotly_deselect", null);
    chart.layout.selections = [];
    chart._fullLayout.selections = [];
    chart.querySelectorAll(".selectionlayer path, .select-outline").forEach((outline) => outline.remove());
  }

  // Plotly's element, with what plotly keeps in it.
  /** @returns {Chart | null} */
  chart() {
    return document.querySelector(`.st-key-${this.data.chart} .js-plotly-plot`);
  }

  // The chart may be drawn anew, moved or zoomed at any time; only then is there something to do.
  follow() {
    this.next = requestAnimationFrame(this.follow);
    const chart = this.chart(), layout = chart?._fullLayout, trace = chart?._fullData?.[0];
    if (!layout?.xaxis?.range || !layout._size || !trace) return;
    const host = chart.querySelector(".svg-container");
    if (!host) return;
    // Under what the map says about a point when it is pointed at.
    if (this.svg.parentNode !== host) {
      const above = host.querySelector(".hoverlayer")?.closest(".main-svg") ?? null;
      // The legend and the outline of a selection keep their colours.
      host.insertBefore(this.layers.canvas, host.querySelector(".infolayer")?.closest(".main-svg") ?? above);
      host.insertBefore(this.svg, above);
      this.seen = "";
    }
    this.watch(chart, layout);
    const { l, t, w, h } = layout._size;
    const page = getComputedStyle(document.querySelector("[data-testid=stApp]") ?? document.body).backgroundColor;
    const seen = [l, t, w, h, ...layout.xaxis.range, ...layout.yaxis.range, window.devicePixelRatio, page].join();
    if (seen === this.seen) return;
    this.seen = seen;
    const [left, right] = layout.xaxis.range, [bottom, top] = layout.yaxis.range;
    Object.assign(this.svg.style, { left: `${l}px`, top: `${t}px`, width: `${w}px`, height: `${h}px` });
    const place = ([x, y]) => [((x - left) / (right - left)) * w, ((top - y) / (top - bottom)) * h];
    this.layers.draw(trace, place, { left: l, top: t, width: w, height: h }, this.taken(chart, host, place));
    this.draw(place);
  }

  // Boxes of the legend and the rings, [left, top, right, bottom] in pixels of the chart's inside.
  taken(chart, host, place) {
    const { l, t } = chart._fullLayout._size, frame = host.getBoundingClientRect();
    const legends = [...host.querySelectorAll(".infolayer .legend")].map((legend) => legend.getBoundingClientRect());
    const around = this.data.rings.map(({ at }) => place(at)).map(([x, y]) => [x - RING, y - RING, x + RING, y + RING]);
    const moved = ({ left, top, right, bottom }) => [
      left - frame.left - l, top - frame.top - t, right - frame.left - l, bottom - frame.top - t,
    ];
    return [...legends.map(moved), ...around];
  }

  // Another chart has taken the place of one that was zoomed or moved, for other colours or samples: it shall show the
  // same part of the map.
  watch(chart, { xaxis, yaxis }) {
    const ranges = [...xaxis.range, ...yaxis.range].map(Number);
    if (chart !== this.watched) {
      if (this.moved) this.frame({ map: this.map, ranges: this.ranges });
      this.watched = chart;
      this.home = ranges;
    }
    const tiny = 1e-3 * Math.abs(ranges[1] - ranges[0]);
    this.moved = !xaxis.autorange && ranges.some((value, at) => Math.abs(value - this.home[at]) > tiny);
    this.ranges = ranges;
    this.map = this.data.map;
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
  drawing.show(data, (number) => setTriggerValue("picked", number), (seen) => setTriggerValue("framed", seen));
  return () => {
    drawing.remove();
    drawings.delete(parentElement);
  };
}
