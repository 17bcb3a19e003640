/** The endpoints the caller's page uses, by their names in the contract. */
import { request } from '../common/http.js';
import { customerToken } from './customer-token.js';

/** Cookies stay out: a call belongs to its secret, not to whoever is logged in at the desk in this browser. */
const ask = (path, options = {}) => request(path, { credentials: 'omit', ...options });

/**
 * @typedef {{name: string, email: string, language: string, department: string, avatar: boolean}} Caller
 * @param {Caller} caller
 * @param {string} key
 * @param {string} [bearer] secret of an earlier call, whose callback the new one takes the place of
 */
export function requestToken(caller, key, bearer) {
  const { name: user_name, email, language, department, avatar } = caller;
  const body = clean({ user_name, email, language, department, avatar, customer_token: customerToken() });
  // A video call, so that either side can turn on a camera later.
  return ask('/api/room/token', { body: { ...body, video: true }, key, bearer });
}

/** @param {Caller} caller @param {string} key @param {string} [bearer] */
export function joinQueue(caller, key, bearer) {
  const body = clean({ email: caller.email, user_name: caller.name, language: caller.language, department: caller.department,
    customer_token: customerToken() });
  return ask('/api/queue/join', { body: { ...body, video: true }, key, bearer });
}

/** What was left empty is left out. */
function clean(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value));
}

/** Requests of one call, with its secret. */
export class CallApi {
  /** @param {{call_id: string, call_secret: string, room_name: string}} call */
  constructor(call) {
    this.call = call;
    this.base = `/api/calls/${encodeURIComponent(call.call_id)}`;
    this.bearer = call.call_secret;
  }

  /** The call as it stands, with a fresh token. */
  look() {
    return ask(this.base, { bearer: this.bearer });
  }

  /** Resolves to the list of stored lines. */
  async transcript() {
    return (await ask(`${this.base}/transcript`, { bearer: this.bearer })).items;
  }

  hangUp() {
    return ask(`${this.base}/hangup`, { body: {}, bearer: this.bearer, keepalive: true });
  }

  /** Hang up until the server has heard it; resolves to its reason, or to an empty text. */
  async insistOnHangUp() {
    for (let wait = 500; wait < 20000; wait *= 2) {
      try {
        return (await this.hangUp()).reason || '';
      } catch (problem) {
        if (problem.status && problem.status < 500) return '';
        await new Promise((resolve) => { setTimeout(resolve, wait); });
      }
    }
    return '';
  }

  /** @param {string} reason */
  createTransfer(reason) {
    return ask('/api/create-transfer', { body: { room_name: this.call.room_name, reason }, bearer: this.bearer });
  }

  /** One typed turn. @param {string} message @param {string} key */
  message(message, key) {
    const path = `/api/conversations/${encodeURIComponent(this.call.call_id)}/message`;
    return ask(path, { body: { message }, bearer: this.bearer, key, seconds: 30 });
  }

  /** @param {{rating: number, comment?: string}} feedback */
  feedback(feedback) {
    return ask(`${this.base}/feedback`, { body: feedback, bearer: this.bearer });
  }

  /** @param {{kind: string, contact: string, note?: string, due_at?: string}} wish @param {string} key */
  callback(wish, key) {
    return ask(`${this.base}/callback`, { body: wish, bearer: this.bearer, key });
  }

  /** What may be left, and the times at which the department calls back. */
  callbackTimes() {
    return ask(`${this.base}/callback`, { bearer: this.bearer });
  }

  answerCallback() {
    return ask(`${this.base}/callback/answer`, { body: {}, bearer: this.bearer });
  }

  /** @param {{due_at?: string}} when */
  putCallbackOff(when) {
    return ask(`${this.base}/callback/later`, { body: when, bearer: this.bearer });
  }

  cancelCallback() {
    return ask(`${this.base}/callback/cancel`, { body: {}, bearer: this.bearer });
  }
}
