/**
 * Keyboard shortcuts, by the key's place (`event.code`), so that they are the same on an Arabic layout.
 *
 * Alone they work outside of text fields, with Alt everywhere. Hanging up asks for Shift: a word typed while the
 * focus is elsewhere must not end a call.
 */

import { config, t } from "./config.js";
import { byId, make } from "./dom.js";
import { settings } from "./settings.js";

/** @typedef {{code: string, shown: string, words: string, shift?: boolean, target: string, focus?: boolean}} Shortcut */
/** @typedef {Pick<Shortcut, "shown" | "words" | "shift">} Told what the help sheet shows of one */

/** @type {Shortcut[]} each presses or focuses one element of the page */
const SHORTCUTS = [
  { code: "KeyA", shown: "A", words: "help_accept", target: "accept" },
  { code: "KeyX", shown: "X", words: "help_decline", target: "decline" },
  { code: "KeyS", shown: "S", words: "help_start", target: "start-taking-calls" },
  { code: "KeyP", shown: "P", words: "help_pick", target: "pick-next" },
  { code: "KeyM", shown: "M", words: "help_mute", target: "mute" },
  { code: "KeyH", shown: "H", words: "help_hold", target: "hold" },
  { code: "KeyC", shown: "C", words: "help_camera", target: "camera" },
  { code: "KeyF", shown: "F", words: "help_hand_on", target: "hand-on" },
  { code: "KeyB", shown: "B", words: "help_take_back", target: "handover-back" },
  { code: "KeyJ", shown: "J", words: "help_conference", target: "handover-conference" },
  { code: "KeyG", shown: "G", words: "help_complete", target: "handover-complete" },
  { code: "KeyL", shown: "L", words: "help_leave", target: "handover-leave" },
  { code: "KeyE", shown: "E", words: "help_hang_up", target: "hang-up", shift: true },
  { code: "KeyN", shown: "N", words: "help_notes", target: "notes", focus: true },
  { code: "KeyT", shown: "T", words: "help_message", target: "message", focus: true },
  { code: "KeyO", shown: "O", words: "help_outcome", target: "disposition", focus: true },
  { code: "KeyW", shown: "W", words: "help_finish", target: "finish-wrap-up" },
  { code: "Slash", shown: "?", words: "help_sheet", target: "open-help", shift: true },
];

const BY_REASON = { shown: "1 – 9", words: "help_decline_reason" };

export function bindKeys() {
  const told = SHORTCUTS.flatMap((each) => (each.target === "decline" ? [each, BY_REASON] : [each]));
  byId("help-keys").replaceChildren(...told.flatMap(helpRow));
  document.addEventListener("keydown", onKey);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.repeat || document.querySelector("dialog[open]")) return;
  if (!event.altKey && (!settings.singleKeys || isTyping(event.target))) return;
  const shortcut = SHORTCUTS.find(({ code, shift = false }) => code === event.code && shift === event.shiftKey);
  const target = shortcut ? byId(shortcut.target) : numbered(event);
  if (!target || target.disabled || !target.checkVisibility()) return;
  event.preventDefault();
  if (shortcut?.focus) target.focus();
  else target.click();
}

/** The reason for declining that has this number, while an offer rings. @param {KeyboardEvent} event @returns {any} */
function numbered({ code, shiftKey }) {
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1];
  return digit && !shiftKey ? document.querySelector(`#decline-reasons [data-digit="${digit}"]`) : null;
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

/** @param {Told} shortcut */
function helpRow({ shown, shift, words }) {
  const keys = shift && shown !== "?" ? [make("kbd", {}, "Shift"), make("kbd", {}, shown)] : [make("kbd", {}, shown)];
  return [make("dt", { dir: "ltr", lang: config.language }, ...keys), make("dd", {}, t(words))];
}
