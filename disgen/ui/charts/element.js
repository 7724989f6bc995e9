// A new element of the page.
function element(name, className, parent, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  parent.append(made);
  return made;
}

// What the points are drawn on: its colour, and how many pixels are in a px.
function paper() {
  const page = getComputedStyle(document.querySelector("[data-testid=stApp]") ?? document.body).backgroundColor;
  return { page, pixels: Math.min(2, window.devicePixelRatio || 1) };
}

// The chart at a component's element, which outlives the component's data, and what takes it away again.
const charts = new WeakMap();
function chartAt(parent, Chart) {
  if (!charts.has(parent)) charts.set(parent, new Chart(parent));
  const chart = charts.get(parent);
  const remove = () => {
    chart.remove();
    charts.delete(parent);
  };
  return { chart, remove };
}

function saveAs(download, canvas) {
  Object.assign(document.createElement("a"), { download, href: canvas.toDataURL() }).click();
}
