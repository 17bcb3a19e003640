/** Asking the server for a call, once per intent. */
import { ApiProblem, intentKey } from '../common/http.js';
import { joinQueue, requestToken } from './api.js';
import { forgetPromise, recallPromise } from './memory.js';

const ATTEMPTS = 5;

export class Starting {
  constructor() {
    this.forget();
  }

  forget() {
    this.intent = { body: '', key: '' };
  }

  /**
   * The answer of room/token or queue/join. What may have been done already is asked for again under the same key.
   * @param {import('./api.js').Caller} caller
   * @param {boolean} direct straight to the queue
   */
  async ask(caller, direct) {
    const body = JSON.stringify([caller, direct]);
    if (this.intent.body !== body) this.intent = { body, key: intentKey() };
    for (let tries = 0; ; tries += 1) {
      // Who is to be called back and calls again keeps his place.
      const bearer = recallPromise()?.call_secret;
      try {
        const answer = await (direct ? joinQueue : requestToken)(caller, this.intent.key, bearer);
        this.forget();
        return answer;
      } catch (problem) {
        // The first of two equal requests is still being answered; its answer is ours too.
        const running = problem instanceof ApiProblem && problem.code === 'still_running';
        // A refusal is kept under the key, so the next try needs another one; a broken connection may not have been one.
        if (problem.status >= 400 && problem.status < 500 && !running) this.forget();
        if (bearer && [401, 403].includes(problem.status) && tries < ATTEMPTS) {
          // The server does not know that secret any more; a new caller is welcome all the same.
          forgetPromise();
          this.intent = { body, key: intentKey() };
          continue;
        }
        if (!running || tries >= ATTEMPTS) throw problem;
        await new Promise((resolve) => { setTimeout(resolve, 1000); });
      }
    }
  }
}

/**
 * What to tell about a call that could not be made.
 * @param {any} problem
 * @returns {import('./model.js').Model['failure']}
 */
export function failureOf(problem) {
  if (!(problem instanceof ApiProblem)) return { key: problem?.failure || 'failed.media' };
  if (problem.status === 0) return { key: 'failed.unreachable' };
  if (problem.status === 429) {
    const count = problem.retryAfter || 30;
    return { key: 'failed.busy', until: Date.now() + count * 1000 };
  }
  if (problem.status >= 500) return { key: 'failed.down' };
  if (problem.code.startsWith('customer_token_')) return { key: 'failed.identity' };
  if (problem.code === 'gone') return { key: 'failed.gone' };
  return { key: 'failed.refused', values: { message: problem.message }, fields: problem.fields };
}
