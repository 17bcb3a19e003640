/** One call of this page from Start Call to the thank you. */
import { ApiProblem, intentKey } from '../common/http.js';
import { EventStream } from '../common/stream.js';
import { CallApi } from './api.js';
import { Connection } from './connection.js';
import { HoldMusic } from './hold-music.js';
import { claimCall, forgetCall, keepCall } from './memory.js';
import { freshModel, needsMusic, nobodyHeard, typesIntoRoom, withAgent } from './model.js';
import { changeBy, fromCall } from './news.js';
import { Starting, failureOf } from './starting.js';
import { Transcript } from './transcript.js';

/** Silence longer than this is filled with music. */
const SILENCE = 2000;
/** How long the end of the call waits for the server. */
const PATIENCE = 1500;
/** A message typed into the room is stored within this time, or was not heard. */
const ARRIVES = 4000;

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

export class Call {
  /**
   * @param {HTMLElement} sink holds the audio elements of the others
   * @param {{onChange: (model: import('./model.js').Model) => void, onLines: () => void,
   *   onMusic: (state: {wanted: boolean, playing: boolean, off: boolean}) => void,
   *   onVideo: (track: any, identity: string, present: boolean, name?: string) => void}} page
   */
  constructor(sink, page) {
    this.page = page;
    this.model = freshModel();
    this.transcript = new Transcript();
    this.music = new HoldMusic();
    this.connection = new Connection(this, sink);
    /** @type {CallApi|null} */
    this.api = null;
    /** @type {EventStream|null} */
    this.stream = null;
    this.silence = 0;
    this.kept = null;
    /** Grows with every press of Start Call and with every press of End before the answer. */
    this.attempt = 0;
    this.starting = new Starting();
    window.addEventListener('offline', () => this.update({ offline: true }));
    window.addEventListener('online', () => this.update({ offline: false }));
  }

  /** @param {Partial<import('./model.js').Model>} change */
  update(change) {
    Object.assign(this.model, change);
    this.watchSilence();
    void this.music.set(needsMusic(this.model) && !this.model.musicOff).then(() => this.checkSound());
    this.page.onChange(this.model);
  }

  /** What the music button shows. */
  get musicState() {
    return { wanted: needsMusic(this.model), playing: this.music.playing, off: this.model.musicOff };
  }

  watchSilence() {
    const silent = this.model.phase === 'live' && nobodyHeard(this.model);
    if (!silent) {
      clearTimeout(this.silence);
      this.silence = 0;
      this.model.empty = false;
    } else if (this.model.aiLost || this.model.agentLost || this.model.heldAlone) {
      // The server has watched the silence for a while already.
      this.model.empty = true;
    } else if (!this.silence) {
      this.silence = window.setTimeout(() => this.update({ empty: true }), SILENCE);
    }
  }

  checkSound() {
    const soundBlocked = this.model.phase === 'live' && (this.music.blocked || this.connection.soundBlocked);
    this.page.onMusic(this.musicState);
    if (soundBlocked === this.model.soundBlocked) return;
    this.model.soundBlocked = soundBlocked;
    this.page.onChange(this.model);
  }

  /**
   * Start Call was pressed. Twice is once: the second press finds the call begun, a repeated request its key.
   * @param {import('./api.js').Caller} caller
   * @param {boolean} direct straight to the queue
   */
  async start(caller, direct) {
    if (['starting', 'live'].includes(this.model.phase)) return;
    const attempt = ++this.attempt;
    this.kept = null;
    this.transcript = new Transcript();
    this.update({ ...freshModel(), phase: 'starting', direct });
    if (!window.RTCPeerConnection) return this.fail({ failure: 'failed.browser' });
    void this.music.unlock();
    void (direct ? this.connection.askPermission() : this.connection.openMicrophone());
    try {
      const answer = await this.starting.ask(caller, direct);
      // The caller has changed his mind meanwhile.
      if (attempt !== this.attempt) return endQuietly(new CallApi(answer));
      this.begin({ ...answer, language: caller.language, email: caller.email, direct });
    } catch (problem) {
      if (attempt === this.attempt) this.fail(problem);
    }
    return undefined;
  }

