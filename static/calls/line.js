/** The LiveKit room as the caller's page needs it: who is there, what is said, one microphone, one camera. */
import { Pulse } from './pulse.js';

/**
 * @typedef {object} LineEvents
 * @property {(link: import('./model.js').Link, reason?: number) => void} onLink
 * @property {() => void} onPeople somebody came, went, or can or cannot be heard
 * @property {(caption: {segment: string, identity: string, text: string, final: boolean}) => void} onCaption
 * @property {(track: any, identity: string, present: boolean, name?: string) => void} onVideo
 * @property {(blocked: boolean) => void} onSound
 * @property {() => void} onMicrophoneLost
 */

/** @type {Promise<any>|null} */
let library = null;

/** livekit-client, loaded once; begun as the page opens, so that Start Call finds it there. */
export function livekit() {
  library ??= import('../vendor/livekit-client.esm.mjs').then((module) => {
    module.setLogLevel('warn');
    return module;
  });
  // A failed load may be tried again.
  library.catch(() => { library = null; });
  return library;
}

/**
 * ai, agent, supervisor or customer. The server signs the role; the kind marks livekit-agents' own participants.
 * @param {any} participant
 */
export function roleOf(participant) {
  const role = participant.attributes?.role;
  if (role) return role;
  // The face of somebody else in the room is nobody to talk to.
  if (participant.attributes?.['lk.publish_on_behalf']) return 'avatar';
  if (participant.isAgent) return 'ai';
  return participant.identity.startsWith('agent_') ? 'agent' : 'customer';
}

/**
 * Whether an AI in the room can be talked to: its process joins a moment before it listens.
 * @param {any} participant
 */
export function listens(participant) {
  const state = participant.attributes?.['lk.agent.state'];
  return (Boolean(state) && state !== 'initializing') || participant.audioTrackPublications.size > 0;
}

/** One connection to one room. */
export class Line {
  /** @param {any} lib livekit-client @param {LineEvents} events @param {HTMLElement} sink holds the audio elements */
  constructor(lib, events, sink) {
    this.lib = lib;
    this.events = events;
    this.sink = sink;
    this.leaving = false;
    this.microphone = this.published = null;
    this.room = new lib.Room({ adaptiveStream: true, dynacast: true });
    this.pulse = new Pulse(() => this.people().filter((one) => roleOf(one) === 'agent'), () => events.onPeople());
    this.listen();
  }

  /** Join; rejects when that fails. @param {string} url @param {string} token */
  async join(url, token) {
    this.events.onLink('connecting');
    await this.room.connect(url, token);
    // Left while joining: the call was ended in the meantime.
    if (this.leaving) return this.room.disconnect(true);
    this.events.onLink('connected');
    this.pulse.start();
    this.events.onPeople();
    this.events.onSound(!this.room.canPlaybackAudio);
    return this.publish();
  }

  /** Leave for good. `keep` leaves the microphone running for the next line. */
  async leave({ keep = false } = {}) {
    this.leaving = true;
    this.pulse.stop();
    if (!keep) this.microphone?.stop();
    await this.room.disconnect(!keep);
    this.sink.replaceChildren();
  }

  /** Speak with this track; published as soon as the room is joined. @param {any} track */
  async useMicrophone(track) {
    const before = this.microphone;
    this.microphone = track;
    track.on(this.lib.TrackEvent.Ended, () => this.events.onMicrophoneLost());
    if (before && this.published === before) {
      this.published = null;
      await this.room.localParticipant.unpublishTrack(before);
    }
    await this.publish();
  }

  /** A microphone that cannot be published is lost, not the call. */
  async publish() {
    const track = this.microphone;
    if (!track || !this.connected || this.published) return;
    this.published = track;
    try {
      await this.room.localParticipant.publishTrack(track, { source: this.lib.Track.Source.Microphone });
    } catch (error) {
      console.warn('microphone not published', error);
      this.published = null;
      this.events.onMicrophoneLost();
    }
  }

  /** @param {boolean} muted */
  async mute(muted) {
    if (muted) await this.microphone?.mute();
    else await this.microphone?.unmute();
  }

  /** Rejects when the camera cannot be had. @param {boolean} on */
  setCamera(on) {
    return this.room.localParticipant.setCameraEnabled(on, { resolution: this.lib.VideoPresets.h540.resolution });
  }

  /** A typed turn for the AI in the room. @param {string} text */
  type(text) {
    const ai = this.people().filter((person) => roleOf(person) === 'ai').map((person) => person.identity);
    return this.room.localParticipant.sendText(text, { topic: 'lk.chat', destinationIdentities: ai });
  }

