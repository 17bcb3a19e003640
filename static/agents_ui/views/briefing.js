/** What the assistant has found out, in the agent's language where it is there. */

import { config, departmentName, t, tOr } from "../config.js";

/**
 * The summary to show; `foreign` names its language where that is not the agent's.
 * @param {Record<string, any>} customer
 * @returns {{ text: string, foreign: string }}
 */
export function summaryOf({ summary, briefing }) {
  const texts = briefing?.summary ?? {};
  if (texts[config.language]) return { text: texts[config.language], foreign: "" };
  const [language] = Object.keys(texts);
  if (!language) return { text: summary ?? "", foreign: "" };
  return { text: texts[language], foreign: tOr(`lang_${language}`, language) };
}

/** What was tried, in words. @param {Record<string, any> | null | undefined} briefing @returns {string[]} */
export function triedOf(briefing) {
  return (briefing?.tried ?? []).map(triedWords);
}

/** @param {Record<string, string>} item */
function triedWords({ kind, text, outcome }) {
  if (kind === "department") {
    return t("tried_department", { department: departmentName(text), outcome: tOr(`refused_${outcome}`, outcome) });
  }
  return tOr(`tried_${kind}`, kind).replace("{text}", text ?? "");
}
