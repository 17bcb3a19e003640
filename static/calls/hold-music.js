/** Music for a caller whom nobody talks to: a quiet piece, made here, so that it plays when the network does not. */

const RATE = 24000;
const BEAT = 0.75;
const VOLUME = 0.16;
/** Four bars, as semitones over A3: a chord held, and the same notes plucked one after the other. */
const BARS = [
  [3, 10, 14, 17],
  [0, 7, 10, 15],
  [-4, 8, 12, 15],
  [-2, 5, 10, 12],
];
const PATTERN = [0, 2, 1, 3, 2, 1];
const LENGTH = BARS.length * PATTERN.length * BEAT;

const pitch = (semitones) => 220 * 2 ** (semitones / 12);

/** One note with a soft beginning and end; it also sounds over the seam of the loop. */
function note(context, out, { at, length, frequency, loudness, type, attack }) {
  for (const start of at + length > LENGTH ? [at, at - LENGTH] : [at]) {
    const oscillator = new OscillatorNode(context, { frequency, type });
    const gain = new GainNode(context, { gain: 0 });
    const from = Math.max(0, start);
    if (start + length <= 0) continue;
    gain.gain.setValueAtTime(start < 0 ? loudness * 0.5 : 0, from);
    gain.gain.linearRampToValueAtTime(loudness, from + attack);
    gain.gain.setTargetAtTime(0, from + attack, Math.max(0.05, (start + length - from - attack) / 4));
    oscillator.connect(gain).connect(out);
    oscillator.start(from);
    oscillator.stop(Math.min(LENGTH, start + length));
  }
}

/** The whole loop, rendered once. @returns {Promise<AudioBuffer>} */
async function compose() {
  const context = new OfflineAudioContext(1, Math.round(LENGTH * RATE), RATE);
  const out = new BiquadFilterNode(context, { type: 'lowpass', frequency: 1800, Q: 0.4 });
  out.connect(context.destination);
  BARS.forEach((bar, i) => {
    const start = i * PATTERN.length * BEAT;
    for (const step of bar.slice(0, 3)) {
      note(context, out, { at: start, length: 6.2 * BEAT, frequency: pitch(step), loudness: 0.16, type: 'sine', attack: 0.9 });
    }
    note(context, out, { at: start, length: 5.5 * BEAT, frequency: pitch(bar[0] - 12), loudness: 0.22, type: 'sine', attack: 0.2 });
    PATTERN.forEach((which, beat) => {
      const frequency = pitch(bar[which] + 12);
      note(context, out, { at: start + beat * BEAT, length: 1.6, frequency, loudness: 0.13, type: 'triangle', attack: 0.015 });
    });
  });
  return context.startRendering();
}

/** Plays and stops the loop; the browser may want a gesture first. */
export class HoldMusic {
  constructor() {
    /** @type {AudioContext|null} */
    this.context = null;
    /** @type {Promise<AudioBuffer>|null} */
    this.piece = null;
    this.source = null;
    this.gain = null;
    this.wanted = false;
  }

  /** Call it in the caller's gesture, before the music is needed. */
  async unlock() {
    this.context ??= new AudioContext();
    this.piece ??= compose();
    if (this.context.state === 'suspended') await this.context.resume();
    await this.set(this.wanted);
  }

  /** Whether the browser still keeps the sound off. */
  get blocked() {
    return this.wanted && this.context?.state !== 'running';
  }

  get playing() {
    return Boolean(this.source) && this.context?.state === 'running';
  }

  /** @param {boolean} wanted */
  async set(wanted) {
    this.wanted = wanted;
    if (!wanted) return this.stop();
    this.context ??= new AudioContext();
    this.piece ??= compose();
    const buffer = await this.piece;
    // The wish may have changed while the piece was made.
    if (this.wanted && !this.source) this.start(buffer);
  }

  start(buffer) {
    const context = /** @type {AudioContext} */ (this.context);
    this.gain = new GainNode(context, { gain: 0 });
    this.source = new AudioBufferSourceNode(context, { buffer, loop: true });
    this.source.connect(this.gain).connect(context.destination);
    this.gain.gain.linearRampToValueAtTime(VOLUME, context.currentTime + 0.8);
    this.source.start();
  }

  stop() {
    if (!this.source || !this.context) return;
    const { source, gain, context } = this;
    this.source = this.gain = null;
    gain.gain.cancelScheduledValues(context.currentTime);
    gain.gain.setTargetAtTime(0, context.currentTime, 0.05);
    source.stop(context.currentTime + 0.3);
  }

  /** Follow the caller's choice of speaker, where the browser can. @param {string} deviceId */
  async useSpeaker(deviceId) {
    const context = /** @type {any} */ (this.context);
    if (context?.setSinkId) await context.setSinkId(deviceId === 'default' ? '' : deviceId);
  }
}
