import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UnstructuredObject } from '../api/object.ts';
import { connect } from './client.ts';
import { openClusterClient } from './cluster-client-http.ts';
import { answerStatus, scriptedServer } from './scripted-server.ts';

const thing = '{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"},"n":9007199254740993}';

/** What a client reads, watches and, of what it read, sends. */
async function journey(options: { exactIntegers?: boolean }): Promise<unknown[]> {
  let put = '';
  await using server = await scriptedServer((request, response, body) => {
    if (request.method === 'PUT') put = body;
    const isWatch = request.url?.includes('watch=true') ?? false;
    response.end(isWatch ? `{"type":"ADDED","object":${thing}}\n` : thing);
  });
  await using client = openClusterClient(server.config, options);
  const things = client.resource<UnstructuredObject>('example.com/v1', 'things');
  const read = await things.get('a');
  const watched: unknown[] = [];
  for await (const { object } of things.watch()) watched.push(object.n);
  await things.update(read);
  return [read.n, ...watched, put];
}

test('a client for exact integers gives and sends every digit', async () => {
  assert.deepEqual(await journey({ exactIntegers: true }), [9007199254740993n, 9007199254740993n, thing]);
});

test('other clients get numbers, as from JSON.parse', async () => {
  const rounded = 2 ** 53;
  assert.deepEqual(await journey({}), [rounded, rounded, thing.replace('9007199254740993', String(rounded))]);
});

test('connect offers it: lists, caches, updates and applies keep every digit', async () => {
  const bodies: string[] = [];
  const map = thing.replace('example.com/v1', 'v1').replace('Thing', 'ConfigMap');
  await using server = await scriptedServer((request, response, body) => {
    if (body !== '') bodies.push(body);
    const isList = request.method === 'GET' && !request.url?.includes('/configmaps/a');
    const list = `{"apiVersion":"v1","kind":"ConfigMapList","metadata":{"resourceVersion":"1"},"items":[${map}]}`;
    if (request.url?.includes('watch=true')) answerStatus(response, 422, 'Invalid');
    else response.end(isList ? list : map);
  });
  await using cluster = await connect({ config: server.config, exactIntegers: true });
  const maps = cluster.resource<UnstructuredObject>('v1', 'ConfigMap');
  const [listed] = await maps.list().toArray();
  const cache = maps.informer({ onError: () => {} });
  await cache.synced;
  assert.deepEqual([listed?.n, cache.get('a')?.n], [9007199254740993n, 9007199254740993n]);
  const read = await maps.get('a');
  await maps.update(read);
  await maps.apply(read, { fieldManager: 'me' });
  assert.ok(bodies.length === 2 && bodies.every((body) => body.includes('"n":9007199254740993}')), bodies.join('\n'));
});
