/** A call on its way to a colleague: who is asked, for how long, and the way back. */

import { actions } from "../actions.js";
import { notice } from "../banners.js";
import { secondsUntil } from "../clock.js";
import { t, tOr } from "../config.js";
import { announce, byId, onPress, setText, show } from "../dom.js";
import { current } from "../store.js";

/** @type {string} what was announced last */
let announced = "";

export function bindHandover() {
  onPress("handover-back", actions.takeBack);
}

/** Why nobody took it. The message comes before the state follows it. @param {Record<string, any>} message */
export function tellHandoverEnd(message) {
  const { handover } = current();
  if (message.type !== "handover" || message.handover || handover?.id !== message.transfer_id) return;
  const words = tOr(`handover_${message.outcome}`, "");
  if (words) notice(words.replace("{name}", handover.name));
}

/** @param {import("../state.js").DeskState} state */
export function renderHandover({ handover }) {
  show(byId("handover"), Boolean(handover));
  if (!handover) return void (announced = "");
  const words = t(`handover_${handover.status}`, { name: handover.name });
  setText(byId("handover-words"), words);
  if (words !== announced) announce(words);
  announced = words;
}

/** Every moment. @param {import("../state.js").DeskState} state */
export function tickHandover({ handover }) {
  if (!handover) return;
  const left = handover.expires_at ? Math.max(0, Math.ceil(secondsUntil(handover.expires_at))) : null;
  setText(byId("handover-left"), left === null ? "" : t("seconds_left", { count: left }));
}
