/** Who else is in the call: told calmly, and a whisper is made heard. */

import { banner } from "../banners.js";
import { config, t } from "../config.js";
import { byId } from "../dom.js";
import { local } from "../store.js";
import { Whisper } from "../whisper.js";

const MODES = ["barge", "whisper", "listen"];
const list = new Intl.ListFormat(config.language, { type: "conjunction" });
/** @type {Whisper | null} */
let whisper = null;

export function bindSupervised() {
  whisper = new Whisper(byId("whisper-audio"));
}

/** @param {import("../state.js").DeskState} state */
export function renderSupervised({ call }) {
  const present = call && call.state !== "ended" ? call.supervision ?? [] : [];
  const sentences = MODES.map((mode) => sentence(mode, present.filter((/** @type {any} */ who) => who.mode === mode)));
  banner("supervision", sentences.filter(Boolean).join(" ") || null, { kind: "info" });
  const speaking = present.find((/** @type {any} */ who) => who.mode === "whisper");
  const here = local.connection !== "passive";
  whisper?.follow(speaking && here ? call?.call_id ?? null : null, speaking?.since);
}

/** @param {string} mode @param {{name: string}[]} people */
function sentence(mode, people) {
  if (!people.length) return "";
  const names = list.format(people.map(({ name }) => name));
  return t(people.length > 1 ? "supervised_listen_many" : `supervised_${mode}`, { name: names });
}
