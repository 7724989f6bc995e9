// What touching a site does: its text is shown, its row in the table lights up, and if it is chosen it is marked.
const touching = (viewers, mark, measure) => {
  "use strict";
  const tip = /** @type {HTMLElement} */ (document.getElementById("tip"));
  let pinned = null; // the site whose text stays
  let struck = false; // the click that is under way has hit an atom
  let measured = null; // the atom whose click was answered with what has been measured

  function say(text, x, y) {
    tip.textContent = text;
    tip.hidden = false;
    tip.style.left = `${Math.max(4, Math.min(x + 12, window.innerWidth - tip.offsetWidth - 4))}px`;
    tip.style.top = `${Math.max(4, Math.min(y + 14, window.innerHeight - tip.offsetHeight - 4))}px`;
  }

  function hush() {
    tip.hidden = true;
  }

  function show(one, site, event) {
    say(one.scene.sites[site].text, event?.clientX ?? 0, event?.clientY ?? 0);
    rows.light(one.scene.table, site);
  }

  // 3Dmol.js tells of the pointer after a pause, thus of an atom that has been clicked since.
  function hover(one, atom, event) {
    if (measure.on && atom === measured) return;
    show(one, atom.properties.site, event);
  }

  function rest(one) {
    if (measure.on) return; // what has been measured stays to be read
    if (pinned && pinned.one === one) {
      show(one, pinned.site, pinned.event);
      return;
    }
    hush();
    rows.light(one.scene.table, null);
  }

  // A site that is clicked, here or in its table, stays chosen and its positions are marked.
  function pin(one, site, event) {
    if (pinned && pinned.one !== one) unpin();
    pinned = { one, site, event };
    show(one, site, event);
    mark(one, site);
  }

  function unpin() {
    if (!pinned) return;
    const { one } = pinned;
    forget(one);
    mark(one, null);
  }

  // Nothing of a crystal is chosen any longer; the mark is left to who draws it anew.
  function forget(one) {
    if (pinned && pinned.one === one) pinned = null;
    rest(one);
  }

  // Marks the chosen site of a crystal that has been drawn anew.
  function restore(one) {
    if (pinned && pinned.one === one) mark(one, pinned.site);
  }

  function pickRow(table, site) {
    const one = viewers.find(({ scene }) => scene.table === table);
    if (!one || !(site in one.scene.sites)) return;
    if (pinned && pinned.one === one && pinned.site === site) unpin();
    else pin(one, site);
  }

  // To be called whenever a crystal has been built, as its atoms are new.
  function listen(one) {
    const { viewer, stage } = one;
    viewer.setHoverDuration(80);
    viewer.setHoverable({}, true, (atom, _viewer, event) => hover(one, atom, event), () => rest(one));
    viewer.setClickable({}, true, (atom, _viewer, event) => {
      struck = true;
      if (measure.on) {
        measured = atom;
        say(measure.pick(one, atom), event.clientX, event.clientY);
        return;
      }
      pin(one, atom.properties.site, { clientX: event.clientX, clientY: event.clientY });
    });
    if (one.listening) return;
    one.listening = true;
    stage.addEventListener("pointerdown", () => { struck = false; });
    stage.addEventListener("click", () => {
      if (!struck && !measure.on) unpin();
    });
  }

  rows.listen(pickRow);
  return { say, hush, forget, restore, listen };
};
