/** What a message of the call's stream changes in the model. Pure, so that replay and snapshot can be compared. */

/**
 * The change that a snapshot, or the answer of GET /api/calls/{id}, makes.
 * @param {any} call
 * @returns {Partial<import('./model.js').Model>}
 */
export function fromCall(call) {
  const agent = call.agent ?? (call.participants || []).find((one) => one.role === 'agent');
  const change = {
    callState: call.state,
    reason: call.reason || '',
    queueReason: call.queue_reason || '',
    position: call.queue_position ?? null,
    wait: call.estimated_wait_time ?? null,
    onHold: Boolean(call.on_hold),
    heldAlone: Boolean(call.on_hold && call.hold_music),
    guest: call.guest?.name || '',
    nobody: call.state !== 'waiting' && offers(call.refusal?.offer),
    refused: call.refusal?.reason || '',
    offer: call.refusal?.offer || '',
    callback: call.callback ?? null,
    // Accepted and on the way counts as well.
    assigned: call.state === 'agent' || Boolean(call.agent),
    agentLost: call.state === 'agent' && call.agent_connected === false,
  };
  if (agent?.name) change.agentName = agent.name;
  return change;
}

/** @type {Record<string, (message: any, model: import('./model.js').Model) => Partial<import('./model.js').Model>>} */
const changes = {
  acknowledgment: (message) => (message.snapshot ? fromCall(message.snapshot.call || message.snapshot) : {}),
  queue_update: (message) => queueUpdate(message),
  customer_assigned: (message) => ({ assigned: true, agentName: message.agent_name || '', position: null, wait: null }),
  call_update: (message, model) => callUpdate(message, model),
  callback: (message) => ({ callback: message.callback }),
};

/** Whether a department that took nobody has something for the caller that the page can take down. */
function offers(offer) {
  return Boolean(offer) && offer !== 'ai_only';
}

function queueUpdate(message) {
  const place = { position: message.position ?? null, wait: message.estimated_wait_time ?? null };
  // Who has a place again was not connected after all.
  return place.position === null ? place : { ...place, assigned: false };
}

function callUpdate(message, model) {
  /** @type {Partial<import('./model.js').Model>} */
  const change = {};
  if (message.state) {
    change.callState = message.state;
    // Why the call ended is told when it has.
    change.reason = '';
    // The place comes with the next tick.
    if (message.state !== 'waiting') Object.assign(change, { position: null, wait: null });
    change.queueReason = message.state === 'waiting' ? message.reason || '' : '';
    if (message.state !== 'agent') Object.assign(change, { onHold: false, heldAlone: false, agentLost: false, guest: '' });
    // Back in the line: whoever had accepted did not come, or is gone.
    if (message.state === 'waiting') change.assigned = false;
    if (message.state === 'agent') change.assigned = true;
    // Back from the agent: a person may be asked for again.
    if (message.state === 'ai' && model.callState === 'agent') Object.assign(change, { assigned: false, asked: false });
    if (message.offer !== undefined) Object.assign(change, { nobody: offers(message.offer), refused: message.reason, offer: message.offer });
    else if (message.state === 'ai') Object.assign(change, { nobody: false, refused: '', offer: '' });
    if (message.state === 'waiting') Object.assign(change, { nobody: false, refused: '', offer: '' });
  }
  if ('on_hold' in message) Object.assign(change, { onHold: Boolean(message.on_hold), heldAlone: Boolean(message.on_hold && message.hold_music) });
  if ('guest' in message) change.guest = message.guest?.name || '';
  if ('ai' in message) change.aiLost = ['gone', 'lost', 'dispatched'].includes(message.ai) && model.aiSeen;
  if ('agent_connected' in message) change.agentLost = !message.agent_connected;
  if (message.agent_name) change.agentName = message.agent_name;
  if ('assigned' in message) change.assigned = Boolean(message.assigned);
  return change;
}

/**
 * @param {any} message
 * @param {import('./model.js').Model} model
 * @returns {Partial<import('./model.js').Model>}
 */
export function changeBy(message, model) {
  return changes[message.type]?.(message, model) ?? {};
}
