/** A stream of numbered news over a WebSocket: hello, acknowledgment, missed messages, pings, reconnection. */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
const PING_EVERY = 15000;
const PONG_WITHIN = 8000;
/** The server says that these rights are gone: asking again would not help. */
const REFUSED = new Set([4401, 4403]);

/**
 * @typedef {object} StreamOptions
 * @property {string} path such as `/ws/call/<id>/`
 * @property {() => Record<string, any>} hello what the first message carries besides `type` and `last_seq`
 * @property {(message: any) => void} onMessage every numbered or full-value message, `acknowledgment` included
 * @property {(state: 'open'|'retrying'|'refused'|'closed') => void} [onState]
 */

/** Opens, keeps open and reopens one socket, asking for what was missed. */
export class EventStream {
  /** @param {StreamOptions} options */
  constructor(options) {
    this.options = options;
    /** @type {number|undefined} */
    this.lastSeq = undefined;
    /** @type {WebSocket|null} */
    this.socket = null;
    this.tries = 0;
    this.closed = false;
    this.timers = { retry: 0, ping: 0, pong: 0 };
    this.wake = () => this.reconnectNow();
  }

  /** Start; safe to call once. */
  open() {
    window.addEventListener('online', this.wake);
    this.connect();
  }

  /** Stop for good. */
  close() {
    this.closed = true;
    window.removeEventListener('online', this.wake);
    this.clearTimers();
    this.socket?.close(1000);
    this.options.onState?.('closed');
  }

  /** Do not wait for the back-off: the network is back, or somebody looks at the page again. */
  reconnectNow() {
    if (this.closed || this.socket?.readyState === WebSocket.OPEN) return;
    clearTimeout(this.timers.retry);
    this.tries = 0;
    this.connect();
  }

  /** Send a message; false when the socket is not open. */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  connect() {
    this.drop();
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}${this.options.path}`);
    this.socket = socket;
    socket.onopen = () => this.send({ type: 'hello', ...this.options.hello(), ...this.cursor() });
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = (event) => {
      if (socket === this.socket) this.lost(event.code);
    };
  }

  cursor() {
    return this.lastSeq === undefined ? {} : { last_seq: this.lastSeq };
  }

  /** @param {string} data */
  receive(data) {
    const message = JSON.parse(data);
    clearTimeout(this.timers.pong);
    if (message.type === 'pong') return;
    if (message.type === 'acknowledgment') this.acknowledged(message);
    else if (this.isOld(message)) return;
    if (typeof message.seq === 'number') this.lastSeq = message.seq;
    this.options.onMessage(message);
  }

  /** Full values repeat the last number rightly, so only a smaller one is old. */
  isOld(message) {
    return typeof message.seq === 'number' && this.lastSeq !== undefined && message.seq < this.lastSeq;
  }

  acknowledged(message) {
    this.tries = 0;
    // Without a snapshot the missed messages follow: their numbers are still to come.
    if (!message.snapshot) delete message.seq;
    this.timers.ping = window.setInterval(() => this.ping(), PING_EVERY);
    this.options.onState?.('open');
  }

  ping() {
    if (!this.send({ type: 'ping' })) return;
    clearTimeout(this.timers.pong);
    this.timers.pong = window.setTimeout(() => this.lost(0), PONG_WITHIN);
  }

  /** @param {number} code */
  lost(code) {
    this.drop();
    if (this.closed) return;
    if (REFUSED.has(code)) {
      this.closed = true;
      this.options.onState?.('refused');
      return;
    }
    this.options.onState?.('retrying');
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries++);
    // Spread out, or every page comes back in the same moment after a restart.
    this.timers.retry = window.setTimeout(() => this.connect(), wait * (0.7 + 0.6 * Math.random()));
  }

  drop() {
    this.clearTimers();
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket.readyState <= WebSocket.OPEN) socket.close();
  }

  clearTimers() {
    clearTimeout(this.timers.retry);
    clearInterval(this.timers.ping);
    clearTimeout(this.timers.pong);
  }
}
