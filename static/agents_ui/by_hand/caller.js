/** What a supervisor does about one waiting caller: give him to an agent, rank, move or remove him. */

import { post } from "../api.js";
import { config, departmentName, t, tOr } from "../config.js";
import { byId, make, setText, show } from "../dom.js";
import { candidatesFor, mayBeGiven } from "./state.js";
import { told } from "./told.js";

/** @type {{departments: Map<string, Record<string, any>>, agents: Map<string, Record<string, any>>, say: (text: string) => void}} */
let board;
/** @type {Record<string, any> | null} the caller the dialog is about */
let caller = null;
/** While the server is asked, its news of the same act is nothing to tell. */
let asking = false;

/** @param {typeof board} given */
export function bindCaller(given) {
  board = given;
  onSubmit("assign-form", "assign", () => ({ agent_id: byId("assign-agent").value }), "by_hand_assigned");
  onSubmit("priority-form", "priority", () => ({ priority: byId("priority-value").valueAsNumber }), "by_hand_ranked");
  onSubmit("move-form", "move", () => ({ department: byId("move-department").value }), "by_hand_moved");
  byId("remove-form").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    confirming(true);
  });
  byId("remove-confirm").addEventListener("click", () => void act("remove", { reason: byId("remove-reason").value.trim() }, "by_hand_removed"));
  byId("remove-keep").addEventListener("click", () => confirming(false));
  byId("caller-close").addEventListener("click", () => byId("caller-dialog").close());
  byId("caller-dialog").addEventListener("close", () => (caller = null));
}

/** @param {Record<string, any>} row */
export function openCaller(row) {
  caller = row;
  setText(byId("caller-title"), row.customer || t("customer"));
  setText(byId("caller-about"), [departmentName(row.department), row.reason].filter(Boolean).join(" · "));
  byId("priority-value").value = String(row.priority);
  byId("remove-reason").value = "";
  tell("");
  confirming(false);
  fillDepartments(row.department);
  fillAgents();
  byId("caller-dialog").showModal();
}

/** The wallboard has moved on. @param {Map<string, Record<string, any>>} callers */
export function renderCaller(callers) {
  if (!caller || asking) return;
  const now = callers.get(caller.entry_id);
  if (now) return fillAgents();
  byId("caller-dialog").close();
  board.say(t("by_hand_gone"));
}

/** @param {string} form @param {string} path @param {() => Record<string, any>} body @param {string} done */
function onSubmit(form, path, body, done) {
  byId(form).addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    void act(path, body(), done);
  });
}

/** @param {string} path @param {Record<string, any>} body @param {string} done key of the words that tell of it */
async function act(path, body, done) {
  if (!caller) return;
  const { entry_id: id, customer } = caller;
  asking = true;
  const problem = await told(post(`/api/queue/entries/${id}/${path}`, body));
  asking = false;
  if (problem) return tell(problem);
  const agent = board.agents.get(body.agent_id)?.name ?? "";
  board.say(t(done, { customer: customer || t("customer"), agent, department: departmentName(body.department), priority: body.priority }));
  byId("caller-dialog").close();
}

/** @param {string} problem */
function tell(problem) {
  setText(byId("caller-problem"), problem);
}

/** Removing asks once more, in the same place. @param {boolean} on */
function confirming(on) {
  show(byId("remove-form"), !on);
  show(byId("remove-sure"), on);
  byId(on ? "remove-keep" : "caller-close").focus();
}

/** @param {string} here */
function fillDepartments(here) {
  const others = Object.keys(config.departments).filter((slug) => slug !== here && board.departments.has(slug));
  byId("move-department").replaceChildren(...others.map((slug) => make("option", { value: slug }, departmentName(slug))));
  show(byId("move-form"), others.length > 0);
}

/** The select keeps what was chosen while agents come and go. */
function fillAgents() {
  const select = byId("assign-agent");
  const rows = candidatesFor(board.agents.values(), caller?.department ?? "");
  const wanted = rows.map((agent) => `${agent.agent_id} ${stands(agent)} ${mayBeGiven(agent)}`).join();
  if (select.dataset.shown !== wanted) {
    const chosen = select.value;
    select.replaceChildren(...rows.map(option));
    if (rows.some((agent) => agent.agent_id === chosen && mayBeGiven(agent))) select.value = chosen;
    select.dataset.shown = wanted;
  }
  const any = rows.some(mayBeGiven);
  select.disabled = !any;
  byId("assign-send").disabled = !any;
  show(byId("assign-none"), !any);
}

/** @param {Record<string, any>} agent */
function option(agent) {
  const attributes = { value: agent.agent_id, ...(mayBeGiven(agent) ? {} : { disabled: "" }) };
  return make("option", attributes, `${agent.name} – ${stands(agent)}`);
}

/** @param {Record<string, any>} agent */
function stands(agent) {
  if (!agent.online) return t("offline_desk");
  return agent.presence === "available" ? tOr(`activity_${agent.activity}`, agent.activity) : t(agent.presence);
}