  /** In a gesture of the caller: let the sound play. */
  startSound() {
    return this.room.startAudio();
  }

  /** @param {'audioinput'|'audiooutput'|'videoinput'} kind @param {string} id */
  useDevice(kind, id) {
    return this.room.switchActiveDevice(kind, id);
  }

  get connected() {
    return this.room.state === this.lib.ConnectionState.Connected;
  }

  get cameraAllowed() {
    const may = this.room.localParticipant.permissions;
    if (!may?.canPublish) return false;
    // An empty list means every source; 1 is the protocol's CAMERA.
    return !may.canPublishSources.length || may.canPublishSources.includes(1);
  }

  people() {
    return [...this.room.remoteParticipants.values()];
  }

  /** @param {string} role */
  find(role) {
    return this.people().find((person) => roleOf(person) === role);
  }

  /** Somebody whose media has stopped coming is as good as gone, whatever the room still lists. */
  hears(role) {
    const comes = (person) => person.connectionQuality !== this.lib.ConnectionQuality.Lost && !this.pulse.still.has(person.identity);
    return this.people().some((person) => roleOf(person) === role && comes(person));
  }

  listen() {
    const { RoomEvent } = this.lib;
    const people = () => this.events.onPeople();
    this.room
      .on(RoomEvent.Reconnecting, () => this.events.onLink('reconnecting'))
      .on(RoomEvent.SignalReconnecting, () => this.events.onLink('reconnecting'))
      .on(RoomEvent.Reconnected, () => { this.events.onLink('connected'); people(); })
      .on(RoomEvent.Disconnected, (reason) => { if (!this.leaving) this.events.onLink('lost', reason); })
      .on(RoomEvent.ParticipantConnected, people)
      .on(RoomEvent.ParticipantDisconnected, people)
      .on(RoomEvent.ParticipantAttributesChanged, people)
      .on(RoomEvent.ParticipantPermissionsChanged, people)
      .on(RoomEvent.ConnectionQualityChanged, people)
      .on(RoomEvent.ActiveSpeakersChanged, people)
      .on(RoomEvent.TrackPublished, people)
      .on(RoomEvent.TrackMuted, (publication, person) => this.muted(publication, person))
      .on(RoomEvent.TrackUnmuted, (publication, person) => this.muted(publication, person))
      .on(RoomEvent.TrackSubscribed, (track, publication, person) => this.attach(track, publication, person))
      .on(RoomEvent.TrackUnsubscribed, (track, _publication, person) => this.detach(track, person))
      .on(RoomEvent.LocalTrackPublished, (publication) => this.ownVideo(publication, true))
      .on(RoomEvent.LocalTrackUnpublished, (publication) => this.ownVideo(publication, false))
      .on(RoomEvent.AudioPlaybackStatusChanged, () => this.events.onSound(!this.room.canPlaybackAudio));
    this.room.registerTextStreamHandler('lk.transcription', (reader, from) => this.caption(reader, from.identity));
  }

  attach(track, publication, person) {
    if (track.kind === 'audio') {
      const element = track.attach();
      element.dataset.identity = person.identity;
      this.sink.append(element);
    } else {
      this.events.onVideo(track, person.identity, !publication.isMuted, person.name);
    }
    this.events.onPeople();
  }

  detach(track, person) {
    for (const element of track.detach()) element.remove();
    if (track.kind === 'video') this.events.onVideo(track, person.identity, false);
    this.events.onPeople();
  }

  /** A camera that is turned off stays published, without a picture: its last one must not stand still. */
  muted(publication, person) {
    const identity = person === this.room.localParticipant ? 'self' : person.identity;
    if (publication.kind === 'video' && publication.track) this.events.onVideo(publication.track, identity, !publication.isMuted, person.name);
    this.events.onPeople();
  }

  ownVideo(publication, present) {
    if (publication.kind === 'video') this.events.onVideo(publication.track, 'self', present);
    this.events.onPeople();
  }

  /** The AI's sentence comes in pieces of one stream; the caller's comes whole, again with every change. */
  async caption(reader, identity) {
    const { attributes = {}, id } = reader.info;
    const segment = attributes['lk.segment_id'] || id;
    const own = identity === this.room.localParticipant.identity;
    let text = '';
    try {
      for await (const piece of reader) {
        text += piece;
        this.events.onCaption({ segment, identity, text, final: false });
      }
    } catch (error) {
      // The speaker left in mid-sentence. What was said stays.
      console.debug('caption broke off', error);
    }
    const final = own ? attributes['lk.transcription_final'] === 'true' : true;
    this.events.onCaption({ segment, identity, text, final });
  }
}
