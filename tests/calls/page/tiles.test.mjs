import assert from 'node:assert/strict';
import test from 'node:test';
import { withTile, withoutTile } from '../../../static/calls/tiles.js';

const alice = { identity: 'agent_alice', name: 'Alice' };
const bob = { identity: 'agent_bob', name: 'Bob' };
const assistant = { identity: 'ai_1', name: '' };

const after = (...tiles) => tiles.reduce(withTile, []).map((tile) => tile.identity);

test('two agents stand beside each other, in the order they came', () => {
  assert.deepEqual(after(alice, bob), ['agent_alice', 'agent_bob']);
  assert.deepEqual(after(alice, bob, alice), ['agent_alice', 'agent_bob']);
});

test('an agent takes the place of the assistant, whoever is shown first', () => {
  assert.deepEqual(after(assistant, alice), ['agent_alice']);
  assert.deepEqual(after(alice, assistant), ['agent_alice']);
});

test('who switches his camera off leaves the other the whole frame', () => {
  assert.deepEqual(withoutTile([alice, bob], 'agent_alice'), [bob]);
  assert.deepEqual(withoutTile([alice, bob], 'agent_carol'), [alice, bob]);
});
