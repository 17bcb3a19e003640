/** After the call: how long until the next may come, and being done earlier. */

import { actions } from "../actions.js";
import { duration, secondsUntil } from "../clock.js";
import { t, tOr } from "../config.js";
import { byId, onPress, setText, show } from "../dom.js";

const section = byId("wrap-up");
/** @type {string | null} */
let shown = null;
let whole = 30;

export function bindWrapUp() {
  onPress("finish-wrap-up", actions.finishWrapUp);
  onPress("extend-wrap-up", actions.extendWrapUp);
}

/** @param {import("../state.js").DeskState} state */
export function renderWrapUp({ call, agent }) {
  const ended = call?.state === "ended" ? call : null;
  show(section, Boolean(ended));
  if (!ended) return void (shown = null);
  if (shown !== ended.call_id) {
    shown = ended.call_id;
    whole = 0;
    byId("wrap-up-title").focus();
  }
  whole = Math.max(whole, Math.ceil(secondsUntil(agent?.wrap_up_until)));
  const extension = agent?.wrap_up_extension ?? 0;
  show(byId("extend-wrap-up"), extension > 0);
  setText(byId("extend-wrap-up"), t("extend_wrap_up", { time: duration(extension) }));
  setText(byId("wrap-up-name"), ended.customer?.name || t("customer"));
  setText(byId("wrap-up-reason"), tOr(`ended_${ended.reason}`, t("ended_other")));
}

/** Every moment. @param {import("../state.js").DeskState} state */
export function tickWrapUp({ call, agent }) {
  if (call?.state !== "ended") return;
  const left = Math.max(0, secondsUntil(agent?.wrap_up_until));
  const progress = byId("wrap-up-progress");
  progress.max = whole || 1;
  progress.value = left;
  // Away already, or from then on: no call comes.
  const words = agent?.presence === "available" && !agent.after_call ? "wrap_up_left" : "wrap_up_left_away";
  setText(byId("wrap-up-left"), t(words, { time: duration(Math.ceil(left)) }));
}
