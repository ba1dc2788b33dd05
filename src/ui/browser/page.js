// @ts-check
/** The gateway's page: one stream of events changes one state, and what it shows is drawn from that, once a frame. */
import { banner, contextsView, troublesView } from './contexts-view.js';
import { byId, commandLine, element, inert, keepFocus, setText } from './elements.js';
import { followEvents } from './event-source.js';
import { chosen, everything, hasOwnServices, isEverything, namespaces } from './filter.js';
import { errorsView, figuresView, portsView } from './gateway-view.js';
import { listenToKeys } from './keys.js';
import { namesResolve } from './name-probe.js';
import { ServiceList } from './service-list.js';
import { emptyState, reduce } from './state.js';
import { mainWay } from './ways-in.js';

/** @typedef {import('./state.js').Part} Part */

const state = emptyState();
const filter = { ...everything };
const list = new ServiceList(byId('services'), /** @type {HTMLButtonElement} */ (byId('more')), () => draw('services'));
const search = /** @type {HTMLInputElement} */ (byId('filter'));
const choices = {
  context: /** @type {HTMLSelectElement} */ (byId('of-context')),
  namespace: /** @type {HTMLSelectElement} */ (byId('of-namespace')),
  state: /** @type {HTMLSelectElement} */ (byId('of-state')),
};

/** What is to be drawn in the next frame. @type {Set<Part>} */
const dirty = new Set();
/** @type {(() => void)[]} */
const afterwards = [];

/** @param {Part[]} parts */
function draw(...parts) {
  if (dirty.size === 0 && parts.length > 0) requestAnimationFrame(drawNow);
  for (const part of parts) dirty.add(part);
}

function drawNow() {
  const parts = new Set(dirty);
  dirty.clear();
  if (parts.has('connection')) drawConnection();
  if (parts.has('contexts') || parts.has('services')) drawContexts();
  if (parts.has('names')) drawNames();
  if (parts.has('services') || parts.has('contexts')) drawServices();
  if (parts.has('activity')) drawActivity();
  if (parts.has('ports')) drawPorts();
  for (const act of afterwards.splice(0)) act();
}

/** Where this page is, for the ways in. @param {string} id of the context */
function placeOf(id) {
  const { protocol, hostname, port } = location;
  const { suffix, ports } = state;
  return {
    protocol,
    hostname,
    port,
    suffix,
    ports,
    namesResolve: state.namesResolve !== false,
    flag: state.contexts.get(id)?.flag,
  };
}

function drawConnection() {
  const words = { connecting: 'connecting…', live: 'live', lost: 'not connected, trying again…' };
  const connection = byId('connection');
  connection.dataset.state = { connecting: 'partial', live: 'ready', lost: 'down' }[state.connection];
  setText(connection, words[state.connection]);
  document.body.classList.toggle('stale', state.connection === 'lost');
}

function drawContexts() {
  const contexts = [...state.contexts.values()];
  const [first] = contexts;
  if (first !== undefined) {
    const several = contexts.length > 1;
    setText(byId('cluster'), several ? 'Fairlead' : first.cluster);
    document.title = inert(several ? `${contexts.length} contexts · Fairlead` : `${first.cluster} · Fairlead`);
    const context = first.title === first.cluster ? '' : `context ${first.title}`;
    const version = first.version === undefined ? '' : `Kubernetes ${first.version}`;
    const facts = several ? [`${contexts.length} contexts`] : [context, version, first.server];
    setText(byId('facts'), facts.filter((part) => part !== '').join(' · '));
  }
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { view } of state.services.values()) counts.set(view.context, (counts.get(view.context) ?? 0) + 1);
  replace('contexts', contextsView(contexts, counts));
  replace('troubles', troublesView(contexts));
  choices.context.hidden = contexts.length < 2;
  offer(choices.context, filter.context, [
    ['*', 'all contexts'],
    ...contexts.map(({ id, title }) => /** @type {[string, string]} */ ([id, title])),
  ]);
}

function drawNames() {
  const fails = state.namesResolve === false;
  byId('names').hidden = !fails;
  if (!fails) return;
  const settings = new URL('/proxy.pac', location.href).href;
  const title = 'This browser does not resolve the names of services';
  const text = `Safari knows no names below ${state.suffix?.slice(1) ?? 'localhost'}. Give it this address as automatic proxy configuration, then load the page again:`;
  const next = state.ports.mayOpen
    ? 'Or open a local port for each service that you need: its ways in have a button for it.'
    : 'Or give each service a local port: fairlead forward NAMESPACE/SERVICE:PORT=LOCALPORT';
  const made = banner('warning', title, text, next);
  made.insertBefore(commandLine(settings, 'the address of the proxy settings'), made.lastElementChild);
  byId('names').replaceChildren(made);
}

