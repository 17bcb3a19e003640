import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

const sockets = [];
class FakeSocket {
  static OPEN = 1;
  constructor(url) {
    Object.assign(this, { url, readyState: 0, sent: [] });
    sockets.push(this);
  }
  send(text) { this.sent.push(JSON.parse(text)); }
  close() { this.readyState = 3; }
  opens() { this.readyState = 1; this.onopen(); }
  says(message) { this.onmessage({ data: JSON.stringify(message) }); }
  drops(code = 1006) { this.readyState = 3; this.onclose({ code }); }
}
Object.assign(globalThis, {
  WebSocket: FakeSocket,
  location: { protocol: 'https:', host: 'calls.example' },
  window: { addEventListener() {}, removeEventListener() {}, setTimeout: (...args) => setTimeout(...args), setInterval: (...args) => setInterval(...args) },
});
const { EventStream } = await import('../../../static/common/stream.js');

function stream() {
  const heard = { messages: [], states: [] };
  const made = new EventStream({
    path: '/ws/call/abc/',
    hello: () => ({ call_secret: 'cs_1' }),
    onMessage: (message) => heard.messages.push(message.type),
    onState: (state) => heard.states.push(state),
  });
  made.open();
  return { made, heard, socket: () => sockets.at(-1) };
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  sockets.length = 0;
});

test('the first message is a hello without a number', () => {
  const { socket } = stream();
  socket().opens();
  assert.equal(socket().url, 'wss://calls.example/ws/call/abc/');
  assert.deepEqual(socket().sent, [{ type: 'hello', call_secret: 'cs_1' }]);
});

test('after a break it asks for what it missed', () => {
  const { socket, heard } = stream();
  socket().opens();
  socket().says({ type: 'acknowledgment', seq: 4, snapshot: {} });
  socket().says({ type: 'transcript', seq: 5 });
  socket().drops();
  mock.timers.tick(2000);
  assert.equal(sockets.length, 2);
  socket().opens();
  assert.equal(socket().sent[0].last_seq, 5);
  socket().says({ type: 'acknowledgment', seq: 7 });
  socket().says({ type: 'transcript', seq: 6 });
  socket().says({ type: 'transcript', seq: 7 });
  assert.deepEqual(heard.messages, ['acknowledgment', 'transcript', 'acknowledgment', 'transcript', 'transcript']);
  assert.deepEqual(heard.states, ['open', 'retrying', 'open']);
});

test('a message seen before is dropped, a full value with the same number is not', () => {
  const { socket, heard } = stream();
  socket().opens();
  socket().says({ type: 'acknowledgment', seq: 4, snapshot: {} });
  socket().says({ type: 'transcript', seq: 3 });
  socket().says({ type: 'queue_update', seq: 4, position: 1 });
  assert.deepEqual(heard.messages, ['acknowledgment', 'queue_update']);
});

test('it waits longer after every failure', () => {
  const { socket } = stream();
  for (const wait of [1000, 2000, 4000]) {
    const before = sockets.length;
    socket().drops();
    mock.timers.tick(wait * 0.3);
    assert.equal(sockets.length, before, 'not at once');
    mock.timers.tick(wait);
    assert.equal(sockets.length, before + 1);
  }
});

test('without the right to it there is no second try', () => {
  const { socket, heard } = stream();
  socket().opens();
  socket().drops(4403);
  mock.timers.tick(60000);
  assert.equal(sockets.length, 1);
  assert.deepEqual(heard.states, ['refused']);
});

test('a silent server is left after a ping', () => {
  const { socket } = stream();
  socket().opens();
  socket().says({ type: 'acknowledgment', seq: 1, snapshot: {} });
  mock.timers.tick(15000);
  assert.deepEqual(socket().sent.at(-1), { type: 'ping' });
  mock.timers.tick(8000);
  mock.timers.tick(2000);
  assert.equal(sockets.length, 2);
});

test('closed is closed', () => {
  const { made, heard } = stream();
  made.close();
  mock.timers.tick(60000);
  assert.equal(sockets.length, 1);
  assert.deepEqual(heard.states, ['closed']);
});
