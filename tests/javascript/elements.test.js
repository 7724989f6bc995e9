import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./load.js";

const stored = new Map();
const sessionStorage = { getItem: (name) => stored.get(name) ?? null, setItem: (name, text) => stored.set(name, text) };
const { palette } = load(["elements.js"], ["palette"], { sessionStorage });

const USUAL = { Na: { jmol: "#ab5cf2", vesta: "#f9dc3c" }, K: { jmol: "#8f40d4", vesta: "#a121f6" }, Cl: { jmol: "#1ff01f", vesta: "#31fc02" } };
const wedge = (symbol, start, end) => ({ symbol, colours: USUAL[symbol], start, end });
const SCENE = {
  name: "salt",
  sites: [
    { element: "Na", colours: USUAL.Na, radii: { covalent: 0.8, ionic: 0.5 }, wedges: [wedge("Na", 0, 3), wedge("K", 3, 4)] },
    { element: "Cl", colours: USUAL.Cl, radii: { covalent: 0.5, ionic: 0.9 }, wedges: [wedge("Cl", 0, 6)] },
  ],
};

test("own colours take the place of both schemes, in atoms, bonds and wedges", () => {
  const { sites } = plain(palette.dressed(SCENE, { K: { colour: "#123456" }, Cl: { colour: "#ffffff" } }));
  assert.deepEqual(sites[0].colours, USUAL.Na);
  assert.deepEqual(sites[0].wedges.map(({ colours }) => colours), [USUAL.Na, { jmol: "#123456", vesta: "#123456" }]);
  assert.deepEqual(sites[1].colours, { jmol: "#ffffff", vesta: "#ffffff" });
});

test("a shared site is as large as its species on average", () => {
  const { sites } = plain(palette.dressed(SCENE, { K: { size: 2 } }));
  assert.deepEqual(sites[0].radii, { covalent: 0.8 * 1.25, ionic: 0.5 * 1.25 });
  assert.deepEqual(sites[1].radii, SCENE.sites[1].radii);
});

test("without any choice a scene stays as it is, and so does the scene that is dressed", () => {
  const before = JSON.stringify(SCENE);
  assert.deepEqual(plain(palette.dressed(SCENE, {})), SCENE);
  palette.dressed(SCENE, { Na: { colour: "#000000", size: 0.5 } });
  assert.equal(JSON.stringify(SCENE), before);
});

test("what is kept is found again, and nonsense is left out", () => {
  palette.keep({ Na: { colour: "#00ff00", size: 1.5 } });
  assert.deepEqual(plain(palette.recall()), { Na: { colour: "#00ff00", size: 1.5 } });
  const nonsense = { Na: { colour: "red;}", size: 99 }, "x{}": { colour: "#000000" }, K: { size: 0.5, colour: 3 }, Cl: null };
  assert.deepEqual(plain(palette.parsed(JSON.stringify(nonsense))), { K: { size: 0.5 } });
  for (const text of ["{", "null", "[]", "7"]) assert.deepEqual(plain(palette.parsed(text)), {});
});

test("each element of the crystals has one field", () => {
  assert.deepEqual([...palette.elementsOf([SCENE, SCENE]).keys()], ["Na", "K", "Cl"]);
});
