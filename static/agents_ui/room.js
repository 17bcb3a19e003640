/** The call's LiveKit room: joining, hearing, leaving. The microphone is `microphone.js`. */

import { livekit } from "./livekit.js";
import { Microphone } from "./microphone.js";
import { settings } from "./settings.js";

const ATTEMPTS = 4;
const PAUSE_MS = 700;
const RIGHTS_MS = 5000;

/**
 * @typedef {{url: string, token: string}} Access
 * @typedef {"idle" | "connecting" | "connected" | "reconnecting" | "failed" | "elsewhere"} Link
 */

/** One call at a time: `join` another and the former is left. */
export class CallRoom {
  /** @type {Link} */
  link = "idle";
  /** @type {string | null} */
  callId = null;
  /** @type {any} */
  room = null;
  canHear = true;
  customerThere = false;
  cameraOn = false;
  onHold = false;

  /**
   * @param {object} wiring
   * @param {HTMLElement} wiring.audioHost where the audio elements live
   * @param {() => void} wiring.onChange something shown has changed
   */
  constructor({ audioHost, onChange }) {
    this.audioHost = audioHost;
    this.onChange = onChange;
    /** @type {(host: "customer" | "own", element: HTMLElement | null) => void} */
    this.onVideo = () => undefined;
    /** The room was lost while a call was in it. */
    this.onLost = () => undefined;
    this.microphone = new Microphone(onChange);
  }

  /**
   * Join the call's room; joining the same call again does nothing.
   * @param {string} callId
   * @param {() => Promise<Access>} access a fresh token for every attempt
   */
  async join(callId, access) {
    if (this.callId === callId && this.link !== "failed" && this.link !== "elsewhere") return;
    const former = this.#letGo(callId);
    this.microphone.recall(callId);
    this.#set("connecting");
    await former?.disconnect();
    for (let attempt = 1; this.callId === callId; attempt += 1) {
      try {
        await this.#connect(callId, await access());
        return;
      } catch (error) {
        console.warn("joining the room failed", error);
        if (attempt === ATTEMPTS) return this.callId === callId ? this.#set("failed") : undefined;
        await new Promise((resume) => setTimeout(resume, PAUSE_MS * attempt));
      }
    }
  }

  async leave() {
    const former = this.#letGo(null);
    this.#set("idle");
    await former?.disconnect();
  }

