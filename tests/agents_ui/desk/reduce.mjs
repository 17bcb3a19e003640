/** Reads `{"snapshot", "events", "lines"}`, prints the desk's state after them, with `lines` the transcript too. */

import { readFileSync } from "node:fs";
import { EMPTY, reduce } from "../../../static/agents_ui/state.js";

const { snapshot, events, lines: withLines = false } = JSON.parse(readFileSync(0, "utf8"));
const messages = [{ type: "snapshot", snapshot }, ...events];
const { lines, ...state } = messages.reduce(reduce, EMPTY);
process.stdout.write(JSON.stringify(withLines ? { ...state, lines } : state));
