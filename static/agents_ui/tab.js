/** One tab holds the desk: calls ring once, and one microphone speaks. */

/**
 * Become the tab that holds the desk, or learn that another one does.
 *
 * Web Locks rather than messages between tabs: a frozen or crashed tab cannot answer, its lock is let go all the same.
 * A page without a secure context has neither locks nor a microphone; it is let through.
 *
 * @param {string} name one desk per user
 * @param {{onActive: () => void, onPassive: () => void}} handlers
 * @returns {{takeOver: () => void}}
 */
export function holdDesk(name, { onActive, onPassive }) {
  const lock = `desk:${name}`;
  const forever = () => new Promise(() => undefined);
  const hold = (/** @type {LockOptions} */ options) => {
    navigator.locks
      .request(lock, options, (held) => {
        if (!held) return onPassive();
        onActive();
        return forever();
      })
      // Only taking the lock over from outside ends a held one.
      .catch(onPassive);
  };
  if (!navigator.locks) {
    onActive();
    return { takeOver: onActive };
  }
  hold({ ifAvailable: true });
  return { takeOver: () => hold({ steal: true }) };
}
