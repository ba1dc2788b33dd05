// @ts-check
/** The contexts: how each is, its API servers, and what is wrong beside the others. */
import { element } from './elements.js';

/**
 * @typedef {import('./state.js').Context} Context
 * @typedef {import('./state.js').ServerFacts} ServerFacts
 */

const troubleTitles = {
  unreachable: 'cannot be reached',
  login: 'needs a login',
  rights: 'shows too little',
  other: 'has a problem',
};

/** What is wrong with contexts, in full. @param {Iterable<Context>} contexts */
export function troublesView(contexts) {
  return [...contexts].flatMap((context) => {
    const { state, title, limit } = context;
    if (state.kind === 'trouble') {
      const { kind, text, next } = state.trouble;
      return [
        banner('error', `${title} ${context.why === undefined ? troubleTitles[kind] : 'cannot be used'}`, text, next),
      ];
    }
    return limit === undefined ? [] : [banner('warning', `${title} is shown in part`, limit, undefined)];
  });
}

/** @param {'error' | 'warning'} severity @param {string} title @param {string} text @param {string | undefined} next */
export function banner(severity, title, text, next) {
  const made = element(
    'div',
    { class: 'banner', 'data-severity': severity },
    element('strong', {}, title),
    element('p', {}, text),
  );
  if (next !== undefined) made.append(element('p', { class: 'next' }, next));
  return made;
}

/** All of them, short. @param {Iterable<Context>} contexts @param {Map<string, number>} counts services of each */
export function contextsView(contexts, counts) {
  return [...contexts].map((context) => {
    const { id, title, state, version, server } = context;
    const live = state.kind === 'live';
    const words = live
      ? countOf(counts.get(id) ?? 0)
      : state.kind === 'starting'
        ? 'loading…'
        : context.why === undefined
          ? troubleTitles[state.trouble.kind]
          : 'cannot be used';
    const shownState = live ? 'ready' : state.kind === 'starting' ? 'partial' : 'down';
    const item = element(
      'li',
      { class: 'context', 'data-context': id },
      element('div', { class: 'context-title' }, element('strong', {}, title)),
    );
    item.append(element('div', { class: 'state', 'data-state': shownState }, words));
    if (version !== undefined) item.append(element('div', { class: 'soft' }, `Kubernetes ${version}`));
    const { servers, passedOver } = context;
    if (servers.length === 0 && server !== '') item.append(element('div', { class: 'soft' }, server));
    if (servers.length > 0) {
      const list = element('ul', { class: 'servers', 'aria-label': `API servers of ${title}` });
      for (const facts of servers) list.append(serverItem(facts, servers.length === 1 ? state : undefined));
      for (const { url, why } of passedOver) list.append(passedOverItem(url, why));
      item.append(list);
    }
    return item;
  });
}

/** @param {number} count */
function countOf(count) {
  return `${count} ${count === 1 ? 'service' : 'services'}`;
}

/** Nobody probes or counts a single server: it is as its context is. @param {ServerFacts} facts @param {Context['state'] | undefined} only */
function serverItem({ url, state, inFlight, lastError, discovered }, only) {
  const well = only === undefined ? state === 'ready' || state === 'untested' : only.kind !== 'trouble';
  const shownState = well ? 'ready' : state === 'draining' ? 'partial' : 'down';
  const words = only === undefined ? `${state === 'untested' ? 'not asked yet' : state}, ${inFlight} in flight` : '';
  const item = element(
    'li',
    { class: 'server' },
    element('span', { class: 'state', 'data-state': shownState }, url.replace(/^https?:\/\//, '')),
  );
  const details = [words, discovered ? 'discovered' : ''].filter((part) => part !== '').join(' · ');
  if (details !== '') item.append(element('span', { class: 'soft' }, details));
  if (lastError !== undefined)
    item.append(element('p', { class: 'soft server-error' }, well ? `Was: ${lastError}` : lastError));
  return item;
}

/** @param {string} url @param {string} why */
function passedOverItem(url, why) {
  const name = element('span', { class: 'state', 'data-state': 'idle' }, url.replace(/^https?:\/\//, ''));
  return element(
    'li',
    { class: 'server' },
    name,
    element('span', { class: 'soft' }, 'not used'),
    element('p', { class: 'soft server-error' }, why),
  );
}
