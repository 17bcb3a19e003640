import assert from "node:assert/strict";
import test from "node:test";
import { alarmsOf, percent, tileState } from "../../../static/agents_ui/wallboard_state.js";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const agent = { online: true, presence: "available", activity: "idle", away_reason: "" };
const shown = (change) => tileState({ ...agent, ...change }, NOW);

test("each state is shown before all those after it", () => {
  const declined = { declined_until: "2026-11-21T12:00:01Z" };
  assert.equal(shown({ activity: "on_call", online: false, ...declined }), "error");
  assert.equal(shown({ presence: "away", away_reason: "connection lost", activity: "missed" }), "error");
  assert.equal(shown({ activity: "missed", presence: "away", ...declined }), "missed");
  assert.equal(shown({ activity: "on_call", ...declined }), "declined");
  assert.equal(shown({ activity: "on_call", presence: "away" }), "on_call");
  assert.equal(shown({ activity: "wrapping_up", presence: "away" }), "wrapping_up");
  assert.equal(shown({ activity: "offered" }), "offered");
  assert.equal(shown({ presence: "away", away_reason: "lunch" }), "away");
  assert.equal(shown({}), "available");
  assert.equal(shown({ online: false }), "offline");
});

test("a decline is shown for its time only", () => {
  assert.equal(shown({ declined_until: "2026-11-21T12:00:00Z" }), "available");
});

const row = { waiting: 0, alarms: { waiting: 5, longest_wait: 120, service_level: 0.6 }, figures: { recent: { service_level: null } } };
const level = (value) => ({ figures: { recent: { service_level: value } } });

test("nothing is beyond a limit while nobody calls", () => {
  assert.deepEqual(alarmsOf(row, 0), []);
});

test("each limit raises its alarm when it is reached", () => {
  assert.deepEqual(alarmsOf({ ...row, waiting: 5 }, 10), ["waiting"]);
  assert.deepEqual(alarmsOf({ ...row, waiting: 1 }, 120), ["longest_wait"]);
  assert.deepEqual(alarmsOf({ ...row, ...level(0.59) }, 0), ["service_level"]);
  assert.deepEqual(alarmsOf({ ...row, ...level(0.6) }, 0), []);
});

test("a limit that is off never raises one", () => {
  const off = { ...row, ...level(0), waiting: 500, alarms: { waiting: null, longest_wait: null, service_level: null } };
  assert.deepEqual(alarmsOf(off, 9999), []);
});

test("what is unknown is a dash, never nought", () => {
  assert.equal(percent(null), "–");
  assert.equal(percent(0), "0 %");
  assert.equal(percent(0.778), "78 %");
});
