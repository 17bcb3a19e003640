/** Small helpers over the DOM. Text always goes in as text. */

/**
 * The one element with this `data-testid`.
 * @param {string} id
 * @returns {any}
 */
export function hook(id) {
  return must(`[data-testid="${id}"]`);
}

/**
 * The first element that fits; a page without it is broken, so that is an error.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {any}
 */
export function must(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`The page has no ${selector}`);
  return found;
}

/**
 * Set text only when it differs: a status region that is written again is read out again.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {Element} element
 * @param {boolean} visible
 */
export function show(element, visible) {
  /** @type {HTMLElement} */ (element).hidden = !visible;
}

/**
 * A new element with attributes and children; strings become text nodes.
 * @param {string} name
 * @param {Record<string, string>} [attributes]
 * @param {...(Node|string)} children
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/**
 * The JSON the template left in `<script type="application/json" id=…>`.
 * @param {string} id
 */
export function pageData(id) {
  return JSON.parse(must(`#${id}`).textContent);
}
