/** What is asked of both servers, in this order; they have a namespace `diff` with a service account `default`. */
import { applies } from './applies.ts';
import type { Earlier, Question } from './request.ts';

const maps = '/api/v1/namespaces/diff/configmaps';
const pods = '/api/v1/namespaces/diff/pods';
const services = '/api/v1/namespaces/diff/services';
const secrets = '/api/v1/namespaces/diff/secrets';
const deployments = '/apis/apps/v1/namespaces/diff/deployments';
const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/diff/roles';
const bindings = '/apis/rbac.authorization.k8s.io/v1/namespaces/diff/rolebindings';
const slices = '/apis/discovery.k8s.io/v1/namespaces/diff/endpointslices';
const leases = '/apis/coordination.k8s.io/v1/namespaces/diff/leases';

const table = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
const json = { 'Content-Type': 'application/json-patch+json' };
const merge = { 'Content-Type': 'application/merge-patch+json' };
const strategic = { 'Content-Type': 'application/strategic-merge-patch+json' };

const map = (name: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: '1' },
  ...more,
});
/** A controller may have written its status by now. */
function withoutStatus(body: unknown): unknown {
  return { ...(body as object), status: undefined };
}
/** The controller that mirrors Endpoints may have marked them by now. */
function withoutLabels(body: unknown): unknown {
  const { metadata, ...rest } = body as { metadata: object };
  return { ...rest, metadata: { ...metadata, labels: undefined } };
}
const template = (app: string): object => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'main', image: 'example.test/none:1' }] },
});
const deployment = (name: string, spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { paused: true, replicas: 0, selector: { matchLabels: { app: name } }, template: template(name), ...spec },
});
const service = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec,
});
const pod = (name: string, spec: object): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
const role = (name: string): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
});

function versionOf(earlier: Earlier, name: string): string {
  const body = earlier.get(name)?.body as { metadata?: { resourceVersion?: string } } | undefined;
  return body?.metadata?.resourceVersion ?? '';
}
function continueOf(earlier: Earlier, name: string): string {
  const body = earlier.get(name)?.body as { metadata?: { continue?: string } } | undefined;
  return body?.metadata?.continue ?? '';
}

const creation: readonly Question[] = [
  { name: 'create', method: 'POST', path: maps, body: map('one') },
  { name: 'create again', method: 'POST', path: maps, body: map('one') },
  { name: 'create with a bad name', method: 'POST', path: maps, body: map('Bad_Name') },
  { name: 'create with no name', method: 'POST', path: maps, body: { apiVersion: 'v1', kind: 'ConfigMap' } },
  {
    name: 'create by generateName',
    method: 'POST',
    path: maps,
    body: { ...map(''), metadata: { generateName: 'generated-' } },
  },
  {
    name: 'create in another namespace than the path',
    method: 'POST',
    path: maps,
    body: map('x', { metadata: { name: 'x', namespace: 'other' } }),
  },
  {
    name: 'create with a resourceVersion',
    method: 'POST',
    path: maps,
    body: map('x', { metadata: { name: 'x', resourceVersion: '5' } }),
  },
  {
    name: 'create in a namespace that is not there',
    method: 'POST',
    path: '/api/v1/namespaces/no-such/configmaps',
    body: map('x'),
  },
  { name: 'create of another kind', method: 'POST', path: maps, body: { ...map('x'), kind: 'Secret' } },
  { name: 'create of another version', method: 'POST', path: maps, body: { ...map('x'), apiVersion: 'v2' } },
  { name: 'create without kind', method: 'POST', path: maps, body: { metadata: { name: 'without-kind' } } },
  { name: 'create of a wrong type', method: 'POST', path: maps, body: map('x', { data: { a: 1 } }) },
  { name: 'create of no JSON', method: 'POST', path: maps, body: '{"apiVersion": "v1",' },
  { name: 'create with an empty body', method: 'POST', path: maps, body: '' },
  { name: 'create of a list', method: 'POST', path: maps, body: '[]' },
  { name: 'create in dry run', method: 'POST', path: `${maps}?dryRun=All`, body: map('dry') },
  { name: 'get after the dry run', path: `${maps}/dry` },
  { name: 'create with a bad dryRun', method: 'POST', path: `${maps}?dryRun=Some`, body: map('dry') },
  {
    name: 'an unknown field, ignored',
    method: 'POST',
    path: `${maps}?fieldValidation=Ignore`,
    body: map('ignored', { dat: {} }),
  },
  {
    name: 'an unknown field, warned of',
    method: 'POST',
    path: `${maps}?fieldValidation=Warn`,
    body: map('warned', { dat: {} }),
  },
  { name: 'an unknown field, by default', method: 'POST', path: maps, body: map('by-default', { dat: {} }) },
  {
    name: 'an unknown field, strictly',
    method: 'POST',
    path: `${maps}?fieldValidation=Strict`,
    body: map('x', { dat: {} }),
  },
  {
    name: 'several unknown fields, strictly',
    method: 'POST',
    path: `${deployments}?fieldValidation=Strict`,
    body: deployment('x', { repicas: 1, template: { spec: { containers: [{ name: 'a', image: 'b', imag: 'c' }] } } }),
  },
  {
    name: 'a duplicate field, strictly',
    method: 'POST',
    path: `${maps}?fieldValidation=Strict`,
    body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1","a":"2"}}',
  },
  {
    name: 'a duplicate field, by default',
    method: 'POST',
    path: maps,
    body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"doubled"},"data":{"a":"1"},"data":{"a":"2"}}',
  },
  { name: 'a bad fieldValidation', method: 'POST', path: `${maps}?fieldValidation=Loose`, body: map('x') },
  {
    name: 'bad labels and annotations',
    method: 'POST',
    path: maps,
    body: map('x', { metadata: { name: 'x', labels: { ok: '-bad' }, annotations: { 'no good': 'x' } } }),
  },
  { name: 'a bad key in a ConfigMap', method: 'POST', path: maps, body: map('x', { data: { 'a b': '1' } }) },
  {
    name: 'a YAML body',
    method: 'POST',
    path: maps,
    headers: { 'Content-Type': 'application/yaml' },
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml}\ndata: {a: "1"}\n',
  },
  { name: 'an XML body', method: 'POST', path: maps, headers: { 'Content-Type': 'text/xml' }, body: '<a/>' },
];

