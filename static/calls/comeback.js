/** Back into a call: after a reload, or out of another tab. */
import { ApiProblem } from '../common/http.js';
import { CallApi } from './api.js';
import { claimCall, forgetCall, recallCall } from './memory.js';
import { fromCall } from './news.js';

/** How long a finished call is shown again after a reload. */
const SHOWN = 10 * 60 * 1000;

/** @typedef {import('./call.js').Call} Call @typedef {import('./memory.js').Kept} Kept */

/**
 * Come back to the call this tab had before it was reloaded. False: there is none.
 * @param {Call} call
 */
export async function resume(call) {
  const kept = recallCall();
  if (!kept?.call_id) return false;
  if (kept.ended && Date.now() - kept.ended > SHOWN) {
    forgetCall();
    return false;
  }
  if (await claim(call, kept)) return comeBack(call, kept);
  call.kept = kept;
  call.api = new CallApi(kept);
  call.update({ phase: 'live', link: 'elsewhere', startedAt: kept.startedAt });
  return true;
}

/**
 * Take the call over from the tab that has it.
 * @param {Call} call
 */
export async function takeBack(call) {
  const { kept } = call;
  call.update({ link: 'none', rejoining: true });
  await claimCall(kept.call_id, { steal: true, onLost: () => call.elsewhere() });
  if (!(await comeBack(call, kept))) call.fail(new ApiProblem(404, { code: 'gone' }));
}

async function claim(call, kept) {
  // The page that was there before the reload may take a moment to let go.
  for (let tries = 0; tries < 4; tries += 1) {
    if (await claimCall(kept.call_id, { onLost: () => call.elsewhere() })) return true;
    await new Promise((next) => { setTimeout(next, 250); });
  }
  return false;
}

async function comeBack(call, kept) {
  let seen;
  try {
    seen = await new CallApi(kept).look();
  } catch (problem) {
    if (![401, 403, 404].includes(problem.status)) return waitForServer(call, kept);
    forgetCall();
    return false;
  }
  call.adopt(kept, { rejoining: seen.state !== 'ended', ...fromCall(seen) });
  if (seen.state === 'ended') call.finish(seen.reason);
  else await call.connection.resume(seen);
  return true;
}

/** The server does not answer just now; the call is not given up for that. */
function waitForServer(call, kept) {
  call.adopt(kept, { rejoining: true, link: 'lost' });
  void call.connection.relink();
  return true;
}
