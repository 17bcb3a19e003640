/** Two level bars, measured ten times a second on the sound itself. */

const EVERY_MS = 100;
/** Quieter than this shows nothing. */
const FLOOR_DB = -60;

/** Follows whichever track `source` names at the moment. */
export class LevelMeter {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #node = null;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;

  /**
   * @param {HTMLElement} bar an element with `role="meter"`, filled by its style
   * @param {() => MediaStreamTrack | null} source
   */
  constructor(bar, source) {
    this.bar = bar;
    this.source = source;
    window.setInterval(() => this.#look(), EVERY_MS);
  }

  #look() {
    const track = this.source();
    if (track !== this.#track) this.#follow(track);
    const level = this.#analyser ? measure(this.#analyser) : 0;
    this.bar.style.setProperty("--level", level.toFixed(2));
    this.bar.setAttribute("aria-valuenow", String(Math.round(level * 100)));
  }

  /** @param {MediaStreamTrack | null} track */
  #follow(track) {
    this.#node?.disconnect();
    this.#node = this.#analyser = null;
    this.#track = track;
    if (!track) return;
    this.#context ??= new AudioContext();
    void this.#context.resume();
    this.#analyser = new AnalyserNode(this.#context, { fftSize: 1024 });
    this.#node = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#node.connect(this.#analyser);
  }
}

/** @param {AnalyserNode} analyser @returns {number} 0 to 1 over 60 dB */
function measure(analyser) {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibels = 10 * Math.log10(power || 1e-9);
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}