const kinds: readonly Question[] = [
  { name: 'a Deployment', method: 'POST', path: deployments, body: deployment('app') },
  {
    name: 'a Deployment with nothing in it',
    method: 'POST',
    path: deployments,
    body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' } },
  },
  {
    name: 'a Deployment whose selector misses its template',
    method: 'POST',
    path: deployments,
    body: deployment('x', { selector: { matchLabels: { app: 'y' } } }),
  },
  {
    name: 'a Deployment with bad numbers',
    method: 'POST',
    path: deployments,
    body: deployment('x', {
      replicas: -1,
      minReadySeconds: -1,
      strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } },
    }),
  },
  {
    name: 'a Deployment whose replicas are a string',
    method: 'POST',
    path: deployments,
    body: deployment('x', { replicas: '2' }),
  },
  {
    name: 'a Deployment of a bad strategy',
    method: 'POST',
    path: deployments,
    body: deployment('x', { strategy: { type: 'Random' } }),
  },
  {
    name: 'a Pod',
    method: 'POST',
    path: pods,
    body: pod('plain', {
      schedulerName: 'nobody',
      containers: [
        {
          name: 'main',
          image: 'example.test/none',
          ports: [{ containerPort: 80 }],
          readinessProbe: { httpGet: { port: 80 } },
        },
      ],
    }),
  },
  { name: 'a Pod without containers', method: 'POST', path: pods, body: pod('x', { containers: [] }) },
  {
    name: 'a Pod with bad containers',
    method: 'POST',
    path: pods,
    body: pod('x', {
      restartPolicy: 'Sometimes',
      containers: [
        { name: 'A B' },
        { name: 'a', image: 'b', ports: [{ containerPort: 99999 }] },
        { name: 'a', image: 'b', env: [{ name: '' }] },
      ],
    }),
  },
  {
    name: 'a Pod whose resources are wrong',
    method: 'POST',
    path: pods,
    body: pod('x', {
      containers: [{ name: 'a', image: 'b', resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }],
    }),
  },
  {
    name: 'a Pod with a bad quantity',
    method: 'POST',
    path: pods,
    body: pod('x', { containers: [{ name: 'a', image: 'b', resources: { limits: { cpu: 'many' } } }] }),
  },
  {
    name: 'a changed Pod',
    method: 'PATCH',
    path: `${pods}/plain`,
    headers: merge,
    body: { spec: { hostname: 'other' } },
  },
  {
    name: 'a headless Service',
    method: 'POST',
    path: services,
    body: service('headless', { clusterIP: 'None', ports: [{ port: 80 }] }),
  },
  {
    name: 'a Service',
    method: 'POST',
    path: services,
    body: service('web', {
      ports: [
        { name: 'web', port: 80, targetPort: 'http' },
        { name: 'tls', port: 443 },
      ],
    }),
  },
  { name: 'a Service without ports', method: 'POST', path: services, body: service('x', {}) },
  {
    name: 'a Service with bad ports',
    method: 'POST',
    path: services,
    body: service('x', { ports: [{ port: 0 }, { port: 80, protocol: 'SMTP' }] }),
  },
  {
    name: 'a Service of a bad type',
    method: 'POST',
    path: services,
    body: service('x', { type: 'Magic', ports: [{ port: 80 }] }),
  },
  {
    name: 'a Service with a bad address',
    method: 'POST',
    path: services,
    body: service('x', { clusterIP: '1.2.3.4', ports: [{ port: 80 }] }),
  },
  {
    name: 'a Service that names another one',
    method: 'POST',
    path: services,
    body: service('outside', { type: 'ExternalName', externalName: 'example.test' }),
  },
  { name: 'a Service of a bad name', method: 'POST', path: services, body: service('1st', { ports: [{ port: 80 }] }) },
  {
    name: 'a Secret',
    method: 'POST',
    path: secrets,
    body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'secret' }, stringData: { a: 'x' } },
  },
  {
    name: 'a Secret that is no base64',
    method: 'POST',
    path: secrets,
    body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, data: { a: '%%%' } },
  },
  {
    name: 'a Secret of another type later',
    method: 'PATCH',
    path: `${secrets}/secret`,
    headers: merge,
    body: { type: 'other' },
  },
  { name: 'an immutable ConfigMap', method: 'POST', path: maps, body: map('fixed', { immutable: true }) },
  {
    name: 'a change of an immutable ConfigMap',
    method: 'PATCH',
    path: `${maps}/fixed`,
    headers: merge,
    body: { data: { a: '2' } },
  },
  { name: 'a Role', method: 'POST', path: roles, body: role('reader') },
  {
    name: 'a Role without verbs',
    method: 'POST',
    path: roles,
    body: { ...role('x'), rules: [{ apiGroups: [''], resources: ['pods'] }] },
  },
  {
    name: 'a RoleBinding',
    method: 'POST',
    path: bindings,
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'User', name: 'ann' }],
    },
  },
  {
    name: 'a RoleBinding to another role later',
    method: 'PATCH',
    path: `${bindings}/reader`,
    headers: merge,
    body: { roleRef: { name: 'other' } },
  },
  {
    name: 'a RoleBinding of nothing',
    method: 'POST',
    path: bindings,
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'x' },
      subjects: [{ kind: 'Robot', name: 'ann' }],
    },
  },
  {
    name: 'an EndpointSlice',
    method: 'POST',
    path: slices,
    body: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'own' },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.1.1'] }],
      ports: [{ port: 80 }],
    },
  },
  {
    name: 'a bad EndpointSlice',
    method: 'POST',
    path: slices,
    body: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'x' },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['name'] }],
    },
  },
  {
    name: 'a Lease',
    method: 'POST',
    path: leases,
    body: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'lease' },
      spec: { holderIdentity: 'me', leaseDurationSeconds: 10 },
    },
  },
  {
    name: 'a bad Lease',
    method: 'POST',
    path: leases,
    body: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'x' },
      spec: { leaseDurationSeconds: -1 },
    },
  },
  {
    name: 'a Namespace of a bad name',
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a.b' } },
  },
  { name: 'deletion of the default Namespace', method: 'DELETE', path: '/api/v1/namespaces/default' },
];

