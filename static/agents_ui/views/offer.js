/** An offered call with its story, before accepting. */

import { actions } from "../actions.js";
import { duration, secondsSince, secondsUntil } from "../clock.js";
import { departmentName, t, tOr } from "../config.js";
import { announce, byId, fillPairs, make, onPress, pressing, setText, show } from "../dom.js";
import { summaryOf, triedOf } from "./briefing.js";
import { markPage } from "../page_mark.js";
import { startRinging, stopRinging } from "../ring.js";
import { markOffer } from "./callback.js";

const section = byId("offer");
/** @type {Record<string, any> | null} */
let shown = null;
let whole = 20;

export function bindOffer() {
  onPress("accept", actions.accept);
  onPress("decline", () => actions.decline());
  for (const button of section.querySelectorAll("#decline-reasons button")) {
    pressing(button, () => actions.decline(button.value));
  }
}

/** Facts may be an object by name or a list of texts. @param {any} facts @returns {Array<[string, string]>} */
export function factPairs(facts) {
  if (Array.isArray(facts)) return facts.map((fact) => ["•", String(fact)]);
  return Object.entries(facts ?? {}).map(([name, value]) => [tOr(`fact_${name}`, name.replaceAll("_", " ")), plain(value)]);
}

/** @param {unknown} value */
function plain(value) {
  return Array.isArray(value) ? value.join(", ") : String(value ?? "");
}

/** @param {import("../state.js").DeskState} state */
export function renderOffer({ offer, agent }) {
  if (offer === shown) return;
  const same = offer?.offer_id === shown?.offer_id;
  shown = offer;
  show(section, Boolean(offer));
  if (!offer) return stopRinging();
  fill(offer);
  if (same) return;
  whole = Math.max(1, Math.ceil(secondsUntil(offer.expires_at)));
  announce(`${t("incoming")}: ${offer.customer?.name ?? ""}`);
  byId("offer-title").focus({ preventScroll: false });
  // One that answers itself has a tone of its own.
  startRinging(offer, { aloud: !agent?.auto_answer });
}

/** @param {Record<string, any>} offer */
function fill(offer) {
  const customer = offer.customer ?? {};
  const mood = customer.mood ?? offer.mood;
  setText(byId("offer-department"), departmentName(offer.department));
  setText(byId("offer-name"), customer.name || customer.email || t("customer"));
  setText(byId("offer-language"), tOr(`lang_${customer.language}`, customer.language ?? ""));
  setText(byId("offer-mood"), mood ? tOr(`mood_${mood}`, mood) : "");
  show(byId("offer-mood"), Boolean(mood));
  byId("offer-mood").dataset.mood = mood ?? "";
  setText(byId("offer-reason"), offer.reason || customer.reason || t("no_reason"));
  const summary = summaryOf({ ...customer, summary: offer.summary || customer.summary });
  setText(byId("offer-summary"), summary.text || t("no_summary"));
  show(byId("offer-summary-language"), summary.foreign !== "");
  setText(byId("offer-summary-language"), summary.foreign);
  const tried = triedOf(customer.briefing);
  show(byId("offer-tried-row"), tried.length > 0);
  byId("offer-tried").replaceChildren(...tried.map((text) => make("li", { dir: "auto" }, text)));
  markPage(byId("offer-page"), offer.handover ? undefined : offer.page_open);
  fillHandover(offer.handover);
  fillPairs(byId("offer-facts"), factPairs(customer.facts ?? offer.facts));
  markOffer(offer);
}

/** A colleague asks, who still has the customer. @param {Record<string, any> | null | undefined} handover */
function fillHandover(handover) {
  show(byId("offer-from"), Boolean(handover));
  setText(byId("offer-from"), handover ? t(`offer_${handover.kind}`, { name: handover.name }) : "");
  show(byId("offer-notes-row"), Boolean(handover?.notes));
  setText(byId("offer-notes"), handover?.notes ?? "");
}

/** Every moment. @param {import("../state.js").DeskState} state */
export function tickOffer({ offer, agent }) {
  if (!offer) return;
  const left = Math.max(0, secondsUntil(offer.expires_at));
  const progress = byId("offer-progress");
  progress.max = whole;
  progress.value = left;
  setText(byId("offer-left"), agent?.auto_answer ? t("answering_itself") : t("seconds_left", { count: Math.ceil(left) }));
  const waited = offer.enqueued_at ? secondsSince(offer.enqueued_at) : offer.waited_seconds;
  setText(byId("offer-waited"), duration(waited));
}
