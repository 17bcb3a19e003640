/** The lines of a conversation in a list; each line keeps its element, so that a screen reader keeps its place. */
import { make, setText } from '../common/dom.js';

export class TranscriptView {
  /**
   * @param {HTMLElement} list
   * @param {import('../common/copy.js').Words} words
   */
  constructor(list, words) {
    this.list = list;
    this.words = words;
    /** @type {Map<string, HTMLElement>} */
    this.items = new Map();
  }

  /** @param {import('./transcript.js').Line[]} lines */
  render(lines) {
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 60;
    const kept = new Set(lines.map((line) => line.key));
    for (const [key, item] of this.items) {
      if (kept.has(key)) continue;
      item.remove();
      this.items.delete(key);
    }
    let previous = null;
    for (const line of lines) {
      const item = this.item(line);
      this.fill(item, line);
      const after = previous ? previous.nextSibling : this.list.firstChild;
      if (item !== after) this.list.insertBefore(item, after);
      previous = item;
    }
    // Who reads further up is not pulled away.
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  item(line) {
    const known = this.items.get(line.key);
    if (known) return known;
    const head = make('p', { class: 'line-head' }, make('span', { class: 'line-who', dir: 'auto' }), make('time', {}));
    const item = make('li', { class: 'said', 'data-speaker': line.speaker }, head, make('p', { class: 'line-text', dir: 'auto' }),
      make('p', { class: 'line-sources', dir: 'auto' }), make('p', { class: 'line-unsent' }));
    this.items.set(line.key, item);
    return item;
  }

  fill(item, line) {
    const [head, text, sources, unsent] = item.children;
    setText(head.children[0], this.who(line));
    setText(head.children[1], line.at ? this.words.time(line.at) : '');
    setText(text, line.text);
    if (line.language) text.setAttribute('lang', line.language);
    const titles = line.sources.map((source) => source.title);
    setText(sources, titles.length ? this.words.say('transcript.sources', { titles: titles.join(this.words.say('transcript.and')) }) : '');
    setText(unsent, line.unsent ? this.words.say('transcript.unsent') : '');
    item.toggleAttribute('data-live', line.live);
    item.toggleAttribute('data-unsent', line.unsent);
    if (line.id) item.dataset.id = line.id;
  }

  /** @param {import('./transcript.js').Line} line */
  who(line) {
    if (line.speaker === 'agent' && line.name) return line.name;
    const key = { customer: 'you', ai: 'ai', agent: 'agent' }[line.speaker] ?? 'system';
    return this.words.say(`transcript.${key}`);
  }
}
