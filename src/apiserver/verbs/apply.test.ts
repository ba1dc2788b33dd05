import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, ManagedFieldsEntry } from '../../api/object.ts';
import type { Authorizer } from '../auth/types.ts';
import { keyPrefix } from '../storage/keys.ts';
import { encodeForStorage } from '../stored-object.ts';
import type { Answer, TestServer } from '../testing-server.ts';
import { openTestServer } from '../testing-server.ts';

const path = '/apis/test.example/v1/namespaces/a/widgets';
const maps = '/api/v1/namespaces/a/configmaps';
const yaml = { 'content-type': 'application/apply-patch+yaml' };
const merge = { 'content-type': 'application/merge-patch+json' };

function apply(server: TestServer, where: string, manager: string, body: unknown): Promise<Answer> {
  const [target = '', query = ''] = where.split('?');
  const url = `${target}?fieldManager=${manager}${query === '' ? '' : `&${query}`}`;
  return server.call(url, { method: 'PATCH', body, headers: yaml });
}

function map(data: object, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', ...metadata }, data };
}

function widget(spec: object, more: object = {}): object {
  return { apiVersion: 'test.example/v1', kind: 'Widget', metadata: { name: 'w' }, spec, ...more };
}

/** `MANAGER OPERATION [SUBRESOURCE]: FIELDS` of each owner. */
function owners({ json }: Answer): string[] {
  return (json.metadata.managedFields ?? []).map(
    ({ manager, operation, subresource, fieldsV1 }: ManagedFieldsEntry) =>
      `${manager} ${operation}${subresource === undefined ? '' : ` ${subresource}`}: ${JSON.stringify(fieldsV1)}`,
  );
}

test('an apply makes what is not there, changes what is, and removes what it names no more', async () => {
  await using server = await openTestServer();
  const made = await apply(server, `${maps}/m`, 'one', map({ a: '1', b: '2' }));
  assert.deepEqual([made.status, made.json.data, made.json.metadata.namespace], [201, { a: '1', b: '2' }, 'a']);
  assert.deepEqual(owners(made), ['one Apply: {"f:data":{"f:a":{},"f:b":{}}}']);
  const shared = await apply(server, `${maps}/m`, 'two', map({ b: '2', c: '3' }));
  assert.equal(shared.status, 200);
  const gone = await apply(server, `${maps}/m`, 'one', map({}));
  assert.deepEqual(gone.json.data, { b: '2', c: '3' }, 'what another one applies too stays');
  assert.deepEqual(owners(gone).sort(), ['one Apply: {"f:data":{}}', 'two Apply: {"f:data":{"f:b":{},"f:c":{}}}']);
});

