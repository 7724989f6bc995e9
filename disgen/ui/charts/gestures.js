// What a person does on the map: drag, pinch and turn the wheel, click, draw a box or a lasso, press keys.
const STILL = 4; // px that a click may move
const TWICE = 400; // ms between the two of a double click
const STRIDE = 40; // px that an arrow key moves

function listen(chart, canvas) {
  const fingers = new Map();
  let outline = /** @type {number[][] | null} */ (null), started = [0, 0], moved = false, released = 0;
  const at = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const corners = (first, last) => [first, [last[0], first[1]], last, [first[0], last[1]]];

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    chart.point(null);
    [started, moved] = [at(event), fingers.size > 1];
    outline = chart.tool === "pan" || fingers.size > 1 ? null : [started];
  });

  canvas.addEventListener("pointermove", (event) => {
    const place = at(event), before = fingers.get(event.pointerId);
    if (!before) return chart.point(place);
    if (Math.hypot(place[0] - started[0], place[1] - started[1]) > STILL) moved = true;
    fingers.set(event.pointerId, place);
    if (outline && moved) {
      outline = chart.tool === "box" ? corners(started, place) : [...outline, place];
      chart.draft(outline);
    } else if (!outline && fingers.size === 1) {
      chart.view.move(place[0] - before[0], place[1] - before[1]);
    } else if (!outline) {
      const [other] = [...fingers].filter(([finger]) => finger !== event.pointerId).map(([, where]) => where);
      const gap = (one) => Math.max(1, Math.hypot(one[0] - other[0], one[1] - other[1]));
      chart.view.zoom(gap(place) / gap(before), [(place[0] + other[0]) / 2, (place[1] + other[1]) / 2]);
    }
  });

  const up = (event) => {
    if (!fingers.delete(event.pointerId) || fingers.size) return;
    if (event.type === "pointercancel") return chart.draft(null);
    if (outline && moved) return chart.select(outline, event.shiftKey);
    if (moved) return;
    const twice = event.timeStamp - released < TWICE;
    released = twice ? 0 : event.timeStamp;
    if (!twice) return chart.click(at(event));
    if (chart.tool === "pan") chart.view.reset();
    else chart.clear();
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => chart.point(null));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    chart.view.zoom(Math.exp(-0.0016 * Math.min(100, Math.max(-100, event.deltaY))), at(event));
  }, { passive: false });

  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [STRIDE, 0], ArrowRight: [-STRIDE, 0], ArrowUp: [0, STRIDE], ArrowDown: [0, -STRIDE] };
    const zooms = { "+": 1.25, "=": 1.25, "-": 0.8 };
    if (event.key in moves) chart.view.move(...moves[event.key]);
    else if (event.key in zooms) chart.view.zoom(zooms[event.key]);
    else if (event.key === "0" || event.key === "Home") chart.view.reset();
    else if (event.key === "Escape") chart.clear();
    else return;
    event.preventDefault();
  });
}
