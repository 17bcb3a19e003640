/** The call this tab has, kept over a reload and not longer than the tab. */

const KEY = 'call-centre.call';

/**
 * @typedef {object} Kept
 * @property {string} call_id
 * @property {string} call_secret
 * @property {string} room_name
 * @property {string} language
 * @property {string} email
 * @property {boolean} direct
 * @property {number} startedAt milliseconds
 * @property {boolean} muted
 * @property {boolean} asked
 * @property {number|false} ended milliseconds
 */

/** @returns {Kept|null} */
export function recallCall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) || 'null');
  } catch {
    // Storage is forbidden, or somebody else wrote there: then there is no call to come back to.
    return null;
  }
}

/** @param {Partial<Kept>} change */
export function keepCall(change) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...recallCall(), ...change }));
  } catch {
    // Without storage the call works; only a reload loses it.
  }
}

export function forgetCall() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept either.
  }
}

const PROMISE = 'call-centre.callback';

/**
 * The call in which a callback was asked for: kept by the browser and not only by the tab, so that a page opened again
 * can be called.
 * @returns {{call_id: string, call_secret: string, room_name: string}|null}
 */
export function recallPromise() {
  try {
    return JSON.parse(localStorage.getItem(PROMISE) || 'null');
  } catch {
    return null;
  }
}

/** @param {{call_id: string, call_secret: string, room_name: string}} kept */
export function keepPromise(kept) {
  try {
    localStorage.setItem(PROMISE, JSON.stringify(kept));
  } catch {
    // Without storage this page is called back, and no other.
  }
}

export function forgetPromise() {
  try {
    localStorage.removeItem(PROMISE);
  } catch {
    // Nothing was kept either.
  }
}

/**
 * Hold the call for this tab: a duplicated tab has the same memory, and two of them would throw each other out.
 * @param {string} callId
 * @param {{steal?: boolean, onLost?: () => void}} [options]
 * @returns {Promise<boolean>} false when another tab holds it
 */
export function claimCall(callId, { steal = false, onLost } = {}) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const mode = steal ? { steal: true } : { ifAvailable: true };
    const held = navigator.locks.request(`call-centre.call.${callId}`, mode, (lock) => {
      resolve(Boolean(lock));
      // Held as long as the page lives.
      return lock ? new Promise(() => {}) : undefined;
    });
    held.catch(() => onLost?.());
  });
}
