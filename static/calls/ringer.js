/** How the page makes itself noticed: a telephone's ring, the tab's title, a notification where it is allowed. */

const EVERY = 3000;

export class Ringer {
  /** @param {import('../common/copy.js').Words} words */
  constructor(words) {
    this.words = words;
    /** @type {AudioContext|null} */
    this.context = null;
    /** @type {Notification|null} */
    this.notification = null;
    this.timer = 0;
    this.title = '';
    // Browsers let a page sound only after its user did something there.
    const ready = () => {
      this.context ??= new AudioContext();
      void this.context.resume();
    };
    for (const gesture of ['pointerdown', 'keydown']) document.addEventListener(gesture, ready, { capture: true });
  }

  /** Ring until stopped; ringing already is fine. */
  start() {
    if (this.timer) return;
    this.title = document.title;
    this.timer = window.setInterval(() => this.once(), EVERY);
    this.once();
    this.notify();
  }

  stop() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = 0;
    document.title = this.title;
    this.notification?.close();
    this.notification = null;
  }

  once() {
    const calling = this.words.say('promise.ringing');
    document.title = document.title.startsWith('☎') ? calling : `☎ ${calling}`;
    if (this.context?.state !== 'running') return;
    for (const start of [0, 0.5]) tone(this.context, this.context.currentTime + start);
  }

  notify() {
    if (!('Notification' in window) || Notification.permission !== 'granted') return;
    try {
      this.notification = new Notification(this.words.say('promise.ringing'), {
        body: this.words.say('promise.ringing_text'), tag: 'callback', requireInteraction: true,
      });
    } catch {
      // Chrome on Android allows them to service workers only; the ring is there.
      return;
    }
    this.notification.onclick = () => window.focus();
  }
}

/** @param {AudioContext} on @param {number} at */
function tone(on, at) {
  const volume = new GainNode(on, { gain: 0 });
  volume.connect(on.destination);
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.2, at + 0.02);
  volume.gain.setValueAtTime(0.2, at + 0.36);
  volume.gain.linearRampToValueAtTime(0, at + 0.4);
  for (const frequency of [440, 480]) {
    const oscillator = new OscillatorNode(on, { frequency });
    oscillator.connect(volume);
    oscillator.start(at);
    oscillator.stop(at + 0.42);
  }
}
