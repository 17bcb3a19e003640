/** What the wallboard's tiles show, as pure functions: which state of an agent, which alarms of a department. */

import { serverNow } from "./clock.js";

/** Which state an agent's tile shows when several are so: the first. */
export const TILE_ORDER = ["error", "missed", "declined", "on_call", "wrapping_up", "offered", "away", "available", "offline"];

const LOST = "connection lost";

/**
 * @param {Record<string, any>} agent
 * @param {number} [now] milliseconds
 * @returns {string} one of TILE_ORDER
 */
export function tileState(agent, now = serverNow()) {
  const talking = agent.activity === "on_call";
  if ((talking && !agent.online) || (agent.presence === "away" && agent.away_reason === LOST)) return "error";
  if (agent.activity === "missed") return "missed";
  if (Date.parse(agent.declined_until ?? "") > now) return "declined";
  if (["on_call", "wrapping_up", "offered"].includes(agent.activity)) return agent.activity;
  return agent.online ? agent.presence : "offline";
}

/**
 * What is beyond the department's limits; `waited` is the longest wait in line, seconds.
 * @param {Record<string, any>} row
 * @param {number} waited
 * @returns {Array<"waiting" | "longest_wait" | "service_level">}
 */
export function alarmsOf(row, waited) {
  const { alarms = {}, figures } = row;
  const level = figures?.recent.service_level ?? null;
  /** @type {Array<["waiting" | "longest_wait" | "service_level", boolean]>} */
  const all = [
    ["waiting", Boolean(alarms.waiting) && row.waiting >= alarms.waiting],
    ["longest_wait", Boolean(alarms.longest_wait) && row.waiting > 0 && waited >= alarms.longest_wait],
    ["service_level", Boolean(alarms.service_level) && level !== null && level < alarms.service_level],
  ];
  return all.filter(([, on]) => on).map(([name]) => name);
}

/** A ratio in whole percent; unknown: a dash. @param {number | null | undefined} ratio */
export function percent(ratio) {
  return ratio === null || ratio === undefined ? "–" : `${Math.round(ratio * 100)} %`;
}
