import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/types/core-v1.ts';
import { rankForDeletion } from './deletion-rank.ts';
import { Expectations } from './expectations.ts';
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
