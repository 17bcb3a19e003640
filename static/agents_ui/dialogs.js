/** Help, settings and devices. */

import { actions, room } from "./actions.js";
import { notice } from "./banners.js";
import { t } from "./config.js";
import { byId, make, onPress, setText } from "./dom.js";
import { allowNotifications, ringOnce } from "./ring.js";
import { livekit } from "./livekit.js";
import { saveSettings, settings } from "./settings.js";
import { watch } from "./store.js";

/** @type {MediaDeviceKind[]} */
const KINDS = ["audioinput", "audiooutput", "videoinput"];

export function bindDialogs() {
  onPress("open-help", () => byId("help-dialog").showModal());
  onPress("open-settings", openSettings);
  onPress("open-devices", openDevices);
  bindSettings();
  for (const kind of KINDS) byId(`device-${kind}`).addEventListener("change", () => choose(kind));
  navigator.mediaDevices?.addEventListener("devicechange", () => byId("devices-dialog").open && void fillDevices());
}

function bindSettings() {
  const ring = byId("ring-sound");
  const keys = byId("single-keys");
  const auto = byId("auto-answer");
  ring.addEventListener("change", () => saveSettings({ ringSound: ring.checked }));
  keys.addEventListener("change", () => saveSettings({ singleKeys: keys.checked }));
  auto.addEventListener("change", () => actions.setAutoAnswer(auto.checked));
  watch(({ agent }) => (auto.checked = Boolean(agent?.auto_answer)));
  onPress("test-ring", ringOnce);
  onPress("allow-notifications", async () => showNotifications(await allowNotifications()));
}

function openSettings() {
  byId("ring-sound").checked = settings.ringSound;
  byId("single-keys").checked = settings.singleKeys;
  showNotifications("Notification" in window ? Notification.permission : "denied");
  byId("settings-dialog").showModal();
}

/** @param {NotificationPermission} permission */
function showNotifications(permission) {
  byId("allow-notifications").disabled = permission !== "default";
  const words = { granted: t("notifications_on"), denied: t("notifications_blocked"), default: "" };
  setText(byId("notifications-state"), words[permission]);
}

async function openDevices() {
  byId("devices-dialog").showModal();
  await fillDevices();
}

async function fillDevices() {
  const { Room } = await livekit();
  for (const kind of KINDS) {
    const devices = await Room.getLocalDevices(kind, false);
    const options = devices.map((/** @type {MediaDeviceInfo} */ device) =>
      make("option", { value: device.deviceId }, device.label || t("default_device")),
    );
    const select = byId(`device-${kind}`);
    select.replaceChildren(...(options.length ? options : [make("option", { value: "" }, t("default_device"))]));
    const chosen = settings.devices[kind];
    if (devices.some((/** @type {MediaDeviceInfo} */ device) => device.deviceId === chosen)) select.value = chosen;
  }
}

/** @param {MediaDeviceKind} kind */
async function choose(kind) {
  const deviceId = byId(`device-${kind}`).value;
  try {
    await room.useDevice(kind, deviceId);
    saveSettings({ devices: { ...settings.devices, [kind]: deviceId } });
  } catch (error) {
    console.warn("device", error);
    notice(t("error_device"), "error");
    await fillDevices();
  }
}
