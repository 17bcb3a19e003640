/** The menu of microphones, speakers and cameras. */
import { make, must, setText, show } from '../common/dom.js';

const KINDS = /** @type {const} */ (['audioinput', 'audiooutput', 'videoinput']);

export class DeviceMenu {
  /**
   * @param {import('../common/copy.js').Words} words
   * @param {{choose: (kind: any, id: string) => Promise<any>, active: (kind: any) => string|undefined,
   *   cameraOn: () => boolean}} call
   */
  constructor(words, call) {
    this.words = words;
    this.call = call;
    this.panel = must('#devices');
    this.button = must('#devices-button');
    this.error = must('#devices-error');
    this.button.addEventListener('click', () => this.toggle());
    this.panel.addEventListener('keydown', (event) => {
      if (event.code !== 'Escape') return;
      this.toggle(false);
      this.button.focus();
    });
    for (const kind of KINDS) must(`#${kind}`).addEventListener('change', (event) => this.choose(kind, event.target.value));
    navigator.mediaDevices?.addEventListener?.('devicechange', () => { if (!this.panel.hidden) void this.fill(); });
  }

  /** @param {boolean} [open] */
  toggle(open = this.panel.hidden) {
    show(this.panel, open);
    this.button.setAttribute('aria-expanded', String(open));
    if (open) void this.fill();
  }

  async fill() {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    for (const kind of KINDS) {
      const devices = all.filter((device) => device.kind === kind && device.deviceId);
      const usable = kind === 'audiooutput' ? 'setSinkId' in HTMLMediaElement.prototype : true;
      show(must(`#${kind}-field`), usable && devices.length > 0 && (kind !== 'videoinput' || this.call.cameraOn()));
      must(`#${kind}`).replaceChildren(...devices.map((device, i) => this.option(device, i)));
      const active = this.call.active(kind);
      if (active && devices.some((device) => device.deviceId === active)) must(`#${kind}`).value = active;
    }
    show(this.error, false);
  }

  option(device, i) {
    const name = device.label || this.words.say('call.device_unnamed', { count: i + 1 });
    return make('option', { value: device.deviceId, dir: 'auto' }, name);
  }

  async choose(kind, id) {
    try {
      await this.call.choose(kind, id);
      show(this.error, false);
    } catch (error) {
      console.warn('device refused', error);
      setText(this.error, this.words.say('call.device_failed'));
      show(this.error, true);
    }
  }
}
