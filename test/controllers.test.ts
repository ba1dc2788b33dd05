/** The controllers on the embedded control plane, with pods that are only said to run. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { KubeObject } from '../src/api/object.ts';
import type { Deployment, ReplicaSet } from '../src/api/types/apps-v1.ts';
import type { TokenReview } from '../src/api/types/authentication-v1.ts';
import type {
  ConfigMap,
  Event as CoreEvent,
  Namespace,
  Node,
  Pod,
  Secret,
  Service,
  ServiceAccount,
} from '../src/api/types/core-v1.ts';
import type { EndpointSlice } from '../src/api/types/discovery-v1.ts';
import type { Informer } from '../src/client/cluster-client.ts';
import { openInformer } from '../src/client/informer.ts';
import { type Cluster, startCluster } from '../src/cluster.ts';
import { deleteExpired } from '../src/controllers/event-expiry.ts';

const stopped = new AbortController();
const { signal } = stopped;
const lines: string[] = [];
let cluster: Cluster;
let deployments: Informer<Deployment>;
let sets: Informer<ReplicaSet>;
let pods: Informer<Pod>;
let slices: Informer<EndpointSlice>;
let end: () => Promise<void>;

function inform<T extends KubeObject>(apiVersion: string, plural: string): Informer<T> {
  return openInformer<T>({ resource: cluster.client.resource<T>(apiVersion, plural), signal });
}

before(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-controllers-'));
  cluster = await startCluster({
    name: 'controllers',
    directory,
    storage: 'memory',
    apiPort: 0,
    nodes: 0,
    images: new Map(),
    log: (line) => lines.push(line),
  });
  end = async () => {
    stopped.abort();
    await cluster[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  };
  deployments = inform('apps/v1', 'deployments');
  sets = inform('apps/v1', 'replicasets');
  pods = inform('v1', 'pods');
  slices = inform('discovery.k8s.io/v1', 'endpointslices');
  await playNode('stage');
});
after(() => end());

/** A Node and a kubelet that says of every pod that it runs, and lets it go when it is told to. */
async function playNode(name: string): Promise<void> {
  const nodes = cluster.client.resource<Node>('v1', 'nodes');
  await nodes.create({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
  const status = {
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
  };
  const type = 'application/strategic-merge-patch+json';
  await nodes.patch(name, { status }, { type, subresource: 'status' });
  const client = cluster.client.resource<Pod>('v1', 'pods');
  let addresses = 0;
  pods.onChange((pod) => {
    const { name: podName = '', namespace = '', deletionTimestamp } = pod?.metadata ?? {};
    if (pod === undefined || pod.spec?.nodeName !== name) return;
    const [image = ''] = (pod.spec.containers ?? []).map((container) => container.image);
    const act = async () => {
      if (deletionTimestamp !== undefined) await client.delete(podName, { namespace, gracePeriodSeconds: 0 });
      else if (pod.status?.phase === 'Pending' && image !== 'broken') {
        const podIP = `127.200.0.${++addresses}`;
        const running = {
          phase: 'Running',
          podIP,
          podIPs: [{ ip: podIP }],
          conditions: [{ type: 'Ready', status: 'True' }],
        };
        await client.patch(podName, { status: running }, { type, namespace, subresource: 'status' });
      }
    };
    // The pod may be gone, or the test over.
    act().catch(() => undefined);
  });
}

/** Resolves as soon as the condition holds after a change of one of the caches. */
async function until(
  what: string,
  holds: () => boolean,
  ...caches: readonly Pick<Informer<KubeObject>, 'onChange'>[]
): Promise<void> {
  const all = caches.length > 0 ? caches : [deployments, sets, pods, slices];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`not within 10 s: ${what}\n${lines.join('\n')}`)), 10_000);
  const ends = all.map((cache) => cache.onChange(() => holds() && resolve()));
  try {
    if (!holds()) await promise;
  } finally {
    clearTimeout(timer);
    for (const stop of ends) stop();
  }
}

