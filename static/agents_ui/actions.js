/** What an agent can do. Each asks the server; the screen follows what the server then says. */

import { api } from "./api.js";
import { notice, tellProblem } from "./banners.js";
import { t } from "./config.js";
import { byId } from "./dom.js";
import { flush } from "./notes.js";
import { allowNotifications } from "./ring.js";
import { CallRoom } from "./room.js";
import { isGuest, roomToBeIn } from "./state.js";
import { current, dispatch, setLocal } from "./store.js";

export const room = new CallRoom({ audioHost: byId("call-audio"), onChange: () => setLocal({}) });

/** Where two agents talk while their customer hears music. */
export const consult = new CallRoom({ audioHost: byId("consult-audio"), onChange: () => setLocal({}) });

/** Whether he was muted in the talk before this one. */
let wasMuted = false;

/** The room the agent is heard in. */
export function spokenIn() {
  return consult.callId ? consult : room;
}

/**
 * In the consult's room exactly while the two talk apart; silent in the customer's meanwhile, before this page says so to
 * the server, which takes the right away anyhow.
 * @param {Record<string, any> | null} handover
 * @param {boolean} [again] the connection to it was lost
 */
export async function followConsult(handover, again = false) {
  const wanted = handover?.status === "talking" && !handover.conference ? handover.id : null;
  if (wanted === consult.callId && !(again && wanted)) return;
  if (wanted) {
    const access = async () => {
      await room.fallSilent();
      return api.joinConsult(wanted);
    };
    await consult.join(wanted, access);
  } else {
    wasMuted = consult.microphone.muted;
    await consult.leave();
    await room.speakAgain();
  }
}

/** @template T @param {Promise<T>} asked @returns {Promise<T | null>} null when it failed, which is told */
async function told(asked) {
  try {
    return await asked;
  } catch (problem) {
    tellProblem(problem);
    return null;
  }
}

/**
 * A command that brings a call: go into the room at once, the socket's word comes a moment later.
 * @param {Promise<Record<string, any>>} asked
 */
async function taking(asked) {
  const answer = await told(asked);
  // Of a consult the customer is still the colleague's; the socket tells the rest.
  if (answer && !answer.consult) dispatch({ type: "customer_assigned", ...answer });
}

/** Join the room of the call on the desk. The first token came with it; each later try asks for a new one. */
export function enterRoom() {
  const { call, handover } = current();
  const callId = roomToBeIn(current());
  if (!callId) return;
  let given = call?.token ? { url: call.url, token: call.token } : null;
  const access = async () => {
    const first = given ?? (await wayIn(callId));
    given = null;
    return { url: first.url, token: first.token };
  };
  const joined = room.join(callId, access);
  // Who was muted in the talk apart is not heard by the customer before he wants to be.
  if (isGuest(handover)) room.microphone.muted = wasMuted;
  return joined.then(() => (call?.on_hold ? room.setHold(true) : undefined));
}

/** By the time it is asked for the call may be his own. @param {string} callId */
function wayIn(callId) {
  const { handover } = current();
  return isGuest(handover) ? api.joinConsult(handover?.id) : api.call(callId);
}

export const actions = {
  /** @param {string} status @param {string} reason */
  async setPresence(status, reason) {
    if (status === "available") return actions.startTakingCalls();
    await told(api.setStatus(status === "away" ? { status, reason } : { status }));
    setLocal({});
  },

  async startTakingCalls() {
    const { agent } = current();
    // Pressed again while it says so already: that must not take back what was chosen for after the call.
    if (agent?.presence !== "available" || !agent.after_call) await told(api.setStatus({ status: "available" }));
    await room.microphone.ask();
    await allowNotifications();
  },

  /** @param {string} reason */
  async toggleAfterCall(reason) {
    const { agent } = current();
    if (!agent?.after_call) return actions.awayAfterCall(reason);
    await told(api.setStatus({ status: agent.presence, reason: agent.away_reason, after_call: true }));
  },

  /** @param {string} reason */
  awayAfterCall: (reason) => told(api.setStatus({ status: "away", reason, after_call: true })),

  pickNext: () => taking(api.pickNext()),

  async accept() {
    const { offer } = current();
    if (offer) await taking(api.accept(offer.offer_id));
  },

  /** @param {string} [reason] */
  async decline(reason) {
    const { offer } = current();
    if (offer) await told(api.decline(offer.offer_id, reason));
  },

  /** @param {string} transfer */
  acceptTransfer: (transfer) => taking(api.acceptTransfer(transfer)),

  async hangUp() {
    const { call } = current();
    if (!call || !(await told(api.hangUp(call.call_id)))) return;
    await room.leave();
  },

  /** To a department: he is done with it. @param {string} call @param {Record<string, any>} wish @returns {Promise<boolean>} */
  async handOn(call, wish) {
    if (!(await actions.handOver(call, wish))) return false;
    await room.leave();
    return true;
  },

  /** To an agent, who is asked first. @param {string} call @param {Record<string, any>} wish @returns {Promise<boolean>} */
  async handOver(call, wish) {
    await flush(call);
    return Boolean(await told(api.transfer(call, wish)));
  },

  async takeBack() {
    const { handover } = current();
    if (handover) await told(api.takeBack(handover.id));
  },

  async completeConsult() {
    const { call, handover } = current();
    if (call) await flush(call.call_id);
    if (handover) await told(api.completeConsult(handover.id));
  },

  async beginConference() {
    const { handover } = current();
    if (handover) await told(api.beginConference(handover.id));
  },

  async leaveConsult() {
    const { handover } = current();
    if (handover) await told(api.leaveConsult(handover.id));
  },

  async finishWrapUp() {
    const { call } = current();
    if (call) await flush(call.call_id);
    await told(api.finishWrapUp());
  },

  extendWrapUp: () => told(api.extendWrapUp()),

  toggleMute() {
    const { microphone } = spokenIn();
    return microphone.setMuted(!microphone.muted);
  },

  async toggleHold() {
    const { call } = current();
    if (!call) return;
    const on = !room.onHold;
    // Silence towards the agent first, words to the server second: nothing is overheard in between.
    await room.setHold(on);
    if (!(await told(api.hold(call.call_id, on)))) await room.setHold(!on);
  },

  async toggleCamera() {
    try {
      await room.setCamera(!room.cameraOn);
    } catch (error) {
      console.warn("camera", error);
      notice(t("error_camera"), "error");
    }
  },

  retryMicrophone: () => spokenIn().microphone.retry(spokenIn().room),
  rejoin: () => void enterRoom(),
  startAudio: () => room.startAudio(),

  /** @param {string} text @returns {Promise<boolean>} whether the customer gets it */
  async say(text) {
    const { call } = current();
    return Boolean(call && (await told(api.say(call.call_id, text))));
  },

  /** @param {boolean} on */
  setAutoAnswer: (on) => told(api.setAutoAnswer(on)),
};