  /** The caller answers a promised callback: into the call that keeps it. @param {any} answer */
  takeUp(answer) {
    this.attempt += 1;
    this.close();
    this.kept = null;
    this.transcript = new Transcript();
    this.update({ ...freshModel(), phase: 'starting', direct: true });
    void this.music.unlock();
    void this.connection.openMicrophone();
    this.begin({ ...answer, direct: true });
  }

  begin(answer) {
    const kept = {
      call_id: answer.call_id, call_secret: answer.call_secret, room_name: answer.room_name, language: answer.language,
      email: answer.email, direct: answer.direct, startedAt: Date.now(), muted: false, asked: false, ended: false,
    };
    keepCall(kept);
    void claimCall(kept.call_id, { onLost: () => this.elsewhere() });
    this.adopt(kept, {
      callState: kept.direct ? 'waiting' : 'created',
      position: answer.queue_position ?? null,
      wait: answer.estimated_wait_time ?? null,
    });
    if (answer.token) void this.connection.join(answer.url, answer.token);
  }

  adopt(kept, change) {
    this.kept = kept;
    this.api = new CallApi(kept);
    this.update({ phase: 'live', startedAt: kept.startedAt, direct: kept.direct, muted: kept.muted, asked: kept.asked, ...change });
    this.listen(kept);
  }

  listen(kept) {
    this.stream = new EventStream({
      path: `/ws/call/${encodeURIComponent(kept.call_id)}/`,
      hello: () => ({ call_secret: kept.call_secret }),
      onMessage: (message) => this.receive(message),
      onState: (state) => { if (state === 'refused') void this.look(); },
    });
    this.stream.open();
  }

  receive(message) {
    if (message.type === 'transcript') return this.store([message]);
    if (message.type === 'call_ended') return this.finish(message.reason);
    if (message.snapshot?.transcript) this.store(message.snapshot.transcript);
    else if (message.snapshot) void this.fetchTranscript();
    this.update(changeBy(message, this.model));
    if (this.model.callState === 'ended') return this.finish(this.model.reason);
    if (message.type === 'customer_assigned') void this.connection.join(message.url, message.access_token);
    this.connection.enter(message.snapshot?.call || message.snapshot);
    return undefined;
  }

  store(segments) {
    for (const segment of segments) this.transcript.stored(segment);
    this.page.onLines();
  }

  async fetchTranscript() {
    const { transcript } = this;
    try {
      const segments = await this.api.transcript();
      // Another call may have begun meanwhile.
      if (transcript === this.transcript) this.store(segments);
    } catch (problem) {
      console.warn('transcript not fetched', problem);
    }
  }

  /** Words of the room, heard before they are stored. */
  caption({ segment, role, name, text, final }) {
    const speaker = ['ai', 'agent'].includes(role) ? role : 'customer';
    this.transcript.caption({ segment, speaker, name, text, final });
    this.page.onLines();
  }

  elsewhere() {
    if (this.model.phase !== 'live') return;
    this.stream?.close();
    void this.connection.leave();
    this.update({ link: 'elsewhere' });
  }

  /** Ask the server how the call stands; it may have ended unseen. */
  async look() {
    const seen = await this.api.look();
    this.update(fromCall(seen));
    if (seen.state === 'ended') this.finish(seen.reason);
    return seen;
  }

  /** @param {string} reason what the agent reads, in the caller's language */
  async talkToPerson(reason) {
    if (this.model.asked || withAgent(this.model)) return;
    this.update({ asked: true });
    keepCall({ asked: true });
    try {
      const transfer = await this.api.createTransfer(reason);
      this.update({ position: transfer.queue_position ?? this.model.position, wait: transfer.estimated_wait_time ?? this.model.wait });
    } catch (problem) {
      // In the line or with an agent already: that is what was asked for.
      const inLine = problem.status === 409 && !problem.code.startsWith('queue_');
      if (inLine) return void this.look();
      keepCall({ asked: false });
      this.update({ asked: false });
      // The department takes nobody just now; the call's state says what it offers.
      if (problem.status === 409) return void this.look();
      throw problem;
    }
  }