const inNamespace = <T extends KubeObject>(cache: Informer<T>, namespace: string) =>
  cache.list().filter(({ metadata }) => metadata.namespace === namespace);

async function createNamespace(name: string): Promise<void> {
  const accounts = inform<ServiceAccount>('v1', 'serviceaccounts');
  await cluster.client
    .resource<Namespace>('v1', 'namespaces')
    .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await until('the default service account', () => accounts.get(`${name}/default`) !== undefined, accounts);
}

function deployment(namespace: string, name: string, image: string, replicas: number): Deployment {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } },
    },
  };
}

const client = () => cluster.client.resource<Deployment>('apps/v1', 'deployments');

function setImage(namespace: string, name: string, image: string): Promise<Deployment> {
  const patch = { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } };
  return client().patch(name, patch, { type: 'application/strategic-merge-patch+json', namespace });
}

/** As `kubectl rollout status` decides it. */
function isRolledOut(key: string, replicas: number): boolean {
  const { metadata, status } = deployments.get(key) ?? {};
  const { observedGeneration = 0, updatedReplicas, replicas: all, availableReplicas } = status ?? {};
  return (
    observedGeneration >= (metadata?.generation ?? 1) &&
    [updatedReplicas, all, availableReplicas].every((count) => count === replicas)
  );
}

const revision = (key: string) => deployments.get(key)?.metadata.annotations?.['deployment.kubernetes.io/revision'];
const readyPods = (namespace: string) =>
  inNamespace(pods, namespace).filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  );

test('a namespace gets its service account and the root certificate', async () => {
  await createNamespace('accounts');
  const rootCas = inform<ConfigMap>('v1', 'configmaps');
  await until('the root certificate', () => rootCas.get('accounts/kube-root-ca.crt') !== undefined, rootCas);
  assert.equal(rootCas.get('accounts/kube-root-ca.crt')?.data?.['ca.crt'], cluster.admin.caPem);
});

test('an application: rolled out, replaced without a gap, rolled back, scaled, published, deleted', async () => {
  await createNamespace('life');
  const key = 'life/web';
  await client().create(deployment('life', 'web', 'one', 4));
  await cluster.client.resource<Service>('v1', 'services').create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'life' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  await until('four replicas', () => isRolledOut(key, 4));
  assert.equal(revision(key), '1');
  const addresses = () =>
    inNamespace(slices, 'life')
      .flatMap(({ endpoints = [] }) => endpoints)
      .filter(({ conditions }) => conditions?.ready === true)
      .flatMap((endpoint) => endpoint.addresses)
      .sort();
  const podAddresses = () =>
    readyPods('life')
      .map(({ status }) => status?.podIP ?? '')
      .sort();
  await until('four endpoints', () => addresses().length === 4 && String(addresses()) === String(podAddresses()));

  let fewest = 4;
  let most = 4;
  const stopCounting = pods.onChange(() => {
    fewest = Math.min(fewest, readyPods('life').length);
    const alive = inNamespace(pods, 'life').filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    most = Math.max(most, alive.length);
  });
  await setImage('life', 'web', 'two');
  await until('the second revision', () => revision(key) === '2' && isRolledOut(key, 4));
  stopCounting();
  assert.ok(fewest >= 3 && most <= 5, `25 % of 4: between 3 and 5 pods, were ${fewest} to ${most}`);
  assert.equal(
    deployments.get(key)?.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason,
    'NewReplicaSetAvailable',
  );

  await setImage('life', 'web', 'broken');
  // The two sets are changed one by one, and told by caches of their own.
  await until(
    'the broken revision',
    () => deployments.get(key)?.status?.updatedReplicas === 2 && readyPods('life').length <= 3,
  );
  assert.equal(readyPods('life').length, 3, 'one may be missing');
  await setImage('life', 'web', 'one');
  await until('the rollback', () => revision(key) === '4' && isRolledOut(key, 4));
  assert.equal(inNamespace(sets, 'life').length, 3, 'the first set was taken up again');

  await client().patch('web', { spec: { replicas: 1 } }, { type: 'application/merge-patch+json', namespace: 'life' });
  await until('one replica', () => isRolledOut(key, 1) && inNamespace(pods, 'life').length === 1);
  await until('one endpoint', () => String(addresses()) === String(podAddresses()));

  await client().delete('web', { namespace: 'life' });
  await until('nothing left', () => inNamespace(sets, 'life').length + inNamespace(pods, 'life').length === 0);
});

