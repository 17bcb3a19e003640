/** What the agent must know now: standing banners by key, and notices that go by themselves. */

import { t, tOr } from "./config.js";
import { announce, byId, make } from "./dom.js";

const NOTICE_MS = 7000;

/** @type {Map<string, HTMLElement>} */
const standing = new Map();

/**
 * Show or take away the banner `key`.
 * @param {string} key
 * @param {string | null} text null takes it away
 * @param {{kind?: "warning" | "error" | "success" | "info", action?: string, onAction?: () => void}} [options]
 */
export function banner(key, text, { kind = "warning", action, onAction } = {}) {
  const old = standing.get(key);
  if (old && text !== null && old.dataset.text === text) return;
  old?.remove();
  standing.delete(key);
  if (text === null) return;
  const element = make("div", { class: `banner ${kind}`, "data-banner": key, "data-text": text }, make("span", {}, text));
  if (action && onAction) element.append(actionButton(action, onAction));
  standing.set(key, element);
  byId("banners").append(element);
  announce(text);
}

/** @param {string} text @param {"warning" | "error" | "success"} [kind] */
export function notice(text, kind = "warning") {
  const element = make("div", { class: `banner ${kind} passing` }, make("span", {}, text));
  byId("banners").append(element);
  announce(text);
  window.setTimeout(() => element.remove(), NOTICE_MS);
}

/**
 * Tell of a failed request in the agent's words; a code without words of ours comes with the server's.
 * @param {unknown} problem
 */
export function tellProblem(problem) {
  const { status, code, message, details } = /** @type {any} */ (problem);
  if (status === undefined) throw problem;
  if (status === 0) return notice(t("error_network"), "error");
  if (code === "already_accepted") {
    return notice(t("error_already_accepted", { name: details?.accepted_by ?? "?" }));
  }
  notice(tOr(`error_${code}`, message || t("error_generic")), status >= 500 ? "error" : "warning");
}

/** @param {string} label @param {() => void} onAction */
function actionButton(label, onAction) {
  const button = make("button", { type: "button" }, label);
  button.addEventListener("click", onAction);
  return button;
}
