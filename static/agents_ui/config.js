/** What the server gave with the page: who is here, the words in his language, the departments. */

import { pageData } from "../common/dom.js";

/**
 * @typedef {object} DeskConfig
 * @property {string} username
 * @property {string} displayName
 * @property {string} language `en` or `ar`
 * @property {Record<string, string>} texts
 * @property {Record<string, string>} departments names by slug
 * @property {Record<string, string>} awayReasons names by slug
 * @property {string} loginUrl
 */

/** @type {DeskConfig} */
export const config = pageData("desk-config");

/**
 * The words for `key`, `{name}` replaced from `values`.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const text = config.texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * The first of the keys that has words, else `fallback`: codes the server may add to are shown as they are.
 * @param {string} key
 * @param {string} fallback
 */
export function tOr(key, fallback) {
  return config.texts[key] ?? fallback;
}

/** A reason is free text for the server; the installation's own are shown by name, the engine's in words. @param {string} code */
export function reasonText(code) {
  return config.awayReasons[code] ?? tOr(`reason_${code}`, code || t("away"));
}

/** @param {string | null | undefined} slug */
export function departmentName(slug) {
  return slug ? config.departments[slug] ?? slug : "";
}
