/** Server-side apply: who owns what after sequences of writes, and what becomes of conflicts. */
import type { Question } from '../request.ts';

const maps = '/api/v1/namespaces/diff/configmaps';
const services = '/api/v1/namespaces/diff/services';
const deployments = '/apis/apps/v1/namespaces/diff/deployments';
const nodes = '/api/v1/nodes';

const yaml = { 'Content-Type': 'application/apply-patch+yaml' };
const merge = { 'Content-Type': 'application/merge-patch+json' };
const json = { 'Content-Type': 'application/json-patch+json' };

const map = (name: string, data?: object, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  ...(data === undefined ? {} : { data }),
});
const deployment = (spec: object, metadata: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'owned', ...metadata },
  spec,
});
const template = (...containers: object[]): object => ({
  metadata: { labels: { app: 'owned' } },
  spec: { containers },
});
const selector = { matchLabels: { app: 'owned' } };

interface More extends Partial<Question> {
  force?: boolean;
  query?: string;
}

function apply(name: string, manager: string, path: string, body: unknown, more: More = {}): Question {
  const { force = false, query = '', ...rest } = more;
  const parameters = `fieldManager=${manager}${force ? '&force=true' : ''}${query}`;
  return { name, method: 'PATCH', path: `${path}?${parameters}`, headers: yaml, body, ...rest };
}

const owned = `${maps}/owned`;

