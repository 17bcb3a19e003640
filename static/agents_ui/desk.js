/** The desk's page: wires the socket, the room and the views together. */

import { EventStream } from "../common/stream.js";
import { consult, enterRoom, followConsult, room, spokenIn } from "./actions.js";
import { api } from "./api.js";
import { answerItself } from "./auto_answer.js";
import { banner, notice } from "./banners.js";
import { everyMoment, syncClock } from "./clock.js";
import { config, reasonText, t, tOr } from "./config.js";
import { bindDialogs } from "./dialogs.js";
import { byId } from "./dom.js";
import { bindKeys } from "./keys.js";
import { LevelMeter } from "./levels.js";
import { readySound, stopRinging } from "./ring.js";
import { livekit } from "./livekit.js";
import { roomToBeIn, storyWanted } from "./state.js";
import { current, dispatch, local, setLocal, watch } from "./store.js";
import { holdDesk } from "./tab.js";
import { tellCallbackEnd } from "./views/callback.js";
import { bindCustomer, renderCustomer } from "./views/customer.js";
import { renderEmpty } from "./views/empty.js";
import { bindHandOn, renderHandOn } from "./views/hand_on.js";
import { bindHandover, renderHandover, tellHandoverEnd, tickHandover } from "./views/handover.js";
import { bindInCall, placeVideo, renderInCall, tickInCall } from "./views/in_call.js";
import { bindOffer, renderOffer, tickOffer } from "./views/offer.js";
import { renderQueues, tickQueues } from "./views/queues.js";
import { bindStatusBar, renderStatusBar, tickStatusBar } from "./views/status_bar.js";
import { bindSupervised, renderSupervised } from "./views/supervised.js";
import { bindTranscript, renderTranscript } from "./views/transcript.js";
import { bindWrapUp, renderWrapUp, tickWrapUp } from "./views/wrap_up.js";

/** @typedef {import("./state.js").DeskState} DeskState */

const RENDERERS = [renderStatusBar, renderEmpty, renderOffer, renderInCall, renderHandOn, renderHandover, renderWrapUp, renderTranscript, renderCustomer, renderQueues, renderSupervised];
const TICKERS = [tickStatusBar, tickOffer, tickInCall, tickHandover, tickWrapUp, tickQueues];
const LATE_BANNER_MS = 1200;
const COME_BACK_MS = 1000;

/** @type {EventStream | null} */
let stream = null;
let bannerTimer = 0;

/** @param {Record<string, any>} message */
function onMessage(message) {
  if (message.server_time) syncClock(message.server_time);
  if (message.type === "acknowledgment") return onAcknowledged(message);
  tellOfferEnd(message);
  tellCallbackEnd(message, current().call);
  tellHandoverEnd(message);
  tellPresence(message);
  dispatch(/** @type {any} */ (message));
}

/** @param {Record<string, any>} message */
function onAcknowledged({ snapshot }) {
  if (!snapshot) return;
  syncClock(snapshot.server_time);
  dispatch({ type: "snapshot", snapshot });
  void loadStory(true);
}

/** Why an offer went away without the agent's doing. @param {Record<string, any>} message */
function tellOfferEnd(message) {
  if (message.type !== "offer_ended" || message.offer_id !== current().offer?.offer_id) return;
  const by = message.accepted_by;
  if (message.outcome === "rescinded") {
    return notice(by ? t("offer_ended_rescinded", { name: by }) : t("offer_ended_rescinded_nobody"));
  }
  const words = tOr(`offer_ended_${message.outcome}`, "");
  if (words) notice(words);
}

/** A supervisor has set it. @param {Record<string, any>} message */
function tellPresence({ type, presence, presence_by: name, away_reason: why }) {
  const before = current().agent;
  if (type !== "presence" || !name || (before?.presence === presence && before?.away_reason === why)) return;
  notice(t("presence_set_notice", { name, presence: presence === "away" && why ? reasonText(why) : t(presence) }));
}

/** @param {"open" | "retrying" | "refused" | "closed"} state */
function onStreamState(state) {
  window.clearTimeout(bannerTimer);
  if (state === "open") {
    const wasLost = local.connection === "lost";
    setLocal({ connection: "open" });
    banner("connection", null);
    if (wasLost) notice(t("banner_back"), "success");
  } else if (state === "retrying") {
    // A blip that mends itself at once needs no banner.
    bannerTimer = window.setTimeout(showLost, LATE_BANNER_MS);
  } else if (state === "refused") {
    setLocal({ connection: "lost" });
    void refused();
  }
}

