/** Who waits: per department, and the pending requests an agent may take himself. */

import { actions } from "../actions.js";
import { duration, secondsSince, serverNow } from "../clock.js";
import { departmentName, t, tOr } from "../config.js";
import { byId, make, setText, show } from "../dom.js";
import { pageMark } from "../page_mark.js";

/** @typedef {import("../state.js").DeskState} DeskState */

const list = byId("transfers");
/** @type {unknown} */
let shownTransfers = null;
/** @type {unknown} */
let shownQueues = null;
/** When each shown value of `longest_wait` was true. */
let queuesAt = 0;

/** @param {DeskState} state */
export function renderQueues({ transfers, queues, call, agent }) {
  renderTransfers(transfers);
  const busy = Boolean(call && call.state !== "ended");
  for (const button of list.querySelectorAll("button")) button.disabled = busy;
  renderTable(queues);
  show(byId("queue-none"), Boolean(agent) && queues.length === 0);
  show(byId("queue"), queues.length > 0);
}

/** @param {Record<string, any>[]} transfers */
function renderTransfers(transfers) {
  if (transfers === shownTransfers) return;
  shownTransfers = transfers;
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.transfer;
  list.replaceChildren(...transfers.map(transferItem));
  show(byId("transfers-none"), transfers.length === 0);
  show(byId("transfers-count"), transfers.length > 0);
  setText(byId("transfers-count"), String(transfers.length));
  if (focused) list.querySelector(`[data-transfer="${CSS.escape(focused)}"]`)?.focus();
}

/** @param {Record<string, any>} transfer */
function transferItem(transfer) {
  const customer = transfer.customer ?? {};
  const name = customer.name || customer.email || t("customer");
  const facts = [departmentName(transfer.department), tOr(`lang_${customer.language}`, customer.language ?? "")];
  const accept = make("button", { type: "button", "data-transfer": transfer.id, "aria-label": `${t("accept_call")}: ${name}` }, t("accept"));
  accept.addEventListener("click", () => void actions.acceptTransfer(transfer.id));
  const text = make(
    "div",
    { class: "transfer-text" },
    make("strong", { dir: "auto" }, name),
    " ",
    pageMark(transfer.page_open),
    make("span", { class: "quiet-text" }, facts.filter(Boolean).join(" · "), " · ", make("span", { class: "digits", "data-since": transfer.created_at })),
    make("p", { dir: "auto" }, transfer.reason || transfer.summary || t("no_reason")),
  );
  return make("li", {}, text, accept);
}

/** @param {Record<string, any>[]} queues */
function renderTable(queues) {
  if (queues === shownQueues) return;
  shownQueues = queues;
  queuesAt = serverNow();
  byId("queue-rows").replaceChildren(
    ...queues.map((queue) =>
      make(
        "tr",
        { "data-department": queue.department, class: queue.waiting ? "waiting" : "" },
        make("th", { scope: "row", dir: "auto" }, departmentName(queue.department)),
        make("td", { class: "digits" }, String(queue.waiting), ...dueCallbacks(queue)),
        make("td", { class: "digits", "data-longest": queue.waiting ? String(queue.longest_wait) : "" }, "–"),
      ),
    ),
  );
}

/** Callbacks that are due: "Pick Next Customer" gives them, too. @param {Record<string, any>} queue */
function dueCallbacks({ callbacks }) {
  return callbacks ? [" ", make("span", { class: "quiet-text" }, t("queue_callbacks", { count: callbacks }))] : [];
}

/** Every moment: waits go on between two messages. */
export function tickQueues() {
  const past = (serverNow() - queuesAt) / 1000;
  for (const cell of document.querySelectorAll("[data-longest]")) {
    const longest = /** @type {HTMLElement} */ (cell).dataset.longest;
    setText(cell, longest ? duration(Number(longest) + past) : "–");
  }
  for (const since of list.querySelectorAll("[data-since]")) setText(since, duration(secondsSince(since.dataset.since)));
}
