import assert from "node:assert/strict";
import test from "node:test";
import { EMPTY, callInView, reduce } from "../../../static/agents_ui/state.js";

const after = (...messages) => messages.reduce(reduce, EMPTY);
const assigned = { type: "customer_assigned", seq: 3, call_id: "c1", agent_token: "t1", customer: { name: "Carol" } };
const line = (id, at, call_id = "c1") => ({ type: "transcript", id, call_id, at, speaker: "customer", text: `line ${id}` });

test("the answer of an accept and the event of the same call are one call", () => {
  const state = after({ type: "customer_assigned", call_id: "c1", token: "t0", url: "ws://x" }, assigned);
  assert.equal(state.call.token, "t1");
  assert.equal(state.call.url, "ws://x");
});

test("an offer is gone when it ends, another's end changes nothing", () => {
  const offered = { type: "offer", offer_id: "7", call_id: "c1" };
  assert.equal(after(offered, { type: "offer_ended", offer_id: "7", outcome: "timed_out" }).offer, null);
  assert.equal(after(offered, { type: "offer_ended", offer_id: "6", outcome: "timed_out" }).offer.offer_id, "7");
});

test("a line that comes by the story and by the stream stands once, in the order of speaking", () => {
  const story = { type: "story", call_id: "c1", transcript: [line("1", "2026-01-01T00:00:01Z"), line("2", "2026-01-01T00:00:02Z")] };
  const state = after(assigned, line("3", "2026-01-01T00:00:03Z"), line("2", "2026-01-01T00:00:02Z"), story);
  assert.deepEqual(state.lines.map(({ id }) => id), ["1", "2", "3"]);
});

test("lines of another call are not shown, and a new call begins without lines", () => {
  const state = after(assigned, line("1", "2026-01-01T00:00:01Z"), line("9", "2026-01-01T00:00:01Z", "c2"));
  assert.equal(state.lines.length, 1);
  const next = reduce(state, { ...assigned, call_id: "c2" });
  assert.deepEqual(next.lines, []);
});

test("the ended call stays until the wrap-up is over", () => {
  const wrapping = after(assigned, { type: "presence", activity: "wrapping_up" }, { type: "call_ended", call_id: "c1", reason: "customer_hangup" });
  assert.equal(wrapping.call.state, "ended");
  assert.equal(callInView(wrapping), "c1");
  assert.equal(reduce(wrapping, { type: "presence", activity: "idle" }).call, null);
});

test("a call given back to the line leaves the desk", () => {
  assert.equal(after(assigned, { type: "call_update", call_id: "c1", state: "waiting" }).call, null);
});

test("an offer learns its reason when the request comes after it", () => {
  const state = after(
    { type: "offer", offer_id: "7", call_id: "c1", reason: "", customer: { name: "Carol" } },
    { type: "transfer_pending", transfer: { id: "transfer_1_120000", call_id: "c1", reason: "a refund", summary: "" } },
  );
  assert.equal(state.offer.reason, "a refund");
  assert.equal(state.offer.customer.name, "Carol");
});

test("messages of a kind not known here change nothing", () => {
  const state = after(assigned);
  assert.equal(reduce(state, { type: "something_new", call_id: "c1" }), state);
});
