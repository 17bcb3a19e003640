import assert from 'node:assert/strict';
import test, { mock } from 'node:test';

globalThis.window = { setInterval: () => 0 };
const { Pulse } = await import('../../../static/calls/pulse.js');

function agent({ muted = false } = {}) {
  const track = { bytes: 1, getReceiverStats: async () => ({ bytesReceived: track.bytes }) };
  return { identity: 'agent_a', track, audioTrackPublications: new Map([['mic', { track, isMuted: muted }]]) };
}

function watch(person) {
  mock.timers.reset();
  mock.timers.enable({ apis: ['Date'] });
  let changes = 0;
  const pulse = new Pulse(() => [person], () => { changes += 1; });
  return { pulse, changes: () => changes };
}

test('an agent whose sound stops is still after four seconds, and not any more when it comes again', async () => {
  const person = agent();
  const { pulse, changes } = watch(person);
  await pulse.look();
  mock.timers.tick(3000);
  await pulse.look();
  assert.equal(pulse.still.size, 0);
  mock.timers.tick(1000);
  await pulse.look();
  assert.deepEqual([...pulse.still], ['agent_a']);
  person.track.bytes += 1;
  await pulse.look();
  assert.equal(pulse.still.size, 0);
  assert.equal(changes(), 2);
});

test('who has muted the microphone is not missed', async () => {
  const { pulse } = watch(agent({ muted: true }));
  await pulse.look();
  mock.timers.tick(60000);
  await pulse.look();
  assert.equal(pulse.still.size, 0);
});

test('a browser that counts nothing is trusted', async () => {
  const person = agent();
  person.track.getReceiverStats = async () => undefined;
  const { pulse } = watch(person);
  await pulse.look();
  mock.timers.tick(60000);
  await pulse.look();
  assert.equal(pulse.still.size, 0);
});