test('what others own is a conflict, field by field, until it is forced', async () => {
  await using server = await openTestServer();
  await apply(server, `${maps}/m`, 'one', map({ a: '1', b: '1' }));
  await server.call(`${maps}/m?fieldManager=edit`, { method: 'PATCH', body: { data: { c: '1' } }, headers: merge });
  const refused = await apply(server, `${maps}/m`, 'two', map({ a: '2', b: '2', c: '2' }));
  assert.deepEqual([refused.status, refused.json.reason], [409, 'Conflict']);
  assert.equal(
    refused.json.message,
    'Apply failed with 3 conflicts: conflicts with "edit" using v1:\n- .data.c\nconflicts with "one":\n- .data.a\n- .data.b',
  );
  assert.deepEqual(refused.json.details.causes, [
    { reason: 'FieldManagerConflict', message: 'conflict with "edit" using v1', field: '.data.c' },
    { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
    { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.b' },
  ]);
  const forced = await apply(server, `${maps}/m?force=true`, 'two', map({ a: '2', b: '2', c: '2' }));
  assert.deepEqual(forced.json.data, { a: '2', b: '2', c: '2' });
  assert.deepEqual(owners(forced), ['two Apply: {"f:data":{"f:a":{},"f:b":{},"f:c":{}}}']);
});

test('an apply that changes nothing makes no revision and keeps the time of the one before', async () => {
  let now = new Date('2026-01-02T03:04:05Z');
  await using server = await openTestServer({ now: () => now });
  const first = await apply(server, `${maps}/m`, 'one', map({ a: '1' }));
  now = new Date('2026-01-02T03:05:00Z');
  const again = await apply(server, `${maps}/m`, 'one', map({ a: '1' }));
  assert.equal(again.text, first.text);
  const patched = await server.call(`${maps}/m`, { method: 'PATCH', body: { data: { a: '1' } }, headers: merge });
  assert.equal(patched.text, first.text);
  const changed = await apply(server, `${maps}/m`, 'one', map({ a: '2' }));
  assert.equal(changed.json.metadata.managedFields[0]?.time, '2026-01-02T03:05:00Z');
});

test('every write is by somebody: the fieldManager, or the program of the User-Agent', async () => {
  await using server = await openTestServer();
  const headers = { ...merge, 'user-agent': 'tool/v1.2 (linux) agent/3' };
  const body = { metadata: { name: 'w' }, spec: { size: 1 } };
  await server.call(`${path}?fieldManager=maker`, { method: 'POST', body });
  const patched = await server.call(`${path}/w`, { method: 'PATCH', body: { spec: { size: 2 } }, headers });
  assert.deepEqual(owners(patched).sort(), [
    'maker Update: {"f:spec":{".":{},"f:colour":{}}}',
    'tool Update: {"f:spec":{"f:size":{}}}',
  ]);
  const status = await server.call(`${path}/w/status?fieldManager=agent`, {
    method: 'PATCH',
    body: { spec: { size: 5 }, status: { ready: 1 } },
    headers: merge,
  });
  assert.deepEqual(owners(status).at(0), 'agent Update status: {"f:status":{".":{},"f:ready":{}}}');
  const main = await server.call(`${path}/w?fieldManager=maker`, {
    method: 'PATCH',
    body: { status: { ready: 7 } },
    headers: merge,
  });
  assert.deepEqual(owners(main), owners(status), 'a status is none of what the main resource can change');
});

test('owners are told with metadata alone and in tables', async () => {
  await using server = await openTestServer();
  const made = await apply(server, `${maps}/m`, 'one', map({ a: '1' }));
  const { managedFields } = made.json.metadata;
  const as = (kind: string) => ({ accept: `application/json;as=${kind};v=v1;g=meta.k8s.io` });
  const alone = await server.call(`${maps}/m`, { headers: as('PartialObjectMetadata') });
  assert.deepEqual(alone.json.metadata.managedFields, managedFields);
  const table = await server.call(maps, { headers: as('Table') });
  assert.deepEqual(table.json.rows[0]?.object.metadata.managedFields, managedFields);
});

test('a status and a scale are applied by themselves', async () => {
  await using server = await openTestServer();
  await apply(server, `${path}/w`, 'one', widget({ size: 2 }));
  const status = await apply(server, `${path}/w/status`, 'agent', widget({ size: 9 }, { status: { ready: 1 } }));
  assert.deepEqual([status.status, status.json.spec.size, status.json.status], [200, 2, { ready: 1 }]);
  assert.deepEqual(owners(status).sort(), [
    'agent Apply status: {"f:status":{".":{},"f:ready":{}}}',
    'one Apply: {"f:spec":{".":{},"f:size":{}}}',
  ]);
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'w' }, spec: { replicas: 5 } };
  const refused = await apply(server, `${path}/w/scale`, 'scaler', scale);
  assert.deepEqual([refused.status, refused.json.details.causes[0]?.field], [409, '.spec.replicas']);
  const scaled = await apply(server, `${path}/w/scale?force=true`, 'scaler', scale);
  assert.deepEqual([scaled.status, scaled.json.kind, scaled.json.spec.replicas], [200, 'Scale', 5]);
  const after = await server.call(`${path}/w`);
  assert.equal(after.json.spec.size, 5);
  assert.ok(owners(after).includes('scaler Apply scale: {"f:spec":{"f:size":{}}}'), String(owners(after)));
  assert.ok(owners(after).includes('one Apply: {"f:spec":{}}'), "the number is not the first one's any more");
  const late = await apply(server, `${path}/w`, 'one', widget({ size: 2 }));
  assert.match(late.json.message, /conflict with "scaler" with subresource "scale": \.spec\.size$/);
  assert.equal((await apply(server, `${path}/none/status`, 'agent', widget({}))).status, 404);
});

