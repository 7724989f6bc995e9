// The points of the map: what the server sends of them, which lie where, and their picture in pixels. They are painted by
// plain means: 19,000 take some 20 ms, without a graphics card, and nothing has to be started first.
const OPACITY = 0.9;
const STEPS = 4; // of a pixel, in which a disc is placed
const GRID = 65535; // places are whole numbers up to this one, on the sides of the frame of all points

// Bytes: the length of a head in JSON, the head, x and y of all points, their colours, their space groups, formulas.
function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true), start = bytes.byteOffset + 4 + length;
  const text = (from, to) => new TextDecoder().decode(new Uint8Array(bytes.buffer, from, to - from));
  const head = JSON.parse(text(bytes.byteOffset + 4, start)), n = head.n;
  const whole = new Uint16Array(bytes.slice(4 + length, 4 + length + 4 * n).buffer);
  const [left, right, bottom, top] = head.frame;
  const diameter = (row) => {
    let at = 0;
    for (let end = head.sizes[0][0]; row >= end; end += head.sizes[at][0]) at++;
    return head.sizes[at][1];
  };
  const spread = (values, low, high) => Float64Array.from(values, (value) => low + (value / GRID) * (high - low));
  return {
    ...head,
    diameter, // in px
    x: spread(whole.subarray(0, n), left, right),
    y: spread(whole.subarray(n), bottom, top),
    colours: new Uint8Array(bytes.buffer, start + 4 * n, n),
    groups: new Uint8Array(bytes.buffer, start + 5 * n, n),
    formulas: text(start + 6 * n, bytes.byteOffset + bytes.byteLength).split("\n"),
  };
}

// Red, green, blue of 255 and opacity of 1.
function channels(colour) {
  if (colour.startsWith("#")) return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)).concat(1);
  const [red, green, blue, opacity = 1] = (colour.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
  return [red, green, blue, opacity];
}

// The row that lies nearest to a place in px, not further away than `reach`; of equal ones the one that is drawn last.
function nearest(points, place, [x, y], reach) {
  let found = -1, least = reach * reach;
  for (let row = 0; row < points.n; row++) {
    const [u, v] = place(points.x[row], points.y[row]);
    const distance = (u - x) * (u - x) + (v - y) * (v - y);
    if (distance <= least) [found, least] = [row, distance];
  }
  return found;
}

// Whether a place lies within a polygon: a line from it to one side crosses the outline an odd number of times.
function within([x, y], corners) {
  let inside = false;
  for (let at = 0, last = corners.length - 1; at < corners.length; last = at++) {
    const [u, v] = corners[at], [p, q] = corners[last];
    if (v > y !== q > y && x < ((p - u) * (y - v)) / (q - v) + u) inside = !inside;
  }
  return inside;
}

// Rows whose places, in the numbers of the map, lie within a polygon.
function rowsWithin(points, corners) {
  const rows = [];
  for (let row = 0; row < points.n; row++) if (within([points.x[row], points.y[row]], corners)) rows.push(row);
  return rows;
}

// Pixels of a disc whose centre lies so far right of and below the middle of pixel 0, 0: offsets in bytes in a picture
// of this width, and how much of each pixel is covered.
function disc(radius, right, below, width) {
  const offsets = [], covers = [], reach = Math.ceil(radius + 1);
  for (let row = -reach; row <= reach; row++) {
    for (let column = -reach; column <= reach; column++) {
      const cover = Math.min(1, radius + 0.5 - Math.hypot(column - right, row - below));
      if (cover <= 0) continue;
      offsets.push(4 * (row * width + column));
      covers.push(cover);
    }
  }
  return { offsets: Int32Array.from(offsets), covers: Float32Array.from(covers) };
}

// The picture of all points on a page of one colour. Place: from the numbers of the map to px; pixels: in a px.
function paint(points, place, { width, height, pixels, page }) {
  const margin = 16, wide = width + 2 * margin, tall = height + 2 * margin;
  const image = new ImageData(wide, tall), data = image.data;
  const [red, green, blue] = channels(page);
  new Uint32Array(data.buffer).fill(((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0);
  const palette = points.palette.map(channels);
  let row = 0;
  for (const [count, size] of points.sizes) {
    const discs = [];
    for (let step = 0; step < STEPS * STEPS; step++) {
      discs.push(disc((size * pixels) / 2, ((step % STEPS) + 0.5) / STEPS - 0.5, (Math.floor(step / STEPS) + 0.5) / STEPS - 0.5, wide));
    }
    for (const end = row + count; row < end; row++) {
      const at = place(points.x[row], points.y[row]), x = at[0] * pixels + margin, y = at[1] * pixels + margin;
      if (!(x >= margin / 2 && y >= margin / 2 && x < wide - margin / 2 && y < tall - margin / 2)) continue;
      const column = Math.floor(x), line = Math.floor(y);
      const { offsets, covers } = discs[STEPS * Math.floor(STEPS * (y - line)) + Math.floor(STEPS * (x - column))];
      const [r, g, b, opacity] = palette[points.colours[row]], start = 4 * (line * wide + column);
      for (let one = 0; one < offsets.length; one++) {
        const byte = start + offsets[one], share = covers[one] * opacity * OPACITY;
        data[byte] += (r - data[byte]) * share;
        data[byte + 1] += (g - data[byte + 1]) * share;
        data[byte + 2] += (b - data[byte + 2]) * share;
      }
    }
  }
  return { image, margin };
}
