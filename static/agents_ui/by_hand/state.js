/** What the list of waiting callers shows, as pure functions. */

/**
 * Callers by department, each line in its order.
 * @param {Iterable<Record<string, any>>} rows
 * @param {(slug: string) => string} name
 * @returns {Array<[string, Record<string, any>[]]>}
 */
export function linesOf(rows, name) {
  /** @type {Map<string, Record<string, any>[]>} */
  const lines = new Map();
  for (const row of rows) lines.set(row.department, [...(lines.get(row.department) ?? []), row]);
  for (const line of lines.values()) line.sort((a, b) => a.position - b.position);
  return [...lines].sort(([a], [b]) => name(a).localeCompare(name(b)));
}

/**
 * Agents of a department, those first who can be given a caller.
 * @param {Iterable<Record<string, any>>} agents
 * @param {string} department
 */
export function candidatesFor(agents, department) {
  return [...agents]
    .filter((agent) => agent.departments.includes(department))
    .sort((a, b) => Number(mayBeGiven(b)) - Number(mayBeGiven(a)) || a.name.localeCompare(b.name));
}

/** Whether the server would give him a caller: available at an open desk, not in a call. @param {Record<string, any>} agent */
export function mayBeGiven(agent) {
  return agent.online && agent.presence === "available" && ["idle", "wrapping_up"].includes(agent.activity);
}
