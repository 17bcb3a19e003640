/** Giving the call to a department or to a colleague, with how each stands just now. */

import { actions } from "../actions.js";
import { api } from "../api.js";
import { tellProblem } from "../banners.js";
import { duration } from "../clock.js";
import { departmentName, t } from "../config.js";
import { byId, make, onPress, setText, show } from "../dom.js";
import { current } from "../store.js";

/** @typedef {{department: string, waiting: number, longest_wait: number, staffed: number, free: number}} Line */
/** @typedef {{agent_id: string, name: string, state: string, departments: string[]}} Colleague */

/** How often the open dialog looks again. */
const LOOK_MS = 3000;
/** @type {Record<string, string>} what happens, by the kind of target */
const HELP = { agent: "hand_over_help", ai: "hand_back_help" };

const dialog = byId("hand-on-dialog");
/** @type {string | null} the call the dialog was opened for */
let forCall = null;
let looking = 0;

export function bindHandOn() {
  onPress("hand-on", open);
  byId("hand-on-cancel").addEventListener("click", () => dialog.close());
  byId("hand-on-form").addEventListener("submit", send);
  byId("hand-on-form").addEventListener("change", showChoice);
  dialog.addEventListener("close", () => window.clearInterval(looking));
}

async function open() {
  const { call } = current();
  if (!call) return;
  forCall = call.call_id;
  byId("hand-on-form").reset();
  for (const id of ["hand-on-lines", "hand-on-agents", "hand-on-ai"]) byId(id).querySelector("div").replaceChildren();
  showChoice();
  dialog.showModal();
  window.clearInterval(looking);
  looking = window.setInterval(() => void look(), LOOK_MS);
  if (!(await look())) dialog.close();
}

/** @returns {Promise<boolean>} */
async function look() {
  try {
    const [lines, agents] = await Promise.all([api.queues(), api.targets()]);
    fill("hand-on-lines", lines.items.map((/** @type {Line} */ line) => choice(line.department, "department", departmentName(line.department), standing(line), true)));
    fill("hand-on-agents", agents.items.map(colleague));
    show(byId("hand-on-agents"), agents.items.length > 0);
    fill("hand-on-ai", ["finish", "survey"].map((mode) => choice(mode, "ai", t(`hand_back_${mode}`), t(`hand_back_${mode}_help`), true)));
    showChoice();
    return true;
  } catch (problem) {
    tellProblem(problem);
    return false;
  }
}

/** What is chosen, and where the focus is, stay as they are. @param {string} id @param {HTMLElement[]} choices */
function fill(id, choices) {
  const host = byId(id).querySelector("div");
  const chosen = host.querySelector(":checked")?.value;
  const focused = host.contains(document.activeElement) ? document.activeElement.value : null;
  host.replaceChildren(...choices);
  for (const radio of host.querySelectorAll("input")) {
    radio.checked = radio.value === chosen && !radio.disabled;
    if (radio.value === focused) radio.focus();
  }
}

/** @param {Colleague} agent */
function colleague({ agent_id, name, state, departments }) {
  const words = [t(`target_${state}`), departments.map(departmentName).join(", ")].filter(Boolean).join(" · ");
  const element = choice(agent_id, "agent", name, words, state === "available");
  element.dataset.state = state;
  return element;
}

/** @param {string} value @param {string} kind @param {string} name @param {string} words @param {boolean} possible */
function choice(value, kind, name, words, possible) {
  const radio = make("input", { type: "radio", name: "target", value: `${kind}:${value}`, required: "" });
  radio.disabled = !possible;
  const both = make(
    "span",
    { class: "hand-on-line" },
    make("strong", { dir: "auto" }, name),
    make("span", { class: "quiet-text" }, words),
  );
  return make("label", { class: "hand-on-choice" }, radio, both);
}

/** @param {Line} line */
function standing({ waiting, longest_wait, staffed, free }) {
  const people = staffed ? t("hand_on_free", { free: String(free), staffed: String(staffed) }) : t("hand_on_nobody");
  const line = waiting
    ? t("hand_on_waiting", { waiting: String(waiting), longest: duration(longest_wait) })
    : t("hand_on_no_line");
  return `${people} · ${line}`;
}

/** @returns {[string, string]} `department` or `agent`, and which; empty without a choice */
function chosen() {
  const [kind = "", ...rest] = String(new FormData(byId("hand-on-form")).get("target") ?? "").split(":");
  return [kind, rest.join(":")];
}

function showChoice() {
  const [kind] = chosen();
  byId("hand-on-send").disabled = !kind;
  byId("hand-on-consult").disabled = kind === "ai";
  if (kind === "ai") byId("hand-on-consult").checked = false;
  const consult = byId("hand-on-consult").checked;
  setText(byId("hand-on-help"), t(consult ? "consult_help" : HELP[kind] ?? "hand_on_help"));
  setText(byId("hand-on-send"), t(consult ? "consult_send" : "hand_on_send"));
}

/** @param {Event} event */
async function send(event) {
  event.preventDefault();
  const [kind, which] = chosen();
  if (!kind || !forCall) return;
  const reason = byId("hand-on-reason").value.trim();
  const consult = byId("hand-on-consult").checked;
  const to = kind === "ai" ? { target: "ai", mode: which } : { [kind]: which };
  const wish = { ...to, ...(consult ? { consult } : {}), ...(reason ? { reason } : {}) };
  byId("hand-on-send").disabled = true;
  if (await (kind === "agent" || consult ? actions.handOver : actions.handOn)(forCall, wish)) dialog.close();
  else byId("hand-on-send").disabled = false;
}

/** The call may end while somebody chooses. @param {import("../state.js").DeskState} state */
export function renderHandOn({ call, handover }) {
  const live = call && call.state !== "ended" ? call : null;
  byId("hand-on").disabled = live?.state !== "agent" || Boolean(handover);
  if (dialog.open && live?.call_id !== forCall) dialog.close();
}