test('never more pods than wanted, however many at once', async () => {
  await createNamespace('exact');
  let most = 0;
  const stopCounting = pods.onChange(() => {
    most = Math.max(most, inNamespace(pods, 'exact').length);
  });
  await client().create(deployment('exact', 'many', 'one', 30));
  await until('thirty replicas', () => isRolledOut('exact/many', 30));
  stopCounting();
  assert.equal(most, 30);
});

test('foreground deletion ends the dependents first, orphaning leaves them', async () => {
  await createNamespace('owners');
  const gone: { kind: string; revision: number }[] = [];
  for (const cache of [deployments, sets, pods] as Informer<KubeObject>[]) {
    cache.onChange((next, previous) => {
      if (next !== undefined || previous?.metadata.namespace !== 'owners') return;
      gone.push({ kind: previous.kind, revision: Number(previous.metadata.resourceVersion) });
    });
  }
  await client().create(deployment('owners', 'first', 'one', 2));
  await until('two replicas', () => isRolledOut('owners/first', 2));
  await client().delete('first', { namespace: 'owners', propagationPolicy: 'Foreground' });
  await until('all gone', () => gone.length === 4);
  // The revision of an object's last event is that of its removal.
  const inOrder = gone.sort((a, b) => a.revision - b.revision).map(({ kind }) => kind);
  assert.deepEqual(inOrder, ['Pod', 'Pod', 'ReplicaSet', 'Deployment']);

  await client().create(deployment('owners', 'second', 'one', 2));
  await until('two replicas', () => isRolledOut('owners/second', 2));
  await client().delete('second', { namespace: 'owners', propagationPolicy: 'Orphan' });
  await until('the deployment is gone', () => deployments.get('owners/second') === undefined);
  await until('the set has no owner', () =>
    inNamespace(sets, 'owners').every(({ metadata }) => metadata.ownerReferences === undefined),
  );
  assert.equal(inNamespace(pods, 'owners').length, 2);
  const taken = inNamespace(sets, 'owners')[0]?.metadata.uid;
  await client().create(deployment('owners', 'second', 'one', 2));
  await until(
    'the set is adopted',
    () => inNamespace(sets, 'owners')[0]?.metadata.ownerReferences?.[0]?.name === 'second',
  );
  assert.equal(inNamespace(sets, 'owners')[0]?.metadata.uid, taken);
});

test('a pod that fits nowhere says why, and is placed when a node changes', async () => {
  await createNamespace('places');
  const resource = cluster.client.resource<Pod>('v1', 'pods');
  await resource.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'choosy', namespace: 'places' },
    spec: { nodeSelector: { disk: 'fast' }, containers: [{ name: 'c', image: 'one' }] },
  });
  const condition = () => pods.get('places/choosy')?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  await until('the reason', () => condition()?.status === 'False');
  assert.equal(condition()?.reason, 'Unschedulable');
  assert.equal(condition()?.message, "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.");
  const nodes = cluster.client.resource<Node>('v1', 'nodes');
  await nodes.patch('stage', { metadata: { labels: { disk: 'fast' } } }, { type: 'application/merge-patch+json' });
  await until('the pod runs', () => pods.get('places/choosy')?.status?.phase === 'Running');
  assert.equal(pods.get('places/choosy')?.spec?.nodeName, 'stage');
});

