/** One state for the page: what the server said (`state.js`) and what only this tab knows (`local`). */

import { EMPTY, reduce } from "./state.js";

/** @typedef {import("./state.js").DeskState} DeskState */

/** What this tab alone knows. */
export const local = {
  /** `connecting`, `open`, `lost` or `passive` (another tab has the desk) */
  connection: "connecting",
  /** The story of the call in view, from `/desk/calls/<id>/story/`. @type {Record<string, any> | null} */
  story: null,
  /** What it was fetched for, see `storyWanted`. */
  storyStage: "",
};

/** @type {DeskState} */
let state = EMPTY;
/** @type {Set<(state: DeskState, before: DeskState) => void>} */
const watchers = new Set();

/** @returns {DeskState} */
export function current() {
  return state;
}

/** @param {import("./state.js").Message} message */
export function dispatch(message) {
  const before = state;
  state = reduce(state, message);
  announceChange(before);
}

/** @param {Partial<typeof local>} change */
export function setLocal(change) {
  Object.assign(local, change);
  announceChange(state);
}

/** @param {(state: DeskState, before: DeskState) => void} watcher */
export function watch(watcher) {
  watchers.add(watcher);
}

/** @type {DeskState | null} the state the watchers saw last, while a telling is due */
let seen = null;

/** One telling for all that changes in one go; a watcher that changes something itself is told again afterwards. @param {DeskState} before */
function announceChange(before) {
  if (seen) return;
  seen = before;
  queueMicrotask(() => {
    const since = seen ?? state;
    seen = null;
    const now = state;
    watchers.forEach((watcher) => watcher(now, since));
  });
}