test('what applies counts in generation, defaults, validation and preconditions', async () => {
  await using server = await openTestServer();
  const made = await apply(server, `${path}/w`, 'one', widget({ size: 1 }));
  assert.deepEqual([made.json.spec.colour, made.json.metadata.generation], ['grey', 1]);
  const labelled = await apply(server, `${path}/w`, 'one', {
    ...widget({ size: 1 }),
    metadata: { name: 'w', labels: { a: '1' } },
  });
  assert.equal(labelled.json.metadata.generation, 1);
  const changed = await apply(server, `${path}/w`, 'one', widget({ size: 2 }));
  assert.deepEqual([changed.json.metadata.generation, changed.json.metadata.labels], [2, undefined]);
  const invalid = await apply(server, `${path}/v`, 'one', { ...widget({ colour: 'wrong' }), metadata: { name: 'v' } });
  assert.deepEqual([invalid.status, invalid.json.reason], [422, 'Invalid']);
  const versioned = (resourceVersion: string) => ({ ...widget({}), metadata: { name: 'w', resourceVersion } });
  const { resourceVersion } = changed.json.metadata;
  assert.equal((await apply(server, `${path}/w`, 'two', versioned(made.json.metadata.resourceVersion))).status, 409);
  assert.equal((await apply(server, `${path}/w`, 'two', versioned(resourceVersion))).status, 200);
  const dry = await apply(server, `${path}/dry?dryRun=All`, 'one', { ...widget({}), metadata: { name: 'dry' } });
  assert.equal(dry.status, 201);
  assert.equal((await server.call(`${path}/dry`)).status, 404);
});

test('what cannot be applied is refused by name', async () => {
  await using server = await openTestServer();
  await apply(server, `${maps}/m`, 'one', map({ a: '1' }));
  const cases: [where: string, manager: string, body: unknown, code: number, message: RegExp][] = [
    [`${maps}/m`, '', map({}), 422, /fieldManager: Required value: is required for apply patch/],
    [`${maps}/m`, 'x'.repeat(129), map({}), 422, /Too long: may not be more than 128 bytes/],
    [`${maps}/m`, 'one', map({}, { managedFields: [{}] }), 400, /metadata\.managedFields must be nil/],
    [`${maps}/m`, 'one', { ...map({}), kind: 'Secret' }, 400, /invalid object type: \/v1, Kind=Secret/],
    [
      `${maps}/m`,
      'one',
      { ...map({}), dat: {} },
      400,
      /\(\/m; \/v1, Kind=ConfigMap\): \.dat: field not declared in schema/,
    ],
    [`${maps}/m`, 'one', map({ a: 1 }), 400, /\.data\.a: expected string, got &value\.valueUnstructured\{Value:1\}/],
    [`${maps}/m`, 'one', map({}, { name: 'other' }), 400, /does not match the name on the URL/],
    [`${maps}/m`, 'one', map({}, { namespace: 'b' }), 400, /namespace/],
    [`${maps}/new`, 'one', map({}, { name: 'new', uid: 'u' }), 409, /uid mismatch/],
    [`${maps}/m`, 'one', Buffer.from('a: [1'), 400, /not valid YAML/],
    [`${maps}/m`, 'one', Buffer.from('- 1'), 400, /fields of an object/],
    [`${maps}/m?fieldValidation=Strict`, 'one', Buffer.from('a: 1\na: 2'), 400, /the key "a" stands twice/],
  ];
  for (const [where, manager, body, code, message] of cases) {
    const { status, json } = await apply(server, where, manager, body);
    assert.equal(status, code, json.message);
    assert.match(json.message, message);
  }
});

test('YAML is read, and keys that stand twice are warned of', async () => {
  await using server = await openTestServer();
  const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  a: |\n    text\n  b: "1"\n  b: "2"\n';
  const made = await apply(server, `${maps}/m`, 'one', Buffer.from(text));
  assert.deepEqual([made.status, made.json.data], [201, { a: 'text\n', b: '2' }]);
  assert.match(String(made.headers.warning), /the key \\"b\\" stands twice/);
});

