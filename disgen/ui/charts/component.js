// Puts charts onto the page; they are drawn anew only if they are others.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  if (root.dataset.version === data.version) return;
  root.innerHTML = data.html;
  root.dataset.version = data.version;
}
