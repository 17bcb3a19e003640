/** The supervisor's wallboard: departments, agents and live calls, as they are now. */

import { EventStream } from "../common/stream.js";
import { bindByHand, waitingChanged } from "./by_hand/list.js";
import { keepingFocus, presenceButton, setBy } from "./by_hand/presence.js";
import { duration, everyMoment, secondsSince, syncClock } from "./clock.js";
import { config, departmentName, reasonText, t, tOr } from "./config.js";
import { byId, make, setText, show } from "./dom.js";
import { bindSupervision, conversationsChanged } from "./supervision/list.js";
import { agentsInOrder, departmentsInOrder, newBoard, take } from "./wallboard_board.js";
import { figureList, historyLink, offerFullscreen } from "./wallboard_figures.js";
import { alarmsOf, tileState } from "./wallboard_state.js";

const board = newBoard();

/** @param {Record<string, any>} message */
function onMessage(message) {
  const values = message.snapshot ?? message;
  syncClock(values.server_time);
  take(board, message);
  if (values.calls) renderCalls(board.calls);
  conversationsChanged(values.conversations_gone ?? []);
  waitingChanged();
  render();
}

/** @param {Record<string, number>} calls */
function renderCalls(calls) {
  const tiles = ["ai", "waiting", "agent"].map((state) =>
    make("div", { "data-state": state, ...(calls[state] ? { "data-some": "" } : {}) }, make("dt", {}, t(`wallboard_live_${state}`)), make("dd", { class: "digits" }, String(calls[state] ?? 0))),
  );
  byId("live-calls").replaceChildren(...tiles);
}

function render() {
  fill("departments", departmentsInOrder(board.departments), departmentTile);
  keepingFocus(() => fill("agents", agentsInOrder(board.agents), agentTile));
  tick();
}

/** @param {string} id @param {Record<string, any>[]} rows @param {(row: any) => Node} tile */
function fill(id, rows, tile) {
  show(byId(`${id}-none`), rows.length === 0);
  byId(id).replaceChildren(...rows.map(tile));
}

/** @param {Record<string, any>} row */
function departmentTile(row) {
  const wait = make("span", { class: "tile-wait digits", "data-since": row.waiting_since ?? "" });
  const staff = [
    [t("wallboard_staffed"), row.staffed],
    [t("wallboard_free"), row.free],
    [t("wallboard_busy"), row.busy],
  ].map(([name, count]) => make("span", {}, `${name} `, make("b", { class: "digits" }, String(count))));
  return make(
    "section",
    { class: `module tile ${row.staffed ? "" : "unstaffed"}`, "data-department": row.department },
    make("h3", { dir: "auto" }, departmentName(row.department)),
    make("p", { class: "tile-number" }, make("b", { class: "digits" }, String(row.waiting)), make("span", {}, t("queue_waiting")), wait),
    make("p", { class: "tile-alarm", hidden: "" }),
    make("p", { class: "tile-staff" }, ...staff),
    figureList(row.figures),
    make("p", { class: "tile-more" }, historyLink(row.department)),
  );
}

/** @param {Record<string, any>} agent @param {string} state */
function stateWords(agent, state) {
  if (state === "away") return reasonText(agent.away_reason);
  if (state === "offline") return agent.presence === "offline" ? t("offline") : t("offline_desk");
  if (state === "error") return t(agent.activity === "on_call" ? "state_desk_lost" : "reason_connection lost");
  return tOr(`activity_${state}`, t(state === "available" ? "activity_idle" : state));
}

/** @param {Record<string, any>} agent */
function agentTile(agent) {
  const state = tileState(agent);
  const names = agent.departments.map(departmentName).join(" · ");
  return make(
    "section",
    { class: "module tile agent", "data-agent": agent.agent_id, "data-state": state },
    make("span", { class: "dot", "data-state": state, "aria-hidden": "true" }),
    make("h3", { dir: "auto" }, agent.name),
    make("p", {}, make("b", {}, stateWords(agent, state)), " ", make("span", { class: "digits", "data-since": agent.since ?? "" })),
    make("p", { class: "quiet-text", dir: "auto" }, names),
    setBy(agent),
    presenceButton(agent),
  );
}

function tick() {
  for (const element of document.querySelectorAll("[data-since]")) {
    const since = /** @type {HTMLElement} */ (element).dataset.since;
    setText(element, since ? duration(secondsSince(since)) : "");
  }
  for (const row of board.departments.values()) markTile(row);
  for (const agent of board.agents.values()) {
    // A decline is over by the clock, not by a message.
    const tile = document.querySelector(`[data-agent="${CSS.escape(agent.agent_id)}"]`);
    if (tile && tile.getAttribute("data-state") !== tileState(agent)) return render();
  }
}

/** Colour, icon and words of what is wrong. @param {Record<string, any>} row */
function markTile(row) {
  const tile = document.querySelector(`[data-department="${CSS.escape(row.department)}"]`);
  const alarm = tile?.querySelector(".tile-alarm");
  if (!tile || !alarm) return;
  const waited = row.waiting_since ? secondsSince(row.waiting_since) : 0;
  const raised = alarmsOf(row, waited);
  setText(alarm, raised.length ? `${t("alarm")}: ${raised.map((name) => t(`alarm_${name}`)).join(" · ")}` : "");
  show(alarm, raised.length > 0);
  tile.classList.toggle("late", raised.length > 0);
  tile.classList.toggle("busy", !raised.length && waited > row.service_level_seconds);
}

/** @param {"open" | "retrying" | "refused" | "closed"} state */
function onState(state) {
  const link = byId("wallboard-link");
  link.dataset.state = state;
  setText(link, state === "open" ? t("wallboard_live") : t("wallboard_lost"));
  if (state === "refused") location.assign(config.loginUrl);
}

offerFullscreen();
bindSupervision(board);
bindByHand(board);
everyMoment(tick);
new EventStream({ path: "/ws/wallboard/", hello: () => ({}), onMessage, onState }).open();
