/**
 * The conversation as lines. Captions arrive word by word from the room, the same sentences arrive again, finished and
 * stored, from the call's stream; the two carry no common number, so they are matched by speaker and words.
 */

/**
 * @typedef {object} Line
 * @property {string} key stays the same while the line lives
 * @property {string|null} id of the stored segment
 * @property {string|null} segment of the live caption
 * @property {string} speaker customer, ai, agent, system
 * @property {string} name
 * @property {string} text
 * @property {string} language
 * @property {string|null} at
 * @property {{id: string, slug: string, title: string}[]} sources articles it answers from
 * @property {boolean} live still being said
 * @property {boolean} unsent a typed message that did not arrive
 */

/** How far back a caption may belong to a sentence that was stored before it. */
const LOOK_BACK = 6;
const ALIKE = 0.6;

/** @param {string} text */
function tokens(text) {
  return text.toLocaleLowerCase().normalize('NFKC').split(/[^\p{L}\p{M}\p{N}]+/u).filter(Boolean);
}

/**
 * 0 to 1: how surely the two are the same utterance. Cut off and half-heard sentences are beginnings of each other.
 * @param {string} a
 * @param {string} b
 */
export function likeness(a, b) {
  const one = tokens(a);
  const two = tokens(b);
  if (!one.length || !two.length) return a.trim() === b.trim() ? 1 : 0;
  const [short, long] = one.length <= two.length ? [one, two] : [two, one];
  if (short.every((word, i) => word === long[i] || (i === short.length - 1 && long[i].startsWith(word)))) {
    return short.length === long.length ? 1 : 0.9;
  }
  const known = new Set(long);
  const shared = short.filter((word) => known.has(word)).length;
  return (2 * shared) / (one.length + two.length);
}

/** Lines in the order they are shown. */
export class Transcript {
  constructor() {
    /** @type {Line[]} */
    this.lines = [];
    this.count = 0;
    /** Captions whose sentence is stored already. @type {Set<string>} */
    this.settled = new Set();
  }

  /** @param {Partial<Line>} line */
  add(line) {
    const full = {
      key: `line-${++this.count}`, id: null, segment: null, speaker: 'system', name: '', text: '', language: '',
      at: null, sources: [], live: false, unsent: false, ...line,
    };
    return full;
  }

  /**
   * A caption, whole text so far.
   * @param {{segment: string, speaker: string, name?: string, text: string, final: boolean}} caption
   */
  caption({ segment, speaker, name = '', text, final }) {
    if (this.settled.has(segment) || !text.trim()) return;
    const known = this.lines.find((line) => line.segment === segment);
    if (known) {
      known.text = text;
      known.live = !final;
    } else if (this.lateFor(speaker, text)) {
      this.settled.add(segment);
    } else {
      this.lines.push(this.add({ segment, speaker, name, text, live: !final }));
    }
  }

  /** Whether a stored sentence that no caption announced already says this. */
  lateFor(speaker, text) {
    const said = this.lines.filter((line) => line.speaker === speaker).slice(-LOOK_BACK);
    const match = said.find((line) => line.id && !line.segment && likeness(line.text, text) >= 0.9);
    if (match) match.segment = 'late';
    return Boolean(match);
  }

  /**
   * What the caller typed, shown before the server has it.
   * @param {string} text
   */
  typed(text) {
    const line = this.add({ segment: `typed-${this.count}`, speaker: 'customer', text });
    this.lines.push(line);
    return line;
  }

  /**
   * A stored segment; the same one may come again.
   * @param {{id: string, speaker: string, name?: string, text: string, language?: string, at?: string}} segment
   */
  stored(segment) {
    if (this.lines.some((line) => line.id === segment.id)) return;
    const line = this.waitingFor(segment.speaker, segment.text);
    const finished = {
      id: segment.id, name: segment.name || '', text: segment.text, language: segment.language || '',
      at: segment.at || null, sources: segment.sources || [], live: false, unsent: false,
    };
    if (line) {
      if (line.segment) this.settled.add(line.segment);
      Object.assign(line, finished);
    } else {
      this.insert(this.add({ speaker: segment.speaker, ...finished }));
    }
  }

  /** The unstored line that this sentence finishes: the best match, the oldest of equals. */
  waitingFor(speaker, text) {
    let best = null;
    let score = ALIKE;
    for (const line of this.lines) {
      if (line.id || line.speaker !== speaker) continue;
      const like = likeness(line.text, text);
      if (like > score || (like === score && !best)) [best, score] = [line, like];
    }
    return best;
  }

  /** Stored lines keep the order of their times; a long sentence may be stored after a short interruption. */
  insert(line) {
    let at = this.lines.length;
    while (at > 0 && line.at && this.lines[at - 1].at && this.lines[at - 1].at > line.at) at -= 1;
    this.lines.splice(at, 0, line);
  }

  /** Only what the server has stored. */
  kept() {
    return this.lines.filter((line) => line.id);
  }
}
