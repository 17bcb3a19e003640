/** What is said, line by line, and the typed message to the customer. */

import { actions } from "../actions.js";
import { config, t } from "../config.js";
import { byId, make, show } from "../dom.js";
import { callInView } from "../state.js";

const list = byId("transcript-lines");
const log = byId("transcript-log");
const form = byId("message-form");
const message = byId("message");
const time = new Intl.DateTimeFormat(`${config.language}-u-nu-latn`, { hour: "2-digit", minute: "2-digit" });

/** @type {unknown} */
let shown = null;

export function bindTranscript() {
  form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const text = message.value.trim();
    if (!text || message.readOnly) return;
    // Kept in the field until the server has it: a refused message is not typed twice.
    message.readOnly = true;
    if (await actions.say(text)) message.value = "";
    message.readOnly = false;
    message.focus();
  });
}

/** @param {import("../state.js").DeskState} state */
export function renderTranscript(state) {
  show(byId("transcript"), callInView(state) !== null);
  show(form, Boolean(state.call && state.call.state !== "ended"));
  if (shown === state.lines) return;
  shown = state.lines;
  show(byId("transcript-empty"), state.lines.length === 0);
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  patch(state.lines);
  // Whoever has scrolled up to read is left there.
  if (atEnd) log.scrollTop = log.scrollHeight;
}

/** Only new lines are added: a rebuilt list would be read out again from the top. @param {Record<string, any>[]} lines */
function patch(lines) {
  const there = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const wanted = lines.map((line) => there.get(String(line.id)) ?? item(line));
  for (const old of there.values()) if (!wanted.includes(old)) old.remove();
  wanted.forEach((each, index) => {
    if (list.children[index] !== each) list.insertBefore(each, list.children[index] ?? null);
  });
}

/** @param {Record<string, any>} line */
function item(line) {
  const text = make("p", { dir: "auto", ...(line.language ? { lang: line.language } : {}) }, line.text);
  const props = { class: `line ${line.speaker}`, "data-id": String(line.id) };
  if (line.speaker === "system") return make("li", props, text);
  const who = t(`speaker_${line.speaker}`);
  const name = line.speaker === "agent" && line.name ? line.name : who;
  const head = make("span", { class: "line-head" }, make("b", { dir: "auto" }, name), make("time", { datetime: line.at }, time.format(new Date(line.at))));
  return make("li", props, head, text, ...from(line.sources ?? []));
}

/** Which articles an answer was taken from. @param {{title: string}[]} sources */
function from(sources) {
  return sources.length ? [make("p", { class: "line-sources", dir: "auto" }, t("line_sources", { titles: sources.map((source) => source.title).join(t("list_and")) }))] : [];
}