test('a namespace goes with everything in it, and waits for finalizers', async () => {
  await createNamespace('short');
  await client().create(deployment('short', 'web', 'one', 2));
  await until('two replicas', () => isRolledOut('short/web', 2));
  const configMaps = cluster.client.resource<ConfigMap>('v1', 'configmaps');
  const metadata = { name: 'held', namespace: 'short', finalizers: ['example.com/wait'] };
  await configMaps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
  const namespaces = inform<Namespace>('v1', 'namespaces');
  await cluster.client.resource<Namespace>('v1', 'namespaces').delete('short');
  const condition = () =>
    namespaces.get('short')?.status?.conditions?.find(({ type }) => type === 'NamespaceFinalizersRemaining');
  await until('the finalizer is named', () => condition()?.status === 'True', namespaces);
  assert.match(condition()?.message ?? '', /example\.com\/wait in 1 resource instances/);
  await configMaps.patch(
    'held',
    { metadata: { finalizers: null } },
    { type: 'application/merge-patch+json', namespace: 'short' },
  );
  await until('the namespace is gone', () => namespaces.get('short') === undefined, namespaces);
  assert.equal(inNamespace(pods, 'short').length, 0);
});

test('events go an hour after they last happened', async () => {
  const events = cluster.client.resource<CoreEvent>('v1', 'events');
  const now = Date.now();
  for (const [name, minutes] of [
    ['old', 61],
    ['young', 59],
  ] as const) {
    await events.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: 'default' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
      lastTimestamp: new Date(now - minutes * 60_000).toISOString().replace(/\.\d+/, ''),
    });
  }
  // By its own time: the server set creationTimestamp to now, which counts as well.
  await deleteExpired({ client: cluster.client, signal }, new Date(now - 3_600_000));
  assert.equal((await events.get('old', { namespace: 'default' })).metadata.name, 'old');
  await deleteExpired({ client: cluster.client, signal }, new Date(Date.now() + 60_000));
  for (const name of ['old', 'young']) await assert.rejects(events.get(name, { namespace: 'default' }), /not found/);
});

test('a Secret for a token of a service account is filled, opens the API, and goes with the account', async () => {
  const { client } = cluster;
  const namespace = 'tokens';
  await client
    .resource('v1', 'namespaces')
    .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const accounts = client.resource<ServiceAccount>('v1', 'serviceaccounts');
  await accounts.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace } });
  const secrets = inform<Secret>('v1', 'secrets');
  const secretClient = client.resource<Secret>('v1', 'secrets');
  const draft = (name: string, account: string): Secret => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, annotations: { 'kubernetes.io/service-account.name': account } },
    type: 'kubernetes.io/service-account-token',
  });
  await secretClient.create(draft('robot-token', 'robot'));
  await secretClient.create(draft('of-nobody', 'nobody'));
  const key = `${namespace}/robot-token`;
  await until(
    'the token',
    () => secrets.get(key)?.data?.token !== undefined && secrets.get(`${namespace}/of-nobody`) === undefined,
    secrets,
  );
  const { data = {}, metadata } = secrets.get(key) ?? assert.fail();
  const read = (field: string): string => Buffer.from(data[field] ?? '', 'base64').toString();
  assert.equal(read('namespace'), namespace);
  assert.match(read('ca.crt'), /BEGIN CERTIFICATE/);
  assert.equal(
    metadata.annotations?.['kubernetes.io/service-account.uid'],
    (await accounts.get('robot', { namespace })).metadata.uid,
  );
  const review = await client.resource<TokenReview>('authentication.k8s.io/v1', 'tokenreviews').create({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    metadata: {},
    spec: { token: read('token') },
  });
  assert.equal(review.status?.user?.username, `system:serviceaccount:${namespace}:robot`);
  await accounts.delete('robot', { namespace });
  await until('the Secret goes', () => secrets.get(key) === undefined, secrets);
});
