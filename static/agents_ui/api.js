/** The desk's requests. They reject with `ApiProblem`. */

import { request } from "../common/http.js";
import { config } from "./config.js";

const me = encodeURIComponent(config.username);

/** @param {string} path @param {Record<string, any>} [body] @param {{keepalive?: boolean}} [options] */
export function post(path, body = {}, options = {}) {
  return request(path, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() }, ...options });
}

function csrfToken() {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

export const api = {
  /** @param {{status: string, reason?: string, after_call?: boolean}} wish */
  setStatus: (wish) => post(`/api/agents/${me}/status`, wish),
  /** @param {boolean} on */
  setAutoAnswer: (on) => post(`/api/agents/${me}/settings`, { auto_answer: on }),
  pickNext: () => post(`/api/agents/${me}/pick-next`),
  extendWrapUp: () => post(`/api/agents/${me}/extend-wrap-up`),
  finishWrapUp: () => post(`/api/agents/${me}/finish-wrap-up`),
  /** @param {string} offer */
  accept: (offer) => post(`/api/offers/${offer}/accept`),
  /** @param {string} offer @param {string} [reason] a code of the installation's */
  decline: (offer, reason) => post(`/api/offers/${offer}/decline`, reason ? { reason } : {}),
  /** @param {string} transfer */
  acceptTransfer: (transfer) => post("/api/accept-transfer", { transfer_id: transfer, agent_name: config.displayName }),
  /** @param {string} call */
  call: (call) => request(`/api/calls/${call}`),
  /** @param {string} call */
  story: (call) => request(`/desk/calls/${call}/story/`),
  queues: () => request("/api/queues"),
  targets: () => request("/api/transfer-targets"),
  /** @param {string} call @param {Record<string, any>} wish */
  transfer: (call, wish) => post(`/api/calls/${call}/transfer`, wish),
  /** @param {string} transfer */
  joinConsult: (transfer) => post(`/api/transfers/${transfer}/join`),
  /** @param {string} transfer */
  beginConference: (transfer) => post(`/api/transfers/${transfer}/conference`),
  /** @param {string} transfer */
  completeConsult: (transfer) => post(`/api/transfers/${transfer}/complete`),
  /** @param {string} transfer */
  leaveConsult: (transfer) => post(`/api/transfers/${transfer}/leave`),
  /** @param {string} transfer */
  takeBack: (transfer) => post(`/api/transfers/${transfer}/cancel`),
  /** @param {string} call */
  hangUp: (call) => post(`/api/calls/${call}/hangup`),
  /** @param {string} call @param {boolean} on */
  hold: (call, on) => post(`/api/calls/${call}/hold`, { on }),
  /** @param {string} call @param {string} text */
  say: (call, text) => post(`/api/calls/${call}/messages`, { text }),
  /** @param {string} call @param {string} mode listen, whisper, barge or take_over */
  supervise: (call, mode) => post(`/api/calls/${call}/supervise`, { mode }),
  /** @param {string} call */
  renewSupervision: (call) => post(`/api/calls/${call}/supervise/renew`),
  /** @param {string} call @param {{keepalive?: boolean}} [options] `keepalive`: the page is going */
  endSupervision: (call, options) => post(`/api/calls/${call}/supervise/end`, {}, options),
  /** @param {string} call */
  whisper: (call) => request(`/api/calls/${call}/whisper`),
  /** @param {string} call */
  transcript: (call) => request(`/api/calls/${call}/transcript`),
  /** @param {string} call @param {{notes?: string, disposition?: string}} change */
  saveNotes: (call, change) => post(`/api/calls/${call}/notes`, change),
};
