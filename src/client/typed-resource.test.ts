import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, UnstructuredObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import type { Deployment } from '../api/types/apps-v1.ts';
import type { Resource } from './client.ts';
import { connect } from './client.ts';
import type { Answer } from './scripted-server.ts';
import { answerJson, answerStatus, scriptedServer } from './scripted-server.ts';

const apiVersion = 'v1';
const kind = 'ConfigMap';

function map(name: string, resourceVersion: number): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'n', uid: name, resourceVersion: String(resourceVersion) } };
}

function list(resourceVersion: number, items: KubeObject[], next = '') {
  return {
    apiVersion,
    kind: 'ConfigMapList',
    metadata: { resourceVersion: String(resourceVersion), continue: next },
    items,
  };
}

async function scripted(answer: Answer) {
  const server = await scriptedServer(answer);
  const cluster = await connect({ config: server.config });
  return {
    server,
    cluster,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const line = (type: string, object: KubeObject) => `${JSON.stringify({ type, object })}\n`;
const bookmark = (resourceVersion: number) =>
  line('BOOKMARK', {
    apiVersion,
    kind,
    metadata: { resourceVersion: String(resourceVersion), annotations: { 'k8s.io/initial-events-end': 'true' } },
  });

test('what is true of every object is asked of any kind', async () => {
  await using run = await scripted((_request, response) => answerJson(response, 200, list(1, [map('a', 1)])));
  const names = async (resource: Resource<KubeObject>) =>
    (await resource.list().toArray()).map(({ metadata }) => metadata.name);
  assert.deepEqual(await names(run.cluster.resource('apps/v1', 'Deployment')), ['a']);
  const kinds: Resource<KubeObject>[] = [run.cluster.resource('v1', 'Pod'), run.cluster.metadata('v1', 'Secret')];
  for (const kind of kinds) assert.deepEqual(await names(kind), ['a']);
});

test('an optional signal and namespace are handed on as they are', async () => {
  await using run = await scripted(({ method, url = '' }, response) => {
    if (url.includes('watch=true')) response.end(line('ADDED', map('a', 1)) + bookmark(1));
    else if (url.includes('/log')) response.end('one line\n');
    else answerJson(response, 200, method === 'GET' && !url.includes('/a') ? list(1, [map('a', 1)]) : map('a', 1));
  });
  const { cluster, server } = run;
  const maps = cluster.resource(apiVersion, kind);
  // As a function has them whose own caller may leave them out.
  const optional: { signal: AbortSignal | undefined; namespace: string | undefined } = {
    signal: undefined,
    namespace: undefined,
  };
  const { signal } = optional;
  const names: (string | undefined)[] = [(await maps.get('a', optional)).metadata.name];
  for await (const { metadata } of maps.list(optional)) names.push(metadata.name);
  names.push(...(await maps.list(optional).toArray()).map(({ metadata }) => metadata.name));
  for await (const { object } of maps.watch(optional)) {
    names.push(object.metadata.name);
    break;
  }
  names.push((await maps.patch('a', {}, optional)).metadata.name);
  names.push((await maps.subresource('a', 'status', { namespace: optional.namespace }).get({ signal })).metadata.name);
  const cache = maps.informer(optional);
  await cache.synced;
  names.push(cache.get('n/a')?.metadata.name);
  await maps.delete('a', optional);
  assert.deepEqual(
    names,
    Array.from({ length: names.length }, () => 'a'),
  );
  for await (const text of cluster.pod('n', 'p').logs({ signal })) assert.equal(text, 'one line');
  assert.equal((await cluster.request({ method: 'GET', path: '/a', signal })).status, 200);
  assert.equal((await cluster.service('n', 's').fetch('/a', { signal })).status, 200);
  assert.ok(server.requests.includes('DELETE /api/v1/namespaces/default/configmaps/a'), String(server.requests));
  await cluster[Symbol.asyncDispose]();
  await cache.done;
});

test('kinds of Kubernetes are known with their types; others are discovered, and missed ones told', async () => {
  await using run = await scripted((request, response) => {
    const resources = [
      { name: 'widgets', kind: 'Widget', namespaced: true, verbs: [] },
      { name: 'widgets/status', kind: 'Widget', namespaced: true, verbs: [] },
    ];
    if (request.url === '/apis/example.com/v1') answerJson(response, 200, { resources });
    else answerJson(response, 200, { apiVersion, kind: 'X', metadata: { name: 'a' } });
  });
  const { cluster, server } = run;
  const deployments: Resource<Deployment> = cluster.resource('apps/v1', 'Deployment');
  // @ts-expect-error a Pod is no Deployment
  const wrong: Resource<Deployment> = cluster.resource('v1', 'Pod');
  assert.equal(wrong.kind, 'Pod');
  await deployments.get('a', { namespace: 'n' });
  await cluster.resource('v1', 'Node').get('a', { namespace: 'n' });
  const widgets: Resource<UnstructuredObject> = cluster.resource('example.com/v1', 'Widget');
  await Promise.all([widgets.get('a'), widgets.get('b')]);
  await assert.rejects(
    cluster.resource('example.com/v1', 'Gadget').get('a'),
    /serves no kind Gadget in example.com\/v1/,
  );
  assert.deepEqual(server.requests.toSorted(), [
    'GET /api/v1/nodes/a',
    'GET /apis/apps/v1/namespaces/n/deployments/a',
    'GET /apis/example.com/v1',
    // Again, for the kind that was missing.
    'GET /apis/example.com/v1',
    'GET /apis/example.com/v1/namespaces/default/widgets/a',
    'GET /apis/example.com/v1/namespaces/default/widgets/b',
  ]);
});

test('a list is asked for page by page, as far as it is read', async () => {
  await using run = await scripted((request, response) => {
    const next = new URL(request.url ?? '', 'http://x').searchParams.get('continue');
    if (next === null) answerJson(response, 200, list(5, [map('a', 1), map('b', 2)], 'two'));
    else answerJson(response, 200, list(5, [map('c', 3)], next === 'two' ? 'three' : ''));
  });
  const names: string[] = [];
  for await (const { metadata } of run.cluster.resource(apiVersion, kind).list({ pageSize: 2 })) {
    names.push(metadata.name ?? '');
    if (names.length === 3) break;
  }
  assert.deepEqual(names, ['a', 'b', 'c']);
  assert.deepEqual(run.server.requests, [
    'GET /api/v1/configmaps?limit=2',
    'GET /api/v1/configmaps?continue=two&limit=2',
  ]);
});

test('a list that grows too old while it is read is asked for anew as a whole, where nothing was told of it yet', async () => {
  await using run = await scripted((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    if (query.has('continue')) answerStatus(response, 410, 'Expired');
    else if (query.has('limit')) answerJson(response, 200, list(5, [map('a', 1)], 'two'));
    else if (!query.has('watch')) answerJson(response, 200, list(9, [map('a', 7), map('b', 8)]));
  });
  const maps = run.cluster.resource(apiVersion, kind);
  const named = (objects: readonly KubeObject[]) =>
    objects.map(({ metadata: { name, resourceVersion } }) => `${name}@${resourceVersion}`);
  assert.deepEqual(named(await maps.list({ pageSize: 1, resourceVersion: '0' }).toArray()), ['a@7', 'b@8']);
  assert.deepEqual(run.server.requests, [
    'GET /api/v1/configmaps?resourceVersion=0&limit=1',
    'GET /api/v1/configmaps?continue=two&limit=1',
    'GET /api/v1/configmaps?resourceVersion=0',
  ]);
  const read: KubeObject[] = [];
  const reading = async () => {
    for await (const object of maps.list({ pageSize: 1 })) read.push(object);
  };
  await assert.rejects(reading, { code: 410 });
  assert.deepEqual(named(read), ['a@1']);
  const informer = maps.informer({ initialEvents: false });
  await informer.synced;
  assert.deepEqual(named(informer.list()), ['a@7', 'b@8']);
});

test('a list ends where its signal fires, within a page too', async () => {
  await using run = await scripted((_request, response) =>
    answerJson(response, 200, list(5, [map('a', 1), map('b', 2), map('c', 3)])),
  );
  const stop = new AbortController();
  const names: string[] = [];
  await assert.rejects(
    async () => {
      for await (const { metadata } of run.cluster.resource(apiVersion, kind).list({ signal: stop.signal })) {
        names.push(metadata.name ?? '');
        if (names.length === 2) stop.abort();
      }
    },
    { name: 'AbortError' },
  );
  assert.deepEqual(names, ['a', 'b']);
});

test('a watch outlives its connections, and after 410 tells what it missed', async () => {
  const watches: URLSearchParams[] = [];
  await using run = await scripted((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    watches.push(query);
    response.writeHead(200);
    if (watches.length === 1) {
      response.write(line('ADDED', map('a', 1)) + line('ADDED', map('b', 2)) + bookmark(2));
      // Cut off within an event: what came before counts.
      response.write(`${line('MODIFIED', map('a', 3))}{"type":"MODI`, () => response.destroy());
    } else if (watches.length === 2) {
      const object = {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        code: 410,
        reason: 'Expired',
      };
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    } else response.write(line('ADDED', map('a', 3)) + line('ADDED', map('c', 8)) + bookmark(9));
  });
  const seen: string[] = [];
  for await (const { type, object } of run.cluster.resource(apiVersion, kind).watch({ namespace: 'n' })) {
    seen.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`);
    if (seen.length === 5) break;
  }
  assert.deepEqual(seen, ['ADDED a@1', 'ADDED b@2', 'MODIFIED a@3', 'ADDED c@8', 'DELETED b@2']);
  assert.deepEqual(
    watches.map((query) => [query.get('sendInitialEvents'), query.get('resourceVersion')]),
    [
      ['true', null],
      [null, '3'],
      ['true', null],
    ],
  );
});

test('where the server does not know WatchList, the first state comes from a list', async () => {
  await using run = await scripted((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    if (query.has('sendInitialEvents')) answerStatus(response, 422, 'Invalid');
    else if (!query.has('watch')) answerJson(response, 200, list(7, [map('a', 1)]));
    else response.writeHead(200).write(line('MODIFIED', map('a', 8)));
  });
  const seen: string[] = [];
  for await (const { type } of run.cluster.resource(apiVersion, kind).watch()) {
    seen.push(type);
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, ['ADDED', 'MODIFIED']);
});

test('a watch throws what trying again does not mend, at its start and in its midst', async () => {
  let watches = 0;
  await using run = await scripted((_request, response) => {
    if (++watches > 1) answerStatus(response, 401, 'Unauthorized');
    else response.writeHead(200).end(line('ADDED', map('a', 1)) + bookmark(2));
  });
  const types: string[] = [];
  await assert.rejects(
    async () => {
      for await (const { type } of run.cluster.resource(apiVersion, kind).watch()) types.push(type);
    },
    (error) => error instanceof StatusError && error.code === 401,
  );
  assert.deepEqual(types, ['ADDED']);
});

test('options of writes reach the server, its warnings the caller', async () => {
  const bodies: string[] = [];
  await using run = await scripted((request, response, body) => {
    bodies.push(`${request.headers['content-type']} ${body}`);
    answerJson(response, 200, map('a', 1), { Warning: '299 - "unknown field \\"x\\"", 299 - "deprecated"' });
  });
  const maps = run.cluster.resource(apiVersion, kind);
  const warnings: string[] = [];
  const onWarning = (text: string) => warnings.push(text);
  const object = { apiVersion, kind, metadata: { name: 'a' } } as const;
  await maps.create(object, { dryRun: true, fieldManager: 'me', fieldValidation: 'Strict', onWarning });
  await maps.apply({ ...object, data: { a: 'b' } }, { fieldManager: 'me', force: true });
  await maps.patch('a', { data: null }, { namespace: 'n' });
  await maps.subresource('a', 'status').apply({ metadata: { name: 'a' } }, { fieldManager: 'me' });
  await maps.delete('a', { dryRun: true });
  await assert.rejects(maps.deleteCollection({ labelSelector: 'a=b' }), /name the namespace whose configmaps/);
  await maps.deleteCollection({ namespace: 'n', labelSelector: 'a=b' });
  assert.deepEqual(warnings, ['unknown field "x"', 'deprecated']);
  assert.deepEqual(run.server.requests, [
    'POST /api/v1/namespaces/default/configmaps?dryRun=All&fieldManager=me&fieldValidation=Strict',
    'PATCH /api/v1/namespaces/default/configmaps/a?fieldManager=me&force=true',
    'PATCH /api/v1/namespaces/n/configmaps/a',
    'PATCH /api/v1/namespaces/default/configmaps/a/status?fieldManager=me',
    'DELETE /api/v1/namespaces/default/configmaps/a',
    'DELETE /api/v1/namespaces/n/configmaps?labelSelector=a%3Db',
  ]);
  assert.match(bodies[1] ?? '', /^application\/apply-patch\+yaml \{.*"data":\{"a":"b"\}/);
  assert.match(bodies[2] ?? '', /^application\/merge-patch\+json/);
  assert.match(bodies[4] ?? '', /"dryRun":\["All"\]/);
});

test('a signal ends the wait for a look-up that others share', async () => {
  const asked = Promise.withResolvers<() => void>();
  await using run = await scripted((request, response) => {
    const resources = [{ name: 'widgets', kind: 'Widget', namespaced: false, verbs: [] }];
    if (request.url === '/apis/example.com/v1') asked.resolve(() => answerJson(response, 200, { resources }));
    else answerJson(response, 200, { items: [], kind: 'WidgetList', metadata: {} });
  });
  const widgets = run.cluster.resource('example.com/v1', 'Widget');
  const stop = new AbortController();
  const reason = new Error('no longer wanted');
  const { signal } = stop;
  const waiting = widgets.list().toArray();
  const informer = widgets.informer({ signal });
  const ended = Promise.all([
    assert.rejects(widgets.get('a', { signal }), reason),
    assert.rejects(widgets.list({ signal }).toArray(), reason),
    assert.rejects(
      widgets.apply(
        { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' } },
        { fieldManager: 'me', signal },
      ),
      reason,
    ),
    assert.rejects(Array.fromAsync(widgets.watch({ signal })), reason),
    assert.rejects(informer.synced, reason),
    informer.done,
  ]);
  const answer = await asked.promise;
  stop.abort(reason);
  await ended;
  answer();
  assert.deepEqual(await waiting, []);
  assert.deepEqual(run.server.requests, ['GET /apis/example.com/v1', 'GET /apis/example.com/v1/widgets?limit=500']);
});

test('what goes on by itself ends with the cluster, whatever its own signal', async () => {
  await using run = await scripted((request, response) => {
    if (request.url?.includes('watch=true')) response.writeHead(200).write(line('ADDED', map('a', 1)) + bookmark(2));
  });
  const maps = run.cluster.resource(apiVersion, kind);
  const { signal } = new AbortController();
  const informer = maps.informer({ signal });
  await informer.synced;
  const watching = assert.rejects(
    async () => {
      for await (const _ of maps.watch({ signal })) await run.cluster[Symbol.asyncDispose]();
    },
    { name: 'AbortError' },
  );
  await Promise.all([watching, informer.done]);
  assert.equal(informer.list().length, 1);
});

test('a list of what are no objects is a malformed answer, for a list and for a cache, which tries again', async () => {
  for (const items of [[{ data: {} }], [{ metadata: null }], [null]]) {
    await using run = await scripted(({ url = '' }, response) => {
      if (url.includes('watch=true')) answerStatus(response, 422, 'Invalid');
      else answerJson(response, 200, { apiVersion, kind: 'ConfigMapList', metadata: { resourceVersion: '1' }, items });
    });
    const maps = run.cluster.resource(apiVersion, kind);
    const isMalformed = /something that is not a list of objects/;
    await assert.rejects(maps.list().toArray(), isMalformed);
    const told = Promise.withResolvers<unknown>();
    const informer = maps.informer({ onError: told.resolve });
    const { synced } = informer;
    synced.catch(() => {});
    assert.match(String(await Promise.race([told.promise, informer.done])), isMalformed);
  }
});
