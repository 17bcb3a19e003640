/** The agent's published sound: the microphone, or hold music in its place. */

import { startHoldMusic } from "./hold_music.js";
import { livekit } from "./livekit.js";
import { settings } from "./settings.js";

/** @typedef {"denied" | "missing" | "busy" | null} Trouble why there is no microphone */

const TROUBLE = /** @type {Record<string, Trouble>} */ ({
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
});

/** A reload in the middle of a call must not open a microphone that was muted. */
const MUTED = "desk:muted";
const MUTED_CALL = "desk:muted-call";

/**
 * One publication for the whole call. On hold its sound is swapped, so the customer's page and a telephone alike
 * go on with the track they have.
 */
export class Microphone {
  /** @type {Trouble} */
  trouble = null;
  muted = false;
  /** LiveKit's local track, once opened. @type {any} */
  track = null;
  /** @type {ReturnType<typeof startHoldMusic> | null} */
  #music = null;
  /** @type {MediaStreamTrack | null} */
  #voice = null;
  #published = false;
  /** Takes the music out of the room again where there was no microphone to swap. @type {() => Promise<unknown>} */
  #withdraw = async () => undefined;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /** Open the device; without one the call goes on, heard and typed. */
  async open() {
    const { createLocalAudioTrack } = await livekit();
    this.trouble = null;
    try {
      this.track = await createLocalAudioTrack(constraints(settings.devices.audioinput));
    } catch (error) {
      this.track = null;
      this.trouble = TROUBLE[/** @type {Error} */ (error).name] ?? "busy";
    }
    this.onChange();
  }

  /** @param {any} room */
  async publish(room) {
    if (!this.track || this.#published) return;
    await room.localParticipant.publishTrack(this.track);
    this.#published = true;
    if (this.muted) await this.track.mute();
  }

  /** Open again after the agent has allowed it or plugged one in. @param {any} room */
  async retry(room) {
    await this.open();
    if (room) await this.publish(room);
    this.onChange();
  }

  /** @param {boolean} muted */
  async setMuted(muted) {
    this.muted = muted;
    sessionStorage.setItem(MUTED, String(muted));
    // On hold the music must go on; the wish is kept for afterwards.
    if (this.track && !this.#music) await (muted ? this.track.mute() : this.track.unmute());
    this.onChange();
  }

  /** @param {string} deviceId */
  async useDevice(deviceId) {
    if (this.track && !this.#music) await this.track.setDeviceId(deviceId);
  }

  /** @param {boolean} on @param {any} room */
  async setHold(on, room) {
    if (on === Boolean(this.#music)) return;
    await (on ? this.#playMusic(room) : this.#speakAgain());
  }

  async resumeMusic() {
    await this.#music?.resume();
  }

  release() {
    this.#music?.stop();
    this.#voice?.stop();
    this.track?.stop();
    this.#music = this.#voice = this.track = null;
    this.#published = this.muted = false;
    this.trouble = null;
  }

  /** A new call begins unmuted, a reloaded one as it was. @param {string} callId */
  recall(callId) {
    if (sessionStorage.getItem(MUTED_CALL) !== callId) sessionStorage.removeItem(MUTED);
    sessionStorage.setItem(MUTED_CALL, callId);
    this.muted = sessionStorage.getItem(MUTED) === "true";
  }

  /** What the agent says, for the level; null on hold and without a microphone. @returns {MediaStreamTrack | null} */
  sound() {
    return this.#music || this.muted ? null : this.track?.mediaStreamTrack ?? null;
  }

  /** @param {any} room */
  async #playMusic(room) {
    this.#music = startHoldMusic();
    if (this.track && this.#published) {
      this.#voice = this.track.mediaStreamTrack;
      // "Provided by the user": LiveKit must not stop the microphone, it is wanted again.
      await this.track.replaceTrack(this.#music.track, true);
      if (this.muted) await this.track.unmute();
    } else if (room) {
      const { Track } = await livekit();
      const { track } = this.#music;
      await room.localParticipant.publishTrack(track, { source: Track.Source.Microphone, name: "hold-music" });
      this.#withdraw = () => room.localParticipant.unpublishTrack(track);
    }
  }

  async #speakAgain() {
    const music = this.#music;
    this.#music = null;
    if (this.track && this.#voice) {
      if (this.muted) await this.track.mute();
      await this.track.replaceTrack(this.#voice, false);
      // Unplugged meanwhile.
      if (this.#voice.readyState === "ended") await this.track.restartTrack();
    }
    this.#voice = null;
    await this.#withdraw();
    this.#withdraw = async () => undefined;
    music?.stop();
  }
}

/** @param {string | undefined} deviceId */
function constraints(deviceId) {
  return { deviceId, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
}

/** Ask for the microphone ahead of the first call, so that no question stands between an accept and the first word. */
export async function askForMicrophone() {
  const state = await navigator.permissions?.query({ name: /** @type {any} */ ("microphone") }).catch(() => null);
  if (state?.state !== "prompt") return;
  // Denied or missing is said when a call comes, where it can be mended.
  const stream = await navigator.mediaDevices?.getUserMedia({ audio: true }).catch(() => null);
  stream?.getTracks().forEach((track) => track.stop());
}
