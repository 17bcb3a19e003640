import assert from 'node:assert/strict';
import test from 'node:test';
import { isOpen, whenWords } from '../../../static/calls/callback.js';
import { freshModel } from '../../../static/calls/model.js';
import { changeBy, fromCall } from '../../../static/calls/news.js';
import { offeredKinds } from '../../../static/calls/wish.js';

const NOW = Date.parse('2027-03-01T10:00:00Z');
const promise = (change) => ({ id: '1', state: 'scheduled', due_at: '2027-03-01T09:00:00Z', attempts: 0, chosen_time: false, ...change });

test('only what the department offers can be left', () => {
  assert.deepEqual(offeredKinds('message'), ['message']);
  assert.deepEqual(offeredKinds('callback'), ['callback']);
  assert.deepEqual(offeredKinds('ai_only'), []);
  for (const offer of ['either', '']) assert.deepEqual(offeredKinds(offer), ['callback', 'message']);
});

test('the page says when it will ring', () => {
  assert.equal(whenWords(promise({}), NOW), 'promise.soon');
  assert.equal(whenWords(promise({ due_at: '2027-03-01T11:00:00Z' }), NOW), 'promise.from');
  assert.equal(whenWords(promise({ due_at: '2027-03-01T11:00:00Z', chosen_time: true }), NOW), 'promise.at');
  assert.equal(whenWords(promise({ due_at: '2027-03-01T11:00:00Z', attempts: 1 }), NOW), 'promise.again_at');
  assert.equal(whenWords(promise({ attempts: 1 }), NOW), 'promise.again');
  assert.equal(whenWords(promise({ state: 'failed', attempts: 3 }), NOW), 'promise.failed');
});

test('a promise is open until it is kept or given up', () => {
  assert.ok(isOpen(promise({ state: 'ringing' })));
  for (const state of ['done', 'failed', 'called_again', 'cancelled']) assert.ok(!isOpen(promise({ state })));
  assert.ok(!isOpen(null));
});

test('the message tells what a snapshot would', () => {
  const callback = promise({});
  assert.deepEqual(changeBy({ type: 'callback', callback }, freshModel()), { callback });
  assert.deepEqual(fromCall({ state: 'ended', callback }).callback, callback);
});
