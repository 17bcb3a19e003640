/** What the wallboard shows besides the line: a department's figures, its history, the whole screen. */

import { duration } from "./clock.js";
import { departmentName, t } from "./config.js";
import { byId, make, onPress, setText, show } from "./dom.js";
import { percent } from "./wallboard_state.js";

/** A department's figures. @param {Record<string, any> | null} figures none yet: dashes */
export function figureList(figures) {
  const { recent = {}, today = {} } = figures ?? {};
  const spoken = (/** @type {number | null | undefined} */ seconds) => (seconds === null || seconds === undefined ? "–" : duration(seconds));
  const pairs = [
    ["figure_level_recent", percent(recent.service_level)],
    ["figure_level_today", percent(today.service_level)],
    ["figure_asa", spoken(today.average_speed_of_answer)],
    ["figure_aht", spoken(today.average_handling_time)],
    ["figure_abandonment", percent(today.abandonment_rate)],
    ["figure_occupancy", percent(today.occupancy)],
    ["figure_longest", spoken(today.longest_wait)],
    ["figure_answered", `${today.answered ?? 0} / ${today.offered ?? 0}`],
  ];
  return make("dl", { class: "tile-figures" }, ...pairs.map(([name, value]) => make("div", {}, make("dt", {}, t(name)), make("dd", { class: "digits" }, value))));
}

/** @param {string} department */
export function historyLink(department) {
  return make("a", { href: `history/?${new URLSearchParams({ department })}` }, t("history"), make("span", { class: "visually-hidden" }, ` ${departmentName(department)}`));
}

/** The button for it, where the browser can. */
export function offerFullscreen() {
  show(byId("fullscreen"), document.fullscreenEnabled);
  onPress("fullscreen", () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
  document.addEventListener("fullscreenchange", () => {
    setText(byId("fullscreen"), t(document.fullscreenElement ? "fullscreen_leave" : "fullscreen_enter"));
  });
}
