/** What an agent sees of a callback: on the offer, and while it rings at the customer's. */

import { notice } from "../banners.js";
import { secondsUntil } from "../clock.js";
import { config, t } from "../config.js";
import { byId, setText, show } from "../dom.js";

const ENDS = new Set(["no_answer", "callback", "called_again"]);

/** A callback whose customer is not on the line yet. @param {Record<string, any> | null | undefined} callback */
export function isUnmet(callback) {
  return callback?.state === "queued" || callback?.state === "ringing";
}

/** The mark on an offer: that he called before, when, how often he was tried, and how else he can be reached. @param {Record<string, any>} offer */
export function markOffer(offer) {
  const unmet = isUnmet(offer.callback);
  show(byId("offer-callback"), unmet);
  setText(byId("offer-kind"), t(unmet ? "incoming_callback" : "incoming"));
  if (!unmet) return;
  const { asked_at, attempts, attempts_allowed, contact } = offer.callback;
  setText(byId("offer-callback-asked"), t("callback_asked", { time: moment(asked_at) }));
  setText(byId("offer-callback-attempt"), t("callback_attempt", { count: attempts + 1, all: attempts_allowed }));
  setText(byId("offer-callback-contact"), contact);
}

/** The sentence in place of the call's state while nobody has answered yet. @param {Record<string, any>} call */
export function ringingWords(call) {
  const left = Math.max(0, Math.ceil(secondsUntil(call.callback.ring_until)));
  return t("call_calling_back_for", { count: left });
}

/** Why a callback is over before anybody has talked: nothing the agent did. @param {Record<string, any>} message @param {Record<string, any> | null} call */
export function tellCallbackEnd(message, call) {
  if (message.type !== "call_ended" || call?.call_id !== message.call_id || !isUnmet(call?.callback)) return;
  if (ENDS.has(message.reason)) notice(t(`callback_ended_${message.reason}`));
}

/** @param {string} at */
function moment(at) {
  const locale = config.language === "ar" ? "ar-u-nu-latn" : config.language;
  return new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "short" }).format(new Date(at));
}
