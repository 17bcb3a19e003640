/** An agent's presence, set by a supervisor. */

import { post } from "../api.js";
import { reasonText, t } from "../config.js";
import { byId, make, setText, show } from "../dom.js";
import { told } from "./told.js";

/** @type {{agents: Map<string, Record<string, any>>, say: (text: string) => void}} */
let board;
/** @type {string} */
let agentId = "";

/** @param {typeof board} given */
export function bindPresence(given) {
  board = given;
  byId("set-presence-value").addEventListener("change", showReason);
  byId("set-presence-close").addEventListener("click", () => byId("set-presence-dialog").close());
  byId("set-presence-form").addEventListener("submit", send);
}

/** The button on an agent's tile. @param {Record<string, any>} agent */
export function presenceButton(agent) {
  const label = t("by_hand_set_presence");
  const attributes = { type: "button", class: "quiet-button tile-act", "data-act-agent": agent.agent_id, "data-testid": "set-presence", "aria-haspopup": "dialog", "aria-label": `${label}: ${agent.name}` };
  const button = make("button", attributes, label);
  button.addEventListener("click", () => open(agent));
  return button;
}

/** Who set it, where the agent did not. @param {Record<string, any>} agent */
export function setBy(agent) {
  return agent.presence_by ? make("p", { class: "quiet-text tile-by", dir: "auto" }, t("presence_set_by", { name: agent.presence_by })) : "";
}

/** Tiles are made anew; the focus stays where it was. @param {() => void} render */
export function keepingFocus(render) {
  const id = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.actAgent;
  render();
  if (id) /** @type {HTMLElement | null} */ (document.querySelector(`[data-act-agent="${CSS.escape(id)}"]`))?.focus();
}

/** @param {Record<string, any>} agent */
function open(agent) {
  agentId = agent.agent_id;
  setText(byId("set-presence-title"), t("by_hand_presence_of", { agent: agent.name }));
  byId("set-presence-value").value = agent.presence;
  const known = [...byId("set-presence-reason").options].some((option) => option.value === agent.away_reason);
  if (known) byId("set-presence-reason").value = agent.away_reason;
  setText(byId("set-presence-problem"), "");
  showReason();
  byId("set-presence-dialog").showModal();
}

function showReason() {
  show(byId("set-presence-why"), byId("set-presence-value").value === "away");
}

/** @param {Event} event */
async function send(event) {
  event.preventDefault();
  const status = byId("set-presence-value").value;
  const reason = status === "away" ? byId("set-presence-reason").value : "";
  const problem = await told(post(`/api/agents/${encodeURIComponent(agentId)}/presence`, { status, reason }));
  if (problem) return setText(byId("set-presence-problem"), problem);
  const words = reason ? reasonText(reason) : t(status);
  board.say(t("by_hand_presence_set", { agent: board.agents.get(agentId)?.name ?? agentId, presence: words }));
  byId("set-presence-dialog").close();
}
