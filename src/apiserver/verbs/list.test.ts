import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestServer } from '../testing-server.ts';
import { openTestServer } from '../testing-server.ts';

const path = '/apis/test.example/v1/namespaces/a/widgets';
const names = (json: { items: { metadata: { name: string } }[] }) =>
  json.items.map((item) => item.metadata.name).join();

async function fill(server: TestServer, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const metadata = { name: `w${i}`, labels: { parity: i % 2 === 0 ? 'even' : 'odd' } };
    const body = { metadata, spec: { colour: i === 0 ? 'red' : 'blue' } };
    assert.equal((await server.call(path, { method: 'POST', body })).status, 201);
  }
}

test('a list has the objects of a namespace or of all, chosen by labels and fields', async () => {
  await using server = await openTestServer();
  await fill(server, 4);
  await server.call('/apis/test.example/v1/namespaces/b/widgets', {
    method: 'POST',
    body: { metadata: { name: 'x' } },
  });
  const cases: [url: string, expected: string][] = [
    [path, 'w0,w1,w2,w3'],
    ['/apis/test.example/v1/widgets', 'w0,w1,w2,w3,x'],
    [`${path}?labelSelector=parity%3Deven`, 'w0,w2'],
    [`${path}?labelSelector=parity+in+(odd),!other`, 'w1,w3'],
    [`${path}?fieldSelector=metadata.name%3Dw2`, 'w2'],
    [`${path}?fieldSelector=spec.colour!%3Dblue`, 'w0'],
    ['/apis/test.example/v1/widgets?fieldSelector=metadata.namespace%3Db', 'x'],
    [`${path}?fieldSelector=metadata.name%3Dw2&labelSelector=parity%3Dodd`, ''],
  ];
  for (const [url, expected] of cases) assert.equal(names((await server.call(url)).json), expected, url);
  const { json } = await server.call(path);
  assert.deepEqual([json.kind, json.apiVersion], ['WidgetList', 'test.example/v1']);
  assert.match(json.metadata.resourceVersion, /^\d+$/);
});

test('a list in parts shows one revision although writes go on between them', async () => {
  await using server = await openTestServer();
  await fill(server, 5);
  const first = (await server.call(`${path}?limit=2`)).json;
  assert.deepEqual([names(first), first.metadata.remainingItemCount], ['w0,w1', 3]);
  await server.call(`${path}/w4`, { method: 'DELETE' });
  const next = encodeURIComponent(first.metadata.continue);
  const second = (await server.call(`${path}?limit=2&continue=${next}`)).json;
  assert.equal(names(second), 'w2,w3');
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  const third = (await server.call(`${path}?limit=2&continue=${encodeURIComponent(second.metadata.continue)}`)).json;
  assert.deepEqual([names(third), third.metadata.continue], ['w4', undefined]);
  const selected = (await server.call(`${path}?limit=1&labelSelector=parity%3Dodd`)).json;
  assert.deepEqual([names(selected), selected.metadata.remainingItemCount], ['w1', undefined]);
  assert.ok(selected.metadata.continue);
});

test('a token whose revision is forgotten is 410 and brings one to go on with', async () => {
  await using server = await openTestServer();
  await fill(server, 3);
  const { metadata } = (await server.call(`${path}?limit=1`)).json;
  await server.call(`${path}/w1`, { method: 'DELETE' });
  await server.storage.compact(await server.storage.currentRevision());
  const gone = await server.call(`${path}?limit=1&continue=${metadata.continue}`);
  assert.deepEqual([gone.status, gone.json.reason], [410, 'Expired']);
  const rest = await server.call(`${path}?limit=1&continue=${gone.json.metadata.continue}`);
  assert.equal(names(rest.json), 'w2');
});

