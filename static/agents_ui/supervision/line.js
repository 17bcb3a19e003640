/** What a supervisor hears, and where his microphone goes: nowhere, to the agent alone, or to everybody. */

import { livekit } from "../livekit.js";
import { settings } from "../settings.js";

/** The server's permission comes a moment after its answer. */
const PERMIT_MS = 6000;

/** @typedef {"idle" | "connecting" | "connected" | "reconnecting" | "lost" | "elsewhere"} Link */

/** The call's room, where he only listens until he is let speak, and the whisper's, which the customer cannot enter. */
export class SupervisorLine {
  /** @type {Link} */
  link = "idle";
  /** @type {any} */
  room = null;
  /** @type {any} */
  whisperRoom = null;
  /** LiveKit's local track while the microphone is open. @type {any} */
  track = null;

  /** @param {{audioHost: HTMLElement, onChange: () => void, onLost: () => void}} wiring */
  constructor({ audioHost, onChange, onLost }) {
    this.audioHost = audioHost;
    this.onChange = onChange;
    this.onLost = onLost;
  }

  /** @param {{url: string, token: string}} access */
  async join({ url, token }) {
    await this.#leaveRoom();
    this.#set("connecting");
    const { Room, RoomEvent } = await livekit();
    const room = new Room({ adaptiveStream: true });
    this.room = room;
    const mine = () => this.room === room;
    room
      .on(RoomEvent.TrackSubscribed, (/** @type {any} */ track) => track.kind === "audio" && this.audioHost.append(track.attach()))
      .on(RoomEvent.TrackUnsubscribed, (/** @type {any} */ track) => track.detach().forEach((/** @type {Element} */ each) => each.remove()))
      .on(RoomEvent.Reconnecting, () => mine() && this.#set("reconnecting"))
      .on(RoomEvent.Reconnected, () => mine() && this.#set("connected"))
      .on(RoomEvent.Disconnected, (/** @type {number} */ reason) => mine() && void this.#lost(reason));
    await room.connect(url, token);
    if (!mine()) return void room.disconnect();
    await useSpeaker(room);
    this.#set("connected");
  }

  /** Open the microphone without sending it anywhere; rejects when it cannot be had. */
  async openMicrophone() {
    const { createLocalAudioTrack } = await livekit();
    this.track ??= await createLocalAudioTrack({
      deviceId: settings.devices.audioinput,
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
    });
  }

  /** To everybody in the call; rejects when the server does not allow it in time. */
  async speakToAll() {
    const { room } = this;
    if (!(await maySpeak(room))) throw new Error("not permitted to publish");
    await room.localParticipant.publishTrack(this.track);
  }

  /** To the agent alone. @param {string} url @param {string} token */
  async speakToAgent(url, token) {
    const { Room } = await livekit();
    const room = new Room();
    this.whisperRoom = room;
    await room.connect(url, token);
    if (this.whisperRoom !== room) return void room.disconnect();
    await room.localParticipant.publishTrack(this.track);
  }

  /** Nobody hears the supervisor from here on: the microphone is closed before anything else happens. */
  async silence() {
    const { track, whisperRoom, room } = this;
    this.track = this.whisperRoom = null;
    track?.stop();
    await whisperRoom?.disconnect();
    if (track && room) await room.localParticipant.unpublishTrack(track);
  }

  async leave() {
    await this.silence();
    await this.#leaveRoom();
    this.#set("idle");
  }

  async #leaveRoom() {
    const { room } = this;
    this.room = null;
    this.audioHost.replaceChildren();
    await room?.disconnect();
  }

  /** @param {number} reason */
  async #lost(reason) {
    const { DisconnectReason } = await livekit();
    await this.silence();
    this.room = null;
    this.audioHost.replaceChildren();
    this.#set(reason === DisconnectReason.DUPLICATE_IDENTITY ? "elsewhere" : "lost");
    this.onLost();
  }

  /** @param {Link} link */
  #set(link) {
    this.link = link;
    this.onChange();
  }
}

/** Whether the server lets us publish, at the latest after a while. @param {any} room @returns {Promise<boolean>} */
async function maySpeak(room) {
  const { RoomEvent } = await livekit();
  const allowed = () => Boolean(room.localParticipant.permissions?.canPublish);
  if (allowed()) return true;
  return new Promise((resolve) => {
    const done = () => {
      window.clearTimeout(timer);
      room.off(RoomEvent.ParticipantPermissionsChanged, look);
      resolve(allowed());
    };
    const look = () => allowed() && done();
    const timer = window.setTimeout(done, PERMIT_MS);
    room.on(RoomEvent.ParticipantPermissionsChanged, look);
  });
}

/** @param {any} room */
async function useSpeaker(room) {
  const speaker = settings.devices.audiooutput;
  if (speaker) await room.switchActiveDevice("audiooutput", speaker).catch((/** @type {unknown} */ error) => console.warn(error));
}
