import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod, PodStatus } from '../../api/types/core-v1.ts';
import { summarizePod } from './pod-status-column.ts';

const now = new Date('2026-01-01T00:01:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();

function container(name: string, status: Partial<ContainerStatus>): ContainerStatus {
  return { name, image: 'x', imageID: '', ready: false, restartCount: 0, ...status };
}

function summary(status: PodStatus, more: Partial<Pod> = {}, names = ['a']): string {
  const containers = names.map((name) => ({ name, image: 'x' }));
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers }, status, ...more };
  const { ready, status: word, restarts } = summarizePod(pod, now);
  return `${ready} ${word} ${restarts}`;
}

const running = { ready: true, state: { running: {} } };

test('a pod that waits, runs, and ends', () => {
  assert.equal(summary({ phase: 'Pending' }), '0/1 Pending 0');
  const creating = { state: { waiting: { reason: 'ContainerCreating' } } };
  assert.equal(summary({ phase: 'Pending', containerStatuses: [container('a', creating)] }), '0/1 ContainerCreating 0');
  assert.equal(summary({ phase: 'Running', containerStatuses: [container('a', running)] }), '1/1 Running 0');
  const completed = { state: { terminated: { exitCode: 0, reason: 'Completed' } } };
  assert.equal(summary({ phase: 'Succeeded', containerStatuses: [container('a', completed)] }), '0/1 Completed 0');
  assert.equal(summary({ phase: 'Failed', reason: 'Evicted' }), '0/1 Evicted 0');
});

test('restarts tell when the last one was', () => {
  const crashed = {
    restartCount: 3,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 1, finishedAt: ago(5) } },
  };
  assert.equal(
    summary({ phase: 'Running', containerStatuses: [container('a', crashed)] }),
    '0/1 CrashLoopBackOff 3 (5s ago)',
  );
  const statuses = [container('a', crashed), container('b', running)];
  assert.equal(
    summary({ phase: 'Running', containerStatuses: statuses }, {}, ['a', 'b']),
    '1/2 CrashLoopBackOff 3 (5s ago)',
  );
});

test('how a container ended where it gives no reason', () => {
  const ended = (exitCode: number, signal?: number) => ({
    state: { terminated: { exitCode, ...(signal === undefined ? {} : { signal }) } },
  });
  assert.equal(summary({ phase: 'Failed', containerStatuses: [container('a', ended(3))] }), '0/1 ExitCode:3 0');
  assert.equal(summary({ phase: 'Failed', containerStatuses: [container('a', ended(137, 9))] }), '0/1 Signal:9 0');
});

test('one that completed beside one that runs', () => {
  const completed = container('a', { state: { terminated: { exitCode: 0, reason: 'Completed' } } });
  const containerStatuses = [completed, container('b', running)];
  const ready = [{ type: 'Ready', status: 'True' }];
  assert.equal(summary({ phase: 'Running', containerStatuses, conditions: ready }, {}, ['a', 'b']), '1/2 Running 0');
  assert.equal(summary({ phase: 'Running', containerStatuses }, {}, ['a', 'b']), '1/2 NotReady 0');
});

test('a pod that is being deleted, and one whose node is lost', () => {
  const metadata = { deletionTimestamp: ago(1) };
  assert.equal(
    summary({ phase: 'Running', containerStatuses: [container('a', running)] }, { metadata }),
    '1/1 Terminating 0',
  );
  assert.equal(summary({ phase: 'Succeeded' }, { metadata }), '0/1 Succeeded 0');
  assert.equal(summary({ phase: 'Running', reason: 'NodeLost' }, { metadata }), '0/1 Unknown 0');
});

test('init containers hold the others up; sidecars count as containers', () => {
  const spec = {
    containers: [{ name: 'a', image: 'x' }],
    initContainers: [
      { name: 'i', image: 'x' },
      { name: 'j', image: 'x' },
    ],
  };
  const init = (...initContainerStatuses: ContainerStatus[]) =>
    summary({ phase: 'Pending', initContainerStatuses }, { spec });
  const done = container('i', { state: { terminated: { exitCode: 0 } } });
  assert.equal(init(done, container('j', { state: { running: {} } })), '0/1 Init:1/2 0');
  assert.equal(
    init(done, container('j', { state: { terminated: { exitCode: 2, reason: 'Error' } } })),
    '0/1 Init:Error 0',
  );
  const backOff = { restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } };
  assert.equal(init(container('i', backOff)), '0/1 Init:CrashLoopBackOff 2');
  const sidecar = { containers: spec.containers, initContainers: [{ name: 'i', image: 'x', restartPolicy: 'Always' }] };
  const status = {
    phase: 'Running',
    initContainerStatuses: [container('i', { ...running, started: true, restartCount: 1 })],
    containerStatuses: [container('a', running)],
  };
  assert.equal(summary(status, { spec: sidecar }), '2/2 Running 1');
});

test('scheduling gates', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }];
  assert.equal(summary({ phase: 'Pending', conditions }), '0/1 SchedulingGated 0');
});
