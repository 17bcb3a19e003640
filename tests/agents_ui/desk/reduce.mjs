/** Reads `{"snapshot", "events"}`, prints the desk's state after them. */

import { readFileSync } from "node:fs";
import { EMPTY, reduce } from "../../../static/agents_ui/state.js";

const { snapshot, events } = JSON.parse(readFileSync(0, "utf8"));
const messages = [{ type: "snapshot", snapshot }, ...events];
const { lines, ...state } = messages.reduce(reduce, EMPTY);
process.stdout.write(JSON.stringify(state));
