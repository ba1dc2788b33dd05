import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import { newestSetAnnotations } from './annotations.ts';
import { rolloutStatus } from './conditions.ts';
import { newSetSize, proportionalSizes, rollingLimits, shrinkOldSets } from './rollout-arithmetic.ts';
import { sameTemplate, templateHash } from './template-hash.ts';

function deployment(
  replicas: number,
  maxSurge: number | string = '25%',
  maxUnavailable: number | string = '25%',
): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', generation: 1 },
    spec: {
      replicas,
      selector: {},
      template: {},
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
    },
  };
}

/** `age`: greater is older. */
function set(name: string, replicas: number, available = replicas, { age = 0, max = 0 } = {}): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      creationTimestamp: new Date(1e12 - age * 1000).toISOString(),
      ...(max > 0 && { annotations: { 'deployment.kubernetes.io/max-replicas': String(max) } }),
    },
    spec: { replicas, selector: {} },
    status: { replicas, readyReplicas: available, availableReplicas: available },
  };
}

test('surge rounds up, unavailable rounds down, and both are never zero', () => {
  assert.deepEqual(rollingLimits(deployment(10)), { maxSurge: 3, maxUnavailable: 2 });
  assert.deepEqual(rollingLimits(deployment(3)), { maxSurge: 1, maxUnavailable: 0 });
  assert.deepEqual(rollingLimits(deployment(3, 0, '25%')), { maxSurge: 0, maxUnavailable: 1 });
  assert.deepEqual(rollingLimits(deployment(3, 0, 9)), { maxSurge: 0, maxUnavailable: 3 });
  assert.deepEqual(rollingLimits(deployment(0, 5, 5)), { maxSurge: 0, maxUnavailable: 0 });
});

test('the new set grows as far as surge leaves room', () => {
  assert.equal(newSetSize(deployment(10, 3, 2), [set('old', 10)], 0), 3);
  assert.equal(newSetSize(deployment(10, 3, 2), [set('old', 13)], 0), 0);
  assert.equal(newSetSize(deployment(10, 3, 2), [set('old', 8), set('new', 3)], 3), 5);
  assert.equal(newSetSize(deployment(10, 3, 2), [], 0), 10);
});

test('old sets shrink by what does not work first, then by what is available beyond the minimum', () => {
  const limits = deployment(10, 3, 2);
  assert.deepEqual([...shrinkOldSets(limits, set('new', 0), [set('old', 10)])], [['old', 8]]);
  assert.deepEqual(
    [...shrinkOldSets(limits, set('new', 5, 0), [set('old', 8)])],
    [],
    'new pods that do not work hold it up',
  );
  assert.deepEqual([...shrinkOldSets(limits, set('new', 5, 5), [set('old', 8)])], [['old', 3]]);
  assert.deepEqual([...shrinkOldSets(limits, set('new', 8, 8), [set('bad', 5, 0)])], [['bad', 0]]);
  const two = shrinkOldSets(limits, set('new', 3, 3), [set('young', 5, 5, { age: 1 }), set('old', 5, 5, { age: 2 })]);
  assert.deepEqual([...two], [['old', 0]], 'the oldest first');
});

test('scaling in the middle of a rollout gives every set its share, and the total is exact', () => {
  const grown = proportionalSizes(deployment(20, 0, 5), [set('a', 6, 6, { max: 10 }), set('b', 4, 4, { max: 10 })]);
  assert.deepEqual(
    [...grown],
    [
      ['a', 12],
      ['b', 8],
    ],
  );
  const shrunk = proportionalSizes(deployment(5, 0, 5), [set('a', 7, 7, { max: 10 }), set('b', 3, 3, { max: 10 })]);
  assert.equal(
    [...shrunk.values()].reduce((sum, size) => sum + size, 0),
    5,
  );
  assert.deepEqual([...proportionalSizes(deployment(0), [set('a', 7), set('b', 3)]).values()], [0, 0]);
});

test('the revision moves on only for a set that is not the newest, and what it was is remembered', () => {
  const revision = 'deployment.kubernetes.io/revision';
  const own = {
    ...deployment(1),
    metadata: { annotations: { team: 'a', [revision]: '9', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
  };
  assert.deepEqual(newestSetAnnotations(own, {}, 1), { team: 'a', [revision]: '1' });
  assert.deepEqual(newestSetAnnotations(own, { [revision]: '4' }, 3), { team: 'a', [revision]: '4' });
  assert.deepEqual(
    newestSetAnnotations(own, { [revision]: '2', 'deployment.kubernetes.io/revision-history': '1' }, 5),
    {
      team: 'a',
      [revision]: '5',
      'deployment.kubernetes.io/revision-history': '1,2',
    },
  );
});

test('templates are the same without their hash, and in whatever order they were written', () => {
  const a = {
    metadata: { labels: { app: 'x', 'pod-template-hash': '1' }, creationTimestamp: null },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  const b = { spec: { containers: [{ image: 'i', name: 'c', args: [] }] }, metadata: { labels: { app: 'x' } } };
  assert.ok(sameTemplate(a, b));
  assert.equal(templateHash(a, 0), templateHash(b, 0));
  assert.notEqual(templateHash(a, 0), templateHash(a, 1));
  assert.match(templateHash(a, 0), /^[a-z0-9]{10}$/);
  assert.ok(!sameTemplate(a, { ...b, spec: { containers: [{ name: 'c', image: 'other' }] } }));
});

test('a rollout progresses, completes, or misses its deadline', () => {
  const reason = (of: Deployment, newest: ReplicaSet, old: ReplicaSet[], now?: number) =>
    rolloutStatus(of, newest, old, now).conditions?.find(({ type }) => type === 'Progressing')?.reason;
  const started = deployment(2);
  assert.equal(reason(started, set('new', 1, 0), [set('old', 2)]), 'ReplicaSetUpdated');
  assert.equal(reason(started, set('new', 2), []), 'NewReplicaSetAvailable');
  const status = rolloutStatus(started, set('new', 1, 0), [set('old', 2)]);
  const stuck = { ...started, status };
  assert.equal(reason(stuck, set('new', 1, 0), [set('old', 2)], Date.now() + 500_000), 'ReplicaSetUpdated');
  assert.equal(reason(stuck, set('new', 1, 0), [set('old', 2)], Date.now() + 601_000), 'ProgressDeadlineExceeded');
  const available = (newest: ReplicaSet) =>
    rolloutStatus(started, newest, []).conditions?.find(({ type }) => type === 'Available')?.status;
  assert.deepEqual([available(set('new', 2, 2)), available(set('new', 2, 1))], ['True', 'False']);
});