const changes: readonly Question[] = [
  { name: 'update', method: 'PUT', path: `${maps}/one`, body: map('one', { data: { a: '2' } }) },
  { name: 'update under another name', method: 'PUT', path: `${maps}/one`, body: map('two') },
  { name: 'update of what is not there', method: 'PUT', path: `${maps}/nothing`, body: map('nothing') },
  {
    name: 'update with an old resourceVersion',
    method: 'PUT',
    path: `${maps}/one`,
    body: map('one', { metadata: { name: 'one', resourceVersion: '1' } }),
  },
  {
    name: 'update with a bad resourceVersion',
    method: 'PUT',
    path: `${maps}/one`,
    body: map('one', { metadata: { name: 'one', resourceVersion: 'abc' } }),
  },
  {
    name: 'update with another uid',
    method: 'PUT',
    path: `${maps}/one`,
    body: map('one', { metadata: { name: 'one', uid: 'other' } }),
  },
  {
    name: 'JSON patch',
    method: 'PATCH',
    path: `${maps}/one`,
    headers: json,
    body: [{ op: 'add', path: '/data/b', value: '1' }],
  },
  {
    name: 'JSON patch whose test fails',
    method: 'PATCH',
    path: `${maps}/one`,
    headers: json,
    body: [{ op: 'test', path: '/data/b', value: '2' }],
  },
  {
    name: 'JSON patch of a missing path',
    method: 'PATCH',
    path: `${maps}/one`,
    headers: json,
    body: [{ op: 'remove', path: '/data/zz' }],
  },
  { name: 'JSON patch that is no list', method: 'PATCH', path: `${maps}/one`, headers: json, body: { op: 'remove' } },
  { name: 'merge patch', method: 'PATCH', path: `${maps}/one`, headers: merge, body: { data: { a: null, c: '3' } } },
  {
    name: 'merge patch of a wrong type',
    method: 'PATCH',
    path: `${maps}/one`,
    headers: merge,
    body: { data: { a: 1 } },
  },
  {
    name: 'merge patch that renames',
    method: 'PATCH',
    path: `${maps}/one`,
    headers: merge,
    body: { metadata: { name: 'two' } },
  },
  { name: 'merge patch that is no JSON', method: 'PATCH', path: `${maps}/one`, headers: merge, body: '{' },
  {
    name: 'merge patch of an unknown field, strictly',
    method: 'PATCH',
    path: `${maps}/one?fieldValidation=Strict`,
    headers: merge,
    body: { dat: {} },
  },
  {
    name: 'merge patch of what is not there',
    method: 'PATCH',
    path: `${maps}/nothing`,
    headers: merge,
    body: { data: {} },
  },
  {
    name: 'merge patch with an old resourceVersion',
    method: 'PATCH',
    path: `${maps}/one`,
    headers: merge,
    body: { metadata: { resourceVersion: '1' } },
  },
  {
    name: 'strategic patch',
    method: 'PATCH',
    path: `${deployments}/app`,
    headers: strategic,
    body: { spec: { template: { spec: { containers: [{ name: 'side', image: 'b' }] } } } },
    select: withoutStatus,
  },
  {
    name: 'strategic patch that deletes from a list',
    method: 'PATCH',
    path: `${deployments}/app`,
    headers: strategic,
    body: { spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } } },
    select: withoutStatus,
  },
  {
    name: 'strategic patch without the merge key',
    method: 'PATCH',
    path: `${deployments}/app`,
    headers: strategic,
    body: { spec: { template: { spec: { containers: [{ image: 'b' }] } } } },
  },
  { name: 'a patch of no known type', method: 'PATCH', path: `${maps}/one`, body: {} },
  {
    name: 'a changed selector of a Deployment',
    method: 'PATCH',
    path: `${deployments}/app`,
    headers: merge,
    body: {
      spec: { selector: { matchLabels: { app: 'other' } }, template: { metadata: { labels: { app: 'other' } } } },
    },
  },
  { name: 'scale', path: `${deployments}/app/scale` },
  {
    name: 'scale, changed',
    method: 'PATCH',
    path: `${deployments}/app/scale`,
    headers: merge,
    body: { spec: { replicas: 0 } },
  },
  {
    name: 'scale below nothing',
    method: 'PATCH',
    path: `${deployments}/app/scale`,
    headers: merge,
    body: { spec: { replicas: -1 } },
  },
  { name: 'scale of what is not there', path: `${deployments}/nothing/scale` },
  { name: 'status of what has none', path: `${maps}/one/status` },
  {
    name: 'a status that changes spec',
    method: 'PATCH',
    path: `${pods}/plain/status`,
    headers: merge,
    body: { spec: { hostname: 'other' }, status: { message: 'm' } },
    select: (body) => (body as { status?: unknown }).status,
  },
];

