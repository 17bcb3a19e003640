/** Whether a waiting customer's page is open: where it is not, he cannot be reached there just now. */

import { t } from "./config.js";
import { make, show } from "./dom.js";

/** @param {HTMLElement} host a chip @param {boolean | undefined} open */
export function markPage(host, open) {
  const known = typeof open === "boolean";
  show(host, known);
  const shown = String(open);
  if (!known || host.dataset.open === shown) return;
  host.dataset.open = shown;
  host.title = open ? "" : t("page_gone_note");
  host.replaceChildren(make("span", { class: "icon", "aria-hidden": "true" }), t(open ? "page_open" : "page_gone"));
}

/** @param {boolean | undefined} open @returns {HTMLElement} */
export function pageMark(open) {
  const chip = make("span", { class: "chip page-mark", "data-testid": "page-mark" });
  markPage(chip, open);
  return chip;
}
