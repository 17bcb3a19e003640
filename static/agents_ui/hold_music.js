/** Music for a caller on hold, made here: no file, no licence. A slow broken chord over four bars. */

const CHORDS = [
  [261.63, 329.63, 392.0, 493.88],
  [220.0, 261.63, 329.63, 392.0],
  [174.61, 220.0, 261.63, 329.63],
  [196.0, 246.94, 293.66, 349.23],
];
const NOTE = 0.32;
const NOTES_A_BAR = 8;
const PATTERN = [0, 1, 2, 3, 2, 1, 2, 1];
const AHEAD = 1.5;

/**
 * Start playing.
 * @returns {{track: MediaStreamTrack, stop: () => void, resume: () => Promise<void>}}
 *   `resume` needs a user's gesture where the page has not had one
 */
export function startHoldMusic() {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const warmth = new BiquadFilterNode(context, { type: "lowpass", frequency: 1800 });
  warmth.connect(out);
  let next = 0;
  let at = context.currentTime + 0.05;
  const fill = () => {
    while (at < context.currentTime + AHEAD) {
      playNote(context, warmth, at, next);
      at += NOTE;
      next += 1;
    }
  };
  fill();
  const timer = window.setInterval(fill, 500);
  const stop = () => {
    window.clearInterval(timer);
    out.stream.getTracks().forEach((track) => track.stop());
    void context.close();
  };
  return { track: out.stream.getAudioTracks()[0], stop, resume: () => context.resume() };
}

/**
 * @param {AudioContext} context
 * @param {AudioNode} into
 * @param {number} at
 * @param {number} index
 */
function playNote(context, into, at, index) {
  const chord = CHORDS[Math.floor(index / NOTES_A_BAR) % CHORDS.length];
  pluck(context, into, at, chord[PATTERN[index % NOTES_A_BAR]], 0.14, 0.9);
  if (index % NOTES_A_BAR === 0) pluck(context, into, at, chord[0] / 2, 0.16, 2.4);
}

/**
 * @param {AudioContext} context
 * @param {AudioNode} into
 * @param {number} at
 * @param {number} frequency
 * @param {number} loudness
 * @param {number} length
 */
function pluck(context, into, at, frequency, loudness, length) {
  const tone = new OscillatorNode(context, { type: "triangle", frequency });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(loudness, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0005, at + length);
  tone.connect(volume).connect(into);
  tone.start(at);
  tone.stop(at + length + 0.05);
}
