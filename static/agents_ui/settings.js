/** What an agent has set on this computer. Auto-answer is not here: the server must know it. */

const KEY = "desk:settings";

const stored = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
};

/** @type {{ringSound: boolean, singleKeys: boolean, devices: Record<string, string>}} */
export const settings = { ringSound: true, singleKeys: true, devices: {}, ...stored() };

/** @param {Partial<typeof settings>} change */
export function saveSettings(change) {
  Object.assign(settings, change);
  localStorage.setItem(KEY, JSON.stringify(settings));
}
