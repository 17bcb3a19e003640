/** The server's time on this computer, whose own clock may be wrong, and durations in words. */

let offset = 0;
/** @type {Set<() => void>} */
const tickers = new Set();
let timer = 0;

/**
 * Take over the server's time.
 * @param {string | undefined} serverTime RFC 3339
 */
export function syncClock(serverTime) {
  const at = Date.parse(serverTime ?? "");
  if (!Number.isNaN(at)) offset = at - Date.now();
}

/** Milliseconds since the epoch, by the server's clock. */
export function serverNow() {
  return Date.now() + offset;
}

/**
 * Seconds from now until `at`, negative once it is past.
 * @param {string | null | undefined} at RFC 3339
 */
export function secondsUntil(at) {
  const then = Date.parse(at ?? "");
  return Number.isNaN(then) ? 0 : (then - serverNow()) / 1000;
}

/**
 * Seconds since `at`, never negative.
 * @param {string | null | undefined} at
 */
export function secondsSince(at) {
  return Math.max(0, -secondsUntil(at));
}

/**
 * `m:ss`, from an hour on `h:mm:ss`.
 * @param {number | null | undefined} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds ?? 0));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/**
 * Call `tick` four times a second, so that no shown second is skipped.
 * @param {() => void} tick
 */
export function everyMoment(tick) {
  tickers.add(tick);
  timer ||= window.setInterval(() => tickers.forEach((each) => each()), 250);
}
