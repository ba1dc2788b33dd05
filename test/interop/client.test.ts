/** `fairlead/client` against a real kube-apiserver, for what only that has. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Cluster, UnstructuredObject } from 'fairlead/client';
import { connect, isReason, runAsLeader, StatusError } from 'fairlead/client';
import { peerPath } from '../peers/build.ts';
import type { RealCluster } from '../peers/real-cluster.ts';
import { startRealCluster } from '../peers/real-cluster.ts';

const isBuilt = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));
const skip = isBuilt ? false : 'kube-apiserver and etcd are not built: run npm run test:interop';
const namespace = 'default';
let real: RealCluster;
let cluster: Cluster;
const warnings: string[] = [];

before(async () => {
  if (skip !== false) return;
  real = await startRealCluster();
  cluster = await connect({ path: real.kubeconfig, onWarning: (text) => warnings.push(text) });
  // Made by the controller manager otherwise, of which none runs here.
  await cluster
    .resource('v1', 'ServiceAccount')
    .create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } });
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await real?.[Symbol.asyncDispose]();
});

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };

test('server-side apply owns fields, tells conflicts and takes over by force', { skip }, async () => {
  const deployments = cluster.resource('apps/v1', 'Deployment');
  const web = (replicas: number) =>
    ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { replicas, selector: { matchLabels: { app: 'web' } }, template },
    }) as const;
  const made = await deployments.apply(web(2), { fieldManager: 'one' });
  assert.equal(made.metadata.managedFields?.[0]?.manager, 'one');
  await assert.rejects(
    deployments.apply(web(3), { fieldManager: 'two' }),
    (error) => isReason(error, 'Conflict') && error.status.details?.causes?.[0]?.field === '.spec.replicas',
  );
  const taken = await deployments.apply(web(3), { fieldManager: 'two', force: true });
  assert.equal(taken.spec?.replicas, 3);
  const checked = await deployments.patch('web', { spec: { replicas: 9 } }, { dryRun: true });
  assert.equal(checked.spec?.replicas, 9);
  const scale = await deployments.subresource('web', 'scale').get();
  assert.equal(scale.spec?.replicas, 3);
  const scaled = await deployments.subresource('web', 'scale').patch({ spec: { replicas: 5 } });
  assert.equal(scaled.spec?.replicas, 5);
  const status = await deployments
    .subresource('web', 'status')
    .apply(
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, status: { replicas: 1 } },
      { fieldManager: 'me' },
    );
  assert.equal(status.status?.replicas, 1);
});

test('unknown fields are warned of, or refused when asked', { skip }, async () => {
  const maps = cluster.resource('v1', 'ConfigMap');
  const odd = { apiVersion: 'v1' as const, kind: 'ConfigMap' as const, metadata: { name: 'odd' }, dota: {} };
  await assert.rejects(maps.create(odd, { fieldValidation: 'Strict' }), /unknown field "dota"/);
  await maps.create(odd);
  assert.deepEqual(warnings, ['unknown field "dota"']);
});

test('tokens, bindings and evictions', { skip }, async () => {
  const accounts = cluster.resource('v1', 'ServiceAccount');
  const request = await accounts.subresource('default', 'token').create({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: {},
    spec: { audiences: [], expirationSeconds: 600 },
  });
  const token = request.status?.token ?? '';
  await using account = await connect({ config: { server: real.apiUrl, namespace, token, tls: { ca: real.caPem } } });
  await assert.rejects(
    account.resource('v1', 'Secret').list({ namespace }).page(),
    (error) => isReason(error, 'Forbidden') && error.message.includes('system:serviceaccount:default:default'),
  );
  const pods = cluster.resource('v1', 'Pod');
  const containers = [{ name: 'c', image: 'i' }];
  await pods.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers } });
  const target = { kind: 'Node', name: 'somewhere' };
  const bound = await pods
    .subresource('p', 'binding')
    .create({ apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target });
  assert.equal(bound.status, 'Success');
  assert.equal((await pods.get('p')).spec?.nodeName, 'somewhere');
  const evicted = await pods.subresource('p', 'eviction').create({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'p' },
    deleteOptions: { gracePeriodSeconds: 0 },
  });
  assert.equal(evicted.status, 'Success');
});

test('a kind that is defined while the program runs is found, listed in pages, watched from its first state', {
  skip,
}, async () => {
  const widgets = cluster.resource('example.com/v1', 'Widget');
  await assert.rejects(widgets.get('a'), (error) => isReason(error, 'NotFound'));
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const definitions = cluster.resource('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
  await definitions.create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      names,
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  });
  for await (const { object } of definitions.watch({ fieldSelector: 'metadata.name=widgets.example.com' })) {
    if (object.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True')) break;
  }
  const widget = (name: string): UnstructuredObject => ({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name },
    spec: { size: name.length },
  });
  for (let wait = 10; ; wait *= 2) {
    try {
      await widgets.create(widget('a'));
      break;
    } catch (error) {
      // Established is said a little before it is served.
      if (!(error instanceof StatusError) || error.code !== 404 || wait > 3000) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  for (const name of ['b', 'c', 'd']) await widgets.create(widget(name));
  const listed = await widgets.list({ pageSize: 3 }).toArray();
  assert.deepEqual(
    listed.map(({ metadata }) => metadata.name),
    ['a', 'b', 'c', 'd'],
  );
  const informer = widgets.informer({ namespace });
  await informer.synced;
  assert.equal(informer.list().length, 4);
  const seen: string[] = [];
  for await (const { type, object } of widgets.watch({ namespace })) {
    seen.push(`${type} ${object.metadata.name}`);
    if (seen.length === 4) await widgets.deleteCollection({ namespace, fieldSelector: 'metadata.name=b' });
    if (type === 'DELETED') break;
  }
  assert.deepEqual(seen.toSorted(), ['ADDED a', 'ADDED b', 'ADDED c', 'ADDED d', 'DELETED b']);
});

test('leadership by a Lease', { skip }, async () => {
  let isLeading = false;
  await runAsLeader({
    client: cluster.client,
    namespace,
    name: 'work',
    signal: new AbortController().signal,
    lead: async () => {
      isLeading = true;
    },
  });
  assert.ok(isLeading);
  assert.equal((await cluster.resource('coordination.k8s.io/v1', 'Lease').get('work')).spec?.holderIdentity ?? '', '');
});

test('who may not, or cannot reach the server, is told so in one sentence', { skip }, async () => {
  await using nobody = await connect({
    config: { server: real.apiUrl, namespace, token: 'wrong', tls: { ca: real.caPem } },
  });
  const watch = async (on: Cluster) => {
    for await (const _ of on.resource('v1', 'Pod').watch()) break;
  };
  await assert.rejects(watch(nobody), (error) => isReason(error, 'Unauthorized'));
  await using stranger = await connect({ config: { server: real.apiUrl, namespace } });
  await assert.rejects(
    watch(stranger),
    /not signed by an authority that this system trusts\. .*set certificate-authority/,
  );
});
