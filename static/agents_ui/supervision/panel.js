/** The call one is in, kept in view: what one does there, who hears one, what is said. */

import { config, t } from "../config.js";
import { byId, make, onPress, setPressed, setText, show } from "../dom.js";

const SHOWN_LINES = 40;
const MODES = /** @type {const} */ (["listen", "whisper", "barge"]);

/**
 * @param {import("./session.js").Session} session
 * @param {(callId: string) => void} askToTakeOver
 */
export function bindPanel(session, askToTakeOver) {
  for (const mode of MODES) onPress(`sup-${mode}`, () => session.callId && session.go(session.callId, mode));
  onPress("sup-leave", () => session.leave());
  onPress("sup-take-over", () => session.callId && askToTakeOver(session.callId));
}

/** @param {import("./session.js").Session} session @param {Record<string, any> | undefined} row the call, while the wallboard has it */
export function renderPanel(session, row) {
  show(byId("supervising"), session.callId !== null);
  if (!session.callId) return;
  byId("supervising").dataset.mode = session.mode ?? "";
  byId("supervising").dataset.mic = session.mic;
  setText(byId("sup-title"), t(`sup_now_${session.mode ?? "listen"}`, { customer: row?.customer || t("customer") }));
  setText(byId("sup-with"), row ? withWhom(row) : "");
  setText(byId("sup-mic"), session.line.link === "connected" ? t(`sup_mic_${session.mic}`, { agent: row?.agent ?? t("sup_the_agent") }) : t("call_connecting"));
  for (const mode of MODES) {
    const button = byId(`sup-${mode}`);
    setPressed(button, session.mode === mode);
    button.disabled = session.busy || (mode === "whisper" && !row?.agent);
  }
  byId("sup-take-over").disabled = session.busy;
  renderLines(session.lines);
}

/** Who has the call, in words. @param {Record<string, any>} row */
export function withWhom(row) {
  if (row.state === "agent") {
    const agent = row.agent ?? "?";
    if (!row.second) return t("sup_with_agent", { agent });
    return t(row.second.with_customer ? "sup_with_both" : "sup_asks_second", { agent, second: row.second.name });
  }
  return t(row.state === "waiting" ? "wallboard_live_waiting" : "wallboard_live_ai");
}

/** Only new ones are added, so that nobody who reads back is moved. @param {Record<string, any>[]} lines */
function renderLines(lines) {
  const list = byId("sup-lines");
  const last = lines.slice(-SHOWN_LINES);
  const wanted = new Set(last.map((line) => String(line.id)));
  for (const old of [...list.children]) if (!wanted.has(old.dataset.id)) old.remove();
  const there = new Set([...list.children].map((item) => item.dataset.id));
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(...last.filter((line) => !there.has(String(line.id))).map(item));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** @param {Record<string, any>} line */
function item(line) {
  const text = make("span", { dir: "auto", lang: line.language || config.language }, line.text);
  const props = { class: `sup-line ${line.speaker}`, "data-id": String(line.id) };
  if (line.speaker === "system") return make("li", props, text);
  const who = line.speaker === "agent" && line.name ? line.name : t(`speaker_${line.speaker}`);
  return make("li", props, make("b", { dir: "auto" }, who), " ", text);
}
