/** Who it is, his past calls, and the agent's notes and outcome. */

import { duration } from "../clock.js";
import { config, departmentName, t, tOr } from "../config.js";
import { byId, fillPairs, make, setText, show } from "../dom.js";
import * as notesKeeper from "../notes.js";
import { callInView } from "../state.js";
import { local, setLocal } from "../store.js";
import { summaryOf, triedOf } from "./briefing.js";
import { factPairs } from "./offer.js";

const notes = byId("notes");
const outcome = byId("disposition");
const day = new Intl.DateTimeFormat(`${config.language}-u-nu-latn`, { dateStyle: "medium", timeStyle: "short" });

/** The call whose notes are in the fields. @type {string | null} */
let noted = null;
/** Whether that call's wrap-up is over. */
let finished = true;
/** What the card was made of. @type {unknown[]} */
let shown = [];

export function bindCustomer() {
  notes.addEventListener("input", () => noted && notesKeeper.write(noted, { notes: notes.value }));
  outcome.addEventListener("change", () => noted && notesKeeper.write(noted, { disposition: outcome.value }));
  notesKeeper.startNotes((callId, text, failed) => {
    if (callId !== noted) return;
    setText(byId("notes-state"), text);
    byId("notes-state").classList.toggle("failed", failed);
    setLocal({});
  });
  for (const field of [notes, outcome]) field.addEventListener("blur", () => setLocal({}));
}

/** @param {import("../state.js").DeskState} state */
export function renderCustomer(state) {
  const callId = callInView(state);
  const story = local.story?.call_id === callId ? local.story : null;
  renderWork(state.call, story);
  show(byId("customer-none"), callId === null);
  show(byId("customer-card"), callId !== null);
  const told = (state.call ?? state.offer)?.customer;
  if (callId === null || (shown[0] === story && shown[1] === told)) return;
  shown = [story, told];
  // What was told with the offer or the call is newer than the story, which is asked for once.
  renderCard({ ...story?.customer, ...told }, story);
}

/** @param {Record<string, any>} customer @param {Record<string, any> | null} story */
function renderCard(customer, story) {
  const facts = customer.facts ?? story?.facts;
  fillPairs(byId("customer-facts"), [
    [t("customer"), customer.name],
    [t("email"), customer.email],
    [t("identity"), customer.verified === undefined ? "" : t(customer.verified ? "identity_verified" : "identity_claimed")],
    [t("language"), tOr(`lang_${customer.language}`, customer.language ?? "")],
    [t("mood"), customer.mood ? tOr(`mood_${customer.mood}`, customer.mood) : ""],
    [t("asked_about"), customer.reason],
    [t("summary"), summaryOf(customer).text],
    [t("tried"), triedOf(customer.briefing).join(" · ")],
    ...factPairs(facts),
  ]);
  const past = story?.past_calls ?? [];
  show(byId("past-none"), Boolean(story) && past.length === 0);
  byId("past-calls").replaceChildren(...past.map(pastCall));
}

/** @param {Record<string, any>} call */
function pastCall(call) {
  const when = make("time", { datetime: call.created_at }, day.format(new Date(call.created_at)));
  const facts = [departmentName(call.department), duration(call.duration), call.outcome, call.agent].filter(Boolean);
  const head = make("summary", {}, when, make("span", { dir: "auto" }, facts.join(" · ")));
  const texts = [call.summary, call.notes].filter(Boolean).map((text) => make("p", { dir: "auto" }, text));
  return make("li", {}, texts.length ? make("details", {}, head, ...texts) : make("div", { class: "past" }, ...head.childNodes));
}

/** @param {Record<string, any> | null} call @param {Record<string, any> | null} story */
function renderWork(call, story) {
  show(byId("work"), call !== null || isWriting());
  if (!call) return finish();
  if (noted !== call.call_id) enter(call);
  // What the server has is put in once, and only where nothing newer is typed.
  // Not of a story from before it was his: the colleague who had it has written on.
  if (story && local.storyStage === `${call.call_id} own` && notes.dataset.loaded !== call.call_id) load(call.call_id, story);
}

/** The wrap-up's time may run out in the middle of a word: the fields stay until they are left and saved. */
function isWriting() {
  const focused = document.activeElement === notes || document.activeElement === outcome;
  return noted !== null && (focused || notesKeeper.draft(noted) !== null);
}

function finish() {
  if (noted && !finished) void notesKeeper.flush(noted);
  finished = true;
}

/** @param {Record<string, any>} call */
function enter(call) {
  finish();
  finished = false;
  noted = call.call_id;
  setText(byId("notes-name"), call.customer?.name ?? "");
  const draft = notesKeeper.draft(call.call_id);
  notes.value = draft?.notes ?? "";
  outcome.value = draft?.disposition ?? "";
  setText(byId("notes-state"), "");
  delete notes.dataset.loaded;
}

/** @param {string} callId @param {Record<string, any>} story */
function load(callId, story) {
  notes.dataset.loaded = callId;
  const draft = notesKeeper.draft(callId);
  if (draft?.notes === undefined && !notes.value) notes.value = story.notes ?? "";
  if (draft?.disposition === undefined && !outcome.value) outcome.value = story.disposition ?? "";
}
