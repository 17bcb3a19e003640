/** For each line, a list of `{"snapshot", "messages"}`, one with what the call page knows of the call after each. */

import { createInterface } from 'node:readline';
import { freshModel } from '../../../static/calls/model.js';
import { changeBy, fromCall } from '../../../static/calls/news.js';

/** @param {{snapshot: any, messages: any[]}} told */
function shownAfter({ snapshot, messages }) {
  const first = { type: 'acknowledgment', snapshot };
  const model = [first, ...messages].reduce((at, message) => ({ ...at, ...changeBy(message, at) }), freshModel());
  const lines = new Map(snapshot.transcript.map((line) => [line.id, line.text]));
  for (const message of messages) if (message.type === 'transcript') lines.set(message.id, message.text);
  const over = messages.find((message) => message.type === 'call_ended')?.reason ?? (model.callState === 'ended' ? model.reason : null);
  // What a snapshot says of the call; the rest of the model is the page's own. A call that is over shows why, and no more.
  const known = Object.fromEntries(Object.keys(fromCall(snapshot)).map((key) => [key, model[key]]));
  const shown = over ? { over, callback: model.callback } : { ...known, agentName: known.assigned ? model.agentName : '' };
  return { ...shown, lines: [...lines] };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify({ shown: JSON.parse(line).map(shownAfter) })}\n`);
}
