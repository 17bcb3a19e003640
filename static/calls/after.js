/** After the call: reference number, rating, transcript to keep, and what is left for whom nobody came to. */
import { hook, make, must, setText, show } from '../common/dom.js';
import { isOpen } from './callback.js';
import { TranscriptView } from './transcript-view.js';
import { callbackForm, offeredKinds } from './wish.js';

/** The number a person reads out, as the server writes it: `ABCD-EFGH`. @param {string} callId */
export function referenceOf(callId) {
  return `${callId.slice(0, 4)}-${callId.slice(4, 8)}`.toUpperCase();
}

export class AfterCall {
  /**
   * @param {import('../common/copy.js').Words} words
   * @param {import('./call.js').Call} call
   */
  constructor(words, call) {
    this.words = words;
    this.call = call;
    this.lines = new TranscriptView(must('#kept-lines'), words);
    this.rating = hook('rating');
    this.rating.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.rate();
    });
    this.rating.addEventListener('change', () => this.shine());
    hook('download').addEventListener('click', () => this.download());
  }

  /** @param {import('./model.js').Model} model */
  render(model) {
    const { words } = this;
    setText(hook('reference'), this.reference);
    setText(must('#lasted'), words.clock((model.endedAt - model.startedAt) / 1000));
    for (const label of this.rating.querySelectorAll('[data-star]')) {
      setText(label.lastElementChild, words.say('after.stars', { count: Number(label.dataset.star) }));
    }
    show(must('#recap-card'), Boolean(model.recap));
    setText(must('#recap'), model.recap);
    must('#follow-up').replaceChildren(...model.followUp.map((kind) => make('li', {}, words.say(`after.follow_${kind}`))));
    show(must('#follow-up'), model.followUp.length > 0);
    const missed = model.reason === 'no_agent' || model.reason === 'failed';
    const nobody = missed && !isOpen(model.callback) && offeredKinds(model.offer).length > 0;
    if (nobody && must('#callback-after').hidden) callbackForm(must('#callback-after'), this.words, this.call);
    show(must('#callback-after'), nobody || Boolean(must('#callback-after').querySelector('.result')));
    this.renderLines();
  }

  renderLines() {
    const kept = this.call.transcript.lines;
    this.lines.render(kept);
    show(must('#kept-empty'), kept.length === 0);
    show(hook('download'), kept.length > 0);
  }

  get reference() {
    return referenceOf(this.call.kept?.call_id || '');
  }

  /** A new call, a new rating. */
  reset() {
    this.rating.reset();
    this.shine();
    for (const part of this.rating.children) show(part, true);
    show(must('#rating-result'), false);
    must('#callback-after').replaceChildren();
    show(must('#callback-after'), false);
  }

  shine() {
    const chosen = Number(this.rating.elements.rating.value) || 0;
    for (const label of this.rating.querySelectorAll('[data-star]')) {
      label.toggleAttribute('data-lit', Number(label.dataset.star) <= chosen);
    }
  }

  async rate() {
    const result = must('#rating-result');
    const rating = Number(this.rating.elements.rating.value);
    show(result, true);
    if (!rating) return setText(result, this.words.say('after.rating_missing'));
    const comment = hook('comment').value.trim();
    try {
      await this.call.api.feedback({ rating, ...(comment ? { comment } : {}) });
    } catch (problem) {
      // Rated already, before a reload: the first one stands.
      if (problem.status !== 409) return setText(result, this.words.say('after.rating_failed'));
    }
    for (const part of this.rating.children) show(part, part === result);
    setText(result, this.words.say('after.rated'));
    return result.focus();
  }

  download() {
    const { words, reference } = this;
    const lines = this.call.transcript.lines.map((line) => {
      const time = line.at ? `[${words.time(line.at)}] ` : '';
      return `${time}${this.lines.who(line)}: ${line.text}`;
    });
    const text = [words.say('after.file_heading', { reference }), '', ...lines, ''].join('\n');
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
    make('a', { href: url, download: words.say('after.file', { reference }) }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  }
}
