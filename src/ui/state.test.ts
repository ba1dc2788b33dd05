import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosen, everything, hasOwnServices } from './browser/filter.js';
import { emptyState, reduce } from './browser/state.js';

type Happening = Parameters<typeof reduce>[1];
type View = Extract<Happening, { type: 'put' }>['data'];

const contexts = [
  { id: '', title: 'Dev', cluster: 'dev', server: 'https://dev' },
  { id: 'eu-1', title: 'EU', cluster: 'eu', server: 'https://eu' },
];

function view(name: string, more: Partial<View> = {}): View {
  return {
    context: '',
    namespace: 'shop',
    name,
    type: 'ClusterIP',
    state: 'ready',
    ready: 1,
    total: 1,
    ports: [],
    reachable: true,
    ...more,
  };
}

function stateAfter(...events: readonly Happening[]) {
  const state = emptyState();
  for (const event of [begin, ...events]) reduce(state, event);
  return state;
}

const begin: Happening = { type: 'begin', data: { contexts, suggestions: [] } };
const put = (name: string, more?: Partial<View>): Happening => ({ type: 'put', data: view(name, more) });
const live = (context = ''): Happening => ({ type: 'context', data: { context, kind: 'live' } });

test('services come, change and go, and only what changed is told', () => {
  const state = stateAfter();
  assert.deepEqual(reduce(state, put('web')), ['services']);
  assert.deepEqual(reduce(state, put('web')), [], 'the same again');
  assert.deepEqual(reduce(state, put('web', { ready: 0 })), ['services']);
  assert.equal(state.services.get('shop/web')?.view.ready, 0);
  assert.deepEqual(reduce(state, { type: 'drop', data: 'shop/web' }), ['services']);
  assert.deepEqual(reduce(state, { type: 'drop', data: 'shop/web' }), []);
  assert.equal(state.services.size, 0);
});

test('a new stream questions what was known, and each context answers for its own', () => {
  const state = stateAfter(put('web'), put('old'), put('web', { context: 'eu-1' }), live(), live('eu-1'));
  reduce(state, { type: 'lost' });
  assert.equal(state.connection, 'lost');
  assert.equal(state.services.size, 3, 'what was known stays to be seen');
  reduce(state, begin);
  assert.equal(state.connection, 'live');
  reduce(state, put('web'));
  assert.equal(state.services.size, 3);
  assert.deepEqual(reduce(state, live()), ['contexts', 'services']);
  assert.deepEqual([...state.services.keys()].sort(), ['eu-1:shop/web', 'shop/web']);
  assert.deepEqual(reduce(state, live('eu-1')), ['contexts', 'services']);
  assert.deepEqual([...state.services.keys()], ['shop/web']);
});

test('a gateway that comes back with other contexts has no services of those before', () => {
  const state = stateAfter(put('web'), put('web', { context: 'eu-1' }));
  reduce(state, { type: 'begin', data: { contexts: contexts.slice(0, 1), suggestions: [] } });
  assert.deepEqual([...state.services.keys()], ['shop/web']);
  assert.deepEqual(reduce(state, put('late', { context: 'eu-1' })), [], 'of no context that is here');
});

test('what is wrong with a context is over when it is live, and one that cannot be used says why at once', () => {
  const trouble = { kind: 'login', text: 'Expired.' } as const;
  const state = stateAfter({ type: 'context', data: { context: 'eu-1', kind: 'trouble', trouble, limit: 'Part.' } });
  assert.deepEqual(state.contexts.get('eu-1')?.state, { kind: 'trouble', trouble });
  assert.equal(state.contexts.get('eu-1')?.limit, 'Part.');
  assert.deepEqual(state.contexts.get('')?.state, { kind: 'starting' });
  reduce(state, live('eu-1'));
  assert.deepEqual(state.contexts.get('eu-1')?.state, { kind: 'live' });
  assert.equal(state.contexts.get('eu-1')?.limit, undefined);
  const broken = { id: 'old', title: 'old', cluster: '', server: '', why: 'No file.' };
  reduce(state, { type: 'begin', data: { contexts: [broken], suggestions: [] } });
  const told = state.contexts.get('old')?.state;
  assert.ok(told?.kind === 'trouble' && told.trouble.text === 'No file.');
});

test('services are sorted by context and namespace, what the cluster runs for itself last', () => {
  const state = stateAfter(
    put('dns', { namespace: 'kube-system' }),
    put('web'),
    put('api', { context: 'eu-1' }),
    put('kubernetes', { namespace: 'default' }),
    put('api'),
    put('log', { namespace: 'zoo' }),
  );
  assert.deepEqual(
    chosen(state, everything).map(([key]) => key),
    ['shop/api', 'shop/web', 'zoo/log', 'default/kubernetes', 'kube-system/dns', 'eu-1:shop/api'],
  );
  assert.equal(hasOwnServices(state), true);
  assert.equal(hasOwnServices(stateAfter(put('kubernetes', { namespace: 'default' }))), false);
});

test('words, namespace, context and state narrow what is shown', () => {
  const problem = { severity: 'error', text: 'None.' } as const;
  const state = stateAfter(
    put('web', { ports: [{ name: 'metrics', port: 9090, protocol: 'TCP' }] }),
    put('db', { state: 'down', problem }),
    put('web', { context: 'eu-1', namespace: 'live' }),
    put('out', { state: 'idle', reachable: false }),
  );
  const keys = (more: Partial<typeof everything>) => chosen(state, { ...everything, ...more }).map(([key]) => key);
  assert.deepEqual(keys({ words: ' WEB  shop ' }), ['shop/web']);
  assert.deepEqual(keys({ words: '9090' }), ['shop/web']);
  assert.deepEqual(keys({ words: 'eu' }), ['eu-1:live/web']);
  assert.deepEqual(keys({ context: '' }), ['shop/db', 'shop/out', 'shop/web']);
  assert.deepEqual(keys({ namespace: 'live' }), ['eu-1:live/web']);
  assert.deepEqual(keys({ state: 'trouble' }), ['shop/db']);
  assert.deepEqual(keys({ state: 'ready', context: '' }), ['shop/web']);
  assert.deepEqual(keys({ state: 'idle' }), ['shop/out']);
});
