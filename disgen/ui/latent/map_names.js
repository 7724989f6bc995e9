// Names of the crowds on the map: as many as find room, the most important first. More find room as one zooms in.
const MOST_NAMES = 22, TEXT = 11.5, GAP = 5, APART = 170; // px: height of letters, room around a name, between namesakes

// Which names are written, and where: [x, y] of the middle of each in pixels.
// Names are in the order of their importance; taken are the boxes [left, top, right, bottom] of what must stay readable.
function placedNames(names, place, width, height, measure, taken) {
  const boxes = taken.slice(), written = [];
  for (const { text, at } of names) {
    if (written.length === MOST_NAMES) break;
    const [x, y] = place(at), half = measure(text) / 2;
    const box = [x - half - GAP, y - TEXT / 2 - GAP, x + half + GAP, y + TEXT / 2 + GAP];
    if (box[0] < 0 || box[1] < 0 || box[2] > width || box[3] > height) continue;
    if (boxes.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
    if (written.some((one) => one.text === text && Math.hypot(one.x - x, one.y - y) < APART)) continue;
    boxes.push(box);
    written.push({ text, x, y });
  }
  return written;
}

class Names {
  names = /** @type {{text: string, at: number[]}[]} */ ([]);
  widths = /** @type {Map<string, number>} */ (new Map());

  draw(canvas, pen, place, width, height, ink, paper, taken) {
    pen.font = `600 ${TEXT}px "Source Sans", "Source Sans Pro", sans-serif`;
    const measure = (text) => {
      if (!this.widths.has(text)) this.widths.set(text, pen.measureText(text).width);
      return this.widths.get(text) ?? 0;
    };
    const written = placedNames(this.names, place, width, height, measure, taken);
    canvas.dataset.names = written.map(({ text }) => text).join("; ");
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.globalAlpha = 1;
    for (const { text, x, y } of written) {
      pen.strokeStyle = paper;
      pen.lineWidth = 3.5;
      pen.strokeText(text, x, y);
      pen.fillStyle = ink;
      pen.fillText(text, x, y);
    }
  }
}
