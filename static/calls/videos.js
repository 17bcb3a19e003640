/** The pictures: the other side large, a tile for each of two agents, the caller's own small. */
import { make, must, setText, show } from '../common/dom.js';
import { isAgent, withTile, withoutTile } from './tiles.js';

export class Videos {
  /** @param {import('../common/copy.js').Words} words */
  constructor(words) {
    this.words = words;
    this.frame = must('#videos');
    this.places = { them: must('#video-them'), you: must('#video-you') };
    /** @type {import('./tiles.js').Tile[]} */
    this.tiles = [];
    /** @type {Map<string, HTMLElement>} */
    this.figures = new Map();
  }

  /** A track came or went. @param {any} track @param {string} identity `self` for the caller's @param {boolean} present @param {string} [name] */
  change(track, identity, present, name = '') {
    if (!present) for (const element of track?.detach() ?? []) element.remove();
    if (identity === 'self') this.own(track, present);
    else this.other(track, { identity, name }, present);
    this.arrange();
  }

  /** @param {any} track @param {boolean} present */
  own(track, present) {
    if (!present) return this.places.you.replaceChildren();
    const element = track.attach();
    // One's own picture is a mirror; nobody hears himself.
    element.muted = true;
    this.places.you.replaceChildren(element);
  }

  /** @param {any} track @param {import('./tiles.js').Tile} tile @param {boolean} present */
  other(track, tile, present) {
    this.tiles = present ? withTile(this.tiles, tile) : withoutTile(this.tiles, tile.identity);
    if (!present) return;
    const caption = make('figcaption', { dir: 'auto', 'aria-hidden': 'true' }, tile.name);
    const figure = make('figure', { class: 'video-tile', 'data-identity': tile.identity }, track.attach(), caption);
    this.figures.set(tile.identity, figure);
  }

  /** The tiles in their order; what stays is not moved, or its picture would stop. */
  arrange() {
    const { them, you } = this.places;
    const wanted = this.tiles.map(({ identity }) => /** @type {HTMLElement} */ (this.figures.get(identity)));
    for (const child of [...them.children]) if (!wanted.includes(/** @type {HTMLElement} */ (child))) child.remove();
    wanted.forEach((figure, index) => {
      if (them.children[index] !== figure) them.insertBefore(figure, them.children[index] ?? null);
    });
    const several = this.tiles.length > 1;
    this.frame.toggleAttribute('data-several', several);
    // Alone, either picture has the whole frame.
    this.frame.toggleAttribute('data-both', them.hasChildNodes() && you.hasChildNodes());
    show(this.frame, them.hasChildNodes() || you.hasChildNodes());
  }

  /** @param {import('./model.js').Model} model */
  render(model) {
    if (!['live', 'starting'].includes(model.phase)) {
      this.tiles = [];
      this.places.you.replaceChildren();
      this.arrange();
    }
    for (const tile of this.tiles) {
      const figure = this.figures.get(tile.identity);
      const agent = tile.name || model.agentName || this.words.say('call.person');
      const label = isAgent(tile) ? this.words.say('call.their_video', { agent }) : this.words.say('avatar.assistant_video');
      figure?.querySelector('video')?.setAttribute('aria-label', label);
      if (figure) setText(/** @type {HTMLElement} */ (figure.querySelector('figcaption')), isAgent(tile) ? agent : '');
    }
    this.places.you.querySelector('video')?.setAttribute('aria-label', this.words.say('call.your_video'));
  }
}
