// @ts-check
/** Which services are shown, in which order. */

/**
 * @typedef {import('./state.js').State} State
 * @typedef {import('./state.js').Service} Service
 * @typedef {{ words: string, namespace: string, context: string, state: string }} Filter `context` is an id, or `*`; of the others the empty text fits all
 */

/** @type {Filter} */
export const everything = { words: '', namespace: '', context: '*', state: '' };

/** @param {Filter} filter */
export function isEverything({ words, namespace, context, state }) {
  return words.trim() === '' && namespace === '' && context === '*' && state === '';
}

/** The services that fit, sorted. @param {State} state @param {Filter} filter @returns {[string, Service][]} */
export function chosen(state, filter) {
  const words = filter.words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  /** @type {[string, Service][]} */
  const fitting = [];
  for (const entry of state.services) {
    const { view, words: text } = entry[1];
    if (filter.context !== '*' && view.context !== filter.context) continue;
    if (filter.namespace !== '' && view.namespace !== filter.namespace) continue;
    if (filter.state !== '' && !inState(view, filter.state)) continue;
    if (words.every((word) => text.includes(word))) fitting.push(entry);
  }
  return fitting.sort(([, a], [, b]) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
}

/** @param {import('./state.js').ServiceView} view @param {string} state */
function inState(view, state) {
  if (state === 'ready') return view.state === 'ready';
  if (state === 'trouble') return view.problem !== undefined || view.state === 'down' || view.state === 'partial';
  return view.state === state;
}

/** All there are, sorted. @param {State} state @returns {string[]} */
export function namespaces(state) {
  const all = new Set();
  for (const { view } of state.services.values()) all.add(view.namespace);
  return [...all].sort();
}

/** Services that are not the cluster's own. @param {State} state */
export function hasOwnServices(state) {
  for (const { view } of state.services.values()) {
    if (!view.namespace.startsWith('kube-') && `${view.namespace}/${view.name}` !== 'default/kubernetes') return true;
  }
  return false;
}