const configMaps: readonly Question[] = [
  apply('apply makes what is not there', 'one', owned, map('owned', { a: '1', b: '2' }, { labels: { l: '1' } })),
  apply('the same apply again', 'one', owned, map('owned', { a: '1', b: '2' }, { labels: { l: '1' } })),
  apply('apply by another', 'two', owned, map('owned', { a: '1', c: '3' })),
  apply('apply that conflicts', 'two', owned, map('owned', { a: '2', b: '3' })),
  apply('apply with one conflict', 'three', owned, map('owned', { b: '9' })),
  apply('apply that is forced', 'two', owned, map('owned', { a: '2', b: '3' }), { force: true }),
  apply('apply without what it had', 'one', owned, map('owned', {})),
  apply('apply in dry run', 'one', owned, map('owned', { z: '1' }), { query: '&dryRun=All' }),
  {
    name: 'an update of what was applied',
    method: 'PUT',
    path: `${owned}?fieldManager=upd`,
    body: map('owned', { a: 'u' }),
  },
  {
    name: 'a patch by a program',
    method: 'PATCH',
    path: owned,
    headers: { ...merge, 'User-Agent': 'tool/v1 (x)' },
    body: { data: { t: '1' } },
  },
  apply('apply against an update', 'two', owned, map('owned', { a: '2', t: '2' })),
  apply(
    'apply of YAML',
    'yaml',
    owned,
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: owned\n  labels: {p: "1"}\ndata:\n  p: |\n    text\n',
  ),
  apply('apply of nothing but a name', 'none', owned, map('owned')),
  apply('apply with an old resourceVersion', 'one', owned, map('owned', {}, { resourceVersion: '1' })),
  apply('apply with another name', 'one', owned, map('other', {})),
  apply('apply in another namespace', 'one', owned, map('owned', {}, { namespace: 'other' })),
  apply('apply with managedFields', 'one', owned, map('owned', {}, { managedFields: [{ manager: 'x' }] })),
  apply('apply of another kind', 'one', owned, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'owned' } }),
  apply('apply without kind', 'one', owned, { metadata: { name: 'owned' } }),
  apply('apply without manager', '', owned, map('owned', {})),
  apply('apply with a bad manager', 'a%01b', owned, map('owned', {})),
  apply('apply of an unknown field', 'one', owned, { ...map('owned'), dat: {} }),
  apply('apply of a wrong type', 'one', owned, map('owned', { a: 1 })),
  apply('apply of no object', 'one', owned, '[]'),
  apply('apply of no YAML', 'one', owned, 'a: b: c'),
  apply('apply of CBOR', 'one', owned, 'x', { headers: { 'Content-Type': 'application/apply-patch+cbor' } }),
  apply('apply with a uid makes nothing', 'one', `${maps}/with-uid`, map('with-uid', {}, { uid: 'u' })),
  apply(
    'apply with a resourceVersion to what is not there',
    'one',
    `${maps}/with-version`,
    map('with-version', {}, { resourceVersion: '5' }),
  ),
  apply('apply in dry run makes nothing', 'one', `${maps}/dry-applied`, map('dry-applied', { a: '1' }), {
    query: '&dryRun=All',
  }),
  { name: 'get after the apply in dry run', path: `${maps}/dry-applied` },
  apply('apply of what is invalid', 'one', `${maps}/invalid-applied`, map('invalid-applied', { 'a b': '1' })),
  apply('apply without a right to create', 'one', `${maps}/forbidden`, map('forbidden', {}), {
    headers: { ...yaml, Authorization: 'Bearer nobody-token' },
  }),
  {
    name: 'owners cleared by a patch',
    method: 'PATCH',
    path: owned,
    headers: merge,
    body: { metadata: { managedFields: [{}] } },
  },
  { name: 'a write without owners', method: 'PATCH', path: owned, headers: merge, body: { data: { w: '1' } } },
  apply('the first apply to what has no owners', 'one', owned, map('owned', { w: '1', v: '1' })),
  {
    name: 'owners cleared by a JSON patch',
    method: 'PATCH',
    path: owned,
    headers: json,
    body: [{ op: 'replace', path: '/metadata/managedFields', value: [] }],
  },
  {
    name: 'create with owners',
    method: 'POST',
    path: maps,
    body: map(
      'with-owners',
      { a: '1', b: '2' },
      {
        managedFields: [
          {
            manager: 'old',
            operation: 'Apply',
            apiVersion: 'v1',
            time: '2020-01-01T00:00:00Z',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { 'f:b': {}, 'f:c': {} } },
          },
        ],
      },
    ),
  },
  {
    name: 'create with owners that cannot be read',
    method: 'POST',
    path: maps,
    body: map(
      'with-bad-owners',
      { a: '1' },
      { managedFields: [{ manager: 'old', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV2' }] },
    ),
  },
  {
    name: 'owners in a version that is not served',
    method: 'PATCH',
    path: `${maps}/with-owners`,
    headers: merge,
    body: {
      data: { n: '1' },
      metadata: {
        managedFields: [
          {
            manager: 'old',
            operation: 'Apply',
            apiVersion: 'v0',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { 'f:b': {} } },
          },
        ],
      },
    },
  },
  // Their names come in the order of their times, which are in whole seconds: it is one order, wherever a second ends.
  ...Array.from(
    { length: 12 },
    (_, at): Question => ({
      name: `updater ${at}`,
      method: 'PATCH',
      path: `${maps}/with-bad-owners?fieldManager=z${String(at).padStart(2, '0')}`,
      headers: merge,
      body: { data: { [`k${at}`]: '1' } },
    }),
  ),
];

const path = `${deployments}/owned`;
const paused = { paused: true, replicas: 0, selector };

/** Without what controllers write. */
function withoutStatus(body: unknown): unknown {
  return { ...(body as object), status: undefined };
}

/** Without the taint of a new node, which is a known difference. */
function withoutTaints(body: unknown): unknown {
  return { ...(body as object), spec: undefined };
}
const condition = {
  type: 'Mine',
  lastHeartbeatTime: '2026-01-01T00:00:00Z',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};

const select = withoutStatus;
const kinds: readonly Question[] = [
  apply(
    'apply of a Deployment',
    'one',
    path,
    deployment({ ...paused, template: template({ name: 'main', image: 'a', ports: [{ containerPort: 80 }] }) }),
    { select },
  ),
  apply(
    'apply of a container of its own',
    'two',
    path,
    deployment({
      template: { spec: { containers: [{ name: 'side', image: 'b', env: [{ name: 'A', value: '1' }] }] } },
    }),
    { select },
  ),
  apply(
    'apply of a quantity',
    'two',
    path,
    deployment({
      template: {
        spec: { containers: [{ name: 'side', image: 'b', resources: { limits: { cpu: 0.5, memory: '128Mi' } } }] },
      },
    }),
    { select },
  ),
  apply(
    'the same quantity again',
    'two',
    path,
    deployment({
      template: {
        spec: { containers: [{ name: 'side', image: 'b', resources: { limits: { cpu: 0.5, memory: '128Mi' } } }] },
      },
    }),
    { select },
  ),
  apply(
    'a quantity that is none',
    'two',
    path,
    deployment({
      template: { spec: { containers: [{ name: 'side', image: 'b', resources: { limits: { cpu: 'many' } } }] } },
    }),
    { select },
  ),
  apply('a container that goes', 'two', path, deployment({}), { select }),
  apply(
    'apply of a list element without its key',
    'two',
    path,
    deployment({ template: { spec: { containers: [{ image: 'b' }] } } }),
    { select },
  ),
  apply(
    'apply of a status by the main resource',
    'two',
    path,
    { ...deployment({}), status: { replicas: 5 } },
    { select },
  ),
  apply('apply of replicas', 'three', path, deployment({ replicas: 0 }), { select }),
  {
    name: 'scale by a patch',
    method: 'PATCH',
    path: `${path}/scale?fieldManager=scaler`,
    headers: merge,
    body: { spec: { replicas: 1 } },
  },
  { name: 'owners after the scale', path, select },
  apply('apply of a scale', 'applier', `${path}/scale`, {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'owned', namespace: 'diff' },
    spec: { replicas: 2 },
  }),
  apply(
    'apply of a scale, forced',
    'applier',
    `${path}/scale`,
    {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'owned', namespace: 'diff' },
      spec: { replicas: 0 },
    },
    { force: true },
  ),
  { name: 'owners after the applied scale', path, select },
  apply('apply of replicas against the scale', 'three', path, deployment({ replicas: 1 }), { select }),
  apply('apply of a status to what is not there', 'one', `${deployments}/no-such/status`, {
    ...deployment({}),
    metadata: { name: 'no-such' },
  }),
  apply('apply of a Service', 'one', `${services}/owned`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'owned' },
    spec: { selector: { app: 'x' }, ports: [{ port: 80 }, { port: 53, protocol: 'UDP', name: 'dns' }] },
  }),
  apply('apply of named ports', 'one', `${services}/owned`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'owned' },
    spec: {
      selector: { app: 'x' },
      ports: [
        { port: 80, name: 'web' },
        { port: 53, protocol: 'UDP', name: 'dns' },
      ],
    },
  }),
  apply('apply of an atomic selector', 'two', `${services}/owned`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'owned' },
    spec: { selector: { app: 'y' } },
  }),
  apply('apply of duplicate ports', 'two', `${services}/owned`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'owned' },
    spec: { ports: [{ port: 80 }, { port: 80, protocol: 'TCP' }] },
  }),
  {
    name: 'a Node that has a status',
    method: 'POST',
    path: nodes,
    body: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'owned-node' },
      spec: { podCIDR: '10.1.0.0/24' },
    },
    select: (body) => withoutTaints(withoutStatus(body)),
  },
  apply(
    'apply of a status',
    'one',
    `${nodes}/owned-node/status`,
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'owned-node' },
      status: { conditions: [{ ...condition, status: 'True' }] },
    },
    { select: withoutTaints },
  ),
  {
    name: 'patch of a status',
    method: 'PATCH',
    path: `${nodes}/owned-node/status?fieldManager=other`,
    headers: merge,
    body: { status: { conditions: [{ ...condition, status: 'False' }] } },
    select: withoutTaints,
  },
  apply('apply of a status that conflicts', 'one', `${nodes}/owned-node/status`, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'owned-node' },
    status: { conditions: [{ ...condition, status: 'True', reason: 'R' }] },
  }),
];

const lastApplied = `${JSON.stringify(map('migrated', { a: '1', b: '2' }, { annotations: {}, namespace: 'diff' }))}\n`;
const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': lastApplied };
const migrated = `${maps}/migrated`;

const migration: readonly Question[] = [
  {
    name: 'what kubectl applied on its side',
    method: 'POST',
    path: `${maps}?fieldManager=kubectl-client-side-apply`,
    body: map('migrated', { a: '1', b: '2' }, { annotations }),
  },
  apply('apply by another than kubectl', 'other', migrated, map('migrated', { a: '2' })),
  apply('apply by kubectl takes over', 'kubectl', migrated, map('migrated', { a: '2', c: '<3>' })),
  {
    name: 'a change by somebody else',
    method: 'PATCH',
    path: `${migrated}?fieldManager=edit`,
    headers: merge,
    body: { data: { b: '9' } },
  },
  apply('apply by kubectl conflicts with others', 'kubectl', migrated, map('migrated', { a: '2', b: '1' })),
];

export const applies: readonly Question[] = [...configMaps, ...kinds, ...migration];
