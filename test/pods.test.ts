/** Pods on the embedded cluster: run, looked into, ended; through its API as any client does. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Event, Node, Pod } from '../src/api/types/core-v1.ts';
import { openPod } from '../src/client/pod.ts';
import { Channels, v5Channels } from '../src/net/websocket/channels.ts';
import {
  cluster,
  create,
  firstLine,
  isReady,
  log,
  namespace,
  pods,
  shell,
  toldOf,
  until,
  waitingFor,
} from './pod-fixture.ts';

test('nodes are ready, each with addresses and a kubelet of its own', async () => {
  const { items } = await cluster.client.resource<Node>('v1', 'nodes').list();
  assert.equal(items.length, 2);
  const unlike = (value: (node: Node) => unknown) => assert.equal(new Set(items.map(value)).size, 2);
  unlike(({ spec }) => spec?.podCIDR);
  unlike(({ status }) => status?.daemonEndpoints?.kubeletEndpoint?.Port);
  for (const { status } of items) {
    assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
  }
});

test('the command of a mapped image is told the address and the variables of its pod', async () => {
  const env = [{ name: 'GREETING', value: 'good  day' }];
  await create('teller', { restartPolicy: 'Never', containers: [{ name: 'c', image: 'tell', env }] });
  const pod = await until('teller', (now) => now?.status?.phase === 'Succeeded');
  assert.equal(await log('teller'), `${pod?.status?.podIP} $(POD_IP) $(NOBODY) good  day\n`);
  await pods().delete('teller', { namespace });
});

test('a pod runs, answers logs and exec, and goes when it is deleted', async () => {
  await create('worker', {
    containers: shell('echo "I am $POD_NAME at $POD_IP"; exec sleep 60').map((container) => ({
      ...container,
      env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    })),
  });
  const pod = await until('worker', isReady);
  const { podIP, phase, qosClass, hostIP } = pod?.status ?? {};
  assert.match(podIP ?? '', /^127\./);
  assert.deepEqual([phase, qosClass, hostIP], ['Running', 'BestEffort', '127.0.0.1']);
  assert.equal(await firstLine('worker'), `I am worker at ${podIP}`);

  const path = `/api/v1/namespaces/${namespace}/pods/worker/exec?stdin=true&stdout=true&stderr=true&command=sh&command=-c&command=${encodeURIComponent('cat; echo bad >&2; exit 4')}`;
  const { stream, subprotocol } = await cluster.client.openWebSocket({ path, subprotocols: [v5Channels] });
  const channels = new Channels(stream, { role: 'client', subprotocol, count: 5 });
  channels.channel(0).end('hello');
  const [stdout, stderr, status] = await Promise.all([1, 2, 3].map((number) => text(channels.channel(number))));
  assert.deepEqual([stdout, stderr], ['hello', 'bad\n']);
  assert.match(status ?? '', /"NonZeroExitCode".*"ExitCode","message":"4"/);

  await pods().delete('worker', { namespace });
  await until('worker', (gone) => gone === undefined);
  for (const reason of ['Created', 'Started', 'Killing']) await toldOf('worker', new RegExp(`^${reason}: `));
});

test('a pod that was declared not ready while its node was taken for lost is ready again', async () => {
  await create('declared', { containers: shell('exec sleep 600') });
  const running = await until('declared', isReady);
  const conditions = running?.status?.conditions?.map((condition) =>
    condition.type === 'Ready' ? { ...condition, status: 'False', reason: 'NodeNotReady' } : condition,
  );
  const patched = await pods().patch(
    'declared',
    { status: { conditions } },
    { type: 'application/merge-patch+json', namespace, subresource: 'status' },
  );
  assert.ok(!isReady(patched));
  await until('declared', isReady);
  await pods().delete('declared', { namespace });
  await until('declared', (gone) => gone === undefined);
});

test('a pod that was declared over ends, and stays what it was declared', async () => {
  const end = { phase: 'Failed', reason: 'NodeLost', message: 'said so' };
  for (const status of [end, { phase: 'Succeeded' }]) {
    const name = `declared-${status.phase.toLowerCase()}`;
    await create(name, { containers: shell('exec sleep 600') });
    await until(name, isReady);
    await pods().patch(name, { status }, { type: 'application/merge-patch+json', namespace, subresource: 'status' });
    const states = (pod: Pod | undefined) => pod?.status?.containerStatuses?.map(({ state }) => state?.terminated);
    const ended = await until(name, (pod) => states(pod)?.every((state) => state !== undefined) === true);
    const { phase, reason, message } = ended?.status ?? {};
    assert.deepEqual({ phase, reason, message }, { reason: undefined, message: undefined, ...status });
    assert.ok(!isReady(ended));
    await pods().delete(name, { namespace });
    await until(name, (gone) => gone === undefined);
  }
});

test('an image that nothing provides does not run, and it is said how to provide it', async () => {
  await create('foreign', {
    containers: [{ name: 'c', image: 'nginx:1.27', command: ['sh', '-c', 'touch /tmp/ran'] }],
  });
  await until('foreign', waitingFor('ImagePullBackOff'));
  await toldOf('foreign', /fairlead up --image nginx:1\.27=COMMAND.*of a "fairlead node" too/);
  await assert.rejects(Array.fromAsync(openPod(cluster.client, namespace, 'foreign').logs()), {
    message: 'container "c" in pod "foreign" is waiting to start: trying and failing to pull image',
  });
  await pods().delete('foreign', { namespace });
  await until('foreign', (gone) => gone === undefined);
});

test('a container that crashes is started again, then waits; its last run’s log is there', async () => {
  await create('crash', { containers: shell('echo run; exit 3') });
  const pod = await until('crash', waitingFor('CrashLoopBackOff'));
  const [status] = pod?.status?.containerStatuses ?? [];
  assert.equal(status?.lastState?.terminated?.exitCode, 3);
  assert.ok((status?.restartCount ?? 0) >= 1);
  assert.equal(await log('crash', '?previous=true'), 'run\n');
  await pods().delete('crash', { namespace });
});

test('init containers come first, one by one; a pod that is not to be restarted succeeds', async () => {
  const emptyDir = { name: 'work', emptyDir: {} };
  const volumeMounts = [{ name: 'work', mountPath: '/work' }];
  const step = (name: string, script: string) => ({ name, image: 'sh', args: ['-c', script], volumeMounts });
  await create('job', {
    restartPolicy: 'Never',
    volumes: [emptyDir],
    initContainers: [
      step('first', 'echo first >> $FAIRLEAD_ROOT/work/log'),
      step('second', 'echo second >> $FAIRLEAD_ROOT/work/log'),
    ],
    containers: [
      step(
        'main',
        'cat $FAIRLEAD_ROOT/work/log; cat $FAIRLEAD_ROOT/var/run/secrets/kubernetes.io/serviceaccount/namespace',
      ),
    ],
  });
  const pod = await until('job', (given) => given?.status?.phase === 'Succeeded' || given?.status?.phase === 'Failed');
  // The file with the namespace has no newline at its end, and so has the log.
  assert.equal(await log('job'), 'first\nsecond\ndefault');
  assert.equal(pod?.status?.phase, 'Succeeded');
  await pods().delete('job', { namespace });
  await until('job', (gone) => gone === undefined);
});

test('what the process runtime cannot honour is refused by name', async () => {
  await create('privileged', { containers: [{ name: 'c', image: 'sh', securityContext: { privileged: true } }] });
  const pod = await until('privileged', waitingFor('CreateContainerConfigError'));
  assert.match(pod?.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '', /securityContext.privileged/);
  await pods().delete('privileged', { namespace });
});

test('a container added to a pod runs once beside the others, and changes nothing about the pod', async () => {
  const hostAliases = [{ ip: '127.0.0.9', hostnames: ['alias'] }];
  await create('looked-into', { containers: shell('exec sleep 600'), hostAliases });
  await until('looked-into', isReady);
  const add = async (name: string, script: string) => {
    // As `kubectl debug` asks by default.
    const securityContext = { capabilities: { add: ['SYS_PTRACE'], drop: ['KILL'] } };
    const added = { name, image: 'sh', args: ['-c', script], targetContainerName: 'c', securityContext };
    await pods().patch(
      'looked-into',
      { spec: { ephemeralContainers: [added] } },
      { namespace, type: 'application/strategic-merge-patch+json', subresource: 'ephemeralcontainers' },
    );
  };
  const stateOf = (pod: Pod | undefined, container: string) =>
    pod?.status?.ephemeralContainerStatuses?.find(({ name }) => name === container)?.state;
  await add('fails', 'echo "seen by $POD_IP"; exit 3');
  const failed = await until('looked-into', (pod) => stateOf(pod, 'fails')?.terminated !== undefined);
  assert.equal(stateOf(failed, 'fails')?.terminated?.exitCode, 3);
  assert.equal(await log('looked-into', '?container=fails'), `seen by ${failed?.status?.podIP}\n`);
  await add('stays', 'exec sleep 600');
  const both = await until('looked-into', (pod) => stateOf(pod, 'stays')?.running !== undefined);
  assert.equal(stateOf(both, 'fails')?.terminated?.exitCode, 3);
  assert.deepEqual(
    both?.status?.ephemeralContainerStatuses?.map(({ restartCount, ready }) => [restartCount, ready]),
    [
      [0, false],
      [0, false],
    ],
  );
  assert.ok(isReady(both));
  assert.equal(both?.status?.phase, 'Running');
  // Of what is not enforced, each container adds its own.
  const notEnforced = new Map<string, number>();
  for await (const { object } of cluster.client.resource<Event>('v1', 'events').watch({ namespace })) {
    const { involvedObject, reason, message = '', count = 1 } = object;
    if (involvedObject.name !== 'looked-into') continue;
    if (reason === 'NotEnforced') notEnforced.set(message, count);
    if (reason === 'Started' && involvedObject.fieldPath === 'spec.ephemeralContainers{stays}') break;
  }
  const told = [...notEnforced].sort(([, a], [, b]) => a - b);
  assert.deepEqual(
    told.map(([text, count]) => [text.includes('hostAliases'), text.includes('capabilities.drop'), count]),
    [
      [true, false, 1],
      [false, true, 2],
    ],
  );
  await pods().delete('looked-into', { namespace });
  await until('looked-into', (gone) => gone === undefined);
});

test('a container added to a pod that has completed, and still ends another one, is not started', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-completes-'));
  const [go, late] = [join(directory, 'go'), join(directory, 'late')];
  await create('completes', {
    restartPolicy: 'Never',
    containers: shell(`until [ -e ${go} ]; do sleep 0.05; done`),
  });
  await until('completes', isReady);
  const add = async (name: string, script: string) => {
    const added = { name, image: 'sh', args: ['-c', script] };
    const type = 'application/strategic-merge-patch+json';
    const subresource = 'ephemeralcontainers';
    await pods().patch('completes', { spec: { ephemeralContainers: [added] } }, { namespace, type, subresource });
  };
  await add('first', "trap '' TERM; while :; do sleep 0.05; done");
  const first = (pod: Pod | undefined) => pod?.status?.ephemeralContainerStatuses?.[0]?.state;
  await until('completes', (pod) => first(pod)?.running !== undefined);
  await writeFile(go, '');
  await until('completes', (pod) => pod?.status?.phase === 'Succeeded');
  await add('second', `: > ${late}; exec sleep 600`);
  await until('completes', (pod) => first(pod)?.terminated !== undefined);
  await pods().delete('completes', { namespace });
  await until('completes', (gone) => gone === undefined);
  assert.ok(!existsSync(late), 'it ran');
  await rm(directory, { recursive: true });
});

test('a built-in image is not made to run another program', async () => {
  const env = [{ name: 'NODE_OPTIONS', value: '--import=data:text/javascript,process.exit(7)' }];
  await create('loader', { containers: [{ name: 'c', image: 'fairlead.local/echo', env }] });
  const pod = await until('loader', waitingFor('CreateContainerConfigError'));
  assert.match(pod?.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '', /variable NODE_OPTIONS/);
  await pods().delete('loader', { namespace });
});

test('a program that does not end by itself is killed after its grace', async () => {
  await create('stubborn', { containers: shell("trap '' TERM; echo $$$$; while :; do sleep 0.05; done") });
  await until('stubborn', isReady);
  const pid = Number(await firstLine('stubborn'));
  process.kill(pid, 0);
  const asked = Date.now();
  await pods().delete('stubborn', { namespace });
  await until('stubborn', (gone) => gone === undefined);
  assert.ok(Date.now() - asked >= 950, 'it had its second');
  assert.throws(() => process.kill(pid, 0), /ESRCH/);
});

test('an unhealthy container is ended and started again', async () => {
  // It is found unhealthy once it can say that it was asked to end.
  const script = 'echo run; trap "echo asked; exit 0" TERM; : > "$FAIRLEAD_ROOT/trapped"; while :; do sleep 0.05; done';
  const command = ['sh', '-c', 'test ! -e "$FAIRLEAD_ROOT/trapped"'];
  const livenessProbe = { exec: { command }, periodSeconds: 1, failureThreshold: 1 };
  await create('sick', { containers: [{ name: 'c', image: 'sh', args: ['-c', script], livenessProbe }] });
  const pod = await until('sick', (given) => (given?.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
  assert.equal(pod?.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 0);
  assert.equal(await log('sick', '?previous=true'), 'run\nasked\n');
  await toldOf('sick', /^Killing: Container c failed liveness probe, will be restarted$/);
  await pods().delete('sick', { namespace });
});

test('a sidecar starts before the others, and ends when they have', async () => {
  await create('accompanied', {
    restartPolicy: 'Never',
    volumes: [{ name: 'shared', emptyDir: {} }],
    initContainers: [
      {
        name: 'sidecar',
        image: 'sh',
        restartPolicy: 'Always',
        args: ['-c', 'echo up > $FAIRLEAD_ROOT/shared/sidecar; exec sleep 60'],
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
        startupProbe: { exec: { command: ['sh', '-c', 'test -s $FAIRLEAD_ROOT/shared/sidecar'] }, periodSeconds: 1 },
      },
    ],
    containers: [
      {
        name: 'main',
        image: 'sh',
        args: ['-c', 'cat $FAIRLEAD_ROOT/shared/sidecar'],
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
      },
    ],
  });
  const pod = await until('accompanied', (given) => given?.status?.phase === 'Succeeded');
  assert.equal(await log('accompanied', '?container=main'), 'up\n');
  assert.equal(pod?.status?.initContainerStatuses?.[0]?.state?.terminated?.exitCode, 143);
});
