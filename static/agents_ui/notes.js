/**
 * Notes and outcome, saved as they are typed.
 *
 * Every keystroke goes to this computer's storage first and stays there until the server has answered for exactly
 * that text: a lost connection, a reload or a crash loses nothing.
 */

import { api } from "./api.js";
import { config, t } from "./config.js";

const SETTLE_MS = 600;
const AGAIN_MS = 3000;
const PREFIX = `desk:notes:${config.username}:`;
const KEEP_MS = 14 * 24 * 3600 * 1000;

/** @typedef {{notes?: string, disposition?: string, at: number}} Draft */

/** @type {Map<string, number>} */
const timers = new Map();
/** @type {Map<string, Promise<void>>} */
const sending = new Map();
/** @type {(callId: string, text: string, failed: boolean) => void} */
let tell = () => undefined;

/**
 * Start, and send what an earlier page left behind.
 * @param {(callId: string, text: string, failed: boolean) => void} onState words about a call's notes
 */
export function startNotes(onState) {
  tell = onState;
  for (const callId of draftedCalls()) void send(callId);
  window.addEventListener("online", () => draftedCalls().forEach((callId) => void send(callId)));
}

/** What was typed and is not yet acknowledged. @param {string} callId @returns {Draft | null} */
export function draft(callId) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + callId) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} callId @param {{notes?: string, disposition?: string}} change */
export function write(callId, change) {
  const whole = { ...draft(callId), ...change, at: Date.now() };
  localStorage.setItem(PREFIX + callId, JSON.stringify(whole));
  tell(callId, t("notes_saving"), false);
  later(callId, change.disposition === undefined ? SETTLE_MS : 0);
}

/** Send at once whatever is open; resolves when the server has it or has refused. @param {string} callId */
export async function flush(callId) {
  window.clearTimeout(timers.get(callId));
  await sending.get(callId);
  await send(callId);
}

/** @param {string} callId @param {number} wait */
function later(callId, wait) {
  window.clearTimeout(timers.get(callId));
  timers.set(callId, window.setTimeout(() => void send(callId), wait));
}

/** One request at a time for a call, or an older text could overtake a newer one. @param {string} callId */
async function send(callId) {
  if (sending.has(callId)) return later(callId, SETTLE_MS);
  const body = draft(callId);
  if (!body) return;
  const work = post(callId, body).finally(() => sending.delete(callId));
  sending.set(callId, work);
  await work;
}

/** @param {string} callId @param {Draft} body */
async function post(callId, { at, ...change }) {
  try {
    await api.saveNotes(callId, change);
  } catch (problem) {
    return refused(callId, at, /** @type {any} */ (problem));
  }
  // Typed on meanwhile: what is stored is newer than what was acknowledged.
  if (draft(callId)?.at !== at) return later(callId, SETTLE_MS);
  localStorage.removeItem(PREFIX + callId);
  tell(callId, t("notes_saved"), false);
}

/** @param {string} callId @param {number} at @param {{status: number, message: string}} problem */
function refused(callId, at, problem) {
  const final = problem.status >= 400 && problem.status < 500 && problem.status !== 429;
  if (final && Date.now() - at > KEEP_MS) localStorage.removeItem(PREFIX + callId);
  tell(callId, final ? t("notes_refused", { message: problem.message }) : t("notes_waiting"), true);
  if (!final) later(callId, AGAIN_MS);
}

function draftedCalls() {
  const keys = Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index) ?? "");
  return keys.filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
}
