/** Keeps the caller in the call's room: joins, rejoins with a fresh token, opens the microphone and the camera. */
import { Levels } from './levels.js';
import { Line, listens, livekit, roleOf } from './line.js';
import { askForMicrophone, microphoneProblem, openMicrophone } from './media.js';

/** LiveKit's DisconnectReason. */
const DUPLICATE_IDENTITY = 2;
const REMOVED = new Set([4, 5, 10]);
/** Attempts to join a room never reached before the page says that it cannot be done. */
const ATTEMPTS = 6;

export class Connection {
  /** @param {import('./call.js').Call} call @param {HTMLElement} sink */
  constructor(call, sink) {
    this.call = call;
    this.sink = sink;
    this.levels = new Levels();
    /** @type {Line|null} */
    this.line = null;
    this.microphone = null;
    this.soundBlocked = false;
    this.relinking = false;
    this.joining = false;
    this.everJoined = false;
    this.aiSid = '';
    /** Grows with every line; what an older one still reports does not count. */
    this.generation = 0;
  }

  /** Join the room, or stay where we are. Never rejects: a failure is followed by new attempts. */
  async join(url, token) {
    if (!url || !token || this.line?.connected) return;
    const generation = ++this.generation;
    this.joining = true;
    try {
      const lib = await livekit();
      if (generation !== this.generation) return;
      await this.replaceLine(lib, generation);
      await this.line.join(url, token);
      this.everJoined = true;
      if (!this.microphone && this.call.model.microphone === 'off') void this.openMicrophone();
    } catch (error) {
      if (generation !== this.generation) return;
      console.warn('not joined', error);
      this.call.update({ link: 'lost' });
      void this.relink();
    } finally {
      if (generation === this.generation) this.joining = false;
    }
  }

  /**
   * A snapshot knows of a room that is open to us. The message that says so may have been sent before the page
   * listened: an agent can be quicker than the page's socket.
   * @param {any} seen
   */
  enter(seen) {
    if (seen?.token && !this.joining && !this.relinking && this.call.model.link === 'none') void this.join(seen.url, seen.token);
  }

  async replaceLine(lib, generation) {
    await this.line?.leave({ keep: true });
    const current = (handler) => (...args) => { if (generation === this.generation) handler(...args); };
    this.line = new Line(lib, {
      onLink: current((link, reason) => this.linkChanged(link, reason)),
      onPeople: current(() => this.people()),
      onCaption: current((caption) => this.caption(caption)),
      onVideo: current((track, identity, present, name) => this.video(track, identity, present, name)),
      onSound: current((blocked) => { this.soundBlocked = blocked; this.call.checkSound(); }),
      onMicrophoneLost: current(() => this.microphoneLost()),
    }, this.sink);
    this.levels.follow(lib, this.line.room);
    if (this.microphone) await this.line.useMicrophone(this.microphone);
  }

  /** Back into the call after a reload. @param {any} seen GET /api/calls/{id} */
  async resume(seen) {
    if (!seen.token) {
      this.call.update({ rejoining: false });
      return;
    }
    void this.openMicrophone();
    await this.join(seen.url, seen.token);
    this.call.update({ rejoining: false });
  }

  linkChanged(link, reason) {
    if (link !== 'lost') {
      this.call.update({ link, ...(link === 'connected' ? { rejoining: false } : {}) });
      return;
    }
    if (reason === DUPLICATE_IDENTITY) {
      this.call.elsewhere();
      return;
    }
    // Sent out of the room, the call has most likely ended: look before saying that the network is bad.
    if (!REMOVED.has(reason)) this.call.update({ link: 'lost' });
    void this.relink({ atOnce: REMOVED.has(reason) });
  }

  /** LiveKit has given up: ask for the call, with a fresh token, until it is joined again or over. */
  async relink({ atOnce = false } = {}) {
    if (this.relinking) return;
    this.relinking = true;
    try {
      for (let tries = atOnce ? 0 : 1; this.adrift(); tries += 1) {
        if (tries) await backOff(tries);
        if (await this.tryAgain()) continue;
        if (!this.everJoined && tries >= ATTEMPTS) this.call.fail(new Error('the room cannot be reached'));
      }
    } finally {
      this.relinking = false;
    }
  }

  adrift() {
    return this.call.model.phase === 'live' && this.call.model.link !== 'elsewhere' && !this.line?.connected && this.call.model.link !== 'none';
  }

