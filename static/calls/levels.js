/** How loud each side is just now. */

const METER = { fftSize: 512, smoothingTimeConstant: 0.55, minDecibels: -75, maxDecibels: -25 };

/** Measures the tracks of the room that are there at the moment. */
export class Levels {
  constructor() {
    /** By the browser's track: a change of the device exchanges it. @type {Map<MediaStreamTrack, any>} */
    this.meters = new Map();
    this.lib = null;
    this.room = null;
  }

  /**
   * Measure in this room from now on; `null` ends it.
   * @param {any} lib livekit-client
   * @param {any} room
   */
  follow(lib, room) {
    this.lib = lib;
    this.room = room;
    if (!room) this.forget(new Set());
  }

  /** 0 to 1 for each side. */
  read() {
    if (!this.room) return { you: 0, them: 0 };
    const own = audible(this.room.localParticipant);
    const remote = [...this.room.remoteParticipants.values()].flatMap(audible);
    this.forget(new Set([...own, ...remote].map((track) => track.mediaStreamTrack)));
    return { you: this.loudest(own), them: this.loudest(remote) };
  }

  loudest(tracks) {
    return Math.min(1, 1.6 * Math.max(0, ...tracks.map((track) => this.meter(track).calculateVolume())));
  }

  meter(track) {
    const key = track.mediaStreamTrack;
    if (!this.meters.has(key)) this.meters.set(key, this.lib.createAudioAnalyser(track, METER));
    return this.meters.get(key);
  }

  forget(present) {
    for (const [key, meter] of this.meters) {
      if (present.has(key)) continue;
      this.meters.delete(key);
      void meter.cleanup();
    }
  }
}

/** The audio tracks of a participant that sound now. */
function audible(participant) {
  return [...participant.audioTrackPublications.values()]
    .filter((publication) => publication.track?.mediaStreamTrack && !publication.isMuted)
    .map((publication) => publication.track);
}
