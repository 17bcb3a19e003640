/** The form for a message or a call back: what the department offers, and when. */
import { make, must, setText, show } from '../common/dom.js';
import { intentKey } from '../common/http.js';

const KINDS = ['callback', 'message'];

/**
 * What a caller may leave, by the department's rule; no rule: both.
 * @param {string} offer
 */
export function offeredKinds(offer) {
  if (offer === 'ai_only') return [];
  return KINDS.includes(offer) ? [offer] : KINDS;
}

/**
 * Fill a list of times: as soon as somebody is free, then the department's.
 * @param {HTMLSelectElement} select
 * @param {import('../common/copy.js').Words} words
 * @param {string[]} slots
 * @param {string} first what choosing no time means
 */
export function fillTimes(select, words, slots, first) {
  select.replaceChildren(
    make('option', { value: '', 'data-copy': first }, words.say(first)),
    ...slots.map((slot) => make('option', { value: slot }, words.moment(slot))),
  );
}

/**
 * Put the form into `place`. It promises nothing before the server has stored it.
 * @param {HTMLElement} place
 * @param {import('../common/copy.js').Words} words
 * @param {import('./call.js').Call} call
 */
export function callbackForm(place, words, call) {
  const content = must('#callback-form').content.cloneNode(true);
  words.apply(content);
  const form = must('form', content);
  const error = must('.field-error', form);
  const key = intentKey();
  form.elements.contact.value = call.kept?.email || '';
  const complain = (name) => {
    setText(error, words.say(`callback.${name}`));
    show(error, true);
  };
  form.addEventListener('change', () => show(must('[data-part="time"]', form), form.elements.kind.value === 'callback'));
  form.addEventListener('focusin', () => void loadTimes(form, words, call), { once: true });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const wish = wishOf(form);
    if (!wish.contact) return complain('contact_missing');
    if (wish.kind === 'message' && !wish.note) return complain('note_missing');
    const button = must('button', form);
    button.disabled = true;
    try {
      const { callback } = await call.api.callback(wish, key);
      const said = wish.kind === 'message' ? 'callback.stored' : 'callback.promised';
      const done = make('p', { class: 'result', tabindex: '-1', 'data-testid': 'callback-stored', 'data-copy': said }, words.say(said));
      place.replaceChildren(done);
      done.focus();
      call.update({ wished: true, ...(wish.kind === 'callback' ? { callback } : {}) });
      return void call.look().catch(() => {});
    } catch (problem) {
      console.warn('callback not stored', problem);
      button.disabled = false;
      return complain(problem.fields?.due_at ? 'time_gone' : 'failed');
    }
  });
  fillTimes(form.elements.due_at, words, [], 'callback.soon');
  place.replaceChildren(make('h2', {}), content);
  narrow(place, call.model.offer, words);
}

/** @param {HTMLFormElement} form */
function wishOf(form) {
  const { kind, contact, note, due_at: due } = form.elements;
  const wish = { kind: kind.value, contact: contact.value.trim() };
  if (note.value.trim()) wish.note = note.value.trim();
  if (kind.value === 'callback' && due.value) wish.due_at = due.value;
  return wish;
}

async function loadTimes(form, words, call) {
  const { due_at: select } = form.elements;
  try {
    const { slots } = await call.api.callbackTimes();
    const chosen = select.value;
    fillTimes(select, words, slots, 'callback.soon');
    select.value = chosen;
  } catch (problem) {
    // As soon as somebody is free can be asked for all the same.
    console.warn('no times to choose from', problem);
  }
}

/**
 * Only what the department offers can be chosen.
 * @param {HTMLElement} place
 * @param {string} offer
 * @param {import('../common/copy.js').Words} words
 */
export function narrow(place, offer, words) {
  const form = place.querySelector('form');
  if (!form) return;
  const kinds = offeredKinds(offer);
  const heading = kinds.length === 1 ? `callback.heading_${kinds[0]}` : 'callback.heading';
  // Named, so that another language finds it.
  must('h2', place).dataset.copy = heading;
  setText(must('h2', place), words.say(heading));
  for (const radio of form.elements.kind) show(radio.closest('label'), kinds.includes(radio.value));
  show(must('.kinds', form), kinds.length > 1);
  if (kinds.length && !kinds.includes(form.elements.kind.value)) form.elements.kind.value = kinds[0];
  show(must('[data-part="time"]', form), form.elements.kind.value === 'callback');
}
