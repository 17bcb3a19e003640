import assert from 'node:assert/strict';
import test from 'node:test';
import { Transcript, likeness } from '../../../static/calls/transcript.js';

const said = (transcript) => transcript.lines.map((line) => `${line.speaker}: ${line.text}`);
const stored = (id, speaker, text, at = `2026-11-21T09:00:${id.padStart(2, '0')}Z`) => ({ id, speaker, text, at, language: 'en' });

test('a caption grows in its line', () => {
  const transcript = new Transcript();
  transcript.caption({ segment: 's1', speaker: 'ai', text: 'Good', final: false });
  transcript.caption({ segment: 's1', speaker: 'ai', text: 'Good morning', final: true });
  assert.deepEqual(said(transcript), ['ai: Good morning']);
  assert.equal(transcript.lines[0].live, false);
});

test('the stored sentence takes the place of its caption', () => {
  const transcript = new Transcript();
  transcript.caption({ segment: 's1', speaker: 'ai', text: 'Good morning, how can I', final: false });
  const { key } = transcript.lines[0];
  transcript.stored(stored('1', 'ai', 'Good morning, how can I help?'));
  assert.deepEqual(said(transcript), ['ai: Good morning, how can I help?']);
  assert.equal(transcript.lines[0].key, key);
});

test('a caption that comes after its stored sentence is not shown again', () => {
  const transcript = new Transcript();
  transcript.stored(stored('1', 'customer', 'I want to talk to a human'));
  transcript.caption({ segment: 's1', speaker: 'customer', text: 'I want to', final: false });
  transcript.caption({ segment: 's1', speaker: 'customer', text: 'I want to talk to a human', final: true });
  assert.deepEqual(said(transcript), ['customer: I want to talk to a human']);
});

test('saying the same twice makes two lines', () => {
  const transcript = new Transcript();
  for (const n of ['1', '2']) {
    transcript.caption({ segment: `s${n}`, speaker: 'customer', text: 'yes', final: true });
    transcript.stored(stored(n, 'customer', 'Yes.'));
  }
  assert.deepEqual(said(transcript), ['customer: Yes.', 'customer: Yes.']);
});

test('what the caller and the AI say alike stays apart', () => {
  const transcript = new Transcript();
  transcript.caption({ segment: 's1', speaker: 'ai', text: 'Billing?', final: true });
  transcript.stored(stored('1', 'customer', 'Billing'));
  assert.deepEqual(said(transcript), ['ai: Billing?', 'customer: Billing']);
});

test('an interrupted sentence is kept as far as it was said', () => {
  const transcript = new Transcript();
  transcript.caption({ segment: 's1', speaker: 'ai', text: 'Our opening hours are nine to five on weekdays', final: true });
  transcript.stored(stored('1', 'ai', 'Our opening hours are nine'));
  assert.deepEqual(said(transcript), ['ai: Our opening hours are nine']);
});

test('a typed message is shown at once and once', () => {
  const transcript = new Transcript();
  transcript.typed('ما هي ساعات العمل؟');
  transcript.stored(stored('1', 'customer', 'ما هي ساعات العمل؟'));
  assert.deepEqual(said(transcript), ['customer: ما هي ساعات العمل؟']);
});

test('a message that did not arrive is cleared of it when it is stored after all', () => {
  const transcript = new Transcript();
  transcript.typed('hello').unsent = true;
  transcript.stored(stored('1', 'customer', 'hello'));
  assert.equal(transcript.lines[0].unsent, false);
});

test('replayed segments come once', () => {
  const transcript = new Transcript();
  for (let i = 0; i < 2; i += 1) transcript.stored(stored('1', 'ai', 'Hello'));
  assert.equal(transcript.lines.length, 1);
});

test('a long sentence stored late stands where it began', () => {
  const transcript = new Transcript();
  transcript.stored(stored('2', 'customer', 'wait'));
  transcript.stored(stored('1', 'ai', 'Our opening hours are nine to five'));
  assert.deepEqual(said(transcript), ['ai: Our opening hours are nine to five', 'customer: wait']);
});

test('likeness tells other sentences apart', () => {
  assert.ok(likeness('I want to pay my bill', 'my dog ate the homework') < 0.6);
  assert.equal(likeness('Yes, please!', 'yes please'), 1);
  assert.ok(likeness('أريد التحدث', 'أريد التحدث إلى موظف') >= 0.9);
});
