// @ts-check
/** What the page knows, changed by one function from what happens: events of the stream, and few of the page's own. */

/**
 * @typedef {{ name: string, port: number, protocol: string, stem?: string, tls?: true, dial?: string, address?: string }} PortView
 * @typedef {{ severity: 'error' | 'warning', text: string, command?: string }} ServiceProblem
 * @typedef {{ context: string, namespace: string, name: string, type: string, state: 'ready' | 'partial' | 'down' | 'idle', ready: number, total: number, stem?: string, ports: PortView[], reachable: boolean, note?: string, problem?: ServiceProblem }} ServiceView
 * @typedef {{ url: string, state: 'untested' | 'ready' | 'draining' | 'down', since: number, inFlight: number, lastError?: string, discovered: boolean }} ServerFacts
 * @typedef {{ kind: 'unreachable' | 'login' | 'rights' | 'other', text: string, next?: string }} Trouble
 * @typedef {{ kind: 'starting' } | { kind: 'live' } | { kind: 'trouble', trouble: Trouble }} ContextState
 * @typedef {{ id: string, title: string, cluster: string, server: string, flag?: string, why?: string }} ContextFacts
 * @typedef {ContextFacts & { order: number, state: ContextState, limit?: string, version?: string, servers: ServerFacts[], passedOver: { url: string, why: string }[] }} Context
 * @typedef {{ view: ServiceView, words: string, order: string }} Service
 * @typedef {{ at: number, where: string, text: string, count: number }} RecentError
 * @typedef {{ perSecond: number, inFlight: Record<string, number>, upgraded: number, streams: Record<string, number>, errors: RecentError[] }} Activity
 * @typedef {{ opened: { to: string, port: number }[], mayOpen: boolean }} Ports
 */

/**
 * @typedef {{ type: 'begin', data: { contexts: ContextFacts[], suggestions: string[], suffix?: string, probe?: string } }
 *   | { type: 'put', data: ServiceView }
 *   | { type: 'drop', data: string }
 *   | { type: 'context', data: ContextState & { context: string, limit?: string } }
 *   | { type: 'version', data: { context: string, version: string } }
 *   | { type: 'servers', data: { context: string, servers: ServerFacts[], passedOver: { url: string, why: string }[] } }
 *   | { type: 'activity', data: Activity }
 *   | { type: 'ports', data: Ports }
 *   | { type: 'lost' }
 *   | { type: 'names', data: boolean }} Happening
 */

/**
 * @typedef {object} State
 * @property {'connecting' | 'live' | 'lost'} connection
 * @property {Map<string, Context>} contexts by id: the first has the empty one
 * @property {Map<string, Service>} services by `[ALIAS:]NAMESPACE/NAME`
 * @property {Set<string>} unconfirmed what a stream before the present one told, and this one not yet
 * @property {string[]} suggestions
 * @property {string | undefined} suffix
 * @property {string | undefined} probe
 * @property {boolean | undefined} namesResolve undefined: not known yet
 * @property {Activity | undefined} activity
 * @property {Ports} ports
 */

/** @returns {State} */
export function emptyState() {
  return {
    connection: 'connecting',
    contexts: new Map(),
    services: new Map(),
    unconfirmed: new Set(),
    suggestions: [],
    suffix: undefined,
    probe: undefined,
    namesResolve: undefined,
    activity: undefined,
    ports: { opened: [], mayOpen: false },
  };
}

/** @typedef {'services' | 'contexts' | 'activity' | 'ports' | 'connection' | 'names'} Part */

/**
 * Changes the state, which may be large, in place. Returns which parts of it are others now; of services each is replaced
 * as a whole, never changed.
 * @param {State} state @param {Happening} event @returns {Part[]}
 */
