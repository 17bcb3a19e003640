/** The form before the call: who calls, in which language, whom; straight to a person or not. */
import { hook, must, setText, show } from '../common/dom.js';

const KEPT = 'call-centre.form';

export class StartForm {
  /**
   * @param {import('../common/copy.js').Words} words
   * @param {{departments: Array<{slug: string, name_en: string, name_ar: string, ai_first: boolean, is_open: boolean,
   *   opens_at: string|null}>, queueMode: boolean, avatar: boolean}} data
   * @param {{onStart: (caller: import('./api.js').Caller, direct: boolean) => void, onLanguage: (language: string) => void}} page
   */
  constructor(words, data, page) {
    this.words = words;
    this.departments = data.departments;
    this.avatar = data.avatar;
    this.queueMode = data.queueMode;
    this.form = must('#before');
    this.name = hook('name');
    this.email = hook('email');
    this.department = hook('department');
    this.language = hook('language');
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.check()) page.onStart(this.caller(), this.direct);
    });
    this.language.addEventListener('change', () => page.onLanguage(this.language.value));
    this.department.addEventListener('change', () => this.render());
    must('#switch-mode').addEventListener('click', () => {
      this.queueMode = !this.queueMode;
      this.render();
      (this.direct ? this.email : hook('start-call')).focus();
    });
    for (const field of [this.name, this.email]) field.addEventListener('input', () => this.complain(field, ''));
    this.restore();
    this.render();
  }

  /** The department chosen, or the default one, the first. */
  get chosen() {
    return this.departments.find((one) => one.slug === this.department.value) ?? this.departments[0];
  }

  get forced() {
    return this.chosen ? !this.chosen.ai_first : false;
  }

  get direct() {
    return this.queueMode || this.forced;
  }

  caller() {
    return {
      name: this.name.value.trim(),
      email: this.email.value.trim(),
      language: this.language.value,
      department: this.department.value,
      avatar: this.avatar,
    };
  }

  render() {
    const { direct, words } = this;
    const code = words.language;
    for (const option of this.department.options) {
      const known = this.departments.find((one) => one.slug === option.value);
      if (known) setText(option, (code === 'ar' ? known.name_ar : known.name_en) || known.name_en || known.slug);
    }
    const closed = this.chosen?.is_open === false;
    const opens = this.chosen?.opens_at ?? '';
    show(must('#closed-now'), closed);
    setText(must('#closed-now'), closed ? words.say(opens ? 'before.closed_until' : 'before.closed', { time: opens && words.moment(opens) }) : '');
    this.email.required = direct;
    show(must('#email-optional'), !direct);
    setText(must('#lead'), words.say(direct ? 'before.lead_queue' : 'before.lead'));
    setText(must('#promise'), words.say(direct ? 'before.queue_notice' : 'before.ai_notice'));
    const other = must('#switch-mode');
    show(other, !this.forced);
    setText(other, words.say(this.queueMode ? 'before.to_assistant' : 'before.to_queue'));
  }

  /** True when the call may start; otherwise the first wrong field has the focus. */
  check() {
    const missing = this.direct && !this.email.value.trim();
    this.complain(this.email, missing ? 'before.email_missing' : this.email.validity.typeMismatch ? 'before.email_wrong' : '');
    if (this.email.getAttribute('aria-invalid') === 'true') {
      this.email.focus();
      return false;
    }
    this.remember();
    return true;
  }

  /** What the server refused, at its field; true when one of ours was meant. @param {Record<string, any>} fields */
  refuse(fields) {
    const keys = Object.keys(fields).join(' ');
    const field = /email/.test(keys) ? this.email : /user_name/.test(keys) ? this.name : null;
    if (!field) return false;
    this.complain(field, field === this.email ? 'before.email_wrong' : 'before.name_wrong');
    field.focus();
    return true;
  }

  complain(field, key) {
    const message = must(`#${field.id}-error`);
    field.setAttribute('aria-invalid', String(Boolean(key)));
    setText(message, key ? this.words.say(key) : '');
    show(message, Boolean(key));
  }

  remember() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ name: this.name.value, email: this.email.value }));
    } catch {
      // Without storage the caller types it again.
    }
  }

  restore() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEPT) || '{}');
      this.name.value ||= kept.name || '';
      this.email.value ||= kept.email || '';
    } catch {
      // Nothing was kept.
    }
  }
}