  /** Rejects when the message did not arrive; it is then marked so. @param {string} text */
  async send(text) {
    const line = this.transcript.typed(text);
    this.page.onLines();
    try {
      if (typesIntoRoom(this.model) && (await this.connection.type(text)) && (await this.arrived(line))) return;
      const key = intentKey();
      const answer = await this.api.message(text, key);
      if (answer.reply) this.caption({ segment: `reply-${key}`, role: 'ai', name: '', text: answer.reply, final: true });
    } catch (problem) {
      line.unsent = true;
      this.page.onLines();
      throw problem;
    }
  }

  /** The room says nothing about a text that nobody took: whoever has just joined may not listen yet. */
  async arrived(line) {
    for (const end = Date.now() + ARRIVES; Date.now() < end && !line.id && this.model.phase === 'live';) await pause(100);
    if (!line.id) await this.fetchTranscript();
    return Boolean(line.id) || this.model.phase !== 'live';
  }

  async toggleMute() {
    if (this.model.microphone === 'failed') return this.connection.openMicrophone();
    const muted = !this.model.muted;
    this.update({ muted });
    keepCall({ muted });
    return this.connection.mute(muted);
  }

  async unlockSound() {
    await Promise.allSettled([this.music.unlock(), this.connection.startSound()]);
    this.checkSound();
  }

  /** The caller ends it. The server's word is waited for, but not long: who hangs up has hung up. */
  async hangUp() {
    const { api } = this;
    if (!this.kept) return this.reset();
    this.update({ ending: true });
    const heard = api.insistOnHangUp();
    const reason = await Promise.race([heard, pause(PATIENCE)]);
    this.finish(reason || (this.model.callState === 'waiting' ? 'abandoned' : 'customer_hangup'));
    const said = await heard;
    if (this.model.phase === 'ended' && this.api === api && said) this.update({ reason: said });
    return undefined;
  }

  /** @param {string} reason */
  finish(reason) {
    if (this.model.phase === 'ended') return;
    const now = Date.now();
    keepCall({ ended: this.kept.ended || now });
    this.close();
    this.update({ phase: 'ended', callState: 'ended', link: 'none', notice: '', reason: reason || 'failed', endedAt: this.kept.ended || now });
    void this.lastWords();
  }

  /** The last words are stored a moment after the call has ended. */
  async lastWords() {
    await this.fetchTranscript();
    await pause(2000);
    if (this.model.phase === 'ended') await this.fetchTranscript();
    await this.lookBack();
  }

  /** What the call was about is written down once it is over. Without it the page says a little less. */
  async lookBack() {
    const seen = await this.api.look().catch(() => null);
    if (seen?.state === 'ended' && this.model.phase === 'ended') {
      this.update({ recap: seen.recap || '', followUp: seen.follow_up || [] });
    }
  }

  /** @param {any} problem */
  fail(problem) {
    this.close();
    if (this.kept && this.model.phase === 'live') {
      forgetCall();
      void endQuietly(this.api);
    }
    this.update({ phase: 'failed', link: 'none', failure: failureOf(problem) });
  }

  close() {
    this.stream?.close();
    this.stream = null;
    void this.connection.leave();
  }

  /** Back to the beginning. */
  reset() {
    this.attempt += 1;
    this.close();
    this.kept = null;
    forgetCall();
    this.transcript = new Transcript();
    this.update(freshModel());
    this.page.onLines();
  }
}

/** @param {CallApi} api */
function endQuietly(api) {
  return api.hangUp().catch((problem) => console.warn('hang-up not delivered', problem));
}
