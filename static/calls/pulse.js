/** Whether sound still arrives. A killed browser stays in the room's list for twenty seconds; its sound stops at once. */

const LOOK = 1000;
/** A silent microphone sends a packet every 0.4 s too. */
const STILL = 4000;

/** Watches people's audio tracks; who has unmuted ones of which none brings anything is still. */
export class Pulse {
  /**
   * @param {() => any[]} people whom to watch
   * @param {() => void} onChange
   */
  constructor(people, onChange) {
    this.people = people;
    this.onChange = onChange;
    /** @type {Set<string>} identities */
    this.still = new Set();
    /** @type {WeakMap<any, {bytes: number, at: number}>} */
    this.seen = new WeakMap();
    this.timer = 0;
  }

  start() {
    this.stop();
    this.timer = window.setInterval(() => void this.look(), LOOK);
  }

  stop() {
    clearInterval(this.timer);
  }

  async look() {
    const still = new Set();
    for (const person of this.people()) {
      const tracks = [...person.audioTrackPublications.values()].filter((one) => one.track && !one.isMuted).map((one) => one.track);
      const ages = await Promise.all(tracks.map((track) => this.age(track)));
      if (ages.length && ages.every((age) => age >= STILL)) still.add(person.identity);
    }
    const changed = still.size !== this.still.size || [...still].some((identity) => !this.still.has(identity));
    this.still = still;
    if (changed) this.onChange();
  }

  /** Milliseconds since the track's last packet; 0 where the browser does not tell. */
  async age(track) {
    const bytes = (await track.getReceiverStats?.())?.bytesReceived;
    if (bytes === undefined) return 0;
    const now = Date.now();
    const before = this.seen.get(track);
    if (before?.bytes === bytes) return now - before.at;
    this.seen.set(track, { bytes, at: now });
    return 0;
  }
}
