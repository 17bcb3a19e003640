/** For each line `{"snapshot", "events", "lines"}` one with the desk's state after them, with `lines` the transcript too. */

import { createInterface } from "node:readline";
import { EMPTY, reduce } from "../../../static/agents_ui/state.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { snapshot, events, lines: withLines = false } = JSON.parse(line);
  const messages = [{ type: "snapshot", snapshot }, ...events];
  const { lines, ...state } = messages.reduce(reduce, EMPTY);
  process.stdout.write(`${JSON.stringify(withLines ? { ...state, lines } : state)}\n`);
}
