import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, NodeSpec, Pod, PodSpec } from '../../api/types/core-v1.ts';
import { taintsFor } from '../node-lifecycle.ts';
import { evictionTime, untolerated } from '../tolerations.ts';
import type { Candidate } from './placement.ts';
import { place } from './placement.ts';
import { requestsOf, thousandthsOf } from './resource-amounts.ts';

function pod(spec: Partial<PodSpec> = {}, owner = ''): Pod {
  const ownerReferences =
    owner === '' ? [] : [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', ownerReferences },
    spec: { containers: [{ name: 'c' }], ...spec },
  };
}

function asking(cpu: string, memory = '0'): Pod {
  return pod({ containers: [{ name: 'c', resources: { requests: { cpu, memory } } }] });
}

function node(
  name: string,
  {
    spec = {},
    labels = {},
    ready = 'True',
    cpu = '2',
    pods = [],
  }: { spec?: NodeSpec; labels?: Record<string, string>; ready?: string; cpu?: string; pods?: Pod[] } = {},
): Candidate {
  const status = { allocatable: { cpu, memory: '1Gi', pods: '3' }, conditions: [{ type: 'Ready', status: ready }] };
  return { node: { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec, status }, pods };
}

test('why no node will do, in kubectl describe’s words', () => {
  const refused = (which: Pod, ...candidates: Candidate[]) => {
    const placement = place(which, candidates);
    return 'refused' in placement ? placement.refused : placement.node;
  };
  assert.equal(refused(pod()), 'no nodes available to schedule pods');
  assert.equal(refused(asking('3'), node('a')), '0/1 nodes are available: 1 Insufficient cpu.');
  assert.equal(
    refused(asking('3', '2Gi'), node('a')),
    '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.',
  );
  assert.equal(
    refused(asking('1500m'), node('a', { pods: [asking('600m')] })),
    '0/1 nodes are available: 1 Insufficient cpu.',
  );
  assert.equal(refused(pod(), node('a', { pods: [pod(), pod(), pod()] })), '0/1 nodes are available: 1 Too many pods.');
  assert.equal(
    refused(asking('0.3'), node('a', { cpu: '0.6', pods: [asking('100m'), asking('0.2')] })),
    'a',
    'no float errs',
  );
  const tainted = { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] };
  assert.equal(
    refused(
      pod({ nodeSelector: { a: 'b' } }),
      node('a', { spec: tainted }),
      node('b'),
      node('c', { spec: { unschedulable: true } }),
      node('d', { ready: 'False' }),
    ),
    "0/4 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), 1 node(s) were not ready, 1 node(s) were unschedulable.",
  );
  const port = pod({ containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] });
  assert.equal(
    refused(port, node('a', { pods: [port] })),
    "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  );
});

test('selectors, affinity and tolerations admit', () => {
  const affinity = (operator: string, values: string[]) =>
    pod({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'size', operator, values }] }],
          },
        },
      },
    });
  const sized = node('a', { labels: { size: '8', zone: 'x' } });
  const fits = (which: Pod, where: Candidate) => 'node' in place(which, [where]);
  assert.ok(fits(pod({ nodeSelector: { zone: 'x' } }), sized));
  const requirements: [operator: string, values: string[]][] = [
    ['In', ['8']],
    ['In', ['9']],
    ['NotIn', ['8']],
    ['Gt', ['7']],
    ['Lt', ['7']],
    ['Exists', []],
    ['DoesNotExist', []],
    ['Odd', []],
  ];
  assert.deepEqual(
    requirements.map(([operator, values]) => fits(affinity(operator, values), sized)),
    [true, false, false, true, false, true, false, false],
  );
  const tainted = node('t', { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] } });
  assert.ok(!fits(pod({ tolerations: [{ key: 'k', value: 'w', effect: 'NoSchedule' }] }), tainted));
  assert.ok(fits(pod({ tolerations: [{ key: 'k', value: 'v' }] }), tainted));
  assert.ok(fits(pod({ tolerations: [{ operator: 'Exists' }] }), tainted));
});

test('the emptier node is taken, and siblings are spread', () => {
  assert.deepEqual(place(asking('100m'), [node('full', { pods: [asking('1')] }), node('empty')]), { node: 'empty' });
  assert.deepEqual(
    place(pod({}, 'set'), [node('a', { pods: [pod({}, 'set')] }), node('b', { pods: [pod({}, 'other')] })]),
    { node: 'b' },
  );
});

test('requests: containers and sidecars together, or the largest init container', () => {
  const requests = (cpu: string) => ({ resources: { requests: { cpu } } });
  const big = pod({
    containers: [
      { name: 'a', ...requests('100m') },
      { name: 'b', ...requests('0.2') },
    ],
    initContainers: [
      { name: 'i', ...requests('1') },
      { name: 's', restartPolicy: 'Always', ...requests('50m') },
    ],
  });
  assert.equal(requestsOf(big).get('cpu'), 1000);
  const small = pod({
    containers: [{ name: 'a', ...requests('900m') }],
    initContainers: [{ name: 's', restartPolicy: 'Always', ...requests('300m') }],
  });
  assert.equal(requestsOf(small).get('cpu'), 1200);
  assert.deepEqual(
    ['1Ki', '1k', '1e3', '100m', '0.5', '1.5Gi', 'x'].map((quantity) => thousandthsOf(quantity)),
    [1_024_000, 1_000_000, 1_000_000, 100, 500, 1500 * 2 ** 30, 0],
  );
});

test('taints follow the node’s conditions, and those of others stay', () => {
  const mine = { key: 'mine', effect: 'NoSchedule' };
  const of = (ready: string, spec: NodeSpec = {}): Node => node('n', { ready, spec }).node;
  const named = (taints: { key: string; effect: string }[]) =>
    taints.map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`);
  assert.deepEqual(named(taintsFor(of('Unknown', { taints: [mine] }), 'now')), [
    'mine:NoSchedule',
    'unreachable:NoSchedule',
    'unreachable:NoExecute',
  ]);
  const before = taintsFor(of('Unknown'), '2026-01-01T00:00:00Z');
  assert.deepEqual(taintsFor(of('Unknown', { taints: before }), 'later'), before, 'timeAdded stays');
  assert.deepEqual(taintsFor(of('True', { taints: [...before, mine] }), 'now'), [mine]);
  assert.deepEqual(named(taintsFor(of('True', { unschedulable: true }), 'now')), ['unschedulable:NoSchedule']);
});

test('a pod leaves after the shortest of the times it tolerates', () => {
  const taint = { key: 'k', effect: 'NoExecute', timeAdded: '1970-01-01T00:00:10Z' };
  assert.equal(evictionTime([taint], [], 77), 77);
  assert.equal(
    evictionTime(
      [taint],
      [
        { key: 'k', operator: 'Exists', tolerationSeconds: 5 },
        { operator: 'Exists', tolerationSeconds: 9 },
      ],
      77,
    ),
    15_000,
  );
  assert.equal(evictionTime([taint], [{ operator: 'Exists' }], 77), undefined);
  assert.equal(evictionTime([{ key: 'k', effect: 'NoSchedule' }], [], 77), undefined);
  assert.deepEqual(untolerated([{ key: 'k', effect: 'PreferNoSchedule' }], []), []);
});
