import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod } from '../../api/types/core-v1.ts';
import { crashedBefore, podTrouble } from './pod-trouble.ts';

const ended = { exitCode: 1, reason: 'Error', startedAt: '', finishedAt: '', containerID: '' };

function podWith(status: Partial<ContainerStatus>): Pod {
  const web: ContainerStatus = {
    name: 'web',
    image: 'web',
    imageID: '',
    ready: false,
    restartCount: 2,
    lastState: { terminated: ended },
    ...status,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'crash' },
    spec: { containers: [] },
    status: { phase: 'Running', containerStatuses: [web] },
  };
}

test('a pod that crashes again and again says so in every state in which it is met', () => {
  const waits = podTrouble(podWith({ state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } } }), []);
  assert.deepEqual(waits, {
    says: 'container web waits: CrashLoopBackOff; it last ended with exit code 1 (Error) after 2 restarts',
    fix: 'logs crash -c web --previous',
  });
  const runs = podTrouble(podWith({ state: { running: { startedAt: '' } } }), []);
  assert.deepEqual(runs, {
    says: 'not ready: container web runs again; it last ended with exit code 1 (Error) after 2 restarts',
    fix: 'logs crash -c web --previous',
  });
  const first = podTrouble(podWith({ state: { terminated: ended }, lastState: {}, restartCount: 0 }), []);
  assert.deepEqual(first, { says: 'container web ended with exit code 1 (Error)', fix: 'logs crash -c web' });
});

test('a crash of long ago is not what ails a container that has run since', () => {
  const startedAt = new Date(Date.now() - 3_600_000).toISOString();
  assert.equal(crashedBefore(podWith({ state: { running: { startedAt } } })), undefined);
  const lately = new Date(Date.now() - 5000).toISOString();
  assert.equal(crashedBefore(podWith({ state: { running: { startedAt: lately } } }))?.name, 'web');
});

test('a container that ended well and waits for its probe is told of the probe', () => {
  const restarted = podTrouble(
    podWith({ state: { running: { startedAt: '' } }, lastState: { terminated: { ...ended, exitCode: 0 } } }),
    [],
  );
  assert.match(restarted?.says ?? '', /^not ready: its container web, which has restarted 2 times, has not passed/);
});
