import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestServer } from '../testing-server.ts';
import { openTestServer } from '../testing-server.ts';

const path = '/apis/test.example/v1/namespaces/a/widgets';

const create = (server: TestServer, name: string, labels = {}) =>
  server.call(path, { method: 'POST', body: { metadata: { name, labels } } });
const label = (server: TestServer, name: string, app: string | null) =>
  server.call(`${path}/${name}`, {
    method: 'PATCH',
    body: { metadata: { labels: { app } } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });

test('a watch from a revision tells what happened since, in order', async () => {
  await using server = await openTestServer();
  await create(server, 'old');
  const { resourceVersion } = (await server.call(path)).json.metadata;
  const created = await create(server, 'w');
  await label(server, 'w', 'x');
  await server.call(`${path}/w`, { method: 'DELETE' });
  const watch = await server.watch(`${path}?watch=true&resourceVersion=${resourceVersion}`);
  assert.equal(watch.status, 200);
  const events = [await watch.next(), await watch.next(), await watch.next()];
  assert.deepEqual(
    events.map(({ type }) => type),
    ['ADDED', 'MODIFIED', 'DELETED'],
  );
  assert.deepEqual(events[0]?.object, created.json);
  assert.deepEqual(events[2]?.object.metadata.labels, { app: 'x' });
  const revisions = events.map(({ object }) => Number(object.metadata.resourceVersion));
  assert.deepEqual(
    revisions,
    revisions.toSorted((a, b) => a - b),
  );
  watch.stop();
});

test('a watch without revision begins with what exists; WatchList marks the end of that', async () => {
  await using server = await openTestServer();
  await create(server, 'w');
  const plain = await server.watch(`${path}?watch=1`);
  assert.equal((await plain.next()).type, 'ADDED');
  plain.stop();
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const list = await server.watch(`${path}?${query}`);
  assert.equal((await list.next()).type, 'ADDED');
  const mark = await list.next();
  assert.equal(mark.type, 'BOOKMARK');
  assert.deepEqual(mark.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
  assert.match(mark.object.metadata.resourceVersion, /^\d+$/);
  await create(server, 'x');
  assert.equal((await list.next()).object.metadata.name, 'x');
  list.stop();
  for (const wrong of [
    'sendInitialEvents=true',
    'resourceVersionMatch=NotOlderThan&resourceVersion=1',
    'sendInitialEvents=true&resourceVersionMatch=Exact',
  ]) {
    assert.equal((await server.call(`${path}?watch=1&${wrong}`)).status, 422, wrong);
  }
});

test('an object that begins or ceases to match is added or deleted', async () => {
  await using server = await openTestServer();
  await create(server, 'w');
  const { resourceVersion } = (await server.call(path)).json.metadata;
  const watch = await server.watch(`${path}?watch=1&labelSelector=app%3Dx&resourceVersion=${resourceVersion}`);
  await label(server, 'w', 'x');
  const added = await watch.next();
  assert.equal(added.type, 'ADDED');
  const left = await label(server, 'w', 'y');
  const deleted = await watch.next();
  assert.deepEqual([deleted.type, deleted.object.metadata.labels], ['DELETED', { app: 'x' }]);
  assert.equal(deleted.object.metadata.resourceVersion, left.json.metadata.resourceVersion);
  watch.stop();
  const named = await server.watch(`${path}?watch=1&fieldSelector=metadata.name%3Dz`);
  await create(server, 'y');
  await create(server, 'z');
  assert.equal((await named.next()).object.metadata.name, 'z');
  named.stop();
});

test('a revision from before what is remembered is an ERROR event with 410', async () => {
  await using server = await openTestServer();
  // written behind the server's back, as before a restart
  const value = Buffer.from(JSON.stringify({ kind: 'Widget', apiVersion: 'test.example/v1', metadata: { name: 'w' } }));
  for (const name of ['a', 'b']) await server.storage.create(`/registry/test.example/widgets/a/${name}`, value);
  const watch = await server.watch(`${path}?watch=1&resourceVersion=1`);
  const event = await watch.next();
  assert.deepEqual([event.type, event.object.code, event.object.reason], ['ERROR', 410, 'Expired']);
  assert.deepEqual(await watch.rest(), []);
});

test('a watch ends cleanly when its time is over', async () => {
  await using server = await openTestServer();
  await create(server, 'w');
  const { text, status } = await server.call(`${path}?watch=1&timeoutSeconds=1`);
  assert.equal(status, 200);
  assert.equal(text.split('\n').length, 2);
  assert.ok(text.endsWith('}\n'));
});

test('watches come as tables and as bare metadata', async () => {
  await using server = await openTestServer();
  await create(server, 'w');
  const accept = (as: string) => ({ accept: `application/json;as=${as};v=v1;g=meta.k8s.io` });
  const table = await server.watch(`${path}?watch=1`, accept('Table'));
  const first = await table.next();
  assert.deepEqual([first.type, first.object.kind, first.object.rows[0]?.cells[0]], ['ADDED', 'Table', 'w']);
  assert.equal(first.object.columnDefinitions.length, 4);
  await create(server, 'x');
  assert.equal((await table.next()).object.columnDefinitions, null);
  table.stop();
  const bare = await server.watch(`${path}?watch=1`, accept('PartialObjectMetadata'));
  const { object } = await bare.next();
  assert.deepEqual([object.kind, object.spec], ['PartialObjectMetadata', undefined]);
  bare.stop();
});
