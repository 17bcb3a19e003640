/**
 * What the desk knows, and how each message of `/ws/agent/` changes it.
 *
 * Pure: a snapshot and the messages after it give the same state as a fresh snapshot. `tests/agents_ui` holds it to that.
 */

/**
 * @typedef {Record<string, any>} Message
 * @typedef {object} DeskState
 * @property {Record<string, any> | null} agent
 * @property {Record<string, any> | null} offer
 * @property {Record<string, any> | null} call in progress, or the last one while it is wrapped up
 * @property {Record<string, any> | null} handover a call on its way from one agent to another, as this one sees it
 * @property {Record<string, any>[]} transfers pending ones, oldest first
 * @property {Record<string, any>[]} queues
 * @property {Record<string, any> | null} today
 * @property {Record<string, any>[]} lines transcript of the call in view
 */

/** @type {DeskState} */
export const EMPTY = { agent: null, offer: null, call: null, handover: null, transfers: [], queues: [], today: null, lines: [] };

/** Activities in which an agent has a call of his own on the desk. */
const WITH_CALL = new Set(["on_call", "wrapping_up"]);

/**
 * The call the desk shows: his own before an offered one.
 * @param {DeskState} state
 * @returns {string | null}
 */
export function callInView(state) {
  return state.call?.call_id ?? state.offer?.call_id ?? state.handover?.call_id ?? null;
}

/**
 * For what the call in view was read up on: a colleague writes on while he asks, talks and gives it away.
 * @param {DeskState} state
 * @returns {{callId: string, stage: string} | null}
 */
export function storyWanted(state) {
  const callId = callInView(state);
  if (callId === null) return null;
  if (state.call) return { callId, stage: `${callId} own` };
  if (state.offer) return { callId, stage: `${callId} offered` };
  return { callId, stage: `${callId} ${state.handover?.conference ? "conference" : "consult"}` };
}

/**
 * Whether a colleague has brought this agent to his customer.
 * @param {DeskState["handover"]} handover
 */
export function isGuest(handover) {
  return handover?.role === "asked" && Boolean(handover.conference);
}

/**
 * The call in whose room the agent is to be: his own, or the one he was brought to.
 * @param {DeskState} state
 * @returns {string | null}
 */
export function roomToBeIn({ call, handover }) {
  if (call && call.state !== "ended") return call.call_id;
  return isGuest(handover) ? handover?.call_id : null;
}

/**
 * @param {DeskState} state
 * @param {Message} message
 * @returns {DeskState}
 */
export function reduce(state, message) {
  const change = CHANGES[message.type];
  if (!change) return state;
  const next = change(state, message);
  return callInView(next) === callInView(state) ? next : { ...next, lines: [] };
}

/** @param {Message} message @returns {Record<string, any>} the payload alone */
function payload(message) {
  const { type, seq, ...rest } = message;
  return rest;
}

/** @type {Record<string, (state: DeskState, message: Message) => DeskState>} */
const CHANGES = {
  snapshot: (state, message) => ({ ...fromSnapshot(message.snapshot), lines: state.lines }),

  transfers: (state, message) => ({ ...state, transfers: message.items }),

  presence(state, message) {
    const agent = { ...state.agent, ...payload(message) };
    return { ...state, agent, call: WITH_CALL.has(agent.activity) ? state.call : null };
  },

  offer: (state, message) => ({ ...state, offer: payload(message) }),

  offer_ended: (state, message) =>
    state.offer?.offer_id === message.offer_id ? { ...state, offer: null } : state,

  transfer_pending: (state, { transfer }) => ({
    ...state,
    transfers: inOrder(without(state.transfers, transfer.id).concat(transfer)),
    offer: withReason(state.offer, transfer),
  }),

  transfer_ended: (state, message) => ({ ...state, transfers: without(state.transfers, message.transfer.id) }),

  // Null: it came to nothing, as `outcome` says.
  handover: (state, message) => ({ ...state, handover: message.handover }),

  customer_assigned: (state, message) => ({
    ...state,
    offer: null,
    handover: withoutCall(state.handover, message.call_id),
    call: assigned(state.call, message),
  }),

  call_update(state, message) {
    if (state.call?.call_id !== message.call_id) return state;
    // Given back to the queue: the agent was not there in time, or was lost for too long.
    if (message.state === "waiting") return { ...state, call: null };
    return { ...state, call: withNews(state.call, message) };
  },

  call_ended(state, message) {
    const handover = withoutCall(state.handover, message.call_id);
    if (state.call?.call_id !== message.call_id) return { ...state, handover };
    const call = { ...state.call, state: "ended", on_hold: false, reason: message.reason, token: null, supervision: [], callback: null };
    return { ...state, handover, call };
  },

  /** The customer's page was opened or closed while he is waited for. */
  caller_page(state, { call_id, page_open }) {
    const told = (/** @type {any} */ each) => (each?.call_id === call_id ? { ...each, page_open } : each);
    return { ...state, offer: told(state.offer), call: told(state.call), transfers: state.transfers.map(told) };
  },

  /** Supervisors who are in the call now. */
  supervision: (state, { call_id, supervision }) =>
    state.call?.call_id === call_id ? { ...state, call: { ...state.call, supervision } } : state,

  /** He may be put into others while the desk is open; the lines of those he has left go. */
  departments: (state, { items }) => ({
    ...state,
    agent: { ...state.agent, departments: items },
    queues: state.queues.filter((queue) => items.includes(queue.department)),
  }),

  queue_update: (state, message) => ({ ...state, queues: withQueue(state.queues, payload(message)) }),

  today: (state, message) => ({ ...state, today: payload(message) }),

  transcript: (state, message) =>
    message.call_id === callInView(state) ? { ...state, lines: withLines(state.lines, [payload(message)]) } : state,

  story: (state, message) =>
    message.call_id === callInView(state) ? { ...state, lines: withLines(state.lines, message.transcript) } : state,
};

