/** The line between the caller and the other side: it swings from whoever speaks, and carries those who wait before you. */

const SPEAKS = 0.14;
/** A speaker stays marked over the small pauses between words. */
const LINGER = 450;
/** Between two pictures for who wants no motion. */
const STILL_MS = 240;
const BEADS = 6;

/** Draws on the canvas while it runs. */
export class Visualizer {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{read: () => {you: number, them: number}}} levels
   * @param {(speaker: 'none'|'you'|'them') => void} onSpeaker
   */
  constructor(canvas, levels, onSpeaker) {
    this.canvas = canvas;
    this.levels = levels;
    this.onSpeaker = onSpeaker;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    this.still = matchMedia('(prefers-reduced-motion: reduce)');
    this.you = 0;
    this.them = 0;
    this.heard = { you: -Infinity, them: -Infinity };
    this.speaker = 'none';
    /** How many wait before the caller; null when there is no queue. @type {number|null} */
    this.ahead = null;
    this.running = false;
    this.timer = 0;
    this.last = 0;
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(canvas);
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
      matchMedia(query).addEventListener('change', () => this.recolour());
    }
    this.fit();
    this.recolour();
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.again();
  }

  /** Without motion the levels still show, as the size of the two ends, a few times a second. */
  again() {
    if (this.still.matches) this.timer = setTimeout(() => this.frame(performance.now()), STILL_MS);
    else requestAnimationFrame((now) => this.frame(now));
  }

  stop() {
    this.running = false;
    clearTimeout(this.timer);
    this.you = this.them = 0;
    this.mark('none');
    this.draw(0);
  }

  /** @param {number|null} ahead */
  queue(ahead) {
    if (ahead === this.ahead) return;
    this.ahead = ahead;
    if (!this.running) this.draw(0);
  }

  /** Again with the colours of the theme, and of the state the page is in. */
  recolour() {
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    this.colours = { you: colour('--you'), them: colour('--them'), rest: colour('--edge'), bead: colour('--caution') };
    this.draw(this.last);
  }

  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    this.canvas.width = Math.max(1, Math.round(clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * ratio));
    this.ratio = ratio;
    this.draw(this.last);
  }

  frame(now) {
    if (!this.running) return;
    this.measure(now);
    this.draw(now);
    this.last = now;
    this.again();
  }

  measure(now) {
    const level = this.levels.read();
    this.you += (level.you - this.you) * (level.you > this.you ? 0.5 : 0.15);
    this.them += (level.them - this.them) * (level.them > this.them ? 0.5 : 0.15);
    if (level.you > SPEAKS) this.heard.you = now;
    if (level.them > SPEAKS) this.heard.them = now;
    const recent = now - Math.max(this.heard.you, this.heard.them) < LINGER;
    this.mark(!recent ? 'none' : this.heard.you > this.heard.them ? 'you' : 'them');
  }

  mark(speaker) {
    if (speaker === this.speaker) return;
    this.speaker = speaker;
    this.onSpeaker(speaker);
  }

  draw(now) {
    const { context, ratio } = this;
    if (!this.colours || !ratio) return;
    const width = this.canvas.width / ratio;
    const height = this.canvas.height / ratio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (document.documentElement.dir === 'rtl') {
      context.translate(width, 0);
      context.scale(-1, 1);
    }
    const edge = 14;
    this.thread(now / 1000, { left: edge, right: width - edge, middle: height / 2, swing: height / 2 - 8 });
    this.beads({ left: edge, right: width - edge, middle: height / 2 });
    this.end(edge, height / 2, this.colours.you, this.you);
    this.end(width - edge, height / 2, this.colours.them, this.them);
  }

  thread(seconds, { left, right, middle, swing }) {
    const { context } = this;
    const [you, them] = this.still.matches ? [0, 0] : [this.you, this.them];
    const stroke = context.createLinearGradient(left, 0, right, 0);
    stroke.addColorStop(0, this.colours.you);
    stroke.addColorStop(0.5, this.colours.rest);
    stroke.addColorStop(1, this.colours.them);
    context.beginPath();
    for (let x = left; x <= right; x += 2) {
      const along = (x - left) / (right - left);
      // Both ends are held; each voice is strongest near its own end and runs to the other.
      const held = Math.sin(Math.PI * along) ** 0.6;
      const mine = you * (1 - 0.75 * along) * Math.sin(along * 46 - seconds * 13) * Math.sin(along * 11 - seconds * 3.1);
      const theirs = them * (0.25 + 0.75 * along) * Math.sin(along * 46 + seconds * 13) * Math.sin(along * 11 + seconds * 3.1);
      context.lineTo(x, middle + held * swing * Math.max(-1, Math.min(1, 1.5 * (mine + theirs))));
    }
    context.strokeStyle = stroke;
    context.lineWidth = 2.5;
    context.lineJoin = 'round';
    context.stroke();
  }

  /** The callers before this one, on the thread, nearest to the agent first. */
  beads({ left, right, middle }) {
    const { context } = this;
    const count = Math.min(BEADS, this.ahead ?? 0);
    for (let i = 0; i < count; i += 1) {
      context.beginPath();
      context.arc(right - ((right - left) * (i + 1)) / (count + 1), middle, 6, 0, 2 * Math.PI);
      context.fillStyle = this.colours.bead;
      context.fill();
    }
  }

  end(x, y, colour, level) {
    const { context } = this;
    context.beginPath();
    context.arc(x, y, 6 + 6 * level, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
  }
}
