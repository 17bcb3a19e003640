/** Words: a catalogue per language, exchanged in place when the language changes. */

/** @typedef {Record<string, any>} Catalogue nested; a leaf is a text, or texts by plural category */

const RIGHT_TO_LEFT = new Set(['ar']);

/** The words of one page in the language chosen. */
export class Words {
  /**
   * @param {Record<string, Catalogue>} catalogues by language
   * @param {string} language
   * @param {Record<string, string>} [always] values every text may use, such as `company`
   */
  constructor(catalogues, language, always = {}) {
    this.catalogues = catalogues;
    this.always = always;
    this.use(language);
  }

  /** @param {string} language */
  use(language) {
    this.language = language;
    this.direction = RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr';
    // Latin digits in both: reference numbers and times are read out to people who see them so.
    this.locale = language === 'ar' ? 'ar-u-nu-latn' : language;
    this.plurals = new Intl.PluralRules(language);
  }

  /**
   * The text at a dotted key; `{count}` chooses among plural forms.
   * @param {string} key
   * @param {Record<string, string|number>} [values]
   */
  say(key, values = {}) {
    const leaf = this.find(key);
    const text = typeof leaf === 'object' ? leaf[this.plurals.select(Number(values.count))] ?? leaf.other : leaf;
    const all = { ...this.always, ...values };
    return text.replace(/\{(\w+)\}/g, (place, name) => (name in all ? String(all[name]) : place));
  }

  /** @param {string} key */
  has(key) {
    return this.find(key, false) !== undefined;
  }

  find(key, required = true) {
    const found = key.split('.').reduce((at, part) => at?.[part], this.catalogues[this.language]);
    if (found === undefined && required) throw new Error(`No words for ${key} in ${this.language}`);
    return found;
  }

  /** Rewrite what the template marked, and the document's language and direction. */
  apply(root = document) {
    document.documentElement.lang = this.language;
    document.documentElement.dir = this.direction;
    for (const element of root.querySelectorAll('[data-copy]')) {
      element.textContent = this.say(element.getAttribute('data-copy'));
    }
    for (const name of ['aria-label', 'placeholder', 'title']) {
      for (const element of root.querySelectorAll(`[data-copy-${name}]`)) {
        element.setAttribute(name, this.say(element.getAttribute(`data-copy-${name}`)));
      }
    }
  }

  /** `1:05`, `1:02:09`. @param {number} seconds */
  clock(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const parts = [Math.floor(whole / 60) % 60, whole % 60];
    if (whole >= 3600) parts.unshift(Math.floor(whole / 3600));
    return parts.map((part, i) => (i ? String(part).padStart(2, '0') : String(part))).join(':');
  }

  /** The hour and minute of a moment. @param {string|Date} moment */
  time(moment) {
    return new Intl.DateTimeFormat(this.locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(moment));
  }

  /** The day and the time of a moment. @param {string|Date} moment */
  moment(moment) {
    const parts = { weekday: 'long', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
    return new Intl.DateTimeFormat(this.locale, /** @type {any} */ (parts)).format(new Date(moment));
  }
}
