/** A call on its way to a colleague, a talk about one, or a talk of three: who, for how long, and the ways out of it. */

import { actions, spokenIn } from "../actions.js";
import { notice } from "../banners.js";
import { secondsUntil } from "../clock.js";
import { t, tOr } from "../config.js";
import { announce, byId, onPress, setPressed, setText, show } from "../dom.js";
import { current, local } from "../store.js";

/** @type {string} what was announced last */
let announced = "";

export function bindHandover() {
  onPress("handover-back", actions.takeBack);
  onPress("handover-conference", actions.beginConference);
  onPress("handover-complete", actions.completeConsult);
  onPress("handover-leave", actions.leaveConsult);
  onPress("handover-mute", actions.toggleMute);
}

/** Why nobody took it. The message comes before the state follows it. @param {Record<string, any>} message */
export function tellHandoverEnd(message) {
  const { handover } = current();
  if (message.type !== "handover" || message.handover || handover?.id !== message.transfer_id) return;
  const ended = `${handover.conference ? "conference" : "handover"}_${message.outcome}`;
  const words = tOr(handover.role === "asked" ? "handover_over" : ended, "");
  if (words) notice(words.replace("{name}", handover.name));
}

/** @param {import("../state.js").DeskState} state */
export function renderHandover({ call, handover }) {
  const section = byId("handover");
  show(section, Boolean(handover));
  section.dataset.status = handover?.status ?? "";
  if (!handover) return void (announced = "");
  const talking = handover.status === "talking";
  const asking = handover.role === "asking";
  const { conference, name } = handover;
  const story = local.story?.call_id === handover.call_id ? local.story : null;
  const customer = (call ?? story)?.customer?.name || t("customer");
  const words = conference ? t("handover_conference", { name, customer }) : t(`handover_${handover.status}`, { name });
  section.dataset.conference = String(conference);
  setText(byId("handover-words"), words);
  setText(byId("handover-reason"), handover.reason);
  show(byId("handover-privacy"), talking);
  setText(byId("handover-privacy"), t(conference ? "handover_open" : "handover_privacy"));
  show(byId("handover-conference"), talking && asking && !conference);
  label("handover-complete", conference ? t("conference_complete", { name }) : t("handover_complete"));
  label("handover-back", conference ? t("conference_back", { name }) : t("handover_back"));
  show(byId("handover-complete"), talking && asking);
  show(byId("handover-back"), asking);
  show(byId("handover-leave"), !asking);
  show(byId("handover-mute"), !asking);
  showNotes(asking ? "" : story?.notes ?? "");
  const { muted } = spokenIn().microphone;
  setPressed(byId("handover-mute"), muted);
  setText(byId("handover-mute"), t(muted ? "unmute" : "mute"));
  if (words !== announced) announce(words);
  announced = words;
}

/** @param {string} id @param {string} words */
function label(id, words) {
  setText(byId(id).querySelector(".label"), words);
}

/** @param {string} notes */
function showNotes(notes) {
  show(byId("handover-notes"), Boolean(notes));
  setText(byId("handover-notes"), notes);
}

/** Every moment. @param {import("../state.js").DeskState} state */
export function tickHandover({ handover }) {
  if (!handover) return;
  const left = handover.expires_at ? Math.max(0, Math.ceil(secondsUntil(handover.expires_at))) : null;
  setText(byId("handover-left"), left === null ? "" : t("seconds_left", { count: left }));
}
