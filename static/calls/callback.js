/**
 * The promise to be called back, on the page: when, another time, none at all; and the ringing.
 *
 * It has a stream of its own, that of the call it was asked for in, as long as the promise is open and this page is in no
 * call. The caller's secret is kept by the browser, so a page opened again goes on waiting.
 */
import { hook, must, setText, show } from '../common/dom.js';
import { EventStream } from '../common/stream.js';
import { CallApi } from './api.js';
import { forgetPromise, keepPromise, recallPromise } from './memory.js';
import { Ringer } from './ringer.js';
import { fillTimes } from './wish.js';

const OPEN = new Set(['scheduled', 'queued', 'ringing', 'answered']);
const SHOWN = new Set(['scheduled', 'queued', 'ringing', 'failed']);

/** @param {any} callback as the server tells of it */
export function isOpen(callback) {
  return Boolean(callback) && OPEN.has(callback.state);
}

/**
 * Key and values of the sentence that says when.
 * @param {any} callback
 * @param {number} now milliseconds
 */
export function whenWords(callback, now) {
  const later = Date.parse(callback.due_at) > now;
  if (callback.state === 'failed') return 'promise.failed';
  if (callback.chosen_time && later) return 'promise.at';
  if (callback.attempts > 0) return later ? 'promise.again_at' : 'promise.again';
  return later ? 'promise.from' : 'promise.soon';
}

export class Callback {
  /**
   * @param {import('../common/copy.js').Words} words
   * @param {import('./call.js').Call} call
   */
  constructor(words, call) {
    this.words = words;
    this.call = call;
    this.ringer = new Ringer(words);
    /** @type {EventStream|null} */
    this.stream = null;
    this.kept = recallPromise();
    this.api = this.kept && new CallApi(this.kept);
    this.state = null;
    /** The promise that is over for this page. */
    this.over = '';
    const press = (id, act) => hook(id).addEventListener('click', () => void this.ask(act));
    press('callback-answer', () => this.answer());
    press('callback-not-now', async () => { await this.later(''); return this.openTimes(); });
    press('callback-change', () => this.openTimes());
    press('callback-cancel', async () => this.took(await this.api.cancelCallback()));
    press('callback-notify', async () => { await Notification.requestPermission(); this.render(); });
    must('#callback-times').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.ask(async () => {
        await this.later(hook('callback-time').value);
        show(must('#callback-times'), false);
      });
    });
    hook('callback-forget').addEventListener('click', () => this.forget());
  }

  /** The model of the page's call has changed. @param {import('./model.js').Model} model */
  follow(model) {
    const inCall = ['starting', 'live'].includes(model.phase);
    const told = model.callback;
    // Out of the call this page's own stream knows more than what the call was last told.
    const news = isOpen(told) && told.id !== this.over && (inCall || told.id !== this.state?.id);
    if (this.call.kept && news) this.remember(told);
    if (inCall || !this.kept) this.rest();
    else this.listen();
    this.render();
  }

  remember(callback) {
    const { call_id, call_secret, room_name } = this.call.kept;
    this.kept = { call_id, call_secret, room_name };
    this.api = new CallApi(this.kept);
    this.state = callback;
    keepPromise(this.kept);
  }

  forget() {
    forgetPromise();
    this.over = this.state?.id ?? this.over;
    this.rest();
    this.kept = this.api = this.state = null;
    this.render();
  }

  listen() {
    if (this.stream) return;
    const { call_id: id, call_secret: secret } = this.kept;
    this.stream = new EventStream({
      path: `/ws/call/${encodeURIComponent(id)}/`,
      hello: () => ({ call_secret: secret }),
      onMessage: (message) => this.receive(message),
      onState: (state) => { if (state === 'refused') this.forget(); },
    });
    this.stream.open();
  }

  /** In a call of its own the page does not wait to be called. */
  rest() {
    this.stream?.close();
    this.stream = null;
    this.ringer.stop();
  }

  receive(message) {
    if (message.type === 'callback') this.took(message);
    else if (message.snapshot) this.took({ callback: message.snapshot.callback });
  }

  /** @param {{callback: any}} told */
  took({ callback }) {
    this.state = callback;
    if (callback?.state === 'ringing') this.ringer.start();
    else this.ringer.stop();
    if (!callback || !SHOWN.has(callback.state)) {
      if (callback?.state !== 'answered') this.forget();
    }
    this.render();
  }

  /** What was pressed; what cannot be done is said. @param {() => any} act */
  async ask(act) {
    const error = must('#callback-error');
    show(error, false);
    try {
      await act();
    } catch (problem) {
      console.warn('callback', problem);
      setText(error, this.words.say(problem.fields?.due_at ? 'callback.time_gone' : 'promise.problem'));
      show(error, true);
    }
  }

  async answer() {
    const found = await this.api.answerCallback();
    this.forget();
    this.call.takeUp(found);
  }

  /** @param {string} due empty: after the department's pause */
  async later(due) {
    this.took(await this.api.putCallbackOff(due ? { due_at: due } : {}));
  }

  async openTimes() {
    const { slots } = await this.api.callbackTimes();
    fillTimes(hook('callback-time'), this.words, slots, 'promise.soonest');
    show(must('#callback-times'), true);
    hook('callback-time').focus();
  }

  render() {
    const { words, state } = this;
    const card = must('#callback');
    const inCall = ['starting', 'live'].includes(this.call.model.phase);
    const visible = Boolean(this.kept && state && SHOWN.has(state.state)) && !inCall;
    show(card, visible);
    if (!visible) return void show(must('#callback-times'), false);
    const before = card.dataset.state;
    card.dataset.state = state.state;
    const ringing = state.state === 'ringing';
    const failed = state.state === 'failed';
    setText(must('#callback-title'), words.say(ringing ? 'promise.ringing' : failed ? 'promise.not_reached' : 'promise.heading'));
    const time = state.due_at ? words.moment(state.due_at) : '';
    setText(must('#callback-when'), ringing ? words.say('promise.ringing_text') : words.say(whenWords(state, Date.now()), { time, contact: state.contact }));
    show(must('#callback-keep'), !ringing && !failed);
    for (const id of ['callback-answer', 'callback-not-now']) show(hook(id), ringing);
    for (const id of ['callback-change', 'callback-cancel']) show(hook(id), !ringing && !failed);
    show(hook('callback-notify'), !ringing && !failed && 'Notification' in window && Notification.permission === 'default');
    show(hook('callback-forget'), failed);
    if (ringing && before !== 'ringing') must('#callback-title').focus();
  }
}