function drawServices() {
  offer(choices.namespace, filter.namespace, [
    ['', 'all namespaces'],
    ...namespaces(state).map((name) => /** @type {[string, string]} */ ([name, name])),
  ]);
  const fitting = chosen(state, filter);
  list.show(state, fitting, placeOf);
  const all = state.services.size;
  const loading = [...state.contexts.values()].some((context) => context.state.kind === 'starting');
  const whole = isEverything(filter);
  const any = [...state.contexts.values()].some((context) => context.state.kind === 'live');
  setText(
    byId('count'),
    all === 0 ? '' : whole ? `${all} ${all === 1 ? 'service' : 'services'}` : `${fitting.length} of ${all} services`,
  );
  byId('loading').hidden = state.connection === 'lost' || (state.contexts.size > 0 && !loading);
  byId('nothing').hidden = whole || fitting.length > 0 || all === 0;
  byId('empty').hidden = !whole || loading || !any || hasOwnServices(state);
  if (!byId('empty').hidden)
    replace(
      'suggestions',
      state.suggestions.map((line) => commandLine(line)),
    );
}

function drawActivity() {
  if (state.activity === undefined) return;
  replace('figures', figuresView(state.activity));
  replace('errors', errorsView(state.activity));
  byId('no-errors').hidden = state.activity.errors.length > 0;
}

function drawPorts() {
  byId('ports-part').hidden = state.ports.opened.length === 0;
  replace('ports', portsView(state.ports));
  drawNames();
}

/** Nothing is touched that would be the same: selections stay, and nobody is told twice. @param {string} id @param {HTMLElement[]} parts */
function replace(id, parts) {
  const place = byId(id);
  const next = element('div', {}, ...parts);
  if (
    next.childElementCount === place.childElementCount &&
    [...next.children].every((part, i) => part.isEqualNode(place.children[i] ?? null))
  )
    return;
  const focusBack = keepFocus(place);
  place.replaceChildren(...next.children);
  focusBack();
}

/** @param {HTMLSelectElement} select @param {string} chosenValue @param {[string, string][]} options */
function offer(select, chosenValue, options) {
  const listed = options.some(([value]) => value === chosenValue)
    ? options
    : [...options, /** @type {[string, string]} */ ([chosenValue, chosenValue])];
  const before = [...select.options].map(({ value, text }) => `${value}\n${text}`).join('\n');
  if (before === listed.map(([value, text]) => `${value}\n${inert(text)}`).join('\n')) return;
  select.replaceChildren(
    ...listed.map(([value, text]) => {
      const option = element('option', {}, text);
      option.value = value;
      return option;
    }),
  );
  select.value = chosenValue;
}

/** @param {Partial<typeof filter>} change */
function look(change) {
  Object.assign(filter, change);
  list.reset();
  draw('services');
}

function showAll() {
  search.value = '';
  choices.state.value = '';
  look(everything);
  choices.namespace.value = '';
  choices.context.value = '*';
}

/** @param {import('./state.js').Happening} event */
function happen(event) {
  draw(...reduce(state, event));
  if (event.type === 'begin') void probe();
}

async function probe() {
  if (state.probe !== undefined) happen({ type: 'names', data: await namesResolve(state.probe) });
}

search.addEventListener('input', () => look({ words: search.value }));
choices.context.addEventListener('change', () => look({ context: choices.context.value }));
choices.namespace.addEventListener('change', () => look({ namespace: choices.namespace.value }));
choices.state.addEventListener('change', () => look({ state: choices.state.value }));
byId('clear').addEventListener('click', () => {
  showAll();
  search.focus();
});
byId('search').addEventListener('submit', (event) => {
  event.preventDefault();
  list.names[0]?.click();
});
listenToKeys({
  search,
  list,
  clearSearch() {
    search.value = '';
    look({ words: '' });
  },
  textOf: ({ view }) => mainWay(view, placeOf(view.context))?.text || undefined,
  afterDrawing: (act) => afterwards.push(act),
});
followEvents('/.fairlead/events', happen);