test('resourceVersion and resourceVersionMatch are taken at their word', async () => {
  await using server = await openTestServer();
  await fill(server, 2);
  const { resourceVersion } = (await server.call(path)).json.metadata;
  await server.call(`${path}/w0`, { method: 'DELETE' });
  assert.equal(
    names((await server.call(`${path}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`)).json),
    'w0,w1',
  );
  assert.equal(names((await server.call(`${path}?resourceVersion=${resourceVersion}`)).json), 'w1');
  assert.equal(names((await server.call(`${path}?resourceVersion=0`)).json), 'w1');
  const refused: [query: string, code: number][] = [
    ['resourceVersionMatch=Exact', 422],
    ['resourceVersion=0&resourceVersionMatch=Exact', 422],
    ['resourceVersion=1&resourceVersionMatch=Roughly', 422],
    ['sendInitialEvents=true', 422],
    ['resourceVersion=x', 400],
    ['continue=nonsense', 400],
    ['labelSelector=a%3Db%3Dc', 400],
    ['fieldSelector=spec.size%3D1', 400],
    ['limit=many', 400],
    ['shardSelector=x', 400],
  ];
  for (const [query, code] of refused) assert.equal((await server.call(`${path}?${query}`)).status, code, query);
});

test('a revision that nobody has reached yet is 504 with the cause that clients look for', async () => {
  await using server = await openTestServer();
  const { status, json } = await server.call(`${path}?resourceVersion=1000000`);
  assert.deepEqual([status, json.reason, json.details.causes[0]?.reason], [504, 'Timeout', 'ResourceVersionTooLarge']);
});

test('tables and bare metadata are made on demand', async () => {
  await using server = await openTestServer();
  await fill(server, 1);
  const accept = (as: string) => ({
    headers: { accept: `application/json;as=${as};v=v1;g=meta.k8s.io,application/json` },
  });
  const table = (await server.call(path, accept('Table'))).json;
  assert.deepEqual(
    table.columnDefinitions.map((c: { name: string; priority: number }) => `${c.name}/${c.priority}`),
    ['Name/0', 'Size/0', 'Age/0', 'Colour/1'],
  );
  assert.deepEqual(
    table.rows[0]?.cells.filter((_: unknown, i: number) => i !== 2),
    ['w0', 0, 'red'],
  );
  assert.match(String(table.rows[0]?.cells[2]), /^\d+s$/);
  assert.deepEqual([table.rows[0]?.object.kind, table.rows[0]?.object.spec], ['PartialObjectMetadata', undefined]);
  const whole = (await server.call(`${path}?includeObject=Object`, accept('Table'))).json;
  assert.equal(whole.rows[0]?.object.spec.colour, 'red');
  assert.equal((await server.call(`${path}?includeObject=None`, accept('Table'))).json.rows[0]?.object, null);
  assert.equal((await server.call(`${path}/w0`, accept('Table'))).json.rows.length, 1);
  const metadata = (await server.call(path, accept('PartialObjectMetadataList'))).json;
  assert.deepEqual([metadata.kind, metadata.apiVersion], ['PartialObjectMetadataList', 'meta.k8s.io/v1']);
  assert.deepEqual(Object.keys(metadata.items[0] ?? {}).sort(), ['apiVersion', 'kind', 'metadata']);
});

test('answers can be YAML, indented or compressed, and nothing that is not offered', async () => {
  await using server = await openTestServer();
  await fill(server, 1);
  assert.match((await server.call(path, { headers: { accept: 'application/yaml' } })).text, /^kind: WidgetList\n/);
  assert.match((await server.call(`${path}?pretty=true`)).text, /^{\n {2}"kind"/);
  const refused = await server.call(path, { headers: { accept: 'text/html' } });
  assert.deepEqual([refused.status, refused.json.reason], [406, 'NotAcceptable']);
  const small = await server.call(path, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(small.headers['content-encoding'], undefined);
  const data = { text: 'x'.repeat(200_000) };
  await server.call('/api/v1/namespaces/a/configmaps', { method: 'POST', body: { metadata: { name: 'big' }, data } });
  const maps = '/api/v1/namespaces/a/configmaps';
  const large = await server.call(maps, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(large.headers['content-encoding'], 'gzip');
  assert.equal((await server.call(maps)).json.items[0]?.data.text?.length, 200_000);
});
