import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestServer } from '../testing-server.ts';
import { openTestServer } from '../testing-server.ts';

const widgets = '/apis/test.example/v1/namespaces/a/widgets';
const runners = '/apis/test.example/v1/namespaces/a/runners';
const boxes = '/apis/test.example/v1/boxes';
const merge = { 'content-type': 'application/merge-patch+json' };

const create = (server: TestServer, path: string, body: object) => server.call(path, { method: 'POST', body });
const remove = (server: TestServer, path: string, body?: object) => server.call(path, { method: 'DELETE', body });

test('a delete removes at once and answers with a Status', async () => {
  await using server = await openTestServer();
  const { json } = await create(server, widgets, { metadata: { name: 'w' } });
  const gone = await remove(server, `${widgets}/w`);
  assert.equal(gone.status, 200);
  assert.deepEqual(gone.json, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: 'w', group: 'test.example', kind: 'widgets', uid: json.metadata.uid },
  });
  assert.equal((await remove(server, `${widgets}/w`)).status, 404);
});

test('preconditions and a dry run keep the object', async () => {
  await using server = await openTestServer();
  await create(server, widgets, { metadata: { name: 'w' } });
  assert.equal((await remove(server, `${widgets}/w`, { preconditions: { uid: 'x' } })).status, 409);
  assert.equal((await remove(server, `${widgets}/w`, { preconditions: { resourceVersion: '1' } })).status, 409);
  assert.equal((await remove(server, `${widgets}/w`, { dryRun: ['All'] })).status, 200);
  assert.equal((await remove(server, `${widgets}/w?dryRun=All`)).status, 200);
  assert.equal((await remove(server, `${widgets}/w`, { kind: 'Pod' })).status, 400);
  assert.equal((await remove(server, `${widgets}/w`, { propagationPolicy: 'Sideways' })).status, 422);
  assert.equal((await server.call(`${widgets}/w`)).status, 200);
});

test('finalizers hold an object until the last one is taken away', async () => {
  await using server = await openTestServer();
  await create(server, widgets, { metadata: { name: 'w', finalizers: ['x.example/hold'] } });
  const marked = await remove(server, `${widgets}/w`);
  assert.match(marked.json.metadata.deletionTimestamp, /Z$/);
  assert.deepEqual([marked.json.metadata.deletionGracePeriodSeconds, marked.json.metadata.generation], [0, 2]);
  const again = await remove(server, `${widgets}/w`);
  assert.equal(again.json.metadata.resourceVersion, marked.json.metadata.resourceVersion);
  const patch = (finalizers: string[]) =>
    server.call(`${widgets}/w`, { method: 'PATCH', body: { metadata: { finalizers } }, headers: merge });
  const added = await patch(['x.example/hold', 'x.example/more']);
  assert.equal(added.status, 422);
  assert.match(added.json.message, /no new finalizers can be added/);
  const watch = await server.watch(`${widgets}?watch=1&resourceVersion=${marked.json.metadata.resourceVersion}`);
  assert.equal((await patch([])).status, 200);
  assert.equal((await watch.next()).type, 'DELETED');
  watch.stop();
  assert.equal((await server.call(`${widgets}/w`)).status, 404);
});

test('propagation becomes the finalizer that the garbage collector works by', async () => {
  await using server = await openTestServer();
  const finalizersAfter = async (name: string, options: object) => {
    await create(server, widgets, { metadata: { name } });
    const { json } = await remove(server, `${widgets}/${name}`, options);
    return json.metadata.finalizers;
  };
  assert.deepEqual(await finalizersAfter('a', { propagationPolicy: 'Foreground' }), ['foregroundDeletion']);
  assert.deepEqual(await finalizersAfter('b', { propagationPolicy: 'Orphan' }), ['orphan']);
  assert.deepEqual(await finalizersAfter('c', { orphanDependents: true }), ['orphan']);
  assert.equal(await finalizersAfter('d', { propagationPolicy: 'Background' }), undefined);
  assert.equal((await remove(server, `${widgets}/a`, { propagationPolicy: 'Background' })).json.kind, 'Status');
});

test('a grace period marks the object until it is deleted with none', async () => {
  await using server = await openTestServer();
  const before = Date.now();
  await create(server, runners, { metadata: { name: 'r' } });
  const marked = await remove(server, `${runners}/r`, { gracePeriodSeconds: 20 });
  assert.deepEqual([marked.status, marked.json.metadata.deletionGracePeriodSeconds], [200, 20]);
  const ends = Date.parse(marked.json.metadata.deletionTimestamp);
  assert.ok(ends >= before + 19_000 && ends <= Date.now() + 20_000);
  const longer = await remove(server, `${runners}/r`, { gracePeriodSeconds: 60 });
  assert.equal(longer.json.metadata.deletionGracePeriodSeconds, 20);
  const shorter = await remove(server, `${runners}/r?gracePeriodSeconds=5`);
  assert.deepEqual(
    [shorter.json.metadata.deletionGracePeriodSeconds, Date.parse(shorter.json.metadata.deletionTimestamp)],
    [5, ends - 15_000],
  );
  const gone = await remove(server, `${runners}/r`, { gracePeriodSeconds: 0 });
  assert.deepEqual([gone.json.kind, gone.json.metadata.deletionGracePeriodSeconds], ['Runner', 0]);
  assert.equal((await server.call(`${runners}/r`)).status, 404);
  await create(server, runners, { metadata: { name: 'i', labels: { idle: 'yes' } } });
  await remove(server, `${runners}/i`, { gracePeriodSeconds: 20 });
  assert.equal((await server.call(`${runners}/i`)).status, 404);
});

test('finalizers of a kind of its own go through finalize', async () => {
  await using server = await openTestServer();
  await create(server, boxes, { metadata: { name: 'b' }, spec: { holds: ['keeper'] } });
  const marked = await remove(server, `${boxes}/b`);
  assert.deepEqual(
    [marked.json.status, marked.json.metadata.deletionGracePeriodSeconds],
    [{ phase: 'Terminating' }, undefined],
  );
  const body = { metadata: { name: 'b' }, spec: { holds: [], size: 3 } };
  assert.equal((await server.call(`${boxes}/b/finalize`, { method: 'PUT', body })).status, 200);
  assert.equal((await server.call(`${boxes}/b`)).status, 404);
});

test('a collection is deleted by its selectors', async () => {
  await using server = await openTestServer();
  for (const name of ['a', 'b', 'c']) {
    await create(server, widgets, { metadata: { name, labels: { keep: name === 'b' ? 'yes' : 'no' } } });
  }
  const { status, json } = await remove(server, `${widgets}?labelSelector=keep%3Dno`);
  assert.equal(status, 200);
  assert.deepEqual([json.kind, json.items.length], ['WidgetList', 2]);
  const left = await server.call(widgets);
  assert.equal(left.json.items[0]?.metadata.name, 'b');
  assert.equal(left.json.items.length, 1);
});
