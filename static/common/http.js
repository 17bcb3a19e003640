/** JSON over HTTP with the API's error shape. */

/** An answer that is not a success; `status` 0 means that no answer came. */
export class ApiProblem extends Error {
  /**
   * @param {number} status
   * @param {{code?: string, message?: string, fields?: Record<string, any>, state?: string}} error
   * @param {number} retryAfter seconds, 0 when not said
   */
  constructor(status, error, retryAfter = 0) {
    super(error.message || `HTTP ${status}`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = error.code || (status ? 'unknown' : 'unreachable');
    this.fields = error.fields || {};
    this.state = error.state;
    /** The whole error object, with what a code brings along (`accepted_by`, …). */
    this.details = error;
    this.retryAfter = retryAfter;
  }
}

/** A key that names one intent, so that a repeated request is not done twice. */
export function intentKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Ask the API; resolves to the answer's JSON, rejects with ApiProblem.
 * @param {string} path
 * @param {{method?: string, body?: any, bearer?: string, key?: string, headers?: Record<string, string>,
 *   credentials?: RequestCredentials, keepalive?: boolean, seconds?: number}} [options]
 *   `bearer` is a call's secret or an API key, `key` an Idempotency-Key, `seconds` how long to wait
 */
export async function request(path, options = {}) {
  const { body, bearer, key, credentials = 'same-origin', keepalive = false, seconds = 15 } = options;
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json', ...options.headers };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  if (key) headers['Idempotency-Key'] = key;
  let response;
  try {
    response = await fetch(path, {
      method: options.method || (body === undefined ? 'GET' : 'POST'),
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials,
      keepalive,
      signal: AbortSignal.timeout(seconds * 1000),
    });
  } catch (cause) {
    throw new ApiProblem(0, { message: String(cause) });
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new ApiProblem(response.status, answer.error || {}, Number(response.headers.get('Retry-After')) || 0);
}