export function reduce(state, event) {
  switch (event.type) {
    case 'begin':
      return begin(state, event.data);
    case 'put': {
      const view = event.data;
      const key = keyOf(view);
      state.unconfirmed.delete(key);
      if (!state.contexts.has(view.context)) return [];
      if (same(state.services.get(key)?.view, view)) return [];
      state.services.set(key, known(state, view));
      return ['services'];
    }
    case 'drop':
      state.unconfirmed.delete(event.data);
      return state.services.delete(event.data) ? ['services'] : [];
    case 'context': {
      const { context: id, limit, ...told } = event.data;
      const context = state.contexts.get(id);
      if (context === undefined) return [];
      context.state = told;
      if (limit === undefined) delete context.limit;
      else context.limit = limit;
      if (told.kind === 'live') return forget(state, id) ? ['contexts', 'services'] : ['contexts'];
      return ['contexts'];
    }
    case 'version': {
      const context = state.contexts.get(event.data.context);
      if (context !== undefined) context.version = event.data.version;
      return ['contexts'];
    }
    case 'servers': {
      const { context: id, servers, passedOver } = event.data;
      const context = state.contexts.get(id);
      if (context !== undefined) Object.assign(context, { servers, passedOver });
      return ['contexts'];
    }
    case 'activity':
      state.activity = event.data;
      return ['activity'];
    case 'ports':
      state.ports = event.data;
      // Each service shows its own.
      return ['ports', 'services'];
    case 'lost':
      state.connection = 'lost';
      return ['connection'];
    case 'names':
      if (state.namesResolve === event.data) return [];
      state.namesResolve = event.data;
      return ['names', 'services'];
  }
}

/** @param {State} state @param {Extract<Happening, { type: 'begin' }>['data']} data @returns {Part[]} */
function begin(state, { contexts, suggestions, suffix, probe }) {
  state.connection = 'live';
  state.suggestions = suggestions;
  state.suffix = suffix;
  state.probe = probe;
  state.contexts = new Map(
    contexts.map((facts, order) => [
      facts.id,
      {
        ...facts,
        order,
        state:
          facts.why === undefined
            ? { kind: 'starting' }
            : {
                kind: 'trouble',
                trouble: { kind: 'other', text: facts.why, next: 'Mend that, then start the gateway anew.' },
              },
        servers: [],
        passedOver: [],
      },
    ]),
  );
  for (const [key, { view }] of state.services) {
    // Its place among the contexts may be another one.
    if (state.contexts.has(view.context)) state.services.set(key, known(state, view));
    else state.services.delete(key);
  }
  state.unconfirmed = new Set(state.services.keys());
  return ['connection', 'contexts', 'services'];
}

/** What this context has no more. @param {State} state @param {string} id */
function forget(state, id) {
  let any = false;
  for (const key of state.unconfirmed) {
    if (state.services.get(key)?.view.context !== id) continue;
    state.unconfirmed.delete(key);
    state.services.delete(key);
    any = true;
  }
  return any;
}

/** As the stream names a service. @param {ServiceView} view */
export function keyOf({ context, namespace, name }) {
  return `${context === '' ? '' : `${context}:`}${namespace}/${name}`;
}

/** @param {State} state @param {ServiceView} view @returns {Service} */
function known(state, view) {
  const { namespace, name, context: id } = view;
  const context = state.contexts.get(id);
  const ports = view.ports.map(({ name: port, port: number }) => `${port} ${number}`).join(' ');
  return {
    view,
    words:
      `${name}.${namespace} ${namespace}/${name} ${context?.title ?? ''} ${id} ${view.type} ${ports}`.toLowerCase(),
    order: `${String(context?.order ?? 0).padStart(4, '0')}\0${rank(namespace)}${namespace}\0${name}`,
  };
}

/** What the cluster runs for itself comes last. @param {string} namespace */
function rank(namespace) {
  return namespace.startsWith('kube-') ? 2 : namespace === 'default' ? 1 : 0;
}

/** Both are plain data of one shape. @param {ServiceView | undefined} a @param {ServiceView} b */
function same(a, b) {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
