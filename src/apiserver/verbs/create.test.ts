import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestServer } from '../testing-server.ts';

const path = '/apis/test.example/v1/namespaces/a/widgets';
const maps = '/api/v1/namespaces/a/configmaps';

test('create answers with what is stored, and get with the same bytes', async () => {
  await using server = await openTestServer();
  const created = await server.call(path, {
    method: 'POST',
    body: {
      metadata: { name: 'w', uid: 'mine', managedFields: [{}], labels: { a: 'b' } },
      spec: { size: 1 },
      status: { ready: 9 },
    },
  });
  assert.equal(created.status, 201);
  const { metadata, ...rest } = created.json;
  assert.deepEqual(rest, { kind: 'Widget', apiVersion: 'test.example/v1', spec: { size: 1, colour: 'grey' } });
  assert.match(metadata.uid, /^[0-9a-f-]{36}$/);
  assert.match(metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(metadata.generation, 1);
  assert.equal(metadata.namespace, 'a');
  const [entry] = metadata.managedFields;
  assert.deepEqual(
    { ...entry, time: '' },
    {
      manager: 'unknown',
      operation: 'Update',
      apiVersion: 'test.example/v1',
      time: '',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
        'f:spec': { '.': {}, 'f:colour': {}, 'f:size': {} },
      },
    },
  );
  const got = await server.call(`${path}/w`);
  assert.equal(got.text, created.text);
  assert.equal(got.headers['content-type'], 'application/json');
});

test('a name that is taken is 409, a generated one is drawn anew', async () => {
  await using server = await openTestServer();
  const body = { metadata: { name: 'w' } };
  assert.equal((await server.call(path, { method: 'POST', body })).status, 201);
  const again = await server.call(path, { method: 'POST', body });
  assert.equal(again.status, 409);
  assert.equal(again.json.reason, 'AlreadyExists');
  assert.equal(again.json.message, 'widgets.test.example "w" already exists');
  assert.deepEqual(again.json.details, { name: 'w', group: 'test.example', kind: 'widgets' });
  const generated = await server.call(path, { method: 'POST', body: { metadata: { generateName: 'w-' } } });
  assert.match(generated.json.metadata.name, /^w-[a-z0-9]{5}$/);
});

test('what a create may not say is refused in words that name it', async () => {
  await using server = await openTestServer();
  const cases: [body: unknown, code: number, reason: string, message: RegExp][] = [
    [{ metadata: { name: 'w', namespace: 'b' } }, 400, 'BadRequest', /namespace of the provided object does not match/],
    [{ metadata: {} }, 422, 'Invalid', /metadata.name: Required value: name or generateName is required/],
    [{ metadata: { name: 'Not_Good' } }, 422, 'Invalid', /metadata.name: Invalid value: "Not_Good"/],
    [{ metadata: { name: 'w', resourceVersion: '5' } }, 400, 'BadRequest', /resourceVersion should not be set/],
    [{ kind: 'Other', metadata: { name: 'w' } }, 400, 'BadRequest', /cannot be handled as a Widget/],
    [{ apiVersion: 'v2', metadata: { name: 'w' } }, 400, 'BadRequest', /does not match the expected API version/],
    [{ metadata: { name: 'w' }, spec: { colour: 'wrong' } }, 422, 'Invalid', /spec.colour: Invalid value/],
    [[], 400, 'BadRequest', /no object/],
  ];
  for (const [body, code, reason, message] of cases) {
    const answer = await server.call(path, { method: 'POST', body });
    assert.deepEqual([answer.status, answer.json.reason], [code, reason], JSON.stringify(body));
    assert.match(answer.json.message, message);
  }
  const wrong = await server.call(path, {
    method: 'POST',
    body: { metadata: { name: 'w' }, spec: { colour: 'wrong' } },
  });
  assert.equal(wrong.json.details.causes[0]?.field, 'spec.colour');
  assert.equal((await server.call(path)).json.items.length, 0);
});

