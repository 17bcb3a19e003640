/** The middle of the desk when there is no call: what is so, and what to do. */

import { reasonText, t } from "../config.js";
import { byId, setText, show } from "../dom.js";

/** @param {import("../state.js").DeskState} state */
export function renderEmpty({ agent, offer, call, handover, queues }) {
  const section = byId("empty");
  show(section, !offer && !call && !handover);
  if (!agent || section.hidden) return;
  const [title, text] = words(agent);
  section.dataset.state = agent.activity === "missed" ? "missed" : agent.presence;
  setText(byId("empty-title"), title);
  setText(byId("empty-text"), text);
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  show(byId("empty-waiting"), waiting > 0);
  setText(byId("empty-waiting"), waiting === 1 ? t("empty_waiting_one") : t("empty_waiting_many", { count: waiting }));
}

/** @param {Record<string, any>} agent @returns {[string, string]} */
function words(agent) {
  if (agent.activity === "wrapping_up") return [t("empty_wrap_title"), t("empty_wrap_text")];
  if (agent.activity === "missed") return [t("empty_missed_title"), t("empty_missed_text")];
  if (agent.presence === "away") {
    return [t("empty_away_title", { reason: reasonText(agent.away_reason) }), t("empty_away_text")];
  }
  return [t(`empty_${agent.presence}_title`), t(`empty_${agent.presence}_text`)];
}
