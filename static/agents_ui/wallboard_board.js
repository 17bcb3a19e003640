/**
 * What the wallboard knows, and how each message of `/ws/wallboard/` changes it.
 *
 * Without a page: a snapshot and the messages after it give the same as a fresh snapshot, in the same order. `tests/agents_ui` holds it to that.
 */

import { TILE_ORDER, tileState } from "./wallboard_state.js";

/**
 * @typedef {Record<string, any>} Row
 * @typedef {Map<string, Row>} Rows
 * @typedef {object} Board
 * @property {Rows} departments
 * @property {Rows} agents
 * @property {Rows} conversations
 * @property {Rows} waiting
 * @property {Record<string, number>} calls
 */

/** What is told row by row, and the name of each row. @type {Array<["departments" | "agents" | "conversations" | "waiting", string]>} */
const PARTS = [
  ["departments", "department"],
  ["agents", "agent_id"],
  ["conversations", "call_id"],
  ["waiting", "entry_id"],
];

/** @returns {Board} */
export function newBoard() {
  return { departments: new Map(), agents: new Map(), conversations: new Map(), waiting: new Map(), calls: {} };
}

/**
 * The board's maps stay the ones they are: each part of the page has its own at hand.
 * @param {Board} board
 * @param {Record<string, any>} message a snapshot replaces what was there
 */
export function take(board, message) {
  const values = message.snapshot ?? message;
  for (const [part, name] of PARTS) {
    const rows = board[part];
    if (message.snapshot) rows.clear();
    for (const row of values[part] ?? []) rows.set(row[name], row);
    for (const gone of values[`${part}_gone`] ?? []) rows.delete(gone);
  }
  board.calls = values.calls ?? board.calls;
}

/** As a snapshot has them, whenever each of them came. @param {Rows} departments */
export function departmentsInOrder(departments) {
  return [...departments.values()].sort((a, b) => byName(a.department, b.department));
}

/** The most urgent first. @param {Rows} agents @param {number} [now] milliseconds */
export function agentsInOrder(agents, now) {
  const rank = (/** @type {Row} */ agent) => TILE_ORDER.indexOf(tileState(agent, now));
  return [...agents.values()].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name) || byName(a.agent_id, b.agent_id));
}

/** The longest first. @param {Rows} conversations */
export function conversationsInOrder(conversations) {
  return [...conversations.values()].sort((a, b) => a.since.localeCompare(b.since) || a.call_id.localeCompare(b.call_id));
}

/** @param {string} a @param {string} b */
function byName(a, b) {
  return a < b ? -1 : 1;
}
