import assert from "node:assert/strict";
import { test } from "node:test";

import { candidatesFor, linesOf, mayBeGiven } from "../../../static/agents_ui/by_hand/state.js";

const agent = (name, change = {}) => ({ agent_id: name, name, departments: ["support"], online: true, presence: "available", activity: "idle", ...change });

test("callers stand by department and place", () => {
  const rows = [
    { entry_id: "1", department: "support", position: 2 },
    { entry_id: "2", department: "billing", position: 1 },
    { entry_id: "3", department: "support", position: 1 },
  ];
  const lines = linesOf(rows, (slug) => slug);
  assert.deepEqual(lines.map(([slug, line]) => [slug, line.map((row) => row.entry_id)]), [["billing", ["2"]], ["support", ["3", "1"]]]);
});

test("a caller is given to who is there and not in a call", () => {
  assert.ok(mayBeGiven(agent("alice")));
  assert.ok(mayBeGiven(agent("alice", { activity: "wrapping_up" })));
  for (const change of [{ online: false }, { presence: "away" }, { activity: "on_call" }, { activity: "offered" }]) {
    assert.ok(!mayBeGiven(agent("alice", change)), JSON.stringify(change));
  }
});

test("agents of the department are offered, those first who are free", () => {
  const agents = [agent("bob", { presence: "away" }), agent("dina", { departments: ["sales"] }), agent("zoe")];
  assert.deepEqual(candidatesFor(agents, "support").map((each) => each.agent_id), ["zoe", "bob"]);
});