test('who may change may not therefore create', async () => {
  const patchOnly: Authorizer = async ({ verb }) => ({ allowed: verb !== 'create', reason: '' });
  await using server = await openTestServer({ policy: { authorizer: patchOnly } });
  const { status, json } = await apply(server, `${maps}/m`, 'one', map({}));
  assert.equal(status, 403);
  assert.match(json.message, /configmaps "m" is forbidden: User "admin" cannot create resource "configmaps"/);
  assert.equal((await server.call(`${maps}/m`)).status, 404);
});

test('applies side by side all count', async () => {
  await using server = await openTestServer();
  const names = Array.from({ length: 12 }, (_, at) => `k${at}`);
  const answers = await Promise.all(names.map((name) => apply(server, `${maps}/m`, name, map({ [name]: '1' }))));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(11).fill(200), 201]);
  const { json } = await server.call(`${maps}/m`);
  assert.deepEqual(Object.keys(json.data).sort(), names.toSorted());
  assert.equal(json.metadata.managedFields.length, 12);
});

test('an object from before owners were kept gets them with its first apply', async () => {
  await using server = await openTestServer();
  const old: KubeObject & { data: object } = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'm', namespace: 'a', uid: 'u-1', creationTimestamp: '2020-01-01T00:00:00Z' },
    data: { a: '1', b: '1' },
  };
  await server.storage.create(`${keyPrefix({ group: '', resource: 'configmaps' }, 'a')}m`, encodeForStorage(old));
  const patched = await server.call(`${maps}/m`, { method: 'PATCH', body: { data: { b: '2' } }, headers: merge });
  assert.deepEqual([patched.json.data, owners(patched)], [{ a: '1', b: '2' }, []]);
  const refused = await apply(server, `${maps}/m`, 'one', map({ a: '2' }));
  assert.match(refused.json.message, /conflict with "before-first-apply" using v1: \.data\.a$/);
  const applied = await apply(server, `${maps}/m`, 'one', map({ a: '1' }));
  assert.deepEqual(owners(applied).sort(), [
    'before-first-apply Update: {"f:data":{".":{},"f:a":{},"f:b":{}}}',
    'one Apply: {"f:data":{"f:a":{}}}',
  ]);
});

test('owners can be written, and are cleared by an empty list or an empty entry', async () => {
  await using server = await openTestServer();
  for (const managedFields of [[], [{}]]) {
    await apply(server, `${maps}/m?force=true`, 'one', map({ a: String(managedFields.length) }));
    const patched = await server.call(`${maps}/m`, {
      method: 'PATCH',
      body: { metadata: { managedFields } },
      headers: merge,
    });
    assert.deepEqual([patched.status, owners(patched)], [200, []]);
  }
  const { json } = await server.call(`${maps}/m`);
  const entry = { manager: 'me', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1' };
  const given = [{ ...entry, fieldsV1: { 'f:data': { 'f:a': {} } } }];
  const put = { ...json, metadata: { ...json.metadata, managedFields: given } };
  const written = await server.call(`${maps}/m`, { method: 'PUT', body: put });
  assert.deepEqual(owners(written), ['me Apply: {"f:data":{"f:a":{}}}']);
  const unreadable = { ...put, metadata: { ...put.metadata, managedFields: [{ ...entry, operation: 'Guess' }] } };
  delete (unreadable.metadata as { resourceVersion?: string }).resourceVersion;
  const kept = await server.call(`${maps}/m`, { method: 'PUT', body: unreadable });
  assert.deepEqual(owners(kept), owners(written));
  const tooLong = [{ ...given[0], manager: 'x'.repeat(200) }];
  const refused = await server.call(`${maps}/m`, {
    method: 'PATCH',
    body: { metadata: { managedFields: tooLong } },
    headers: merge,
  });
  assert.deepEqual([refused.status, refused.json.details.causes[0]?.field], [422, 'metadata.managedFields[0].manager']);
});
