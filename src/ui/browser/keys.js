// @ts-check
/** The keyboard: along the services, to the search, and to what the keys are. */
import { byId, copy } from './elements.js';

/**
 * @typedef {object} Actions
 * @property {HTMLInputElement} search
 * @property {import('./service-list.js').ServiceList} list
 * @property {() => void} clearSearch
 * @property {(service: import('./state.js').Service) => string | undefined} textOf what `c` copies
 * @property {(afterwards: () => void) => void} afterDrawing
 */

/** @param {Actions} actions */
export function listenToKeys(actions) {
  const { search, list } = actions;
  const help = /** @type {HTMLDialogElement} */ (byId('keys'));
  byId('show-keys').addEventListener('click', () => help.showModal());

  /** @param {1 | -1} by */
  function walk(by) {
    const { names } = list;
    const current = document.activeElement?.closest('[data-service]');
    const at = current === null || current === undefined ? -1 : names.findIndex((name) => current.contains(name));
    if (by === -1 && at <= 0) {
      search.focus();
      return;
    }
    const next = names[at + by];
    if (next !== undefined) next.focus();
    else if (list.more()) actions.afterDrawing(() => list.names[at + by]?.focus());
  }

  /** @type {Record<string, () => void>} */
  const keys = {
    '/': () => search.select(),
    '?': () => help.showModal(),
    ArrowDown: () => walk(1),
    ArrowUp: () => walk(-1),
    j: () => walk(1),
    k: () => walk(-1),
    c: () => {
      const { current } = list;
      const text = current?.service && actions.textOf(current.service);
      if (text !== undefined) void copy(text);
    },
    d: () => {
      const { current } = list;
      if (current !== undefined) list.toggle(current.key);
    },
  };

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
    const { activeElement } = document;
    const typing = activeElement === search;
    if (activeElement instanceof HTMLSelectElement) return;
    if (typing && event.key === 'Escape') {
      actions.clearSearch();
      return;
    }
    if (typing && event.key !== 'ArrowDown') return;
    // Without a service in hand these have their usual meaning.
    if (!Object.hasOwn(keys, event.key)) return;
    if (event.key === 'c' && (list.current === undefined || !getSelection()?.isCollapsed)) return;
    event.preventDefault();
    keys[event.key]?.();
  });
}
