/** Presence, what the engine knows, today's numbers. */

import { actions } from "../actions.js";
import { duration } from "../clock.js";
import { reasonText, t } from "../config.js";
import { byId, onPress, setPressed, setText, show } from "../dom.js";
import { current } from "../store.js";

/** @typedef {import("../state.js").DeskState} DeskState */

const presence = byId("presence");
const reason = byId("away-reason");
const afterCall = byId("after-call");
const start = byId("start-taking-calls");
const pick = byId("pick-next");

export function bindStatusBar() {
  presence.addEventListener("change", () => actions.setPresence(presence.value, reason.value));
  reason.addEventListener("change", () => giveReason(reason.value));
  onPress("after-call", () => actions.toggleAfterCall(reason.value));
  onPress("start-taking-calls", actions.startTakingCalls);
  onPress("pick-next", actions.pickNext);
}

/** Of the absence there is, or of the one after this call. @param {string} why */
function giveReason(why) {
  return current().agent?.after_call ? actions.awayAfterCall(why) : actions.setPresence("away", why);
}

/** @param {DeskState} state */
export function renderStatusBar({ agent, call, handover, today }) {
  if (!agent) return;
  // A talk with a colleague about his call is a call, too.
  const live = Boolean(call && call.state !== "ended") || handover?.role === "asked";
  // Pressed before the desk is connected, the first in line would be offered and not given at once.
  start.disabled = false;
  showPresence(agent);
  // To be taken back until it counts: wrap-up belongs to the call.
  const busy = live || agent.activity === "wrapping_up";
  show(afterCall, busy && (agent.presence === "available" || Boolean(agent.after_call)));
  setPressed(afterCall, Boolean(agent.after_call));
  // Whoever has missed a call is asked no more until he says that he is there.
  const taking = agent.presence === "available" && agent.activity !== "missed";
  setText(start, taking ? t("taking_calls") : t("start_taking_calls"));
  start.classList.toggle("primary", !taking);
  start.classList.toggle("on", taking);
  pick.disabled = live;
  renderToday(today);
}

/** @param {Record<string, any>} agent */
function showPresence(agent) {
  // The control an agent is just using is his; the server's answer sets it when he is done.
  if (document.activeElement !== presence || presence.dataset.state !== agent.presence) presence.value = agent.presence;
  presence.dataset.state = agent.presence;
  byId("presence-dot").dataset.state = agent.presence === "available" ? agent.activity : agent.presence;
  show(reason, agent.presence === "away" || agent.after_call?.status === "away");
  const why = agent.after_call?.reason ?? agent.away_reason;
  const known = [...reason.options].some((option) => option.value === why);
  if (known) reason.value = why;
}

/** @param {Record<string, any> | null} today */
function renderToday(today) {
  if (!today) return;
  setText(byId("today-calls"), String(today.calls));
  setText(byId("today-talk"), duration(today.talk_seconds));
  setText(byId("today-average"), today.calls ? duration(today.average_handling_seconds) : "–");
}

/** Every moment. @param {DeskState} state */
export function tickStatusBar({ agent }) {
  if (!agent) return setText(byId("activity"), "");
  const words = t(`activity_${agent.activity}`);
  const after = agent.after_call ? ` · ${t("after_call_set", { reason: reasonText(agent.after_call.reason) })}` : "";
  const by = agent.presence_by ? t("presence_set_by", { name: agent.presence_by }) : "";
  const shown = agent.presence === "available" || agent.activity !== "idle" ? words + after : "";
  setText(byId("activity"), [shown, by].filter(Boolean).join(" · "));
}
