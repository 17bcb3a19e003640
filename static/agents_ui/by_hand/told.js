/** A supervisor's request, and what to say when it is refused. */

import { t, tOr } from "../config.js";

/**
 * Null when it went through, else the words for it.
 * @param {Promise<unknown>} asked
 * @returns {Promise<string | null>}
 */
export async function told(asked) {
  try {
    await asked;
    return null;
  } catch (problem) {
    const { status, code, message, details } = /** @type {any} */ (problem);
    if (status === undefined) throw problem;
    if (status === 0) return t("error_network");
    if (code === "already_accepted") return t("error_already_accepted", { name: details?.accepted_by ?? "?" });
    return tOr(`by_hand_error_${code}`, message || t("error_generic"));
  }
}