const reading: readonly Question[] = [
  { name: 'get', path: `${maps}/one` },
  { name: 'get of what is not there', path: `${maps}/nothing` },
  {
    name: 'get of metadata alone',
    path: `${maps}/one`,
    headers: { Accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' },
  },
  {
    name: 'list of metadata alone',
    path: `${roles}`,
    headers: { Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
  },
  { name: 'get as XML', path: `${maps}/one`, headers: { Accept: 'text/xml' } },
  { name: 'get as anything', path: `${maps}/one`, headers: { Accept: '*/*' } },
  { name: 'get, pretty', path: `${maps}/one?pretty=true` },
  { name: 'list', path: roles },
  { name: 'list of a namespace that is not there', path: '/api/v1/namespaces/no-such/configmaps' },
  { name: 'list by label', path: `${maps}?labelSelector=${encodeURIComponent('a in (b),!c')}` },
  { name: 'list by a bad label selector', path: `${maps}?labelSelector=${encodeURIComponent('a in b')}` },
  { name: 'list by a bad label', path: `${maps}?labelSelector=${encodeURIComponent('a=b c')}` },
  { name: 'list by name', path: `${maps}?fieldSelector=metadata.name%3Done` },
  { name: 'list by a field that is no index', path: `${maps}?fieldSelector=data.a%3D1` },
  { name: 'list by a bad field selector', path: `${maps}?fieldSelector=metadata.name` },
  { name: 'list of Pods by field', path: `${pods}?fieldSelector=status.phase%3DRunning,spec.nodeName%3Dx` },
  ...[1, 2, 3, 4, 5].map(
    (n): Question => ({
      name: `a Role for the pages, ${n}`,
      method: 'POST',
      path: roles,
      body: role(`page-${n}`),
    }),
  ),
  { name: 'list, first page', path: `${roles}?limit=2` },
  {
    name: 'list, next page',
    path: (earlier) => `${roles}?limit=2&continue=${continueOf(earlier, 'list, first page')}`,
  },
  { name: 'list, a bad continue', path: `${maps}?limit=2&continue=abc` },
  {
    name: 'list, continue and resourceVersion',
    path: (earlier) => `${roles}?resourceVersion=5&continue=${continueOf(earlier, 'list, first page')}`,
  },
  { name: 'list, a bad limit', path: `${maps}?limit=abc` },
  { name: 'list, a negative limit', path: `${maps}?limit=-1`, select: () => undefined },
  { name: 'list, a bad resourceVersion', path: `${maps}?resourceVersion=abc` },
  { name: 'list, a match without resourceVersion', path: `${maps}?resourceVersionMatch=Exact` },
  { name: 'list, a bad match', path: `${maps}?resourceVersion=1&resourceVersionMatch=Nearly` },
  { name: 'list, exactly nothing', path: `${maps}?resourceVersion=0&resourceVersionMatch=Exact` },
  { name: 'list with initial events', path: `${maps}?sendInitialEvents=true` },
  { name: 'watch, a bad resourceVersion', path: `${maps}?watch=true&resourceVersion=abc` },
  { name: 'watch with initial events and no match', path: `${maps}?watch=true&sendInitialEvents=true` },
  { name: 'watch, a match without initial events', path: `${maps}?watch=true&resourceVersionMatch=NotOlderThan` },
  {
    name: 'watch, from a version',
    path: (earlier) => `${roles}?watch=true&timeoutSeconds=1&resourceVersion=${versionOf(earlier, 'create')}`,
  },
  {
    name: 'watch with initial events',
    path: `${roles}?watch=true&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  },
  { name: 'list, a version of the future', path: `${maps}?resourceVersion=99999999` },
  { name: 'watch with a bad timeout', path: `${maps}?watch=true&timeoutSeconds=abc` },
  { name: 'watch as a table', path: `${roles}?watch=true&timeoutSeconds=1`, headers: table },
];

const tablePaths: readonly [string, string][] = [
  ['Namespaces', '/api/v1/namespaces?fieldSelector=metadata.name%3Ddiff'],
  ['Pods', pods],
  ['Services', services],
  ['Endpoints', '/api/v1/namespaces/no-such/endpoints'],
  ['ConfigMaps', `${maps}?fieldSelector=metadata.name%3Done`],
  ['Secrets', secrets],
  ['ServiceAccounts', '/api/v1/namespaces/diff/serviceaccounts'],
  ['Nodes', '/api/v1/nodes'],
  ['Events', '/api/v1/namespaces/no-such/events'],
  ['EndpointSlices', `${slices}?fieldSelector=metadata.name%3Down`],
  ['Leases', leases],
  ['Deployments', deployments],
  ['ReplicaSets', '/apis/apps/v1/namespaces/no-such/replicasets'],
  ['Roles', roles],
  ['RoleBindings', bindings],
  ['ClusterRoles', '/apis/rbac.authorization.k8s.io/v1/clusterroles?fieldSelector=metadata.name%3Dcluster-admin'],
  [
    'ClusterRoleBindings',
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?fieldSelector=metadata.name%3Dcluster-admin',
  ],
];

/** Columns with their descriptions' presence, and cells; the objects themselves are compared elsewhere. */
function columnsAndCells(body: unknown): unknown {
  const { kind, columnDefinitions, rows } = body as {
    kind?: string;
    columnDefinitions?: { name: string; type: string; format: string; priority: number }[];
    rows?: { cells: unknown[]; object: { kind?: string } }[];
  };
  return {
    kind,
    columns: columnDefinitions?.map(({ name, type, format, priority }) => [name, type, format, priority]),
    rows: rows?.map(({ cells, object }) => [cells, object?.kind]),
  };
}

const tables: readonly Question[] = [
  ...tablePaths.map(([kind, path]) => ({ name: `a table of ${kind}`, path, headers: table, select: columnsAndCells })),
  { name: 'a table of one', path: `${deployments}/app`, headers: table, select: columnsAndCells },
  { name: 'a table with whole objects', path: `${roles}?includeObject=Object`, headers: table },
  { name: 'a table with no objects', path: `${roles}?includeObject=None`, headers: table },
  { name: 'a table with bad objects', path: `${roles}?includeObject=Half`, headers: table },
  {
    name: 'a table that must be YAML',
    path: roles,
    headers: { Accept: 'application/yaml;as=Table;v=v1;g=meta.k8s.io' },
    select: () => undefined,
  },
  {
    name: 'a table of another version',
    path: roles,
    headers: { Accept: 'application/json;as=Table;v=v9;g=meta.k8s.io' },
  },
];

const deletion: readonly Question[] = [
  { name: 'delete with another uid', method: 'DELETE', path: `${maps}/one`, body: { preconditions: { uid: 'other' } } },
  {
    name: 'delete with another resourceVersion',
    method: 'DELETE',
    path: `${maps}/one`,
    body: { preconditions: { resourceVersion: '1' } },
  },
  { name: 'delete by a bad propagation', method: 'DELETE', path: `${maps}/one?propagationPolicy=Sideways` },
  {
    name: 'delete, orphans twice',
    method: 'DELETE',
    path: `${maps}/one?orphanDependents=true&propagationPolicy=Foreground`,
  },
  { name: 'delete with bad options', method: 'DELETE', path: `${maps}/one`, body: { gracePeriodSeconds: 'abc' } },
  {
    name: 'delete with options of another kind',
    method: 'DELETE',
    path: `${maps}/one`,
    body: { kind: 'ConfigMap', apiVersion: 'v1' },
  },
  { name: 'delete in dry run', method: 'DELETE', path: `${maps}/one?dryRun=All` },
  { name: 'delete', method: 'DELETE', path: `${maps}/one` },
  { name: 'delete again', method: 'DELETE', path: `${maps}/one` },
  { name: 'delete of a Role', method: 'DELETE', path: `${roles}/reader` },
  {
    name: 'a ConfigMap with a finalizer',
    method: 'POST',
    path: maps,
    body: map('held', { metadata: { name: 'held', finalizers: ['example.test/hold'] } }),
  },
  { name: 'delete of what is held', method: 'DELETE', path: `${maps}/held` },
  {
    name: 'a new finalizer on what is going',
    method: 'PATCH',
    path: `${maps}/held`,
    headers: merge,
    body: { metadata: { finalizers: ['example.test/hold', 'example.test/more'] } },
  },
  {
    name: 'the last finalizer goes',
    method: 'PATCH',
    path: `${maps}/held`,
    headers: merge,
    body: { metadata: { finalizers: [] } },
  },
  {
    name: 'a bad finalizer',
    method: 'POST',
    path: maps,
    body: map('x', { metadata: { name: 'x', finalizers: ['hold'] } }),
  },
  { name: 'delete of a Pod', method: 'DELETE', path: `${pods}/plain` },
  { name: 'delete of a Service', method: 'DELETE', path: `${services}/headless` },
  { name: 'delete of a collection', method: 'DELETE', path: `${leases}?labelSelector=no%3Dsuch` },
  {
    name: 'delete of a Deployment, orphaning',
    method: 'DELETE',
    path: `${deployments}/nothing?propagationPolicy=Orphan`,
  },
];

const routing: readonly Question[] = [
  { name: 'no such resource', path: '/api/v1/namespaces/diff/widgets' },
  { name: 'no such group', path: '/apis/example.test/v1/widgets' },
  { name: 'no such version', path: '/apis/apps/v9/deployments' },
  { name: 'no such path', path: '/nothing' },
  { name: 'no such subresource', path: `${maps}/one/nothing` },
  { name: 'POST to an object', method: 'POST', path: `${maps}/one`, body: map('one') },
  { name: 'PUT to a collection', method: 'PUT', path: maps, body: map('one') },
  { name: 'DELETE of all Pods of the cluster', method: 'DELETE', path: '/api/v1/pods' },
  { name: 'POST to all namespaces', method: 'POST', path: '/api/v1/configmaps', body: map('x') },
  { name: 'a bad token', path: maps, headers: { Authorization: 'Bearer wrong' } },
  { name: 'no token', path: maps, headers: { Authorization: '' } },
  { name: 'nobody reads', path: maps, headers: { Authorization: 'Bearer nobody-token' } },
  {
    name: 'nobody deletes one',
    method: 'DELETE',
    path: `${deployments}/app`,
    headers: { Authorization: 'Bearer nobody-token' },
  },
  { name: 'nobody reads a subresource', path: `${pods}/plain/log`, headers: { Authorization: 'Bearer nobody-token' } },
  { name: 'nobody reads a path', path: '/metrics', headers: { Authorization: 'Bearer nobody-token' } },
  { name: 'nobody reads cluster-wide', path: '/api/v1/nodes', headers: { Authorization: 'Bearer nobody-token' } },
  { name: 'healthz', path: '/healthz' },
  { name: 'readyz', path: '/readyz' },
  { name: 'a log of no Pod', path: `${pods}/nothing/log` },
];

type Named = { name: string; verbs?: string[]; shortNames?: string[]; categories?: string[] };

/** The resources that the embedded cluster serves: the real one has more. */
function served(names: readonly string[]): (body: unknown) => unknown {
  return (body) => {
    const { resources, ...rest } = body as { resources?: Named[] };
    const found = (resources ?? [])
      .filter(({ name }) => names.includes(name))
      .map((resource) => ({ ...resource, storageVersionHash: undefined }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return { ...rest, resources: found };
  };
}

const core = [
  'namespaces',
  'namespaces/status',
  'pods',
  'pods/status',
  'pods/log',
  'pods/exec',
  'pods/binding',
  'pods/eviction',
  'pods/proxy',
  'pods/portforward',
  'services',
  'services/status',
  'services/proxy',
  'endpoints',
  'configmaps',
  'secrets',
  'serviceaccounts',
  'serviceaccounts/token',
  'nodes',
  'nodes/status',
  'events',
];

const discovery: readonly Question[] = [
  { name: 'resources of v1', path: '/api/v1', select: served(core) },
  {
    name: 'resources of apps/v1',
    path: '/apis/apps/v1',
    select: served([
      'deployments',
      'deployments/status',
      'deployments/scale',
      'replicasets',
      'replicasets/status',
      'replicasets/scale',
    ]),
  },
  {
    name: 'resources of rbac',
    path: '/apis/rbac.authorization.k8s.io/v1',
    select: served(['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings']),
  },
  { name: 'resources of discovery', path: '/apis/discovery.k8s.io/v1', select: served(['endpointslices']) },
  { name: 'resources of coordination', path: '/apis/coordination.k8s.io/v1', select: served(['leases']) },
  {
    name: 'resources of authorization',
    path: '/apis/authorization.k8s.io/v1',
    select: served([
      'selfsubjectaccessreviews',
      'subjectaccessreviews',
      'selfsubjectrulesreviews',
      'localsubjectaccessreviews',
    ]),
  },
  { name: 'the group apps', path: '/apis/apps' },
  {
    name: 'the version',
    path: '/version',
    select: (body) => ({ major: (body as { major?: string }).major, minor: (body as { minor?: string }).minor }),
  },
];

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const authorization = '/apis/authorization.k8s.io/v1';
const event = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'told' },
  involvedObject: { kind: 'ConfigMap', name: 'one', namespace: 'diff' },
  reason: 'Told',
  message: 'm',
  type: 'Normal',
};
const review = (spec: object): object => ({ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec });

const more: readonly Question[] = [
  {
    name: 'a Node',
    method: 'POST',
    path: '/api/v1/nodes',
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'other' } },
  },
  {
    name: 'a Node of a bad name',
    method: 'POST',
    path: '/api/v1/nodes',
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'A' } },
  },
  { name: 'a table of that Node', path: '/api/v1/nodes/other', headers: table, select: columnsAndCells },
  {
    name: 'a ServiceAccount',
    method: 'POST',
    path: '/api/v1/namespaces/diff/serviceaccounts',
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } },
  },
  { name: 'an Event', method: 'POST', path: '/api/v1/namespaces/diff/events', body: event },
  {
    name: 'an Event of elsewhere',
    method: 'POST',
    path: '/api/v1/namespaces/diff/events',
    body: { ...event, metadata: { name: 'x' }, involvedObject: { kind: 'ConfigMap', namespace: 'other' } },
  },
  {
    name: 'Events by reason',
    path: '/api/v1/namespaces/diff/events?fieldSelector=reason%3DTold,involvedObject.name%3Dother',
  },
  {
    name: 'Endpoints',
    method: 'POST',
    path: '/api/v1/namespaces/diff/endpoints',
    body: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'own' },
      subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80 }] }],
    },
    select: withoutLabels,
  },
  {
    name: 'bad Endpoints',
    method: 'POST',
    path: '/api/v1/namespaces/diff/endpoints',
    body: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'x' },
      subsets: [{ addresses: [{ ip: 'name' }], ports: [{ port: 80 }, { port: 0 }] }],
    },
  },
  {
    name: 'a ReplicaSet',
    method: 'POST',
    path: '/apis/apps/v1/namespaces/diff/replicasets',
    body: {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'set' },
      spec: { replicas: 0, selector: { matchLabels: { app: 'set' } }, template: template('set') },
    },
  },
  {
    name: 'a ClusterRole',
    method: 'POST',
    path: `${rbac}/clusterroles`,
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'diff' },
      rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }],
    },
  },
  {
    name: 'a ClusterRole of nothing',
    method: 'POST',
    path: `${rbac}/clusterroles`,
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'diff-x' },
      rules: [{ verbs: ['get'] }],
    },
  },
  {
    name: 'a ClusterRoleBinding',
    method: 'POST',
    path: `${rbac}/clusterrolebindings`,
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'diff' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'diff' },
      subjects: [
        { kind: 'ServiceAccount', name: 'robot', namespace: 'diff' },
        { kind: 'Group', name: 'devs' },
      ],
    },
  },
  {
    name: 'a bad owner reference',
    method: 'POST',
    path: maps,
    body: map('x', {
      metadata: { name: 'x', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: '', uid: '' }] },
    }),
  },
  {
    name: 'two controllers',
    method: 'POST',
    path: maps,
    body: map('x', {
      metadata: {
        name: 'x',
        ownerReferences: [1, 2].map((n) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: 'a',
          uid: `u${n}`,
          controller: true,
        })),
      },
    }),
  },
  {
    name: 'a Service of a node port',
    method: 'POST',
    path: services,
    body: service('ported', { type: 'NodePort', ports: [{ port: 80 }] }),
  },
  {
    name: 'a Service of a wrong node port',
    method: 'POST',
    path: services,
    body: service('x', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }),
  },
  {
    name: 'a Service whose address changes',
    method: 'PATCH',
    path: `${services}/web`,
    headers: merge,
    body: { spec: { clusterIP: '10.96.77.77', clusterIPs: ['10.96.77.77'] } },
    select: (body) => (body as { code?: number }).code,
  },
  {
    name: 'a Service with a bad port name',
    method: 'POST',
    path: services,
    body: service('x', { ports: [{ name: 'A_B', port: 80 }, { port: 81 }] }),
  },
  {
    name: 'server-side apply',
    method: 'PATCH',
    path: `${maps}/applied?fieldManager=me`,
    headers: { 'Content-Type': 'application/apply-patch+yaml' },
    body: map('applied'),
  },
  {
    name: 'may nobody',
    method: 'POST',
    path: `${authorization}/subjectaccessreviews`,
    body: review({ user: 'nobody', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'diff' } }),
  },
  {
    name: 'may the group',
    method: 'POST',
    path: `${authorization}/subjectaccessreviews`,
    body: review({ user: 'x', groups: ['devs'], nonResourceAttributes: { verb: 'get', path: '/x' } }),
    select: (body) => (body as { status?: { allowed?: boolean } }).status?.allowed,
  },
  {
    name: 'a review of nobody',
    method: 'POST',
    path: `${authorization}/subjectaccessreviews`,
    body: review({ resourceAttributes: { verb: 'get' } }),
  },
  {
    name: 'may I',
    method: 'POST',
    path: `${authorization}/selfsubjectaccessreviews`,
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
    },
    select: (body) => (body as { status?: { allowed?: boolean } }).status?.allowed,
  },
  {
    name: 'who am I',
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  },
  {
    name: 'a review of a bad token',
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'x' } },
    select: (body) => (body as { status?: { authenticated?: boolean } }).status?.authenticated ?? false,
  },
  {
    name: 'eviction of no Pod',
    method: 'POST',
    path: `${pods}/nothing/eviction`,
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'nothing' } },
  },
  {
    name: 'binding of no Pod',
    method: 'POST',
    path: `${pods}/nothing/binding`,
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'nothing' }, target: { kind: 'Node', name: 'other' } },
  },
  {
    name: 'binding to nothing',
    method: 'POST',
    path: `${pods}/plain/binding`,
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'plain' }, target: { kind: 'Node', name: '' } },
  },
  {
    name: 'binding',
    method: 'POST',
    path: `${pods}/plain/binding`,
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'plain' }, target: { kind: 'Node', name: 'other' } },
  },
  {
    name: 'binding again',
    method: 'POST',
    path: `${pods}/plain/binding`,
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'plain' }, target: { kind: 'Node', name: 'other' } },
  },
  {
    name: 'a Namespace of its own',
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'diff-going' } },
  },
  { name: 'deletion of that Namespace', method: 'DELETE', path: '/api/v1/namespaces/diff-going' },
  { name: 'HEAD', method: 'HEAD', path: '/healthz' },
  { name: 'PUT to what is only read', method: 'PUT', path: '/version', body: {} },
];

export const questions: readonly Question[] = [
  ...creation,
  ...kinds,
  ...changes,
  ...applies,
  ...more,
  ...reading,
  ...tables,
  ...deletion,
  ...routing,
  ...discovery,
];
