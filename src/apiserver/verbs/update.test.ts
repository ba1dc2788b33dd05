import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestServer } from '../testing-server.ts';
import { openTestServer } from '../testing-server.ts';

const path = '/apis/test.example/v1/namespaces/a/widgets';
const maps = '/api/v1/namespaces/a/configmaps';
const merge = { 'content-type': 'application/merge-patch+json' };

async function openWithWidget(): Promise<TestServer> {
  const server = await openTestServer();
  const body = { metadata: { name: 'w', labels: { a: '1' } }, spec: { size: 1 } };
  assert.equal((await server.call(path, { method: 'POST', body })).status, 201);
  return server;
}

test('an update with the newest revision is stored, with an older one it is 409', async () => {
  await using server = await openWithWidget();
  const { json: old } = await server.call(`${path}/w`);
  const body = { ...old, spec: { ...old.spec, size: 2 } };
  const updated = await server.call(`${path}/w`, { method: 'PUT', body });
  assert.deepEqual([updated.status, updated.json.spec.size, updated.json.metadata.generation], [200, 2, 2]);
  const late = await server.call(`${path}/w`, { method: 'PUT', body });
  assert.deepEqual([late.status, late.json.reason], [409, 'Conflict']);
  assert.equal(
    late.json.message,
    'Operation cannot be fulfilled on widgets.test.example "w": the object has been modified; please apply your changes to the latest version and try again',
  );
});

test('an update without revision replaces, and what the server keeps stays', async () => {
  await using server = await openWithWidget();
  const { json: old } = await server.call(`${path}/w`);
  const body = { metadata: { name: 'w', generation: 77 }, spec: { size: 3 }, status: { ready: 5 } };
  const { status, json } = await server.call(`${path}/w`, { method: 'PUT', body });
  assert.equal(status, 200);
  assert.deepEqual(
    [json.metadata.uid, json.metadata.creationTimestamp],
    [old.metadata.uid, old.metadata.creationTimestamp],
  );
  assert.deepEqual([json.metadata.generation, json.metadata.labels, json.status], [2, undefined, undefined]);
});

test('a write that changes nothing makes no revision', async () => {
  await using server = await openWithWidget();
  const { json: old } = await server.call(`${path}/w`);
  const { json } = await server.call(`${path}/w`, { method: 'PUT', body: old });
  assert.equal(json.metadata.resourceVersion, old.metadata.resourceVersion);
});

test('what an update may not change is refused by field', async () => {
  await using server = await openWithWidget();
  const cases: [body: unknown, code: number, message: RegExp][] = [
    [{ metadata: { name: 'v' } }, 400, /name of the object \(v\) does not match the name on the URL \(w\)/],
    [{ metadata: { name: 'w', namespace: 'b' } }, 400, /namespace/],
    [{ metadata: { name: 'w', uid: 'other' } }, 409, /Precondition failed: UID in precondition: other/],
    [{ metadata: {} }, 400, /name must be provided/],
    [{ metadata: { name: 'w' }, spec: { colour: 'red' } }, 422, /spec.colour: Forbidden: field is immutable/],
  ];
  for (const [body, code, message] of cases) {
    const answer = await server.call(`${path}/w`, { method: 'PUT', body });
    assert.equal(answer.status, code, JSON.stringify(body));
    assert.match(answer.json.message, message);
  }
  assert.equal(
    (await server.call(`${path}/none`, { method: 'PUT', body: { metadata: { name: 'none' } } })).status,
    404,
  );
});

test('an update of what is not there creates some kinds, but never what it takes for another object', async () => {
  await using server = await openTestServer();
  const boxes = '/apis/test.example/v1/boxes';
  const put = (name: string, metadata: object, query = '') =>
    server.call(`${boxes}/${name}${query}`, { method: 'PUT', body: { metadata: { name, ...metadata } } });
  const lost = await put('l', { uid: 'gone' });
  assert.deepEqual([lost.status, lost.json.reason], [409, 'Conflict']);
  assert.match(lost.json.message, /Precondition failed: UID in precondition: gone, UID in object meta: $/);
  assert.equal((await put('l', {}, '?dryRun=All')).status, 201);
  assert.equal((await server.call(`${boxes}/l`)).status, 404);
  const made = await put('l', { resourceVersion: '5' });
  assert.equal(made.status, 201);
  assert.equal((await put('l', { uid: made.json.metadata.uid, labels: { a: '1' } })).status, 200);
});

