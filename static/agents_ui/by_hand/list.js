/** The wallboard's waiting callers by department; a press opens what can be done about one. */

import { departmentName, t, tOr } from "../config.js";
import { byId, make, setText, show } from "../dom.js";
import { markPage, pageMark } from "../page_mark.js";
import { bindCaller, openCaller, renderCaller } from "./caller.js";
import { bindPresence } from "./presence.js";
import { linesOf } from "./state.js";

/** @type {Map<string, Record<string, any>>} */
let callers = new Map();
/** @type {Map<string, Record<string, any>>} */
let departments = new Map();
/** @type {Map<string, Record<string, any>>} */
let agents = new Map();

/** @param {import("../wallboard_board.js").Board} board */
export function bindByHand(board) {
  ({ departments, agents, waiting: callers } = board);
  bindCaller({ departments, agents, say });
  bindPresence({ agents, say });
}

/** @param {string} text */
function say(text) {
  setText(byId("by-hand-notice"), text);
}

/** The board has been told something. */
export function waitingChanged() {
  show(byId("waiting-none"), callers.size === 0);
  const lines = linesOf(callers.values(), departmentName);
  keyed(byId("waiting"), "line", lines, ([slug]) => slug, newLine, updateLine);
  renderCaller(callers);
}

/**
 * Children of `host` for `rows`: what stays is the same element, so that a second's news takes no focus.
 * @template T
 * @param {HTMLElement} host @param {string} mark name of the data attribute @param {T[]} rows @param {(row: T) => string} key
 * @param {(key: string) => HTMLElement} build @param {(element: HTMLElement, row: T) => void} update
 */
function keyed(host, mark, rows, key, build, update) {
  const there = new Map([...host.children].map((each) => [/** @type {HTMLElement} */ (each).dataset[mark], /** @type {HTMLElement} */ (each)]));
  rows.forEach((row, index) => {
    const element = there.get(key(row)) ?? build(key(row));
    there.delete(key(row));
    element.dataset[mark] = key(row);
    update(element, row);
    if (host.children[index] !== element) host.insertBefore(element, host.children[index] ?? null);
  });
  for (const gone of there.values()) gone.remove();
}

/** @param {string} slug */
function newLine(slug) {
  const id = `line-${slug}`;
  return make(
    "section",
    { class: "waiting-line", "aria-labelledby": id },
    make("h3", { id, dir: "auto" }, departmentName(slug)),
    make("ol", { class: "line-callers" }),
    make("p", { class: "quiet-text line-more", hidden: "" }),
  );
}

/** @param {HTMLElement} element @param {[string, Record<string, any>[]]} line */
function updateLine(element, [slug, rows]) {
  keyed(/** @type {HTMLElement} */ (element.querySelector("ol")), "entry", rows, (row) => row.entry_id, newRow, updateRow);
  const more = (departments.get(slug)?.waiting ?? 0) - rows.length;
  const words = /** @type {HTMLElement} */ (element.querySelector(".line-more"));
  setText(words, more > 0 ? t("by_hand_more", { count: more }) : "");
  show(words, more > 0);
}

/** @param {string} id */
function newRow(id) {
  const button = make("button", { type: "button", "aria-haspopup": "dialog", "data-testid": "waiting-actions" }, t("by_hand_actions"));
  button.addEventListener("click", () => callers.has(id) && openCaller(/** @type {any} */ (callers.get(id))));
  return make(
    "li",
    { class: "module caller", "data-testid": "waiting-caller" },
    make("b", { class: "caller-place digits" }),
    make("div", { class: "caller-who" }, make("b", { dir: "auto" }), make("span", { class: "caller-reason", dir: "auto" })),
    make("span", { class: "caller-facts quiet-text" }, make("span", { class: "caller-told" }), " ", pageMark(undefined)),
    make("span", { class: "caller-time digits" }),
    button,
  );
}

/** @param {HTMLElement} element @param {Record<string, any>} row */
function updateRow(element, row) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  setText(find(".caller-place"), String(row.position));
  setText(find(".caller-who b"), nameOf(row));
  setText(find(".caller-reason"), row.callback ? t("by_hand_callback") : row.reason);
  setText(find(".caller-told"), facts(row).join(" · "));
  markPage(find(".page-mark"), row.page_open);
  find(".caller-time").dataset.since = row.since;
  const label = `${t("by_hand_actions")}: ${nameOf(row)}`;
  if (find("button").getAttribute("aria-label") !== label) find("button").setAttribute("aria-label", label);
}

/** @param {Record<string, any>} row */
function nameOf(row) {
  return row.customer || t("customer");
}

/** @param {Record<string, any>} row */
function facts(row) {
  const asked = row.agent_id ? t("by_hand_asked", { agent: agents.get(row.agent_id)?.name ?? row.agent_id }) : "";
  const rank = row.priority ? t("by_hand_priority_is", { priority: row.priority }) : "";
  return [tOr(`lang_${row.language}`, row.language), rank, asked].filter(Boolean);
}
