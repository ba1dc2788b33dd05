import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { StatusError } from '../api/status.ts';
import { openClusterClient } from '../client/cluster-client-http.ts';
import type { PageRequest, PageResponse } from '../gateway/page-handler.ts';
import { Ways, wayKey } from '../gateway/ways.ts';
import { uiHandler } from './server.ts';

/** An API server of two resources, whose watches a test feeds. */
async function startApi() {
  const watches = new Map<string, ServerResponse>();
  const lists: string[] = [];
  const items: Record<string, unknown[]> = { services: [], endpointslices: [] };
  let onlyNamespace: string | undefined;
  let watched = Promise.withResolvers<void>();
  const silent = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://api');
    const resource = url.pathname.split('/').at(-1) ?? '';
    if (url.pathname === '/version') {
      response.end('{"gitVersion":"v1.36.3"}');
    } else if (onlyNamespace !== undefined && !url.pathname.includes(`/namespaces/${onlyNamespace}/`)) {
      const message = `${resource} is forbidden at the cluster scope`;
      const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 403, reason: 'Forbidden', message };
      response.writeHead(403, { 'Content-Type': 'application/json' }).end(JSON.stringify(status));
    } else if (url.searchParams.get('watch')) {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.flushHeaders();
      watches.set(resource, response);
      response.on('close', () => {
        watches.delete(resource);
        if (watches.size === 0) silent.resolve();
      });
      if (watches.size === 2) watched.resolve();
    } else {
      lists.push(resource);
      const list = { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: items[resource] };
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(list));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    items,
    permitOnly: (namespace: string) => {
      onlyNamespace = namespace;
    },
    lists,
    watched: () => watched.promise,
    silent: () => silent.promise,
    send(resource: string, type: string, object: unknown) {
      watches.get(resource)?.write(`${JSON.stringify({ type, object })}\n`);
    },
    /** Gone at once, as after a crash. */
    async crash() {
      watched = Promise.withResolvers();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
    async rise() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

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

/** A tab: what it was sent, event by event. */
function openTab(handler: ReturnType<typeof uiHandler>) {
  const events: { event: string; data: unknown }[] = [];
  let arrived = Promise.withResolvers<void>();
  const gone = new AbortController();
  const response: PageResponse = {
    send: () => assert.fail('a stream was expected'),
    stream(status, headers) {
      assert.equal(status, 200);
      assert.equal(headers['Content-Type'], 'text/event-stream');
      return {
        write(chunk) {
          for (const block of String(chunk)
            .split('\n\n')
            .filter((text) => text.startsWith('event: '))) {
            const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
            events.push({ event, data: JSON.parse(data) });
          }
          arrived.resolve();
          return true;
        },
        drained: async () => {},
        end: () => {},
      };
    },
  };
  void handler(request('/.fairlead/events', gone.signal), response);
  return {
    events,
    close: () => gone.abort(),
    /** The next event that fits, also one that has come already. */
    async find(event: string, fits: (data: unknown) => boolean = () => true): Promise<unknown> {
      for (;;) {
        const at = events.findIndex((one) => one.event === event && fits(one.data));
        const [found] = at < 0 ? [] : events.splice(0, at + 1).slice(-1);
        if (found !== undefined) return found.data;
        arrived = Promise.withResolvers();
        await arrived.promise;
      }
    },
  };
}

function request(path: string, signal: AbortSignal, headers: Record<string, string> = {}): PageRequest {
  return {
    method: 'GET',
    path,
    query: '',
    headers: new Map(Object.entries(headers)),
    origin: 'http://localhost:8001',
    signal,
  };
}

async function openUi() {
  const api = await startApi();
  const stop = new AbortController();
  const client = openClusterClient({ server: api.url, namespace: 'default' });
  const handler = uiHandler({
    client,
    facts: { cluster: 'test', server: api.url },
    signal: stop.signal,
    lingerMs: 0,
  });
  return {
    api,
    handler,
    stop: () => stop.abort(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await client[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

const named = (name: string) => (data: unknown) => (data as { name: string }).name === name;

test('a tab learns of the cluster, of every service, and of every change', { timeout: 10_000 }, async () => {
  await using ui = await openUi();
  ui.api.items.services = [service('web')];
  ui.api.items.endpointslices = [slice('web', [true, false])];
  const tab = openTab(ui.handler);
  assert.equal(((await tab.find('begin')) as { cluster: string }).cluster, 'test');
  assert.deepEqual(await tab.find('put', named('web')), {
    namespace: 'shop',
    name: 'web',
    type: 'ClusterIP',
    ready: 1,
    total: 2,
    ports: [{ name: '', port: 80, protocol: 'TCP', host: 'web.shop.localhost' }],
    host: 'web.shop.localhost',
  });
  await tab.find('complete');
  await ui.api.watched();
  ui.api.send('endpointslices', 'MODIFIED', slice('web', [true, true]));
  assert.equal(((await tab.find('put')) as { ready: number }).ready, 2);
  ui.api.send('services', 'ADDED', service('api'));
  const added = (await tab.find('put', named('api'))) as { ready: number; note: string };
  assert.equal(added.ready, 0);
  assert.equal(added.note, 'No pod matches its selector app=api.');
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
  await late.find('complete');
  assert.deepEqual(ui.api.lists.toSorted(), ['endpointslices', 'services']);
  for (const tab of [...tabs, late]) tab.close();
  await ui.api.silent();
});

test('a cluster that goes away is told, and all is true again when it is back', { timeout: 10_000 }, async () => {
  await using ui = await openUi();
  ui.api.items.services = [service('web'), service('old')];
  const tab = openTab(ui.handler);
  await tab.find('complete');
  await ui.api.watched();
  await ui.api.crash();
  assert.match(String(await tab.find('trouble')), /Cannot talk to the API server/);
  const late = openTab(ui.handler);
  await late.find('trouble');
  ui.api.items.services = [service('web'), service('new')];
  await ui.api.rise();
  for (const one of [tab, late]) {
    assert.equal(await one.find('drop'), 'shop/old');
    await one.find('put', named('new'));
    await one.find('complete');
  }
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
    ui.handler(request(path, signal, headers), response);
  assert.equal(await ask('/'), false);
  assert.equal(await ask('/api/v1'), false);
  assert.equal(await ask('/.fairlead/../server.ts'), false);
  assert.equal(await ask('/', { accept: 'text/html,*/*' }), true);
  const [page] = sent;
  assert.match(page?.headers['Content-Security-Policy'] ?? '', /^default-src 'none'; script-src 'self'/);
  assert.doesNotMatch(page?.body ?? '', /https?:\/\/(?!www\.w3\.org)/, 'nothing from elsewhere');
  for (const [, file] of (page?.body ?? '').matchAll(/(?:src|href)="([^"]+)"/g)) {
    assert.equal(await ask(String(file)), true);
    assert.equal(sent.at(-1)?.status, 200, String(file));
  }
  await ask('/', { accept: 'text/html', 'if-none-match': page?.headers.ETag ?? '' });
  assert.equal(sent.at(-1)?.status, 304);
});

test('further contexts are shown beside the first, and what is wrong with one stays its own', async () => {
  await using ui = await openUi();
  const staging = await startApi();
  const stop = new AbortController();
  const client = openClusterClient({ server: ui.api.url, namespace: 'default' });
  const other = openClusterClient({ server: staging.url, namespace: 'default' });
  const away = openClusterClient({ server: 'http://127.0.0.1:1', namespace: 'default' });
  try {
    ui.api.items.services = [service('web')];
    staging.items.services = [service('db', { ports: [{ port: 80 }, { name: 'admin', port: 8081 }] })];
    staging.items.endpointslices = [slice('db', [true])];
    const handler = uiHandler({
      client,
      facts: { cluster: 'test', server: ui.api.url },
      others: [
        { name: 'Staging', alias: 'staging', client: other },
        { name: 'away', alias: 'away', client: away },
        { name: 'broken', alias: 'broken', why: 'No certificate.' },
      ],
      signal: stop.signal,
      lingerMs: 0,
    });
    const about = (alias: string) => (data: unknown) =>
      typeof data === 'object' && data !== null && 'alias' in data && data.alias === alias;
    const tab = openTab(handler);
    assert.deepEqual(await tab.find('context', about('broken')), {
      name: 'broken',
      alias: 'broken',
      trouble: 'No certificate.',
    });
    const own = openTab(handler);
    const web = await own.find('put', (data) => JSON.stringify(data).includes('"name":"web"'));
    assert.ok(!JSON.stringify(web).includes('"context"'));
    const further = openTab(handler);
    const db = await further.find('put', (data) => JSON.stringify(data).includes('"name":"db"'));
    assert.match(JSON.stringify(db), /"context":\{"name":"Staging","alias":"staging"\}/);
    assert.match(JSON.stringify(db), /"host":"admin\.db\.shop\.svc\.staging\.localhost"/);
    assert.deepEqual(await openTab(handler).find('context', about('staging')), { name: 'Staging', alias: 'staging' });
    const trouble = await openTab(handler).find('context', about('away'));
    assert.match(JSON.stringify(trouble), /connection refused/);
    await openTab(handler).find('complete');
  } finally {
    stop.abort();
    await Promise.all([client, other, away].map((each) => each[Symbol.asyncDispose]()));
    await staging[Symbol.asyncDispose]();
  }
});

test('a service that only the proxy verb leads to is shown so, as soon as that is known', async () => {
  await using api = await startApi();
  const stop = new AbortController();
  const client = openClusterClient({ server: api.url, namespace: 'default' });
  const ways = new Ways();
  try {
    api.items.services = [service('web')];
    api.items.endpointslices = [slice('web', [true])];
    const facts = { cluster: 'test', server: api.url };
    const tab = openTab(uiHandler({ client, facts, ways, signal: stop.signal, lingerMs: 0 }));
    const first = await tab.find('put');
    assert.ok(!JSON.stringify(first).includes('note'));
    await tab.find('complete');
    const refused = new StatusError({ code: 403, reason: 'Forbidden', message: 'no right to create pods/portforward' });
    assert.equal(ways.portForwardFailed(wayKey({ kind: 'service', namespace: 'shop', name: 'web' }), refused), true);
    assert.match(JSON.stringify(await tab.find('put')), /proxy verb.*no right to create pods\/portforward/);
  } finally {
    stop.abort();
    await client[Symbol.asyncDispose]();
  }
});

test('who may see one namespace only is shown that one, and told so', async () => {
  await using api = await startApi();
  const stop = new AbortController();
  const client = openClusterClient({ server: api.url, namespace: 'shop' });
  try {
    api.items.services = [service('web')];
    api.permitOnly('shop');
    const facts = { cluster: 'test', server: api.url };
    const handler = uiHandler({ client, facts, namespace: 'shop', signal: stop.signal, lingerMs: 0 });
    const tab = openTab(handler);
    assert.match(JSON.stringify(await tab.find('put')), /"name":"web"/);
    await tab.find('complete');
    const limit = await openTab(handler).find('context');
    assert.match(JSON.stringify(limit), /Only the namespace \\"shop\\" is shown: .* is forbidden at the cluster scope/);
  } finally {
    stop.abort();
    await client[Symbol.asyncDispose]();
  }
});