test('the kinds of patch change what they name; others are 415', async () => {
  await using server = await openWithWidget();
  const patch = (where: string, type: string, body: unknown) =>
    server.call(where, { method: 'PATCH', body, headers: { 'content-type': type } });
  const merged = await patch(`${path}/w`, 'application/merge-patch+json', {
    metadata: { labels: { a: null, b: '2' } },
  });
  assert.deepEqual([merged.status, merged.json.metadata.labels, merged.json.spec.size], [200, { b: '2' }, 1]);
  const listed = await patch(`${path}/w`, 'application/json-patch+json', [
    { op: 'replace', path: '/spec/size', value: 9 },
  ]);
  assert.equal(listed.json.spec.size, 9);
  const failed = await patch(`${path}/w`, 'application/json-patch+json', [
    { op: 'test', path: '/spec/size', value: 1 },
  ]);
  assert.equal(failed.status, 422);
  await server.call(maps, { method: 'POST', body: { metadata: { name: 'm', finalizers: ['x/a'] }, data: { a: '1' } } });
  const strategic = await patch(`${maps}/m`, 'application/strategic-merge-patch+json', {
    metadata: { finalizers: ['x/b'] },
  });
  assert.deepEqual([...strategic.json.metadata.finalizers].sort(), ['x/a', 'x/b']);
  const cbor = await patch(`${path}/w`, 'application/apply-patch+cbor', {});
  assert.equal(cbor.status, 415);
  assert.match(cbor.json.message, /unknown format - accepted media types include: .*application\/apply-patch\+yaml/);
  assert.equal((await patch(`${path}/none`, 'application/merge-patch+json', {})).status, 404);
  assert.equal((await patch(`${path}/w?force=true`, 'application/merge-patch+json', {})).status, 422);
  const stale = await patch(`${path}/w`, 'application/merge-patch+json', {
    metadata: { resourceVersion: '2' },
    spec: { size: 4 },
  });
  assert.equal(stale.status, 409);
});

test('patches side by side are all kept', async () => {
  await using server = await openWithWidget();
  const keys = Array.from({ length: 12 }, (_, i) => `k${i}`);
  const answers = await Promise.all(
    keys.map((key) =>
      server.call(`${path}/w`, {
        method: 'PATCH',
        body: { metadata: { annotations: { [key]: '1' } } },
        headers: merge,
      }),
    ),
  );
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  const { json } = await server.call(`${path}/w`);
  assert.deepEqual(Object.keys(json.metadata.annotations).sort(), keys.sort());
});

test('status is written with what goes with it in metadata, and touches nothing else', async () => {
  await using server = await openWithWidget();
  const body = { metadata: { name: 'w', labels: { c: '3' } }, spec: { size: 50 }, status: { ready: 1 } };
  const { status, json } = await server.call(`${path}/w/status`, { method: 'PUT', body });
  assert.equal(status, 200);
  assert.deepEqual(
    [json.status, json.spec.size, json.metadata.labels, json.metadata.generation],
    [{ ready: 1 }, 1, { c: '3' }, 1],
  );
  const patched = await server.call(`${path}/w/status`, {
    method: 'PATCH',
    body: { status: { ready: 2 } },
    headers: merge,
  });
  assert.deepEqual(patched.json.status, { ready: 2 });
  const main = await server.call(`${path}/w`, { method: 'PATCH', body: { status: { ready: 7 } }, headers: merge });
  assert.deepEqual(main.json.status, { ready: 2 });
  assert.deepEqual((await server.call(`${path}/w/status`)).json, main.json);
});

test('scale shows and sets the number, with the validation of the kind', async () => {
  await using server = await openWithWidget();
  const { json } = await server.call(`${path}/w/scale`);
  assert.deepEqual(
    [json.kind, json.apiVersion, json.spec, json.status],
    ['Scale', 'autoscaling/v1', { replicas: 1 }, { replicas: 0, selector: 'widget=w' }],
  );
  const patched = await server.call(`${path}/w/scale`, {
    method: 'PATCH',
    body: { spec: { replicas: 4 } },
    headers: merge,
  });
  assert.deepEqual([patched.status, patched.json.spec], [200, { replicas: 4 }]);
  const put = await server.call(`${path}/w/scale`, { method: 'PUT', body: { ...json, spec: { replicas: 5 } } });
  assert.equal(put.status, 409);
  const { json: widget } = await server.call(`${path}/w`);
  assert.deepEqual([widget.spec.size, widget.metadata.generation], [4, 2]);
  assert.equal(
    (await server.call(`${path}/w/scale`, { method: 'PATCH', body: { spec: { replicas: -1 } }, headers: merge }))
      .status,
    422,
  );
});

test('verbs and subresources that a kind lacks are refused by name', async () => {
  await using server = await openWithWidget();
  const cases: [method: string, url: string, code: number][] = [
    ['DELETE', `${path}/w/status`, 405],
    ['POST', `${path}/w`, 405],
    ['PUT', path, 405],
    ['GET', `${path}/w/nothing`, 404],
    ['GET', `${maps}/m/status`, 404],
    ['GET', '/apis/test.example/v1/gizmos', 404],
    ['GET', '/apis/test.example/v2/widgets', 404],
    ['POST', '/apis/test.example/v1/widgets', 405],
    ['TRACE', `${path}/w`, 405],
  ];
  for (const [method, url, code] of cases) {
    const { status, json } = await server.call(url, { method, body: method === 'TRACE' ? undefined : {} });
    assert.deepEqual([status, json.kind], [code, 'Status'], `${method} ${url}`);
  }
});
