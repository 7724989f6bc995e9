// The app's scripts run in a browser, some as modules and some one after the other on one page. Here their texts are
// put together in the same way, and the names that a test asks for are handed out.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const UI = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "disgen", "ui");

function find(name, folder = UI) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const found = entry.isDirectory() ? find(name, path) : entry.name === name && path;
    if (found) return found;
  }
  return null;
}

/**
 * What some scripts define.
 *
 * @param {string[]} scripts their file names, in the order in which the page has them
 * @param {string[]} names what is handed out
 * @param {object} globals what the page has: `document`, `window`, …
 */
export function load(scripts, names, globals = {}) {
  const texts = scripts.map((script) => readFileSync(find(script), "utf8").replace("export default function", "function main"));
  const context = vm.createContext({ atob, console, ...globals });
  return vm.runInContext(`${texts.join("\n")}\n;({ ${names.join(", ")} })`, context);
}

/** A value of the scripts' world as one of this world, for `deepEqual`. */
export const plain = (value) => JSON.parse(JSON.stringify(value));