test('fieldValidation ignores, warns of or refuses unknown and duplicate fields', async () => {
  await using server = await openTestServer();
  const body = (name: string) =>
    Buffer.from(`{"metadata":{"name":"${name}"},"data":{"k":"1","k":"2"},"foo":{"bar":1}}`);
  const post = (name: string, how: string) => server.call(`${maps}${how}`, { method: 'POST', body: body(name) });
  const strict = await post('a', '?fieldValidation=Strict');
  assert.equal(strict.status, 400);
  assert.match(strict.json.message, /strict decoding error: duplicate field "data.k", unknown field "foo"/);
  const warned = await post('b', '');
  assert.equal(warned.status, 201);
  assert.equal(warned.headers.warning, '299 - "duplicate field \\"data.k\\"", 299 - "unknown field \\"foo\\""');
  assert.ok(!('foo' in warned.json));
  assert.equal((await post('c', '?fieldValidation=Ignore')).headers.warning, undefined);
  assert.equal((await post('d', '?fieldValidation=Sometimes')).status, 422);
});

test('a dry run says what would be and keeps nothing', async () => {
  await using server = await openTestServer();
  const body = { metadata: { name: 'w' } };
  const dry = await server.call(`${path}?dryRun=All`, { method: 'POST', body });
  assert.equal(dry.status, 201);
  assert.equal(dry.json.spec.colour, 'grey');
  assert.equal((await server.call(`${path}/w`)).status, 404);
  await server.call(path, { method: 'POST', body });
  assert.equal((await server.call(`${path}?dryRun=All`, { method: 'POST', body })).status, 409);
  assert.equal((await server.call(`${path}?dryRun=Some`, { method: 'POST', body })).status, 422);
});

test('bodies are read as YAML and protobuf too; other types are 415 by name', async () => {
  await using server = await openTestServer();
  const yaml = await server.call(maps, {
    method: 'POST',
    body: Buffer.from('metadata:\n  name: y\ndata:\n  a: "1"\n'),
    headers: { 'content-type': 'application/yaml' },
  });
  assert.deepEqual([yaml.status, yaml.json.data], [201, { a: '1' }]);
  // k8s\0, then runtime.Unknown {typeMeta {v1, ConfigMap}, raw {metadata {name: p}}}
  const protobuf = Buffer.from('6b3873000a0f0a0276311209436f6e6669674d617012050a030a0170', 'hex');
  const sent = await server.call(maps, {
    method: 'POST',
    body: protobuf,
    headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
  });
  assert.deepEqual([sent.status, sent.json.metadata.name], [201, 'p']);
  const cbor = await server.call(maps, { method: 'POST', body: {}, headers: { 'content-type': 'application/cbor' } });
  assert.equal(cbor.status, 415);
  assert.match(cbor.json.message, /application\/cbor.*application\/json/);
});

test('a new object has the status that its kind begins with, whatever was sent', async () => {
  const kind = { group: 'apps', version: 'v1', namespaced: true, statusSubresource: true } as const;
  await using server = await openTestServer({
    resources: [{ ...kind, kind: 'ReplicaSet', plural: 'replicasets', singular: 'replicaset' }],
  });
  const body = { metadata: { name: 'r' }, spec: {}, status: { replicas: 5, readyReplicas: 5 } };
  const { json } = await server.call('/apis/apps/v1/namespaces/a/replicasets', { method: 'POST', body });
  assert.deepEqual(json.status, { replicas: 0 });
});

test('YAML that is made to keep the server busy is refused or read quickly', { timeout: 10_000 }, async () => {
  await using server = await openTestServer();
  const send = (text: string) =>
    server.call(maps, {
      method: 'POST',
      body: Buffer.from(text),
      headers: { 'content-type': 'application/yaml' },
    });
  const keys = Array.from({ length: 30_000 }, (_, index) => `  k${index}: v`);
  const many = await send(`metadata: {name: many}\ndata:\n${keys.join('\n')}\n`);
  assert.deepEqual([many.status, Object.keys(many.json.data).length], [201, 30_000]);
  const bomb = 'abcdefgh'.replace(/./g, (name, at) =>
    at === 0 ? 'a: &a [1, 1, 1, 1]\n' : `${name}: &${name} [${'*'.concat('abcdefgh'.charAt(at - 1), ',').repeat(9)}]\n`,
  );
  for (const [text, code, message] of [
    [bomb, 400, /alias/],
    [`a: ${'['.repeat(100_000)}`, 400, /not valid YAML/],
    [`a: ${'1'.repeat(600_000)}`, 413, /limit of YAML .* is 524288 bytes/],
    ['metadata: {name: a}\ndata: {b: c, "b": d}', 400, /"b" stands twice/],
  ] as const) {
    const { status, json } = await send(text);
    assert.equal(status, code);
    assert.match(json.message, message);
  }
});
