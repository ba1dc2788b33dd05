import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../api/object.ts';
import type { ReplicaSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { ObjectCache } from '../../client/object-cache.ts';
import type { ControllerContext } from '../controller.ts';
import { byController, byNamespace } from '../shared-informers.ts';
import { rankForDeletion } from './deletion-rank.ts';
import { Expectations } from './expectations.ts';
import { replicaSetController } from './replica-set.ts';
import { replicaSetStatus } from './status.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();

function pod(
  name: string,
  { node = 'n', phase = 'Running', ready = true, since = 100, cost = '', restarts = 0 } = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      creationTimestamp: ago(since),
      ...(cost !== '' && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [], ...(node !== '' && { nodeName: node }) },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: ago(since) }],
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready, restartCount: restarts }],
    },
  };
}

const order = (pods: Pod[]) => rankForDeletion(pods, now).map(({ metadata }) => metadata.name);

test('pods that serve least go first', () => {
  const pods = [
    pod('old', { since: 100_000 }),
    pod('young', { since: 10 }),
    pod('cheap', { cost: '-1', since: 100_000 }),
    pod('unready', { ready: false }),
    pod('pending', { phase: 'Pending', ready: false }),
    pod('unplaced', { node: '', phase: 'Pending', ready: false }),
    pod('restarting', { restarts: 3, since: 100_000 }),
  ];
  const expected = ['unplaced', 'pending', 'unready', 'cheap', 'young', 'restarting', 'old'];
  assert.deepEqual(order(pods), expected);
  assert.deepEqual(order(pods.toReversed()), expected);
});

test('of equals the one on the fuller node goes', () => {
  assert.equal(
    order([pod('alone', { node: 'a' }), pod('one', { node: 'b' }), pod('two', { node: 'b' })]).at(-1),
    'alone',
  );
});

test('expectations: satisfied when all was seen or has failed', () => {
  const expectations = new Expectations();
  assert.ok(expectations.satisfied('a'));
  expectations.expect('a', { creations: 2 });
  expectations.created('a');
  assert.ok(!expectations.satisfied('a'));
  expectations.created('a');
  assert.ok(expectations.satisfied('a'));
  expectations.expect('a', { deletions: ['x', 'y'] });
  expectations.deleted('a', 'x');
  expectations.deleted('a', 'x');
  assert.ok(!expectations.satisfied('a'));
  expectations.deleted('a', 'y');
  assert.ok(expectations.satisfied('a'));
});

test('a ready pod counts as available after minReadySeconds, and the status says when the next one does', () => {
  const set = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { generation: 4 },
    spec: { replicas: 3, minReadySeconds: 30, selector: {} },
  } as const;
  const pods = [pod('a', { since: 60 }), pod('b', { since: 10 }), pod('c', { ready: false })];
  const { status, nextAvailableMs } = replicaSetStatus(set, pods, undefined, now);
  assert.deepEqual(status, {
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 2,
    availableReplicas: 1,
    observedGeneration: 4,
  });
  assert.equal(nextAvailableMs, 20_000);
});

test('what was created counts before the cache shows it', async () => {
  const stop = new AbortController();
  const indexes = {
    [byNamespace]: ({ metadata }: KubeObject) => [metadata.namespace ?? ''],
    [byController]: ({ metadata }: KubeObject) => (metadata.ownerReferences ?? []).map(({ uid }) => uid),
  };
  const sets = new ObjectCache<ReplicaSet>(indexes);
  const pods = new ObjectCache<Pod>(indexes);
  const created: Pod[] = [];
  let observed = 0;
  let wake = () => {};
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const calls = {
    async create(object: Pod) {
      const name = `p${created.length}`;
      const made = {
        ...object,
        metadata: { ...object.metadata, name, uid: name, resourceVersion: `${created.length}` },
      };
      created.push(made);
      wake();
      return made;
    },
    async updateStatus(object: ReplicaSet) {
      observed = object.status?.observedGeneration ?? 0;
      wake();
      return object;
    },
  };
  const synced = Promise.resolve();
  // The few parts of a cluster that the controller touches here.
  const context = {
    client: { resource: () => calls },
    informers: { of: (_: string, plural: string) => Object.assign(plural === 'pods' ? pods : sets, { synced }) },
    recorder: () => ({ record() {}, async flush() {} }),
    log() {},
    signal: stop.signal,
    onStop() {},
  } as unknown as ControllerContext;
  replicaSetController.start(context);
  const write = (generation: number, replicas: number) =>
    sets.put('n/s', {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 's', namespace: 'n', uid: 's', generation, resourceVersion: `${generation}` },
      spec: { replicas, selector: { matchLabels: { app: 'a' } }, template: { metadata: { labels: { app: 'a' } } } },
    });
  write(1, 3);
  await until(() => observed === 1);
  assert.equal(created.length, 3);
  write(2, 5);
  await until(() => observed === 2);
  assert.equal(created.length, 3, 'the cache shows none of the three yet');
  for (const [i, each] of created.entries()) pods.put(`n/p${i}`, each);
  await until(() => created.length >= 5);
  for (const [i, each] of created.entries()) pods.put(`n/p${i}`, each);
  write(3, 5);
  await until(() => observed === 3);
  assert.equal(created.length, 5);
  stop.abort();
});
