// Shows which elements are in which of two lists, takes clicks and keys, and tells both lists.
const LISTS = ["first", "second"];
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const shown = new WeakMap(); // by the table's element: what the person sees, newer than what the server knows

function listOf(lists, symbol) {
  return LISTS.find((name) => lists[name].includes(symbol)) ?? "";
}

function next(list, backwards) {
  const order = ["", ...LISTS];
  return order[(order.indexOf(list) + (backwards ? order.length - 1 : 1)) % order.length];
}

function draw(table, lists, words) {
  for (const button of table.querySelectorAll("[data-symbol]")) {
    const { symbol } = button.dataset;
    const list = listOf(lists, symbol);
    button.dataset.list = list;
    button.setAttribute("aria-label", list ? `${symbol}, ${words[LISTS.indexOf(list)]}` : symbol);
    button.setAttribute("aria-pressed", String(Boolean(list)));
  }
}

// The nearest element in a direction, in the same row or column if there is one.
function neighbour(buttons, from, [down, right]) {
  const box = from.getBoundingClientRect();
  let best = null, least = Infinity;
  for (const button of buttons) {
    const other = button.getBoundingClientRect();
    const dx = other.x - box.x, dy = other.y - box.y;
    const along = dx * right + dy * down, across = Math.abs(dx * down) + Math.abs(dy * right);
    if (along < 1) continue;
    const distance = along + 4 * across;
    if (distance < least) [best, least] = [button, distance];
  }
  return best;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const table = parentElement.querySelector(".table");
  const buttons = [...table.querySelectorAll("[data-symbol]")];
  let lists = shown.get(table);
  if (!lists || data.edit >= lists.edit) {
    lists = { edit: data.edit, first: [...data.first], second: [...data.second] };
    shown.set(table, lists);
  }
  table.dataset.kind = data.kind;
  table.setAttribute("aria-label", `Periodic table: choose elements that are ${data.words.join(" or ")}`);
  table.querySelector(".first").textContent = data.words[0];
  table.querySelector(".second").textContent = data.words[1];
  table.querySelector(".hint").textContent =
    `Click an element once: ${data.words[0]}; twice: ${data.words[1]}; again: neither.`;
  draw(table, lists, data.words);
  if (!buttons.some((button) => button.tabIndex === 0)) buttons[0].tabIndex = 0;

  const turn = (button, backwards) => {
    const { symbol } = button.dataset;
    const list = next(listOf(lists, symbol), backwards);
    for (const name of LISTS) lists[name] = lists[name].filter((other) => other !== symbol);
    if (list) lists[list].push(symbol);
    lists.edit += 1;
    draw(table, lists, data.words);
    setTriggerValue("marked", { edit: lists.edit, first: lists.first, second: lists.second });
  };
  const focus = (button) => {
    for (const other of buttons) other.tabIndex = -1;
    button.tabIndex = 0;
    button.focus();
  };
  table.onclick = (event) => {
    const button = event.target.closest("[data-symbol]");
    if (!button) return;
    focus(button);
    turn(button, event.shiftKey);
  };
  table.onkeydown = (event) => {
    const button = event.target.closest("[data-symbol]");
    const move = MOVES[event.key];
    if (!button || !move) return;
    event.preventDefault();
    const found = neighbour(buttons, button, move);
    if (found) focus(found);
  };
}
