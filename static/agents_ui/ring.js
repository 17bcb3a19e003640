/** How an offer makes itself noticed: sound, notification, the tab's title. */

import { t, departmentName } from "./config.js";
import { settings } from "./settings.js";

const EVERY_MS = 3000;
const title = document.title;

/** @type {AudioContext | null} */
let context = null;
/** @type {Notification | null} */
let notification = null;
let timer = 0;

/** Browsers let a page sound only after its user did something there: be ready from the first press on. */
export function readySound() {
  const ready = () => {
    context ??= new AudioContext();
    void context.resume();
  };
  for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, ready, { capture: true });
}

/** @param {Record<string, any>} offer @param {{aloud?: boolean}} [how] */
export function startRinging(offer, { aloud = true } = {}) {
  stopRinging();
  const name = offer.customer?.name || t("customer");
  document.title = `● ${name} · ${t("incoming")}`;
  notify(offer, name);
  if (!settings.ringSound || !aloud) return;
  ringOnce();
  timer = window.setInterval(ringOnce, EVERY_MS);
}

export function stopRinging() {
  window.clearInterval(timer);
  document.title = title;
  notification?.close();
  notification = null;
}

/** Two short double tones, as an office telephone. */
export function ringOnce() {
  if (!context || context.state !== "running") return;
  for (const start of [0, 0.45]) chime(context, context.currentTime + start);
}

/** Ask for notifications; only a user's press may. @returns {Promise<NotificationPermission>} */
export function allowNotifications() {
  return "Notification" in window ? Notification.requestPermission() : Promise.resolve("denied");
}

/**
 * @param {AudioContext} on
 * @param {number} at
 */
function chime(on, at) {
  for (const [frequency, delay] of [[587.33, 0], [739.99, 0.14]]) {
    const tone = new OscillatorNode(on, { type: "sine", frequency });
    const volume = new GainNode(on, { gain: 0 });
    volume.gain.setValueAtTime(0, at + delay);
    volume.gain.linearRampToValueAtTime(0.22, at + delay + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, at + delay + 0.35);
    tone.connect(volume).connect(on.destination);
    tone.start(at + delay);
    tone.stop(at + delay + 0.4);
  }
}

/**
 * @param {Record<string, any>} offer
 * @param {string} name
 */
function notify(offer, name) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const heading = t("notification_title", { department: departmentName(offer.department) });
  const body = [name, offer.reason].filter(Boolean).join(" · ");
  try {
    notification = new Notification(heading, { body, tag: `offer-${offer.offer_id}`, requireInteraction: true });
  } catch {
    // Chrome on Android has the class but allows notifications from service workers only; the ring is there.
    return;
  }
  notification.onclick = () => window.focus();
}
