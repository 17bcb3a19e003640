/** Draws the model: status, line, buttons, notices. One role=status region speaks for all of it. */
import { hook, must, setText, show } from '../common/dom.js';
import { detailOf, stateOf, withAgent } from './model.js';

const THEM = { ai: 'assistant', waiting: 'assistant', agent: 'person', 'on-hold': 'person' };

export class View {
  /** @param {import('../common/copy.js').Words} words */
  constructor(words) {
    this.words = words;
    this.root = must('#call');
    this.status = hook('status');
    this.clock = 0;
    /** @type {import('./model.js').Model|null} */
    this.model = null;
    this.place = '';
  }

  /** @param {import('./model.js').Model} model */
  render(model) {
    this.model = model;
    const state = stateOf(model);
    const phase = model.phase === 'starting' ? 'live' : model.phase;
    if (this.root.dataset.phase !== phase) this.enter(phase);
    this.root.dataset.state = state;
    this.renderStatus(model, state);
    this.renderQueue(model, state);
    this.renderNotice(model, state);
    this.renderControls(model, state);
    this.renderEnds(model, state);
    this.tick();
  }

  /** The parts of the page, and the focus, follow the phase. */
  enter(phase) {
    const first = this.root.dataset.phase;
    this.root.dataset.phase = phase;
    show(must('#before'), phase === 'ready');
    show(must('#lead'), phase === 'ready');
    show(must('#during'), phase === 'live');
    show(must('#after'), phase === 'ended');
    show(must('#failed'), phase === 'failed');
    show(must('#duration-box'), phase === 'live');
    this.heading(phase);
    clearInterval(this.clock);
    if (phase === 'live') this.clock = window.setInterval(() => this.tick(), 500);
    if (first === phase) return;
    const heading = must('#heading');
    heading.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }

  heading(phase) {
    const key = { ready: 'before.heading', failed: 'failed.heading' }[phase] ?? 'call.heading';
    setText(must('#heading'), this.words.say(key));
  }

  renderStatus(model, state) {
    const agent = this.agent(model);
    this.status.dataset.state = state;
    setText(must('#status-label'), this.words.say(`status.${state}`, { agent }));
    setText(must('#status-detail'), this.detail(model, agent));
    const icon = `${this.root.dataset.icons}#${state}`;
    const use = must('#status-icon');
    if (use.getAttribute('href') !== icon) use.setAttribute('href', icon);
  }

  detail(model, agent) {
    if (model.phase === 'failed') return this.words.say(model.failure.key, model.failure.values);
    const key = detailOf(model);
    // A reason of a newer server is still an end.
    return this.words.say(this.words.has(key) ? key : 'detail.ended', { agent, guest: model.guest });
  }

  agent(model) {
    return model.agentName || this.words.say('call.person');
  }

  renderQueue(model, state) {
    const inLine = model.callState === 'waiting' && !model.assigned && model.position !== null && ['waiting', 'reconnecting'].includes(state);
    show(must('#queue'), inLine);
    if (!inLine) return;
    setText(hook('queue-position'), this.words.say('queue.position', { position: model.position }));
    setText(must('#queue-wait'), this.estimate(model.wait));
  }

  estimate(seconds) {
    if (seconds === null) return '';
    if (seconds < 60) return this.words.say('queue.soon');
    return this.words.say('queue.wait', { count: Math.round(seconds / 60) });
  }

  /** What the caller should know besides the state, and the one thing to do about it. */
  renderNotice(model, state) {
    const live = model.phase === 'live';
    const elsewhere = live && model.link === 'elsewhere';
    const visible = live && !elsewhere && Boolean(model.notice);
    const retry = visible && model.microphone === 'failed' && model.notice.startsWith('mic.') && model.notice !== 'mic.insecure';
    show(must('#notice'), visible);
    setText(must('#notice-text'), visible ? this.words.say(model.notice) : '');
    const action = must('#notice-action');
    show(action, elsewhere || retry);
    setText(action, this.words.say(elsewhere ? 'call.take_back' : 'mic.retry'));
    show(must('#sound'), live && model.soundBlocked && state !== 'ended');
  }

  renderControls(model, state) {
    const mute = hook('mute');
    const failed = model.microphone === 'failed';
    mute.setAttribute('aria-pressed', String(model.muted || failed));
    setText(must('#mute-text'), this.words.say(failed ? 'call.no_mic' : model.muted ? 'call.muted' : 'call.mute'));
    const camera = hook('camera');
    show(camera, withAgent(model) && model.cameraAllowed);
    camera.setAttribute('aria-pressed', String(model.camera));
    hook('end-call').disabled = model.ending;
    const person = hook('talk-to-human');
    const asked = model.asked || model.direct || model.callState === 'waiting';
    show(person, !withAgent(model));
    person.setAttribute('aria-disabled', String(asked));
    const unasked = asked && !model.asked && !model.direct;
    setText(must('#person-text'), this.words.say(unasked ? 'call.person_line' : asked ? 'call.person_asked' : 'call.person_button'));
    this.renderCallback(model, state);
    for (const button of [hook('send'), hook('message')]) button.disabled = model.phase !== 'live' || model.link === 'elsewhere';
  }

  /** Offered in the line, and to whom nobody came; what was stored stays to be seen. */
  renderCallback(model, state) {
    const why = must('#callback-why');
    show(must('#callback-offer'), state === 'waiting' || model.wished || (state === 'ai' && model.nobody));
    show(why, !model.wished);
    setText(why, model.nobody ? this.refusal(model) : this.words.say('callback.ends'));
  }

  /** Why nobody takes the caller, and what the department has for him instead. */
  refusal(model) {
    const refused = `callback.${model.refused}`;
    const why = this.words.say(this.words.has(refused) ? refused : 'callback.nobody');
    const offer = `callback.offers_${model.offer}`;
    return `${why} ${this.words.say(this.words.has(offer) ? offer : 'callback.offers_either')}`;
  }

  renderEnds(model, state) {
    const kind = withAgent(model) ? 'person' : model.aiHere ? 'assistant' : THEM[state];
    this.root.dataset.them = kind || 'nobody';
    const name = kind === 'person' ? this.agent(model) : kind === 'assistant' && model.aiHere ? this.words.say('call.assistant') : this.words.always.company;
    setText(must('#end-them'), name);
  }

  /** Whether the page's own music sounds, and the button to silence it. */
  renderMusic({ wanted, playing, off }) {
    const button = must('#music');
    button.dataset.playing = String(playing);
    show(button, wanted);
    setText(button, this.words.say(off ? 'call.music_on' : 'call.music_off'));
  }

  tick() {
    const { startedAt, phase } = this.model;
    if (phase === 'live' && startedAt) setText(hook('duration'), this.words.clock((Date.now() - startedAt) / 1000));
  }
}
