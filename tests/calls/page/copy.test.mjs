import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Words } from '../../../static/common/copy.js';

const read = (code) => JSON.parse(readFileSync(new URL(`../../../calls/copy/${code}.json`, import.meta.url), 'utf8'));
const words = (code) => new Words({ en: read('en'), ar: read('ar') }, code, { company: 'Cedar' });

test('the sentence of the contract for the line', () => {
  assert.equal(words('en').say('queue.position', { position: 1 }), 'Waiting in Queue – Position #1');
});

test('plurals follow the language', () => {
  assert.match(words('en').say('queue.wait', { count: 1 }), /1 minute$/);
  assert.match(words('en').say('queue.wait', { count: 5 }), /5 minutes$/);
  assert.match(words('ar').say('queue.wait', { count: 2 }), /دقيقتان/);
  assert.match(words('ar').say('queue.wait', { count: 5 }), /5 دقائق/);
  assert.match(words('ar').say('queue.wait', { count: 11 }), /11 دقيقة/);
});

test('the company is in every text that names it', () => {
  assert.equal(words('en').say('before.heading'), 'Talk to Cedar');
});

test('a missing word says which', () => {
  assert.throws(() => words('en').say('before.nothing'), /before\.nothing/);
});

test('durations read as a clock', () => {
  assert.deepEqual([0, 65, 3725].map((seconds) => words('ar').clock(seconds)), ['0:00', '1:05', '1:02:05']);
});
