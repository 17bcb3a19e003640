/** Handing the call on to a department, with how its line stands just now. */

import { actions } from "../actions.js";
import { api } from "../api.js";
import { tellProblem } from "../banners.js";
import { duration } from "../clock.js";
import { departmentName, t } from "../config.js";
import { byId, make, onPress } from "../dom.js";
import { current } from "../store.js";

/** @typedef {{department: string, waiting: number, longest_wait: number, staffed: number, free: number}} Line */

const dialog = byId("hand-on-dialog");
/** @type {string | null} the call the dialog was opened for */
let forCall = null;

export function bindHandOn() {
  onPress("hand-on", open);
  byId("hand-on-cancel").addEventListener("click", () => dialog.close());
  byId("hand-on-form").addEventListener("submit", send);
}

async function open() {
  const { call } = current();
  if (!call) return;
  forCall = call.call_id;
  byId("hand-on-reason").value = "";
  byId("hand-on-send").disabled = true;
  byId("hand-on-lines").replaceChildren(make("p", { class: "quiet-text" }, t("loading")));
  dialog.showModal();
  try {
    const { items } = await api.queues();
    byId("hand-on-lines").replaceChildren(...items.map(choice));
  } catch (problem) {
    dialog.close();
    tellProblem(problem);
  }
}

/** @param {Line} line */
function choice(line) {
  const radio = make("input", { type: "radio", name: "department", value: line.department, required: "" });
  radio.addEventListener("change", () => (byId("hand-on-send").disabled = false));
  const words = make(
    "span",
    { class: "hand-on-line" },
    make("strong", { dir: "auto" }, departmentName(line.department)),
    make("span", { class: "quiet-text" }, standing(line)),
  );
  return make("label", { class: "hand-on-choice" }, radio, words);
}

/** @param {Line} line */
function standing({ waiting, longest_wait, staffed, free }) {
  const people = staffed ? t("hand_on_free", { free: String(free), staffed: String(staffed) }) : t("hand_on_nobody");
  const line = waiting
    ? t("hand_on_waiting", { waiting: String(waiting), longest: duration(longest_wait) })
    : t("hand_on_no_line");
  return `${people} · ${line}`;
}

/** @param {Event} event */
async function send(event) {
  event.preventDefault();
  const department = new FormData(byId("hand-on-form")).get("department");
  if (!department || !forCall) return;
  byId("hand-on-send").disabled = true;
  if (await actions.handOn(forCall, String(department), byId("hand-on-reason").value.trim())) dialog.close();
  else byId("hand-on-send").disabled = false;
}

/** The call may end while somebody chooses. @param {import("../state.js").DeskState} state */
export function renderHandOn({ call }) {
  const live = call && call.state !== "ended" ? call : null;
  byId("hand-on").disabled = live?.state !== "agent";
  if (dialog.open && live?.call_id !== forCall) dialog.close();
}
