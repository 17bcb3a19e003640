/** The pictures: the other side large, the caller's own small. */
import { must, show } from '../common/dom.js';
import { withAgent } from './model.js';

export class Videos {
  /** @param {import('../common/copy.js').Words} words */
  constructor(words) {
    this.words = words;
    this.frame = must('#videos');
    this.places = { them: must('#video-them'), you: must('#video-you') };
  }

  /** A track came or went. @param {any} track @param {string} identity `self` for the caller's @param {boolean} present */
  change(track, identity, present) {
    const place = identity === 'self' ? this.places.you : this.places.them;
    if (present) {
      const element = track.attach();
      element.dataset.identity = identity;
      // One's own picture is a mirror; nobody hears himself.
      element.muted = identity === 'self';
      place.replaceChildren(element);
    } else {
      for (const element of track?.detach() ?? []) element.remove();
      for (const element of place.querySelectorAll(`[data-identity="${CSS.escape(identity)}"]`)) element.remove();
    }
    // Alone, either picture has the whole frame.
    this.frame.toggleAttribute('data-both', Object.values(this.places).every((one) => one.hasChildNodes()));
    show(this.frame, Object.values(this.places).some((one) => one.hasChildNodes()));
  }

  /** @param {import('./model.js').Model} model */
  render(model) {
    if (!['live', 'starting'].includes(model.phase)) {
      for (const place of Object.values(this.places)) place.replaceChildren();
      show(this.frame, false);
    }
    const agent = model.agentName || this.words.say('call.person');
    const them = withAgent(model) ? this.words.say('call.their_video', { agent }) : this.words.say('avatar.assistant_video');
    this.places.them.querySelector('video')?.setAttribute('aria-label', them);
    this.places.you.querySelector('video')?.setAttribute('aria-label', this.words.say('call.your_video'));
  }
}
