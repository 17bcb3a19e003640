/** The wallboard's live calls, each with what a supervisor may do in it. */

import { departmentName, t, tOr } from "../config.js";
import { byId, make, onPress, setPressed, setText, show } from "../dom.js";
import { conversationsInOrder } from "../wallboard_board.js";
import { bindPanel, renderPanel, withWhom } from "./panel.js";
import { Session } from "./session.js";

const MODES = /** @type {const} */ (["listen", "whisper", "barge"]);

/** @type {Map<string, Record<string, any>>} */
let calls = new Map();
const takesCalls = byId("conversations").dataset.takesCalls === "true";
const session = new Session({ audioHost: byId("supervision-audio"), onChange: render, say });
/** @type {string | null} */
let toTakeOver = null;

/** @param {import("../wallboard_board.js").Board} board */
export function bindSupervision(board) {
  calls = board.conversations;
  bindPanel(session, askToTakeOver);
  show(byId("sup-take-over"), takesCalls);
  onPress("take-over-confirm", async () => {
    byId("take-over-dialog").close();
    if (toTakeOver) await session.takeOver(toTakeOver);
  });
  onPress("take-over-cancel", () => byId("take-over-dialog").close());
  render();
}

/** The board has been told something. @param {string[]} gone calls that are over */
export function conversationsChanged(gone) {
  if (session.callId && !session.busy && gone.includes(session.callId)) void session.over(t("sup_call_ended"));
  render();
}

/** @param {string} text */
function say(text) {
  setText(byId("supervision-notice"), text);
}

/** @param {string} callId */
function askToTakeOver(callId) {
  const row = calls.get(callId);
  toTakeOver = callId;
  setText(byId("take-over-text"), row?.agent ? t("sup_take_over_agent", { agent: row.agent }) : t("sup_take_over_ai"));
  byId("take-over-dialog").showModal();
}

function render() {
  renderPanel(session, session.callId ? calls.get(session.callId) : undefined);
  show(byId("conversations-none"), calls.size === 0);
  const list = byId("conversations");
  const there = new Map([...list.children].map((each) => [each.dataset.call, each]));
  const rows = conversationsInOrder(calls);
  // A row that stays is the same element: a second's news must not take the focus from its buttons.
  rows.forEach((row, index) => {
    const element = there.get(row.call_id) ?? make("li", { class: "module conversation", "data-call": row.call_id, "data-testid": "conversation" });
    there.delete(row.call_id);
    if (!element.childElementCount) build(element, row.call_id);
    update(element, row);
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  for (const gone of there.values()) gone.remove();
}

/** @param {Element} element @param {string} callId */
function build(element, callId) {
  const buttons = MODES.map((mode) => action(mode, t(`sup_${mode}`), () => session.go(callId, mode)));
  if (takesCalls) buttons.push(action("take_over", t("sup_take_over"), async () => askToTakeOver(callId)));
  element.append(
    make("span", { class: "dot", "aria-hidden": "true" }),
    make("div", { class: "conversation-who" }, make("b", { dir: "auto" }), make("span", { class: "conversation-with", dir: "auto" })),
    make("span", { class: "conversation-department quiet-text", dir: "auto" }),
    make("span", { class: "conversation-time digits" }),
    make("span", { class: "conversation-present" }),
    make("div", { class: "conversation-actions", role: "group" }, ...buttons),
  );
}

/** @param {string} name @param {string} label @param {() => Promise<void>} work */
function action(name, label, work) {
  const button = make("button", { type: "button", "data-mode": name, "data-testid": `supervise-${name}` }, label);
  button.addEventListener("click", () => void work());
  return button;
}

/** @param {Element} element @param {Record<string, any>} row */
function update(element, row) {
  const customer = row.customer || t("customer");
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  find(".dot").dataset.state = row.on_hold ? "on_hold" : row.state === "agent" ? "on_call" : row.state === "ai" ? "live" : "offered";
  setText(find(".conversation-who b"), customer);
  setText(find(".conversation-with"), row.on_hold ? `${withWhom(row)} · ${t("call_on_hold")}` : withWhom(row));
  setText(find(".conversation-department"), [departmentName(row.department), tOr(`lang_${row.language}`, row.language)].filter(Boolean).join(" · "));
  find(".conversation-time").dataset.since = row.since;
  setText(find(".conversation-present"), row.supervision.map((/** @type {any} */ who) => t(`sup_who_${who.mode}`, { name: who.name })).join(" · "));
  const group = find(".conversation-actions");
  if (group.getAttribute("aria-label") !== customer) group.setAttribute("aria-label", customer);
  for (const button of group.querySelectorAll("button")) {
    const mode = button.dataset.mode;
    if (mode !== "take_over") setPressed(button, session.callId === row.call_id && session.mode === mode);
    button.disabled = session.busy || (mode === "whisper" && !row.agent);
  }
}