/** @param {Record<string, any>} snapshot @returns {DeskState} */
function fromSnapshot(snapshot) {
  const known = Object.keys(EMPTY).filter((key) => key in snapshot);
  const state = { ...EMPTY, ...Object.fromEntries(known.map((key) => [key, snapshot[key]])) };
  // Notes and outcome belong to the story of a call: what is being typed is newer than any message.
  const { notes, disposition, agent_token, ...call } = snapshot.call ?? {};
  return { ...state, call: snapshot.call ? { ...call, token: agent_token } : null };
}

/** It ends with its call, and with the caller's coming. @param {Record<string, any> | null} handover @param {string} callId */
function withoutCall(handover, callId) {
  return handover?.call_id === callId ? null : handover;
}

/** Of what a call's news may carry, the desk keeps how it stands. @param {any} call @param {Message} news */
function withNews(call, { state = call.state, on_hold = call.on_hold, callback = call.callback }) {
  return { ...call, state, on_hold, callback };
}

/**
 * The same call told of again (by the answer of a command and by the socket) stays the one it is.
 * @param {Record<string, any> | null} current
 * @param {Message} message
 */
function assigned(current, message) {
  const { agent_token, token, identity, ...rest } = payload(message);
  const before = current?.call_id === message.call_id ? current : { state: "waiting", on_hold: false, reason: null, supervision: [] };
  return { ...before, ...rest, token: agent_token ?? token };
}

/**
 * An offer may ring before the customer has said why he wants a person.
 * @param {Record<string, any> | null} offer
 * @param {Record<string, any>} transfer
 */
function withReason(offer, { call_id, reason, summary, mood, briefing }) {
  if (!offer || offer.call_id !== call_id) return offer;
  return { ...offer, reason, summary, customer: { ...offer.customer, reason, summary, mood, briefing } };
}

/** @param {Record<string, any>[]} transfers @param {string} id */
function without(transfers, id) {
  return transfers.filter((transfer) => transfer.id !== id);
}

/** @param {Record<string, any>[]} transfers */
function inOrder(transfers) {
  const number = (/** @type {string} */ id) => Number(id.split("_")[1] ?? 0);
  return transfers.sort((a, b) => number(a.id) - number(b.id));
}

/** @param {Record<string, any>[]} queues @param {Record<string, any>} queue */
function withQueue(queues, queue) {
  const others = queues.filter((each) => each.department !== queue.department);
  return others.concat(queue).sort((a, b) => (a.department < b.department ? -1 : 1));
}

/**
 * A line may come by the story and by the stream; it stands once, in the order of speaking.
 * @param {Record<string, any>[]} lines
 * @param {Record<string, any>[]} more
 */
function withLines(lines, more) {
  const byId = new Map(lines.concat(more).map((line) => [line.id, line]));
  return [...byId.values()].sort((a, b) => a.at.localeCompare(b.at) || Number(a.id) - Number(b.id));
}
