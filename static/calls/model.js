/** What the page knows of the call, and what follows from it. Nothing here touches the page or the network. */

/**
 * @typedef {'ready'|'starting'|'live'|'ended'|'failed'} Phase
 * @typedef {'none'|'connecting'|'connected'|'reconnecting'|'lost'|'elsewhere'} Link
 * @typedef {'off'|'asking'|'on'|'failed'} Microphone
 *
 * @typedef {object} Model
 * @property {Phase} phase
 * @property {string|null} callState the server's word: created, ai, waiting, agent, ended
 * @property {string} reason why the call ended
 * @property {string} queueReason why it is in the line, where that is not the caller's wish
 * @property {Link} link to the LiveKit room
 * @property {boolean} rejoining after a reload
 * @property {boolean} direct straight to the queue, without an AI
 * @property {boolean} aiHere an AI is in the room and listens
 * @property {boolean} aiSeen one was, at some time
 * @property {boolean} aiLost the server takes the one in the room for dead
 * @property {boolean} agentHere an agent is in the room and can be heard
 * @property {boolean} agentLost the server takes the agent's connection for dead
 * @property {boolean} assigned an agent has accepted and is joining, or has joined
 * @property {string} agentName
 * @property {boolean} onHold
 * @property {number|null} position
 * @property {number|null} wait seconds
 * @property {boolean} asked the caller pressed "Talk to a person"
 * @property {boolean} nobody no department takes the caller: a message or a callback is offered
 * @property {string} refused why: closed, full, unstaffed, no_agent (waited too long)
 * @property {string} offer what the department that refused him offers instead; empty: no such rule
 * @property {any} callback the last callback asked for in this call, as the server tells of it
 * @property {string} recap the call in short, once it is over
 * @property {string[]} followUp what is left to do: callback, message, nobody_came
 * @property {boolean} wished a message or a wish to be called back is stored
 * @property {boolean} ending the caller has pressed End
 * @property {Microphone} microphone
 * @property {boolean} muted
 * @property {string} notice key of a notice to show, such as `mic.denied`
 * @property {boolean} soundBlocked the browser waits for a gesture
 * @property {boolean} camera the caller's camera is on
 * @property {boolean} cameraAllowed
 * @property {boolean} offline
 * @property {boolean} empty nobody else has been in the room for a while
 * @property {boolean} heldAlone the agent talks with a colleague elsewhere and sends no sound, not even music
 * @property {string} guest a second agent who is in the call with the agent
 * @property {boolean} musicOff the caller silenced the hold music
 * @property {number} startedAt milliseconds, 0 before the call
 * @property {number} endedAt
 * @property {{key: string, values?: Record<string, any>, until?: number, fields?: Record<string, any>}|null} failure
 */

/** @type {string[]} */
const NOTHING = [];

/** @returns {Model} */
export function freshModel() {
  return {
    phase: 'ready', callState: null, reason: '', queueReason: '', link: 'none', rejoining: false, direct: false,
    aiHere: false, aiSeen: false, aiLost: false, agentHere: false, agentLost: false, assigned: false, agentName: '', onHold: false,
    position: null, wait: null, asked: false, nobody: false, refused: '', offer: '', callback: null, recap: '', followUp: NOTHING, wished: false, ending: false,
    microphone: 'off', muted: false, notice: '', soundBlocked: false, camera: false, cameraAllowed: false,
    offline: false, empty: false, heldAlone: false, guest: '', musicOff: false, startedAt: 0, endedAt: 0, failure: null,
  };
}

/** Whether an agent has taken the call, as far as the page can tell: the room may know before the socket does. */
export function withAgent(model) {
  return model.callState === 'agent' || (model.assigned && model.agentHere);
}

/** Of two agents one is enough. */
function hearsAgent(model) {
  return model.agentHere && (!model.agentLost || Boolean(model.guest));
}

/**
 * The contract's word for `data-state`.
 * @param {Model} model
 */
export function stateOf(model) {
  if (model.phase === 'starting') return 'connecting';
  if (model.phase !== 'live') return model.phase;
  if (model.offline || ['reconnecting', 'lost', 'elsewhere'].includes(model.link)) return 'reconnecting';
  if (model.link === 'connecting') return model.rejoining || !waits(model) ? 'connecting' : 'waiting';
  if (withAgent(model)) return model.onHold || !hearsAgent(model) ? 'on-hold' : 'agent';
  if (waits(model)) return 'waiting';
  if (model.aiHere && !model.aiLost) return 'ai';
  return model.aiSeen ? 'on-hold' : 'connecting';
}

function waits(model) {
  return model.callState === 'waiting' && !model.assigned;
}

/**
 * Key of the sentence under the state.
 * @param {Model} model
 */
export function detailOf(model) {
  if (model.phase === 'starting') return 'detail.starting';
  if (model.phase === 'ended') return `after.${model.reason}`;
  if (model.phase !== 'live') return `detail.${model.phase}`;
  const state = stateOf(model);
  if (model.link === 'elsewhere') return 'call.elsewhere';
  if (state === 'reconnecting') return model.offline ? 'network.offline' : 'detail.reconnecting';
  if (state === 'connecting') return joiningDetail(model);
  if (state === 'on-hold') return holdDetail(model);
  if (state === 'waiting') return waitingDetail(model);
  if (state === 'agent' && model.guest) return model.agentLost ? 'detail.guest_alone' : 'detail.two_agents';
  return `detail.${state}`;
}

function joiningDetail(model) {
  if (model.rejoining) return 'call.rejoining';
  if (model.assigned) return 'detail.awaiting_agent';
  return model.link === 'connected' ? 'detail.awaiting_ai' : 'detail.joining';
}

function holdDetail(model) {
  if (!withAgent(model)) return 'detail.ai_lost';
  return hearsAgent(model) ? 'detail.held' : 'detail.agent_lost';
}

/** The caller did not choose the line, so he is told why he is in it. */
const WAITING_DETAIL = {
  ai_busy: 'detail.no_ai', no_worker: 'detail.no_ai', agent_lost: 'detail.agent_gone', transferred: 'detail.transferred', moved: 'detail.moved',
};

function waitingDetail(model) {
  if (model.aiHere && !model.aiLost) return 'detail.waiting_ai';
  return WAITING_DETAIL[model.queueReason] ?? 'detail.waiting';
}

/**
 * Whether the page has to play music of its own: nobody else makes a sound. On hold the agent's desk plays.
 * @param {Model} model
 */
export function needsMusic(model) {
  if (model.phase !== 'live' || model.link === 'elsewhere') return false;
  if (model.link === 'none') return model.callState === 'waiting';
  return model.empty;
}

/**
 * Whether the room is without anybody who could be heard.
 * @param {Model} model
 */
export function nobodyHeard(model) {
  if (model.offline || model.link !== 'connected') return true;
  if (model.heldAlone) return true;
  return !hearsAgent(model) && (!model.aiHere || model.aiLost);
}

/** Where a typed message goes: into the room, to the AI that is there, or by HTTP. */
export function typesIntoRoom(model) {
  return model.link === 'connected' && model.aiHere && !model.aiLost && !withAgent(model);
}
