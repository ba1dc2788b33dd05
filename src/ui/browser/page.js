// @ts-check
/** The gateway's page: everything it shows comes over one stream of server-sent events. */
import { byId, commandLine, element } from './elements.js';
import { ServiceList } from './service-list.js';

const list = new ServiceList(byId('namespaces'));
const filter = /** @type {HTMLInputElement} */ (byId('filter'));
let complete = false;

/** @param {'connecting' | 'live' | 'down'} state @param {string} text */
function showConnection(state, text) {
  const connection = byId('connection');
  connection.dataset.state = state;
  connection.textContent = text;
  document.body.classList.toggle('stale', state === 'down');
}

/** @param {string} text empty when all is well */
function showTrouble(text) {
  byId('trouble').textContent = text;
  byId('trouble').hidden = text === '';
}

/** What is wrong with single contexts, by name. @type {Map<string, string>} */
const contextTroubles = new Map();

function showContextTroubles() {
  const lines = [...contextTroubles].map(([name, trouble]) => element('li', {}, `${name}: ${trouble}`));
  byId('contexts').replaceChildren(...lines);
  byId('contexts').hidden = lines.length === 0;
}

function refresh() {
  const { all, shown, own } = list.counts;
  byId('empty').hidden = !complete || own > 0 || filter.value !== '';
  byId('count').textContent = !complete
    ? ''
    : filter.value === ''
      ? `${all} ${all === 1 ? 'service' : 'services'}`
      : `${shown} of ${all} services`;
}

/** @param {{ cluster: string, context?: string, server: string, version?: string, embedded?: boolean, suggestions: string[] }} facts */
function showFacts(facts) {
  document.title = `${facts.cluster} · Fairlead`;
  byId('cluster').textContent = facts.embedded ? `Fairlead · ${facts.cluster}` : facts.cluster;
  const context =
    facts.context === undefined || facts.context === facts.cluster ? undefined : `context ${facts.context}`;
  byId('facts').textContent = [
    context,
    facts.version === undefined ? undefined : `Kubernetes ${facts.version}`,
    facts.server,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
  byId('suggestions').replaceChildren(...facts.suggestions.map(commandLine));
}

/** @type {EventSource | undefined} */
let stream;
/** @type {number | undefined} */
let retry;

/** @param {number} delay in milliseconds, before the attempt after the next failure */
function open(delay) {
  clearTimeout(retry);
  stream?.close();
  const opened = new EventSource('/.fairlead/events');
  stream = opened;
  opened.addEventListener('begin', ({ data }) => {
    contextTroubles.clear();
    showContextTroubles();
    showFacts(JSON.parse(data));
    list.question();
  });
  opened.addEventListener('facts', ({ data }) => showFacts(JSON.parse(data)));
  opened.addEventListener('put', ({ data }) => {
    list.put(JSON.parse(data), data);
    if (complete) refresh();
  });
  opened.addEventListener('drop', ({ data }) => {
    list.drop(JSON.parse(data));
    refresh();
  });
  opened.addEventListener('complete', () => {
    list.confirm();
    complete = true;
    showTrouble('');
    showConnection('live', 'live');
    refresh();
  });
  opened.addEventListener('context', ({ data }) => {
    /** @type {{ name: string, alias: string, trouble?: string }} */
    const { name, alias, trouble } = JSON.parse(data);
    if (trouble === undefined) {
      contextTroubles.delete(name);
      list.confirm(alias);
    } else contextTroubles.set(name, trouble);
    showContextTroubles();
    refresh();
  });
  opened.addEventListener('trouble', ({ data }) => {
    showTrouble(JSON.parse(data));
    showConnection('connecting', 'waiting for the cluster…');
  });
  opened.onerror = () => {
    // The browser would try again too, but gives up for good after some answers; and its pace is not ours.
    opened.close();
    if (stream !== opened) return;
    showConnection('down', 'not connected, trying again…');
    retry = setTimeout(() => open(Math.min(delay * 2, 5000)), delay);
  };
  opened.onopen = () => {
    delay = 250;
  };
}

function close() {
  clearTimeout(retry);
  stream?.close();
  stream = undefined;
}

/** A browser keeps six connections to one origin: tabs that nobody sees must not take them all. */
function followVisibility() {
  if (document.visibilityState === 'hidden') close();
  else if (stream === undefined) open(250);
}

filter.addEventListener('input', () => {
  list.filter(filter.value);
  refresh();
});
byId('search').addEventListener('submit', (event) => {
  event.preventDefault();
  list.links[0]?.click();
});
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/' && document.activeElement !== filter) {
    event.preventDefault();
    filter.select();
    return;
  }
  if (event.key === 'Escape' && document.activeElement === filter) {
    filter.value = '';
    list.filter('');
    refresh();
    return;
  }
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const { links } = list;
  const at = links.findIndex((link) => link.matches(':focus'));
  const next = event.key === 'ArrowDown' ? links[at + 1] : at === 0 ? filter : links[at - 1];
  if (next === undefined || (at < 0 && document.activeElement !== filter && document.activeElement !== document.body))
    return;
  event.preventDefault();
  next.focus();
});
document.addEventListener('visibilitychange', followVisibility);
addEventListener('pagehide', close);
addEventListener('pageshow', followVisibility);
followVisibility();
