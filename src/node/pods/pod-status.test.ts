import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerState, ContainerStatus, Pod, PodStatus } from '../../api/types/core-v1.ts';
import type { ContainerRole } from './container-host.ts';
import { podStatus } from './pod-status.ts';

const running: ContainerState = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode } });
const waiting: ContainerState = { waiting: { reason: 'ContainerCreating' } };

interface Given {
  policy?: string;
  containers: [ContainerRole, ContainerState, Partial<ContainerStatus>?][];
  initialized?: boolean;
  pod?: Partial<Pod>;
}

function status({ policy = 'Always', containers, initialized = true, pod = {} }: Given): PodStatus {
  return podStatus({
    pod: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generation: 2 },
      spec: { restartPolicy: policy, containers: [] },
      ...pod,
    },
    containers: containers.map(([role, state, more], index) => ({
      role,
      status: { name: `c${index}`, image: 'i', imageID: '', ready: false, restartCount: 0, state, ...more },
    })),
    sandboxReady: true,
    initialized,
    podIP: '127.1.1.1',
    hostIP: '127.0.0.1',
    startTime: '2026-01-01T00:00:00Z',
    now: new Date('2026-01-02T00:00:00.500Z'),
  });
}

function condition({ conditions = [] }: PodStatus, type: string) {
  const found = conditions.find((candidate) => candidate.type === type);
  return [found?.status, found?.reason, found?.message];
}

test('phases', () => {
  const main = (...states: ContainerState[]): Given['containers'] => states.map((state) => ['main', state]);
  assert.equal(status({ containers: main(waiting) }).phase, 'Pending');
  assert.equal(status({ containers: main(running, waiting) }).phase, 'Pending');
  assert.equal(status({ containers: main(running, ended(1)) }).phase, 'Running');
  assert.equal(status({ containers: main(ended(0)) }).phase, 'Running');
  assert.equal(status({ policy: 'Never', containers: main(ended(0), ended(0)) }).phase, 'Succeeded');
  assert.equal(status({ policy: 'Never', containers: main(ended(0), ended(2)) }).phase, 'Failed');
  assert.equal(status({ policy: 'OnFailure', containers: main(ended(2)) }).phase, 'Running');
  assert.equal(status({ policy: 'OnFailure', containers: main(ended(0)) }).phase, 'Succeeded');
  assert.equal(
    status({
      policy: 'Never',
      initialized: false,
      containers: [
        ['init', ended(1)],
        ['main', waiting],
      ],
    }).phase,
    'Failed',
  );
  assert.equal(
    status({
      initialized: false,
      containers: [
        ['init', ended(1)],
        ['main', waiting],
      ],
    }).phase,
    'Pending',
  );
  const sidecar = (state: ContainerState): Given['containers'][number] => ['sidecar', state];
  assert.equal(status({ policy: 'Never', containers: [sidecar(running), ['main', ended(0)]] }).phase, 'Running');
  assert.equal(status({ policy: 'Never', containers: [sidecar(ended(143)), ['main', ended(0)]] }).phase, 'Succeeded');
  const crashed = { lastState: ended(1) };
  assert.equal(
    status({ containers: [['main', { waiting: { reason: 'CrashLoopBackOff' } }, crashed]] }).phase,
    'Running',
  );
});

test('a pod is ready when its containers are', () => {
  const half = status({
    containers: [
      ['main', running, { ready: true }],
      ['main', running],
    ],
  });
  assert.deepEqual(condition(half, 'Ready'), ['False', 'ContainersNotReady', 'containers with unready status: [c1]']);
  const whole = status({ containers: [['main', running, { ready: true }]] });
  assert.deepEqual(condition(whole, 'Ready'), ['True', undefined, undefined]);
  assert.deepEqual(condition(whole, 'ContainersReady'), ['True', undefined, undefined]);
  assert.deepEqual(condition(status({ policy: 'Never', containers: [['main', ended(0)]] }), 'Ready'), [
    'False',
    'PodCompleted',
    undefined,
  ]);
});

test('init containers hold a pod back, and are named', () => {
  const given = status({
    initialized: false,
    containers: [
      ['init', ended(0)],
      ['init', running],
      ['main', waiting],
    ],
  });
  assert.deepEqual(condition(given, 'Initialized'), [
    'False',
    'ContainersNotInitialized',
    'containers with incomplete status: [c1]',
  ]);
  assert.equal(given.initContainerStatuses?.length, 2);
  assert.equal(given.containerStatuses?.length, 1);
});

test('readiness gates count, what others report stays, transition times only move with the status', () => {
  const pod: Partial<Pod> = {
    spec: { containers: [], readinessGates: [{ conditionType: 'lb' }] },
    status: {
      conditions: [
        { type: 'lb', status: 'False' },
        { type: 'Initialized', status: 'True', lastTransitionTime: '2025-01-01T00:00:00Z' },
        { type: 'Ready', status: 'True', lastTransitionTime: '2025-01-01T00:00:00Z' },
      ],
    },
  };
  const gated = status({ containers: [['main', running, { ready: true }]], pod });
  assert.equal(condition(gated, 'Ready')[1], 'ReadinessGatesNotReady');
  assert.deepEqual(condition(gated, 'ContainersReady')[0], 'True');
  assert.deepEqual(condition(gated, 'lb')[0], 'False');
  const time = (type: string) => gated.conditions?.find((candidate) => candidate.type === type)?.lastTransitionTime;
  assert.equal(time('Initialized'), '2025-01-01T00:00:00Z');
  assert.equal(time('Ready'), '2026-01-02T00:00:00Z');
});
