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

function saveAs(download, canvas) {
  Object.assign(document.createElement("a"), { download, href: canvas.toDataURL() }).click();
}
