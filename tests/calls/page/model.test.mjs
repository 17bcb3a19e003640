import assert from 'node:assert/strict';
import test from 'node:test';
import { detailOf, freshModel, needsMusic, nobodyHeard, stateOf, typesIntoRoom } from '../../../static/calls/model.js';
import { changeBy, fromCall } from '../../../static/calls/news.js';

const live = (change) => ({ ...freshModel(), phase: 'live', link: 'connected', ...change });
const after = (model, ...messages) => messages.reduce((at, message) => ({ ...at, ...changeBy(message, at) }), model);

test('the words of the contract for a call from start to end', () => {
  assert.equal(stateOf(freshModel()), 'ready');
  assert.equal(stateOf({ ...freshModel(), phase: 'starting' }), 'connecting');
  assert.equal(stateOf(live({ callState: 'created' })), 'connecting');
  assert.equal(stateOf(live({ callState: 'ai', aiHere: true, aiSeen: true })), 'ai');
  assert.equal(stateOf(live({ callState: 'waiting', aiHere: true })), 'waiting');
  assert.equal(stateOf(live({ callState: 'waiting', assigned: true, agentHere: true })), 'agent');
  assert.equal(stateOf(live({ callState: 'agent', agentHere: true })), 'agent');
  assert.equal(stateOf(live({ callState: 'agent', agentHere: true, onHold: true })), 'on-hold');
  assert.equal(stateOf({ ...freshModel(), phase: 'ended', reason: 'agent_hangup' }), 'ended');
  assert.equal(stateOf({ ...freshModel(), phase: 'failed' }), 'failed');
});

test('an agent whose sound is gone leaves the caller on hold, with music', () => {
  const model = live({ callState: 'agent', agentHere: false, empty: true });
  assert.equal(stateOf(model), 'on-hold');
  assert.equal(detailOf(model), 'detail.agent_lost');
  assert.equal(needsMusic(model), true);
});

test('a second agent in the call is named, and is enough where the first is lost', () => {
  const alone = live({ callState: 'agent', agentHere: true, agentName: 'Alice' });
  const both = after(alone, { type: 'call_update', guest: { agent_id: 'bob', name: 'Bob' } });
  assert.deepEqual([stateOf(both), detailOf(both)], ['agent', 'detail.two_agents']);
  const one = after(both, { type: 'call_update', state: 'agent', agent_connected: false });
  assert.deepEqual([stateOf(one), detailOf(one), nobodyHeard(one)], ['agent', 'detail.guest_alone', false]);
  assert.equal(stateOf(after(one, { type: 'call_update', guest: null })), 'on-hold');
  assert.equal(detailOf(after(both, { type: 'call_update', state: 'agent', agent_name: 'Bob', guest: null })), 'detail.agent');
});

test('on hold the desk plays, so the page does not', () => {
  const model = live({ callState: 'agent', agentHere: true, onHold: true });
  assert.equal(nobodyHeard(model), false);
  assert.equal(needsMusic(model), false);
});

test('a dead AI in the room is silence, and what is typed goes by HTTP', () => {
  const model = after(live({ callState: 'ai', aiHere: true, aiSeen: true }), { type: 'call_update', ai: 'lost' });
  assert.equal(nobodyHeard(model), true);
  assert.equal(typesIntoRoom(model), false);
  assert.equal(stateOf(model), 'on-hold');
  assert.equal(stateOf(after(model, { type: 'call_update', ai: 'live' })), 'ai');
});

test('the direct queue waits without a room, with music, and without a word about an absent AI', () => {
  const model = { ...live({ callState: 'waiting', direct: true }), link: 'none' };
  assert.equal(stateOf(model), 'waiting');
  assert.equal(needsMusic(model), true);
  assert.equal(detailOf(model), 'detail.waiting');
});

test('a caller who expected the AI is told why he waits', () => {
  assert.equal(detailOf(live({ callState: 'waiting', queueReason: 'no_worker' })), 'detail.no_ai');
});

test('an accept connects, a place in the line again takes it back', () => {
  const waiting = { ...live({ callState: 'waiting', direct: true, position: 1 }), link: 'none' };
  const taken = after(waiting, { type: 'customer_assigned', agent_name: 'Alice' });
  assert.deepEqual([taken.assigned, taken.agentName, taken.position], [true, 'Alice', null]);
  assert.equal(stateOf({ ...taken, link: 'connecting' }), 'connecting');
  const back = after(taken, { type: 'call_update', state: 'waiting' }, { type: 'queue_update', position: 1, estimated_wait_time: 60 });
  assert.equal(stateOf({ ...back, link: 'connected' }), 'waiting');
});

test('an agent lost puts the caller back in the line', () => {
  const model = after(live({ callState: 'agent', assigned: true, agentHere: false }), { type: 'call_update', state: 'waiting' });
  assert.equal(stateOf(model), 'waiting');
});

test('the server knows of a dead agent before the room does', () => {
  const model = after(live({ callState: 'agent', agentHere: true }), { type: 'call_update', state: 'agent', agent_connected: false });
  assert.equal(stateOf(model), 'on-hold');
  assert.equal(nobodyHeard(model), true);
  assert.equal(stateOf(after(model, { type: 'call_update', state: 'agent', agent_connected: true })), 'agent');
});

test('no agent in time is told while the AI goes on', () => {
  const waiting = live({ callState: 'waiting', aiHere: true, aiSeen: true });
  const model = after(waiting, { type: 'call_update', state: 'ai', reason: 'no_agent', offer: 'either' });
  // Who does not want to wait any more has not been refused.
  assert.equal(after(waiting, { type: 'call_update', state: 'ai', reason: 'withdrawn' }).nobody, false);
  assert.equal(model.nobody, true);
  assert.equal(after(model, { type: 'call_update', state: 'waiting' }).nobody, false);
});

test('a bad network shows above everything', () => {
  assert.equal(stateOf(live({ callState: 'agent', agentHere: true, offline: true })), 'reconnecting');
  assert.equal(stateOf({ ...live({ callState: 'ai' }), link: 'reconnecting' }), 'reconnecting');
});

test('a snapshot and the messages that lead to it agree', () => {
  const told = after(live({ callState: 'created' }),
    { type: 'call_update', state: 'ai' },
    { type: 'call_update', state: 'waiting', reason: 'no_worker' },
    { type: 'queue_update', position: 2, estimated_wait_time: 120 });
  const seen = fromCall({ state: 'waiting', reason: null, queue_reason: 'no_worker', queue_position: 2, estimated_wait_time: 120, on_hold: false });
  for (const [key, value] of Object.entries(seen)) if (key !== 'reason') assert.equal(told[key], value, key);
});

test('an unknown message changes nothing', () => {
  assert.deepEqual(changeBy({ type: 'something_new' }, freshModel()), {});
});
