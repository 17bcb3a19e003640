/** The agent's published sound: the microphone, or hold music in its place. */

import { startHoldMusic } from "./hold_music.js";
import { livekit } from "./livekit.js";
import { settings } from "./settings.js";

/** @typedef {"denied" | "missing" | "busy" | "insecure" | null} Trouble why there is no microphone */

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
  /** Chosen while the music played. @type {string | null} */
  #wanted = null;
  /** Takes the music out of the room again where there was no microphone to swap. @type {() => Promise<unknown>} */
  #withdraw = async () => undefined;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /**
   * Ahead of the first call, so that no question stands between an accept and the first word. Refused or missing is
   * told now, while nobody waits for a voice.
   */
  async ask() {
    const state = await navigator.permissions?.query({ name: /** @type {any} */ ("microphone") }).catch(() => null);
    if (state?.state !== "granted") await this.#probe();
  }

  /** Open the device; without one the call goes on, heard and typed. */
  async open() {
    const { createLocalAudioTrack } = await livekit();
    try {
      this.track = await createLocalAudioTrack(constraints(settings.devices.audioinput));
      this.trouble = null;
    } catch (error) {
      this.track = null;
      this.trouble = reasonOf(error);
    }
    this.onChange();
  }

  /** Open and let go. */
  async #probe() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      stream.getTracks().forEach((track) => track.stop());
      this.trouble = null;
    } catch (error) {
      this.trouble = reasonOf(error);
    }
    this.onChange();
  }

  /** Not over the music: a customer on hold must not hear the agent. @param {any} room */
  async publish(room) {
    if (!this.track || this.#published || this.#music) return;
    await room.localParticipant.publishTrack(this.track);
    this.#published = true;
    if (this.muted) await this.track.mute();
  }

  /** Open again after the agent has allowed it or plugged one in. @param {any} room */
  async retry(room) {
    if (!room) return this.#probe();
    await this.open();
    await this.publish(room);
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

  /** That device and no other; on hold from the next word on. @param {string} deviceId */
  async useDevice(deviceId) {
    if (this.#music) this.#wanted = deviceId;
    else if (this.track) await this.#switch(deviceId);
    this.onChange();
  }

  /** LiveKit lets go of the device in use before it opens the other: a refusal must not leave the agent silent. @param {string} deviceId */
  async #switch(deviceId) {
    const before = this.track.mediaStreamTrack.getSettings().deviceId;
    try {
      await this.track.setDeviceId({ exact: deviceId });
    } catch (error) {
      await this.track.setDeviceId(before);
      throw error;
    }
  }

  /** @param {boolean} on @param {any} room */
  async setHold(on, room) {
    if (on === Boolean(this.#music)) return;
    await (on ? this.#playMusic(room) : this.#speakAgain(room));
  }

  async resumeMusic() {
    await this.#music?.resume();
  }

  /** Out of the room altogether, the music too. @param {any} room */
  async withdraw(room) {
    const { muted, track } = this;
    await this.#withdraw();
    this.#withdraw = async () => undefined;
    if (track && this.#published) await room?.localParticipant.unpublishTrack(track);
    this.release();
    this.muted = muted;
  }

  release() {
    this.#music?.stop();
    this.#voice?.stop();
    this.track?.stop();
    this.#music = this.#voice = this.track = this.#wanted = null;
    this.#published = this.muted = false;
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

  /** @param {any} room */
  async #speakAgain(room) {
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
    // Plugged in or allowed while the music played.
    if (room) await this.publish(room);
    const wanted = this.#wanted;
    this.#wanted = null;
    if (wanted) await this.useDevice(wanted);
  }
}

/** @param {string | undefined} deviceId */
function constraints(deviceId) {
  return { deviceId, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
}

/** @param {unknown} error @returns {Trouble} */
function reasonOf(error) {
  // Without a secure context the browser has no devices at all, and livekit-client an error of its own for it.
  if (!navigator.mediaDevices?.getUserMedia) return "insecure";
  return TROUBLE[/** @type {Error} */ (error).name] ?? "busy";
}
