/** What a supervisor whispers to this agent: a room of its own, in which the desk only listens. */

import { api } from "./api.js";
import { livekit } from "./livekit.js";
import { settings } from "./settings.js";

const AGAIN_MS = 1500;

export class Whisper {
  /** The call in which somebody whispers, and since when: another whisper has another room. @type {string | null} */
  #wanted = null;
  /** @type {any} */
  #room = null;

  /** @param {HTMLElement} audioHost */
  constructor(audioHost) {
    this.audioHost = audioHost;
  }

  /** @param {string | null} callId null: nobody whispers @param {string} [since] */
  follow(callId, since = "") {
    const wanted = callId && `${callId} ${since}`;
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    const former = this.#room;
    this.#room = null;
    this.audioHost.replaceChildren();
    void former?.disconnect();
    if (callId && wanted) void this.#join(callId, wanted);
  }

  /** @param {string} callId @param {string} wanted */
  async #join(callId, wanted) {
    while (this.#wanted === wanted) {
      try {
        await this.#connect(await api.whisper(callId), wanted);
        return;
      } catch (problem) {
        // Over already, the next message says so; else the network is bad and comes back.
        console.warn("whisper", problem);
        await new Promise((resume) => setTimeout(resume, AGAIN_MS));
      }
    }
  }

  /** @param {{url: string, token: string}} access @param {string} wanted */
  async #connect({ url, token }, wanted) {
    const { Room, RoomEvent } = await livekit();
    if (this.#wanted !== wanted) return;
    const room = new Room();
    room
      .on(RoomEvent.TrackSubscribed, (/** @type {any} */ track) => this.audioHost.append(track.attach()))
      .on(RoomEvent.TrackUnsubscribed, (/** @type {any} */ track) => track.detach().forEach((/** @type {Element} */ each) => each.remove()))
      .on(RoomEvent.Disconnected, () => this.#room === room && this.#again(wanted));
    await room.connect(url, token);
    if (this.#wanted !== wanted) return void room.disconnect();
    this.#room = room;
    const speaker = settings.devices.audiooutput;
    if (speaker) await room.switchActiveDevice("audiooutput", speaker).catch((/** @type {unknown} */ error) => console.warn(error));
  }

  /** @param {string} wanted */
  #again(wanted) {
    this.#room = null;
    this.audioHost.replaceChildren();
    const callId = wanted.split(" ")[0];
    window.setTimeout(() => this.#wanted === wanted && void this.#join(callId, wanted), AGAIN_MS);
  }
}
