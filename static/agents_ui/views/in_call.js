/** The call in progress: state, timer, buttons, video. */

import { actions, consult, room, spokenIn } from "../actions.js";
import { banner } from "../banners.js";
import { duration, secondsSince } from "../clock.js";
import { t, tOr } from "../config.js";
import { byId, onPress, setPressed, setText, show } from "../dom.js";
import { markPage } from "../page_mark.js";
import { roomToBeIn } from "../state.js";
import { ringingWords } from "./callback.js";

/** @typedef {import("../state.js").DeskState} DeskState */

const section = byId("in-call");
/** @type {string | null} */
let shown = null;

export function bindInCall() {
  onPress("mute", actions.toggleMute);
  onPress("hold", actions.toggleHold);
  onPress("camera", actions.toggleCamera);
  onPress("hang-up", actions.hangUp);
}

/** @param {DeskState} state */
export function renderInCall(state) {
  const { call, handover } = state;
  const live = call && call.state !== "ended" ? call : null;
  show(section, Boolean(live));
  renderTrouble(roomToBeIn(state) !== null);
  if (!live) return void (shown = null);
  if (shown !== live.call_id) appear(live);
  const standing = callState(live);
  section.dataset.state = byId("call-dot").dataset.state = standing;
  setText(byId("call-state"), standing === "calling_back" ? ringingWords(live) : t(`call_${standing}`));
  // Only while the customer is still to be reached: then the room shows who is there.
  markPage(byId("call-page"), standing === "calling_back" ? live.page_open : undefined);
  const { muted } = spokenIn().microphone;
  button("mute", muted, muted ? "unmute" : "mute");
  button("hold", room.onHold, room.onHold ? "resume" : "hold");
  button("camera", room.cameraOn, room.cameraOn ? "camera_off" : "camera");
  const connected = room.link === "connected" || room.link === "reconnecting";
  for (const id of ["mute", "hold", "camera"]) byId(id).disabled = !connected;
  // Off hold would be back with the customer: that is asked for by its own name.
  if (consult.callId) byId("hold").disabled = byId("camera").disabled = true;
  // The colleague would go on talking.
  if (handover?.conference) byId("hold").disabled = true;
}

/** @param {Record<string, any>} call */
function appear(call) {
  shown = call.call_id;
  const customer = call.customer ?? {};
  setText(byId("call-name"), customer.name || customer.email || t("customer"));
  setText(byId("call-language"), tOr(`lang_${customer.language}`, customer.language ?? ""));
  byId("call-name").focus();
}

/** @param {Record<string, any>} call */
function callState(call) {
  if (room.link === "reconnecting") return "reconnecting";
  if (room.link !== "connected") return "connecting";
  if (call.callback?.state === "ringing") return "calling_back";
  if (room.onHold || call.on_hold) return "on_hold";
  return room.customerThere ? "live" : "customer_gone";
}

/** @param {string} id @param {boolean} pressed @param {string} label */
function button(id, pressed, label) {
  setPressed(byId(id), pressed);
  setText(byId(id).querySelector(".label"), t(label));
}

/** @param {boolean} live */
function renderTrouble(live) {
  const mic = spokenIn().microphone.trouble;
  banner("microphone", mic && t(`error_mic_${mic}`), {
    kind: "error",
    action: t("try_again"),
    onAction: actions.retryMicrophone,
  });
  const lost = live && (room.link === "failed" || room.link === "elsewhere");
  banner("room", lost ? t("error_room") : null, { kind: "error", action: t("try_again"), onAction: actions.rejoin });
  banner("sound", live && !room.canHear ? t("error_sound_blocked") : null, {
    action: t("hear_customer"),
    onAction: actions.startAudio,
  });
}

/** Every moment. @param {DeskState} state */
export function tickInCall({ call }) {
  if (!call || call.state === "ended") return;
  const timer = byId("call-timer");
  setText(timer, duration(secondsSince(call.assigned_at ?? new Date().toISOString())));
  if (section.dataset.state === "calling_back" && call.callback?.ring_until) setText(byId("call-state"), ringingWords(call));
}

/** @param {"customer" | "own"} host @param {HTMLElement | null} element */
export function placeVideo(host, element) {
  const place = byId(host === "customer" ? "video-customer" : "video-own");
  place.replaceChildren(...(element ? [element] : []));
  const any = [...byId("call-video").children].some((each) => each.childElementCount > 0);
  show(byId("call-video"), any);
}
