/** A call that answers itself: a banner, a tone in the agent's ears, and only then the accept that opens the microphone. */

import { actions } from "./actions.js";
import { banner } from "./banners.js";
import { t } from "./config.js";
import { settings } from "./settings.js";
import { current } from "./store.js";

/** The offer is shown for a moment, so that the first word does not come out of nothing. */
const SHOWN_MS = 800;
const TONE_HZ = 880;
const TONE_S = 0.25;
/** A browser that gives no sound never says that the tone is over. */
const NO_TONE_MS = 700;

/** Watches the desk's state. @param {import("./state.js").DeskState} state @param {import("./state.js").DeskState} before */
export function answerItself({ offer, agent, call }, before) {
  if (!offer && call?.state !== "waiting") banner("auto-answer", null);
  if (!offer || !agent?.auto_answer || before.offer?.offer_id === offer.offer_id) return;
  banner("auto-answer", t("banner_auto_answer", { name: offer.customer?.name || t("customer") }));
  void answer(offer.offer_id);
}

/** @param {string} offerId */
async function answer(offerId) {
  // Without a tone the banner must do; the customer waits either way.
  await Promise.all([tone().catch(console.warn), pause(SHOWN_MS)]);
  if (current().offer?.offer_id === offerId) await actions.accept();
}

/** One short tone where the calls are heard, whatever the ring is set to; resolves when it has sounded, or cannot. */
async function tone() {
  const context = new AudioContext();
  try {
    // A headset that is not plugged in today: the default speaker does.
    const speaker = settings.devices.audiooutput;
    if (speaker) await /** @type {any} */ (context).setSinkId?.(speaker).catch(console.warn);
    await Promise.race([sound(context), pause(NO_TONE_MS)]);
  } finally {
    void context.close();
  }
}

/** @param {AudioContext} on */
function sound(on) {
  const source = new OscillatorNode(on, { type: "sine", frequency: TONE_HZ });
  const volume = new GainNode(on, { gain: 0 });
  const at = on.currentTime + 0.02;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
  volume.gain.setValueAtTime(0.25, at + TONE_S - 0.05);
  volume.gain.linearRampToValueAtTime(0, at + TONE_S);
  source.connect(volume).connect(on.destination);
  const over = new Promise((resolve) => source.addEventListener("ended", resolve, { once: true }));
  source.start(at);
  source.stop(at + TONE_S);
  return over;
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
