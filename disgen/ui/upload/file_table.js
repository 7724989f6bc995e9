// Puts the table into the page, and tells which file is chosen.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const table = parentElement.querySelector(".files");
  if (table.dataset.version !== data.version) {
    const held = table.querySelector("button:focus")?.dataset.file;
    table.innerHTML = data.html;
    table.dataset.version = data.version;
    table.querySelector(`[data-file="${held}"]`)?.focus();
  }
  table.onclick = (event) => {
    const button = event.target.closest("tbody tr")?.querySelector("[data-file]");
    if (button) {
      setTriggerValue("picked", Number(button.dataset.file));
    }
  };
}
