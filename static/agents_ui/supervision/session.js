/** One supervisor in one call: asks the server first, then does what it allows. */

import { api } from "../api.js";
import { t, tOr } from "../config.js";
import { SupervisorLine } from "./line.js";

/**
 * @typedef {"listen" | "whisper" | "barge"} Mode
 * @typedef {"off" | "opening" | "agent" | "all"} Mic who hears the supervisor
 */

const RENEW_MS = 5000;
const LINES_MS = 2000;
const SPEAKING = new Set(["whisper", "barge"]);
/** @type {Record<string, Mic>} */
const HEARD_BY = { listen: "off", whisper: "agent", barge: "all" };

export class Session {
  /** @type {string | null} */
  callId = null;
  /** @type {Mode | null} */
  mode = null;
  /** @type {Mic} */
  mic = "off";
  busy = false;
  /** @type {Record<string, any>[]} */
  lines = [];
  /** @type {number[]} */
  #timers = [];

  /** @param {{audioHost: HTMLElement, onChange: () => void, say: (text: string) => void}} wiring */
  constructor({ audioHost, onChange, say }) {
    this.onChange = onChange;
    this.say = say;
    this.line = new SupervisorLine({ audioHost, onChange, onLost: () => void this.#roomLost() });
    window.addEventListener("pagehide", () => this.callId && api.endSupervision(this.callId, { keepalive: true }));
  }

  /** @param {string} callId @param {Mode} mode */
  async go(callId, mode) {
    if (this.busy || (this.callId === callId && this.mode === mode)) return;
    this.busy = true;
    this.say("");
    try {
      // Whatever comes next, the last words were the last.
      await this.line.silence();
      this.#set({ mic: SPEAKING.has(mode) ? "opening" : "off" });
      await this.#change(callId, mode);
    } catch (problem) {
      await this.#failed(problem);
    } finally {
      this.busy = false;
      this.onChange();
    }
  }

  /** @param {string} callId @param {Mode} mode */
  async #change(callId, mode) {
    if (SPEAKING.has(mode)) await this.line.openMicrophone();
    if (this.callId && this.callId !== callId) await this.#letGo();
    const answer = await api.supervise(callId, mode);
    if (this.callId !== callId) {
      this.#begin(callId, answer.mode);
      await this.line.join(answer);
    }
    if (this.callId !== callId) return this.#goneMeanwhile(callId);
    this.#set({ mode });
    if (mode === "whisper") await this.line.speakToAgent(answer.url, answer.whisper.token);
    if (mode === "barge") await this.line.speakToAll();
    if (this.callId !== callId) return this.#goneMeanwhile(callId);
    this.#set({ mic: HEARD_BY[mode] });
    return undefined;
  }

  /** Left while the answer was on its way: no microphone stays open behind a closed panel. @param {string} callId */
  async #goneMeanwhile(callId) {
    await this.#drop();
    await api.endSupervision(callId);
  }

  /** What did not work leaves a listener, or nothing. @param {unknown} problem */
  async #failed(problem) {
    console.warn("supervision", problem);
    await this.line.silence();
    this.#set({ mic: "off" });
    this.say(words(problem));
    if (!this.callId) return;
    try {
      if (this.line.link !== "connected") throw problem;
      await api.supervise(this.callId, "listen");
      this.#set({ mode: "listen" });
    } catch {
      await this.leave();
    }
  }

  /** The supervisor goes. */
  async leave() {
    const { callId } = this;
    await this.#drop();
    if (callId) await api.endSupervision(callId).catch((/** @type {unknown} */ problem) => this.say(words(problem)));
  }

  /** Make the call one's own; the desk goes on from there. @param {string} callId */
  async takeOver(callId) {
    if (this.busy) return;
    this.busy = true;
    this.onChange();
    try {
      await api.supervise(callId, "take_over");
      await this.#drop();
      location.assign("/desk/");
    } catch (problem) {
      this.say(words(problem));
    } finally {
      this.busy = false;
      this.onChange();
    }
  }

  /** The call is over, or its session. @param {string} text */
  async over(text) {
    if (!this.callId) return;
    await this.#drop();
    this.say(text);
  }

  /** @param {string} callId @param {Mode} mode */
  #begin(callId, mode) {
    this.#set({ callId, mode, lines: [] });
    this.#timers = [window.setInterval(() => void this.#renew(), RENEW_MS), window.setInterval(() => void this.#read(), LINES_MS)];
    void this.#read();
  }

  /** Out of this call; the microphone that was opened for the next stays open. */
  async #letGo() {
    const { track } = this.line;
    this.line.track = null;
    await this.#drop();
    this.line.track = track;
  }

  async #drop() {
    this.#timers.forEach((timer) => window.clearInterval(timer));
    this.#timers = [];
    this.#set({ callId: null, mode: null, mic: "off", lines: [] });
    await this.line.leave();
  }

  async #renew() {
    const { callId } = this;
    if (!callId) return;
    try {
      const { mode } = await api.renewSupervision(callId);
      if (this.callId === callId && !this.busy && mode !== this.mode) await this.#put(mode);
    } catch (problem) {
      const { status } = /** @type {any} */ (problem);
      if (this.callId === callId && status >= 400 && status < 500) await this.over(t("sup_over"));
    }
  }

  /** The server has changed what we may do: the agent we whispered to is gone. @param {Mode} mode */
  async #put(mode) {
    await this.line.silence();
    this.#set({ mode, mic: "off" });
    this.say(t("sup_back_to_listening"));
  }

  async #read() {
    const { callId } = this;
    if (!callId) return;
    try {
      const { items } = await api.transcript(callId);
      if (this.callId === callId && items.length !== this.lines.length) this.#set({ lines: items });
    } catch (problem) {
      // What is heard matters more; the next look comes in two seconds.
      console.warn("transcript", problem);
    }
  }

  /** The room was lost: the call may be over, another page may have the session, or the network broke. */
  async #roomLost() {
    const { callId } = this;
    if (!callId || this.busy) return;
    if (this.line.link === "elsewhere") return this.over(t("sup_elsewhere"));
    try {
      // Not begun anew: another window of ours may have ended this session by beginning one elsewhere.
      const answer = await api.renewSupervision(callId);
      if (this.callId !== callId) return undefined;
      if (answer.mode !== "listen") await api.supervise(callId, "listen");
      this.#set({ mode: "listen", mic: "off" });
      await this.line.join(answer);
    } catch (problem) {
      console.warn("room", problem);
      await this.over(t("sup_over"));
    }
    return undefined;
  }

  /** @param {Partial<Session>} change */
  #set(change) {
    Object.assign(this, change);
    this.onChange();
  }
}

/** What went wrong, in words. @param {unknown} problem */
function words(problem) {
  const { status, code, message, name } = /** @type {any} */ (problem);
  if (status === 0) return t("error_network");
  if (status) return tOr(`sup_error_${code}`, tOr(`error_${code}`, message || t("error_generic")));
  if (name === "NotAllowedError" || name === "SecurityError") return t("error_mic_denied");
  if (name === "NotFoundError" || name === "OverconstrainedError") return t("sup_mic_missing");
  return t("error_room");
}
