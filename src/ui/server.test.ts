import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFedApi } from '../../test/fed-api.ts';
import { openTab, pageRequest } from '../../test/page-tab.ts';
import { StatusError } from '../api/status.ts';
import { openClusterClient } from '../client/cluster-client-http.ts';
import { nameContexts } from '../gateway/contexts.ts';
import type { PageResponse } from '../gateway/page-handler.ts';
import { wayKey } from '../gateway/ways.ts';
import type { UiOptions } from './server.ts';
import { uiHandler } from './server.ts';
import type { ServiceView } from './service-view.ts';

let version = 10;

function service(name: string, fields: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name, resourceVersion: String(version++) },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.9', selector: { app: name }, ports: [{ port: 80 }], ...fields },
  };
}

function slice(name: string, ready: boolean[]) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    metadata: {
      namespace: 'shop',
      name: `${name}-1`,
      resourceVersion: String(version++),
      labels: { 'kubernetes.io/service-name': name },
    },
    ports: [{ name: '', port: 8080 }],
    endpoints: ready.map((one, index) => ({
      addresses: [`10.0.0.${index}`],
      conditions: { ready: one },
      targetRef: { kind: 'Pod', name: `${name}-${index}`, uid: `${name}-${index}` },
    })),
  };
}

async function openUi(more: Partial<UiOptions> = {}) {
  const api = await startFedApi();
  const stop = new AbortController();
  const { contexts, [Symbol.asyncDispose]: close } = contextsOf({ test: api.url });
  const handler = uiHandler({ contexts, clusterName: 'test', signal: stop.signal, lingerMs: 0, ...more });
  return {
    api,
    handler,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await close();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** Contexts of these names, in this order, at these servers. */
function contextsOf(servers: Readonly<Record<string, string>>, namespace = 'default') {
  const [first, ...others] = Object.entries(servers).map(([name, server]) => {
    const config = { server, namespace };
    return { name, config, client: openClusterClient(config) };
  });
  assert.ok(first !== undefined);
  return {
    contexts: nameContexts([first, ...others]).contexts,
    async [Symbol.asyncDispose]() {
      await Promise.all([first, ...others].map(({ client }) => client[Symbol.asyncDispose]()));
    },
  };
}

const named = (name: string) => (data: unknown) => (data as { name: string }).name === name;
/** The state of a context; the first one's id is empty. */
const inState = (context: string, kind: string) => (data: unknown) => {
  const told = data as { context: string; kind: string };
  return told.context === context && told.kind === kind;
};
const live = inState('', 'live');
const troubled = inState('', 'trouble');

test('a tab learns of the cluster, of every service, and of every change', { timeout: 10_000 }, async () => {
  await using ui = await openUi();
  ui.api.items.services = [service('web')];
  ui.api.items.endpointslices = [slice('web', [true, false])];
  const tab = openTab(ui.handler);
  const begin = (await tab.find('begin')) as { contexts: object[]; suffix: string; probe: string };
  assert.deepEqual(begin.contexts, [
    { id: '', title: 'test', cluster: 'test', server: ui.api.url, flag: '--context test' },
  ]);
  assert.equal(begin.suffix, '.localhost');
  assert.equal(begin.probe, 'http://fairlead-probe.localhost:8001');
  assert.deepEqual(await tab.find('put', named('web')), {
    context: '',
    namespace: 'shop',
    name: 'web',
    type: 'ClusterIP',
    state: 'partial',
    ready: 1,
    total: 2,
    ports: [{ name: '', port: 80, protocol: 'TCP', stem: 'web.shop' }],
    reachable: true,
    stem: 'web.shop',
    problem: {
      severity: 'warning',
      text: 'Not ready: web-1.',
      command: 'kubectl --context test -n shop describe pod web-1',
    },
  });
  await tab.find('context', live);
  await ui.api.watched();
  ui.api.send('endpointslices', 'MODIFIED', slice('web', [true, true]));
  assert.equal(((await tab.find('put')) as { ready: number }).ready, 2);
  ui.api.send('services', 'ADDED', service('api'));
  const added = (await tab.find('put', named('api'))) as { ready: number; problem: { text: string } };
  assert.equal(added.ready, 0);
  assert.equal(added.problem.text, 'No pod that has an address matches its selector app=api.');
  ui.api.send('services', 'DELETED', service('web'));
  assert.equal(await tab.find('drop'), 'shop/web');
});

test('tabs share one set of informers, which ends with the last tab', { timeout: 10_000 }, async () => {
  await using ui = await openUi();
  ui.api.items.services = [service('web')];
  assert.equal(ui.api.lists.length, 0, 'nothing is watched before somebody looks');
  const tabs = [openTab(ui.handler), openTab(ui.handler)];
  for (const tab of tabs) await tab.find('put', named('web'));
  await ui.api.watched();
  const late = openTab(ui.handler);
  await late.find('put', named('web'));
  await late.find('context', live);
  assert.deepEqual(ui.api.lists.toSorted(), ['endpointslices', 'services']);
  for (const tab of [...tabs, late]) tab.close();
  await ui.api.silent();
});

test('a cluster that goes away is told, and all is true again when it is back', { timeout: 10_000 }, async () => {
  await using ui = await openUi();
  ui.api.items.services = [service('web'), service('old')];
  const tab = openTab(ui.handler);
  await tab.find('context', live);
  await ui.api.watched();
  await ui.api.crash();
  const told = (await tab.find('context', troubled)) as { trouble: { kind: string; text: string; next: string } };
  assert.equal(told.trouble.kind, 'unreachable');
  assert.match(told.trouble.text, /Cannot talk to the API server/);
  assert.match(told.trouble.next, /tries again by itself/);
  const late = openTab(ui.handler);
  await late.find('context', troubled);
  ui.api.items.services = [service('web'), service('new')];
  await ui.api.rise();
  for (const one of [tab, late]) {
    assert.equal(await one.find('drop'), 'shop/old');
    await one.find('put', named('new'));
    await one.find('context', live);
  }
});

test('an expired login is told as one, and is over when the cluster takes it again', { timeout: 10_000 }, async () => {
  await using ui = await openUi();
  ui.api.items.services = [service('web')];
  const tab = openTab(ui.handler);
  await tab.find('context', live);
  await ui.api.watched();
  ui.api.refuseLogins(true);
  const told = (await tab.find('context', troubled)) as { trouble: { kind: string; next: string } };
  assert.equal(told.trouble.kind, 'login');
  assert.match(told.trouble.next, /Log in again/);
  ui.api.refuseLogins(false);
  // Nothing changed on the cluster meanwhile.
  await tab.find('context', live);
});

test('a browser gets the page with a strict policy; other clients get the API at /', async () => {
  await using ui = await openUi();
  const sent: { status: number; headers: Readonly<Record<string, string>>; body: string }[] = [];
  const response: PageResponse = {
    send: (status, headers, body) => sent.push({ status, headers, body: String(body) }),
    stream: () => assert.fail('no stream was expected'),
  };
  const { signal } = new AbortController();
  const ask = (path: string, headers: Record<string, string> = {}) =>
    ui.handler(pageRequest(path, signal, headers), response);
  assert.equal(await ask('/'), false);
  assert.equal(await ask('/api/v1'), false);
  assert.equal(await ask('/.fairlead/../server.ts'), false);
  assert.equal(await ask('/', { accept: 'text/html,*/*' }), true);
  const [page] = sent;
  assert.match(page?.headers['Content-Security-Policy'] ?? '', /^default-src 'none'; script-src 'self'/);
  assert.doesNotMatch(page?.body ?? '', /https?:\/\/(?!www\.w3\.org)/, 'nothing from elsewhere');
  for (const [, file] of (page?.body ?? '').matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    assert.equal(await ask(String(file)), true);
    assert.equal(sent.at(-1)?.status, 200, String(file));
  }
  await ask('/', { accept: 'text/html', 'if-none-match': page?.headers.ETag ?? '' });
  assert.equal(sent.at(-1)?.status, 304);
});

test('what the page is made of is there, and the policy lets it ask for one name besides', async () => {
  await using ui = await openUi();
  const sent: { status: number; headers: Readonly<Record<string, string>>; body: string }[] = [];
  const response: PageResponse = {
    send: (status, headers, body) => sent.push({ status, headers, body: String(body) }),
    stream: () => assert.fail('no stream was expected'),
  };
  const { signal } = new AbortController();
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    await ui.handler(pageRequest(path, signal, headers), response);
    return sent.at(-1);
  };
  const page = await ask('/', { accept: 'text/html' });
  assert.match(
    page?.headers['Content-Security-Policy'] ?? '',
    /connect-src 'self' http:\/\/fairlead-probe\.localhost:8001;/,
  );
  const scripts = new Set(['page.js']);
  for (const name of scripts) {
    const script = await ask(`/.fairlead/${name}`);
    assert.equal(script?.status, 200, name);
    for (const [, imported] of (script?.body ?? '').matchAll(/from '\.\/([\w-]+\.js)'/g)) scripts.add(String(imported));
  }
  assert.ok(scripts.size > 10);
});

test('further contexts are shown beside the first, and what is wrong with one stays its own', async () => {
  const [first, staging] = [await startFedApi(), await startFedApi()];
  const stop = new AbortController();
  await using opened = contextsOf({ test: first.url, Staging: staging.url, away: 'http://127.0.0.1:1' });
  try {
    first.items.services = [service('web')];
    staging.items.services = [service('db', { ports: [{ port: 80 }, { name: 'admin', port: 8081 }] })];
    staging.items.endpointslices = [slice('db', [true])];
    const handler = uiHandler({
      contexts: opened.contexts,
      unusable: [{ name: 'broken', alias: 'broken', why: 'No certificate.' }],
      signal: stop.signal,
      lingerMs: 0,
    });
    const begin = (await openTab(handler).find('begin')) as { contexts: { id: string; why?: string }[] };
    assert.deepEqual(
      begin.contexts.map(({ id, why }) => [id, why]),
      [
        ['', undefined],
        ['staging', undefined],
        ['away', undefined],
        ['broken', 'No certificate.'],
      ],
    );
    const web = await openTab(handler).find('put', named('web'));
    assert.match(JSON.stringify(web), /"context":"".*"stem":"web\.shop"/);
    const db = await openTab(handler).find('put', named('db'));
    assert.match(JSON.stringify(db), /"context":"staging".*"stem":"admin\.db\.shop\.svc\.staging"/);
    await openTab(handler).find('context', inState('staging', 'live'));
    const trouble = await openTab(handler).find('context', inState('away', 'trouble'));
    assert.match(JSON.stringify(trouble), /connection refused/);
    await openTab(handler).find('context', live);
  } finally {
    stop.abort();
    await Promise.all([first, staging].map((api) => api[Symbol.asyncDispose]()));
  }
});

test('a service that only the proxy verb leads to is shown so, as soon as that is known', async () => {
  await using api = await startFedApi();
  const stop = new AbortController();
  await using opened = contextsOf({ test: api.url });
  const [{ ways }] = opened.contexts;
  api.items.services = [service('web')];
  api.items.endpointslices = [slice('web', [true])];
  const tab = openTab(uiHandler({ contexts: opened.contexts, signal: stop.signal, lingerMs: 0 }));
  const first = await tab.find('put');
  assert.ok(!JSON.stringify(first).includes('problem'));
  await tab.find('context', live);
  const refused = new StatusError({ code: 403, reason: 'Forbidden', message: 'no right to create pods/portforward' });
  assert.equal(ways.portForwardFailed(wayKey({ kind: 'service', namespace: 'shop', name: 'web' }), refused), true);
  assert.match(JSON.stringify(await tab.find('put')), /Only HTTP passes.*no right to create pods\/portforward/);
  stop.abort();
});

test('who may see one namespace only is shown that one, and told so', async () => {
  await using api = await startFedApi();
  const stop = new AbortController();
  await using opened = contextsOf({ test: api.url }, 'shop');
  api.items.services = [service('web')];
  api.permitOnly('shop');
  const handler = uiHandler({ contexts: opened.contexts, signal: stop.signal, lingerMs: 0 });
  const tab = openTab(handler);
  assert.match(JSON.stringify(await tab.find('put')), /"name":"web"/);
  await tab.find('context', live);
  const limit = await openTab(handler).find('context', live);
  assert.match(JSON.stringify(limit), /Only the namespace \\"shop\\" is shown: .* is forbidden at the cluster scope/);
  stop.abort();
});

test('names that Kubernetes does not allow are text: they make no link and no command', async () => {
  await using ui = await openUi();
  const hostile = ['evil.example/', '$(reboot)', '<img src=x onerror=alert(1)>', 'a\nreboot\n'];
  ui.api.items.services = hostile.map((name) => service(name));
  ui.api.items.endpointslices = hostile.map((name) => slice(name, [false]));
  for (const name of hostile) {
    const view = (await openTab(ui.handler).find('put', named(name))) as ServiceView;
    assert.equal(view.reachable, false);
    assert.deepEqual(view.ports, [{ name: '', port: 80, protocol: 'TCP' }]);
    assert.equal(view.problem, undefined);
    assert.match(view.note ?? '', /none that Kubernetes allows/);
  }
});