  /** True when the server was reached and there is nothing to complain about yet. */
  async tryAgain() {
    let seen;
    try {
      seen = await this.call.look();
    } catch (problem) {
      if ([401, 403, 404].includes(problem.status)) this.call.finish('caller_lost');
      return true;
    }
    if (this.call.model.phase !== 'live') return true;
    if (!seen.token) {
      // The queue without a room: the stream brings the news.
      this.call.update({ link: 'none', rejoining: false });
      return true;
    }
    this.call.update({ link: 'lost' });
    await this.join(seen.url, seen.token);
    return false;
  }

  people() {
    const { line } = this;
    const found = line.find('ai');
    const ai = found && listens(found) ? found : null;
    const agent = line.find('agent');
    /** @type {Partial<import('./model.js').Model>} */
    const change = {
      aiHere: Boolean(ai),
      aiSeen: this.call.model.aiSeen || Boolean(ai),
      agentHere: line.hears('agent'),
      cameraAllowed: line.cameraAllowed,
      camera: line.room.localParticipant.isCameraEnabled,
    };
    // The one that replaces a dead AI has the same identity and another number.
    if (ai && ai.sid !== this.aiSid) Object.assign(change, { aiLost: false });
    if (ai) this.aiSid = ai.sid;
    if (agent && !this.call.model.agentName) change.agentName = agent.name || agent.identity.replace(/^agent_/, '');
    const before = this.call.model;
    if (Object.entries(change).some(([key, value]) => before[key] !== value)) this.call.update(change);
  }

  caption({ segment, identity, text, final }) {
    const person = this.line.people().find((one) => one.identity === identity);
    const role = person ? roleOf(person) : 'customer';
    this.call.caption({ segment, role, name: role === 'agent' ? person.name : '', text, final });
  }

  video(track, identity, present, name) {
    this.call.page.onVideo(track, identity, present, name);
    this.people();
  }

  /** Resolves when the permission is known; a refusal becomes a notice and the call goes on by typing. */
  async askPermission() {
    this.call.update({ microphone: 'asking' });
    try {
      await askForMicrophone();
      // Opened when there is somebody to hear it.
      this.call.update({ microphone: 'off', notice: '' });
    } catch (error) {
      this.refused(error);
    }
  }

  async openMicrophone(deviceId) {
    this.call.update({ microphone: 'asking', notice: '' });
    try {
      const track = await openMicrophone(await livekit(), deviceId);
      if (!['starting', 'live'].includes(this.call.model.phase)) return track.stop();
      this.microphone?.stop();
      this.microphone = track;
      if (this.call.model.muted) await track.mute();
      await this.line?.useMicrophone(track);
      this.call.update({ microphone: 'on', notice: '' });
    } catch (error) {
      this.refused(error);
    }
    return undefined;
  }

  refused(error) {
    console.warn('no microphone', error);
    this.call.update({ microphone: 'failed', notice: `mic.${microphoneProblem(error)}` });
  }

  microphoneLost() {
    if (this.call.model.phase === 'live') this.call.update({ microphone: 'failed', notice: 'mic.lost' });
  }

  async mute(muted) {
    await this.line?.mute(muted);
  }

  async toggleCamera() {
    const camera = !this.call.model.camera;
    try {
      await this.line.setCamera(camera);
      this.call.update({ camera, notice: '' });
    } catch (error) {
      console.warn('no camera', error);
      this.call.update({ camera: false, notice: 'mic.camera' });
    }
  }

  /** False when there is no room to type into. @param {string} text */
  async type(text) {
    if (!this.line?.connected) return false;
    try {
      await this.line.type(text);
      return true;
    } catch (error) {
      console.warn('not delivered in the room', error);
      return false;
    }
  }

  async startSound() {
    await this.line?.startSound();
  }

  /** @param {'audioinput'|'audiooutput'|'videoinput'} kind @param {string} id */
  async useDevice(kind, id) {
    if (kind === 'audiooutput') await this.call.music.useSpeaker(id);
    if (kind === 'audioinput' && this.call.model.microphone !== 'on') return this.openMicrophone(id);
    return this.line?.useDevice(kind, id);
  }

  async leave() {
    this.generation += 1;
    const { line, microphone } = this;
    this.line = this.microphone = null;
    this.everJoined = false;
    this.levels.follow(null, null);
    microphone?.stop();
    await line?.leave();
  }
}

/** Wait before the next attempt; the return of the network ends the wait. */
function backOff(tries) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, Math.min(5000, 400 * 2 ** tries));
    function done() {
      clearTimeout(timer);
      window.removeEventListener('online', done);
      resolve(undefined);
    }
    window.addEventListener('online', done);
  });
}
