// What lies over the points of the map and takes no clicks: names, contours of their density, and a grey veil over all
// points but those that were selected or found, which keep their colours.
const INK = "#16191a", PAPER = "#ffffff"; // of marks: dark on light stands out on any point and any page
const VEIL = 0.65; // of the page's colour
const LARGER = 1.25; // points above the veil than below it
const DIAMOND = [6, 3.5], MANY = 60; // px, radius of what was found beyond the points of the chart; smaller if many

function numbers(text) {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

// Segments of the lines along which a grid has a value, by marching squares: [x, y, x, y] each, in cells.
function contour({ rows, columns, values }, level) {
  const segments = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      const corners = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]];
      const inside = corners.map((value) => value >= level);
      if (inside.every((one) => one === inside[0])) continue;
      const places = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
      const crossings = [];
      for (let side = 0; side < 4; side++) {
        const next = (side + 1) % 4;
        if (inside[side] === inside[next]) continue;
        const share = (level - corners[side]) / (corners[next] - corners[side]);
        crossings.push([0, 1].map((axis) => places[side][axis] + share * (places[next][axis] - places[side][axis])));
      }
      for (let pair = 0; pair + 1 < crossings.length; pair += 2) segments.push([...crossings[pair], ...crossings[pair + 1]]);
    }
  }
  return segments;
}

class Layers {
  constructor() {
    this.names = new Names();
    this.canvas = document.createElement("canvas");
    this.canvas.className = "disgen-layers";
    this.canvas.setAttribute("aria-hidden", "true");
    this.canvas.style.cssText = "position:absolute;left:0;top:0;pointer-events:none";
  }

  show({ focus, density, names }) {
    this.focus = focus;
    this.names.names = names;
    const version = density ? density.values : "";
    if (version === this.version) return;
    this.version = version;
    this.lines = [];
    if (density) {
      const grid = { ...density, values: numbers(density.values) };
      this.lines = density.levels.map((level) => contour(grid, level).map((ends) =>
        ends.map((value, at) => density.origin[at % 2] + density.step * value)));
    }
  }

  // Place: from the chart's numbers to pixels of the canvas, which is as large as the chart. Taken: boxes in it that names
  // keep clear of.
  draw(points, place, { width, height }, taken) {
    const pixels = window.devicePixelRatio || 1;
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    this.canvas.width = Math.round(width * pixels);
    this.canvas.height = Math.round(height * pixels);
    this.canvas.style.backdropFilter = this.focus ? "grayscale(1)" : "none";
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    pen.scale(pixels, pixels);
    const page = getComputedStyle(document.querySelector("[data-testid=stApp]") ?? document.body);
    if (this.focus) this.drawFocus(pen, points, place, page.backgroundColor, width, height);
    this.drawDensity(pen, place, page.color);
    this.names.draw(this.canvas, pen, place, width, height, page.color, page.backgroundColor, taken);
  }

  drawFocus(pen, points, place, paper, width, height) {
    pen.globalAlpha = VEIL;
    pen.fillStyle = paper;
    pen.fillRect(0, 0, width, height);
    pen.globalAlpha = 1;
    this.drawBeyond(pen, place);
    for (const row of this.focus.rows) {
      if (!(row < points.n)) continue;
      const [x, y] = place([points.x[row], points.y[row]]);
      if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
      pen.beginPath();
      pen.arc(x, y, (LARGER * points.diameter(row)) / 2, 0, 2 * Math.PI);
      pen.fillStyle = points.palette[points.colours[row]].replace(/rgba\((.*),[^,]*\)/, "rgb($1)"); // points behind the samples are pale elsewhere
      pen.fill();
    }
  }

  drawBeyond(pen, place) {
    const { beyond } = this.focus, size = DIAMOND[beyond.length > MANY ? 1 : 0];
    for (const at of beyond) {
      const [x, y] = place(at);
      pen.beginPath();
      pen.moveTo(x, y - size);
      for (const [dx, dy] of [[size, 0], [0, size], [-size, 0], [0, -size]]) pen.lineTo(x + dx, y + dy);
      for (const [style, width] of [[PAPER, size / 2 + 0.5], [INK, size / 4]]) {
        pen.strokeStyle = style;
        pen.lineWidth = width;
        pen.stroke();
      }
    }
  }

  drawDensity(pen, place, ink) {
    (this.lines ?? []).forEach((segments, level) => {
      pen.beginPath();
      for (const [x, y, u, v] of segments) {
        pen.moveTo(...place([x, y]));
        pen.lineTo(...place([u, v]));
      }
      pen.strokeStyle = ink;
      pen.globalAlpha = 0.35 + (0.45 * level) / this.lines.length;
      pen.lineWidth = 1.2;
      pen.stroke();
    });
  }
}