  /** Nothing of the former call is kept. @param {string | null} next @returns {any} the room to disconnect from */
  #letGo(next) {
    const former = this.room;
    this.callId = next;
    this.room = null;
    this.onHold = this.cameraOn = this.customerThere = this.isSilent = false;
    this.canHear = true;
    this.microphone.release();
    this.audioHost.replaceChildren();
    this.onVideo("customer", null);
    this.onVideo("own", null);
    return former;
  }

  /** The customer hears music instead of the agent, the agent hears nothing. @param {boolean} on */
  async setHold(on) {
    if (this.onHold === on) return;
    this.onHold = on;
    this.#mutePlayback();
    await this.microphone.setHold(on, this.room);
    this.onChange();
  }

  /** Nobody in this room hears or sees the agent any more: he talks elsewhere. */
  async fallSilent() {
    if (!this.callId || this.isSilent) return;
    this.isSilent = true;
    if (this.cameraOn) await this.setCamera(false);
    await this.microphone.withdraw(this.room);
    this.onChange();
  }

  /** Back from elsewhere. The server gives the right to speak back a moment later than the customer. */
  async speakAgain() {
    const { room } = this;
    if (!this.isSilent) return;
    this.isSilent = false;
    if (!room) return;
    const opened = this.microphone.open();
    if (!(await this.#mayPublish(room))) return this.room === room ? this.#rejoin() : undefined;
    await opened;
    if (this.room !== room || this.isSilent) return;
    await this.microphone.publish(room);
    if (this.onHold) await this.microphone.setHold(true, room);
    this.onChange();
  }

  /** @param {any} room @returns {Promise<boolean>} within a few seconds */
  async #mayPublish(room) {
    for (let left = RIGHTS_MS; left > 0 && this.room === room; left -= 100) {
      if (room.localParticipant.permissions?.canPublish) return true;
      await new Promise((resume) => setTimeout(resume, 100));
    }
    return false;
  }

  /** A fresh token has what the server did not bring. */
  async #rejoin() {
    const former = this.room;
    this.room = null;
    this.microphone.release();
    await former?.disconnect();
    this.#set("failed");
    this.onLost();
  }

  /** @param {boolean} on */
  async setCamera(on) {
    const { Track } = await livekit();
    const publication = await this.room.localParticipant.setCameraEnabled(on, { deviceId: settings.devices.videoinput });
    this.cameraOn = on;
    const camera = publication?.track ?? this.room.localParticipant.getTrackPublication(Track.Source.Camera)?.track;
    this.onVideo("own", on && camera ? camera.attach() : null);
    this.onChange();
  }

  /** @param {MediaDeviceKind} kind @param {string} deviceId */
  async useDevice(kind, deviceId) {
    if (kind === "audioinput") await this.microphone.useDevice(deviceId);
    else await this.room?.switchActiveDevice(kind, deviceId);
  }

  /** After a press: let the browser sound. */
  async startAudio() {
    await this.room?.startAudio();
    await this.microphone.resumeMusic();
  }

  /** @param {string} callId @param {Access} access */
  async #connect(callId, { url, token }) {
    const { Room } = await livekit();
    const room = new Room({ adaptiveStream: true, dynacast: true });
    await this.#listen(room, callId);
    // The microphone is opened while the connection is made: half a second that the customer need not wait.
    const opened = this.microphone.open();
    await room.connect(url, token);
    if (this.callId !== callId) return void room.disconnect();
    this.room = room;
    this.canHear = room.canPlaybackAudio;
    this.#lookForCustomer();
    this.#set("connected");
    await opened;
    if (this.room !== room) return;
    // Reloaded while he talks with a colleague: here he is silent.
    if (!room.localParticipant.permissions?.canPublish) {
      this.isSilent = true;
      this.microphone.release();
      return void this.onChange();
    }
    await this.microphone.publish(room);
    if (this.onHold) await this.microphone.setHold(true, room);
    await this.#useSpeaker(room);
    this.onChange();
  }

  /** @param {any} room @param {string} callId */
  async #listen(room, callId) {
    const { RoomEvent } = await livekit();
    const mine = () => this.callId === callId;
    room
      .on(RoomEvent.TrackSubscribed, (/** @type {any} */ track, /** @type {any} */ _pub, /** @type {any} */ who) => this.#attach(track, who))
      .on(RoomEvent.TrackUnsubscribed, (/** @type {any} */ track, /** @type {any} */ _pub, /** @type {any} */ who) => this.#detach(track, who))
      .on(RoomEvent.TrackMuted, (/** @type {any} */ pub, /** @type {any} */ who) => this.#videoMuted(pub, who, true))
      .on(RoomEvent.TrackUnmuted, (/** @type {any} */ pub, /** @type {any} */ who) => this.#videoMuted(pub, who, false))
      .on(RoomEvent.ParticipantConnected, () => this.#lookForCustomer())
      .on(RoomEvent.ParticipantDisconnected, () => this.#lookForCustomer())
      .on(RoomEvent.AudioPlaybackStatusChanged, () => this.#heard(room.canPlaybackAudio))
      .on(RoomEvent.Reconnecting, () => mine() && this.#set("reconnecting"))
      .on(RoomEvent.Reconnected, () => mine() && this.#set("connected"))
      .on(RoomEvent.Disconnected, (/** @type {number} */ reason) => mine() && this.room === room && this.#lost(reason));
  }

  /** The connection ended without our doing. @param {number} reason */
  async #lost(reason) {
    const { DisconnectReason } = await livekit();
    this.room = null;
    this.microphone.release();
    this.audioHost.replaceChildren();
    // Another desk of the same agent has the call now; taking it back at once would be a fight.
    if (reason === DisconnectReason.DUPLICATE_IDENTITY) return this.#set("elsewhere");
    this.#set("failed");
    this.onLost();
  }

  /** @param {any} track @param {any} participant */
  #attach(track, participant) {
    const element = track.attach();
    if (track.kind === "audio") {
      element.muted = this.onHold;
      this.audioHost.append(element);
    } else if (isCustomer(participant)) {
      this.onVideo("customer", element);
    }
    this.onChange();
  }

  /** @param {any} track @param {any} participant */
  #detach(track, participant) {
    for (const element of track.detach()) element.remove();
    if (track.kind === "video" && isCustomer(participant)) this.onVideo("customer", null);
  }

  /** @param {any} publication @param {any} participant @param {boolean} muted */
  #videoMuted(publication, participant, muted) {
    if (publication.kind !== "video" || !isCustomer(participant)) return;
    this.onVideo("customer", muted ? null : publication.track?.attach() ?? null);
  }

  #mutePlayback() {
    for (const element of this.audioHost.querySelectorAll("audio")) element.muted = this.onHold;
  }

  #lookForCustomer() {
    const others = this.room ? [...this.room.remoteParticipants.values()] : [];
    this.customerThere = others.some(isCustomer);
    this.onChange();
  }

  /** The customer's audio track, for the level. @returns {MediaStreamTrack | null} */
  customerSound() {
    const customer = this.room ? [...this.room.remoteParticipants.values()].find(isCustomer) : null;
    const publication = customer ? [...customer.audioTrackPublications.values()].find((each) => each.track) : null;
    return publication?.track?.mediaStreamTrack ?? null;
  }

  /** @param {any} room */
  async #useSpeaker(room) {
    const speaker = settings.devices.audiooutput;
    if (!speaker) return;
    // A headset that is not plugged in today: the default speaker goes on.
    await room.switchActiveDevice("audiooutput", speaker).catch((/** @type {unknown} */ error) => console.warn(error));
  }

  /** @param {boolean} can */
  #heard(can) {
    this.canHear = can;
    this.onChange();
  }

  /** @param {Link} link */
  #set(link) {
    this.link = link;
    this.onChange();
  }
}

/** @param {any} participant */
function isCustomer(participant) {
  return participant.identity.startsWith("customer_");
}