function showLost() {
  setLocal({ connection: "lost" });
  banner("connection", navigator.onLine ? t("banner_reconnecting") : t("banner_offline"), { kind: "error" });
}

/** The session has run out: log in again. Or this user is no agent. */
async function refused() {
  const answer = await fetch("/desk/", { redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") location.assign(config.loginUrl);
  else banner("connection", t("banner_no_rights"), { kind: "error" });
}

/** What is being fetched. */
let loading = "";

/** The call in view has more to tell than its messages: past calls, notes, the transcript so far. @param {boolean} [again] */
async function loadStory(again = false) {
  const wanted = storyWanted(current());
  if (!wanted || (!again && [local.storyStage, loading].includes(wanted.stage))) return;
  const { callId, stage } = wanted;
  loading = stage;
  try {
    const story = await api.story(callId);
    // For something else meanwhile: that is on its way.
    if (storyWanted(current())?.stage !== stage) return;
    setLocal({ story, storyStage: stage });
    dispatch({ type: "story", call_id: callId, transcript: story.transcript });
  } catch (problem) {
    // The desk works without it; it is asked for again with the next message.
    console.warn("story", problem);
  } finally {
    if (loading === stage) loading = "";
  }
}

/** In the room exactly while there is a live call, or he is in a colleague's. @param {DeskState} state @param {DeskState} before */
function followCall(state, before) {
  const { call } = state;
  const live = call && call.state !== "ended" ? call : null;
  if (local.connection === "passive") return;
  const wanted = roomToBeIn(state);
  if (wanted && wanted !== room.callId) void enterRoom();
  if (!wanted && room.callId) void room.leave();
  if (live && before.call?.call_id === live.call_id && before.call.on_hold !== live.on_hold) void room.setHold(live.on_hold);
}

/** @param {DeskState} state */
function followHandover({ handover }) {
  if (local.connection !== "passive") void followConsult(handover);
}

/** The consult's room is closed at its end; lost before that, it is joined again. */
function talkAgain() {
  window.setTimeout(() => void followConsult(current().handover, true), COME_BACK_MS);
}

/** A media server that was restarted is joined again; a call that has ended meanwhile is not. */
function comeBack() {
  window.setTimeout(() => {
    if (roomToBeIn(current()) && room.link === "failed") void enterRoom();
  }, COME_BACK_MS);
}

/** Woken up, or the network has changed: is the socket still what it seems? */
function lookAgain() {
  stream?.reconnectNow();
  stream?.ping();
}

function becomeActive() {
  byId("tab-dialog").close();
  setLocal({ connection: "connecting" });
  stream = new EventStream({ path: "/ws/agent/", hello: () => ({}), onMessage, onState: onStreamState });
  stream.open();
}

function becomePassive() {
  setLocal({ connection: "passive" });
  stream?.close();
  stream = null;
  stopRinging();
  void room.leave();
  void consult.leave();
  byId("tab-dialog").showModal();
}

function start() {
  [bindStatusBar, bindOffer, bindInCall, bindHandOn, bindHandover, bindWrapUp, bindTranscript, bindCustomer, bindSupervised, bindDialogs, bindKeys, readySound].forEach((bind) => bind());
  room.onVideo = placeVideo;
  room.onLost = comeBack;
  consult.onLost = talkAgain;
  new LevelMeter(byId("level-own"), () => spokenIn().microphone.sound());
  new LevelMeter(byId("level-customer"), () => (room.onHold ? null : room.customerSound()));
  watch((state) => RENDERERS.forEach((render) => render(state)));
  watch(followHandover);
  watch(followCall);
  watch(answerItself);
  watch(() => void loadStory());
  everyMoment(() => TICKERS.forEach((tick) => tick(current())));
  const tab = holdDesk(config.username, { onActive: becomeActive, onPassive: becomePassive });
  byId("take-over").addEventListener("click", () => tab.takeOver());
  byId("tab-dialog").addEventListener("cancel", (/** @type {Event} */ event) => event.preventDefault());
  document.addEventListener("visibilitychange", () => document.hidden || lookAgain());
  for (const change of ["offline", "online"]) window.addEventListener(change, lookAgain);
  // Fetched while nothing rings, so that the first accept does not wait for it.
  void livekit();
}

start();
