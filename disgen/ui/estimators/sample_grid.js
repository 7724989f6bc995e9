// Puts the tiles into the page, and tells which one is chosen.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const grid = parentElement.querySelector(".grid");
  if (grid.dataset.version !== data.version) {
    grid.innerHTML = data.html;
    grid.style.setProperty("--columns", data.columns);
    grid.dataset.version = data.version;
  }
  grid.onclick = (event) => {
    const tile = event.target.closest("[data-sample]");
    if (tile) {
      setTriggerValue("picked", tile.dataset.sample);
    }
  };
}
