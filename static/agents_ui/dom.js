/** What the desk needs over the DOM beyond `common/dom.js`. */

import { make, must, setText } from "../common/dom.js";

export { make, setText, show } from "../common/dom.js";

/** @param {string} id @returns {any} */
export function byId(id) {
  return must(`#${id}`);
}

/** @param {Element} element @param {boolean} pressed */
export function setPressed(element, pressed) {
  element.setAttribute("aria-pressed", String(pressed));
}

/**
 * Rows of a description list; pairs without text are left out.
 * @param {HTMLElement} list
 * @param {Array<[string, string | null | undefined]>} pairs term and text
 */
export function fillPairs(list, pairs) {
  const rows = pairs.filter(([, text]) => text);
  list.replaceChildren(
    ...rows.flatMap(([term, text]) => [make("dt", { dir: "auto" }, term), make("dd", { dir: "auto" }, text ?? "")]),
  );
  list.hidden = rows.length === 0;
}

/** Say it to a screen reader. @param {string} text */
export function announce(text) {
  setText(byId("announcer"), text);
}

/**
 * Bind a press of a button; while its work runs a second press does nothing.
 * @param {string} id
 * @param {() => unknown} work
 */
export function onPress(id, work) {
  pressing(byId(id), work);
}

/** The same of a button that has no id. @param {any} button @param {() => unknown} work */
export function pressing(button, work) {
  button.addEventListener("click", async () => {
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    try {
      await work();
    } finally {
      button.ariaBusy = "false";
    }
  });
}
