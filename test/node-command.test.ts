/** `fairlead node` as a process of its own, under a control plane that knows nothing of it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startCluster, type TestCluster } from 'fairlead/testing';
import type { Pod } from '../src/api/types/core-v1.ts';
import { ensureCertificates } from '../src/apiserver/pki/ensure-certificates.ts';
import type { ClientTls } from '../src/client/client-config.ts';
import { machineId } from '../src/node/node-object.ts';
import { entry, Home } from './fairlead-process.ts';

let home: Home;
let cluster: TestCluster;

before(async () => {
  home = await Home.make();
  cluster = await startCluster({ nodes: 0 });
  await cluster.writeKubeconfig(home.kubeconfig);
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const pods = () => cluster.client.resource('v1', 'Pod');

async function startNode(...flags: string[]) {
  const args = [entry, 'node', '-o', 'json', ...flags];
  const child = spawn(process.execPath, args, { env: home.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [facts] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'close').then(async () => Promise.reject(new Error(await text(child.stderr)))),
  ]);
  const { kubeletPort, podRange, modes } = JSON.parse(String(facts));
  return { child, kubeletPort: Number(kubeletPort), podRange: String(podRange), modes: String(modes) };
}

async function stop({ child }: { child: ReturnType<typeof spawn> }): Promise<number | null> {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
  return child.exitCode;
}

async function statusOf(port: number, path: string, credentials: ClientTls = {}): Promise<number | undefined> {
  const { cert, key } = credentials;
  const asked = get({ host: '127.0.0.1', port, path, cert, key, rejectUnauthorized: false, agent: false });
  const [answer] = await once(asked, 'response');
  answer.resume();
  return answer.statusCode;
}

test('it registers, runs what is bound to it, answers nobody unknown, and ends its pods with itself', async () => {
  const node = await startNode('--name=worker', '--image=shell=/bin/sh');
  const pidFile = join(home.directory, 'pid');
  try {
    const registered = await cluster.client.resource('v1', 'Node').get('worker');
    assert.equal(registered.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
    assert.equal(registered.spec?.podCIDR, node.podRange);
    assert.equal(registered.status?.daemonEndpoints?.kubeletEndpoint?.Port, node.kubeletPort);
    assert.equal(await statusOf(node.kubeletPort, '/pods'), 401);
    // The administrator's certificate is of the CA that the cluster publishes, but not the API server's own.
    assert.equal(await statusOf(node.kubeletPort, '/pods', cluster.config.tls), 403);

    // Kubernetes makes one $ of two.
    const containers = [{ name: 'c', image: 'shell', args: ['-c', `echo $$$$ > ${pidFile}; exec sleep 600`] }];
    await pods().create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers, terminationGracePeriodSeconds: 1 },
    });
    let address: string | undefined;
    for await (const { object } of pods().watch({ namespace: 'default', fieldSelector: 'metadata.name=p' })) {
      address = object.status?.podIP;
      if (object.status?.phase === 'Running') break;
    }
    assert.equal(address?.replace(/\d+$/, '0/24'), node.podRange);
    // Written a moment after the process is there.
    while (!(await readFile(pidFile, 'utf8').catch(() => '')).endsWith('\n')) await setImmediate();
    process.kill(Number(await readFile(pidFile, 'utf8')), 0);
  } finally {
    assert.equal(await stop(node), 0);
  }
  const pid = Number(await readFile(pidFile, 'utf8'));
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  const again = await startNode('--name=worker');
  assert.equal(again.podRange, node.podRange, 'the same directory, the same range');
  assert.equal(await stop(again), 0);
});

test('a node that leaves says so, and how its pods ended; what comes back to it is what still is to run', async () => {
  const node = await startNode('--name=leaver', '--image=shell=/bin/sh');
  const run = async (name: string, script: string, restartPolicy: string) =>
    pods().create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'leaving' },
      spec: {
        nodeSelector: { 'kubernetes.io/hostname': 'leaver' },
        restartPolicy,
        containers: [{ name: 'c', image: 'shell', args: ['-c', script] }],
      },
    });
  const until = async (name: string, isSo: (pod: Pod) => boolean) => {
    for await (const { object } of pods().watch({ namespace: 'leaving', fieldSelector: `metadata.name=${name}` })) {
      if (isSo(object)) return;
    }
  };
  const stateOf = async (name: string) => {
    const { status } = await pods().get(name, { namespace: 'leaving' });
    const disruption = status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
    const ended = status?.containerStatuses?.[0]?.state?.terminated;
    return [status?.phase, status?.reason, status?.message, disruption?.reason, ended?.exitCode];
  };
  await cluster.client.resource('v1', 'Namespace').create({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'leaving' },
  });
  const trapped = join(home.directory, 'trapped');
  await run('serves', 'exec sleep 600', 'Always');
  await run('obliges', `trap 'exit 0' TERM; : > ${trapped}; while :; do sleep 0.1; done`, 'Never');
  await run('completed', 'exit 0', 'Never');
  await until('serves', ({ status }) => status?.phase === 'Running');
  await until('obliges', ({ status }) => status?.phase === 'Running');
  while (!existsSync(trapped)) await setImmediate();
  const phases: (string | undefined)[] = [];
  const ended = until('obliges', ({ status }) => {
    if (status?.phase !== phases.at(-1)) phases.push(status?.phase);
    return status?.phase === 'Failed';
  });
  await until('completed', ({ status }) => status?.phase === 'Succeeded');
  assert.equal(await stop(node), 0);
  await ended;

  const left = await cluster.client.resource('v1', 'Node').get('leaver');
  const ready = left.status?.conditions?.find(({ type }) => type === 'Ready');
  assert.deepEqual(
    [ready?.status, ready?.reason, ready?.message],
    ['False', 'KubeletNotReady', 'node is shutting down'],
  );
  const shutdown = 'Pod was terminated in response to imminent node shutdown.';
  assert.deepEqual(await stateOf('serves'), ['Failed', 'Terminated', shutdown, 'TerminationByKubelet', 143]);
  assert.deepEqual(await stateOf('obliges'), ['Failed', 'Terminated', shutdown, 'TerminationByKubelet', 0]);
  assert.ok(!phases.includes('Succeeded'), 'not for a moment');
  assert.deepEqual(await stateOf('completed'), ['Succeeded', undefined, undefined, undefined, 0]);

  for await (const { object } of cluster.client
    .resource('v1', 'Node')
    .watch({ fieldSelector: 'metadata.name=leaver' })) {
    if (object.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready') === true) break;
  }
  await run('waits', 'exec sleep 600', 'Always');
  await until('waits', ({ status }) => status?.conditions?.some(({ reason }) => reason === 'Unschedulable') === true);
  const again = await startNode('--name=leaver', '--image=shell=/bin/sh');
  try {
    await until('waits', ({ status }) => status?.phase === 'Running');
    assert.equal((await stateOf('serves'))[0], 'Failed');
  } finally {
    await stop(again);
  }
});

test('while the cluster is away its pods run on, and are restarted when they end', async () => {
  await using gone = await startCluster({ nodes: 0 });
  const kubeconfig = join(home.directory, 'away');
  await gone.writeKubeconfig(kubeconfig);
  const node = await startNode('--name=alone', `--kubeconfig=${kubeconfig}`, '--image=shell=/bin/sh');
  const runs = join(home.directory, 'runs');
  const go = join(home.directory, 'go');
  try {
    await gone.client.resource('v1', 'ConfigMap').create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'default' },
      data: { WORD: 'kept' },
    });
    const script = `echo $WORD >> ${runs}; until [ -e ${go} ]; do sleep 0.1; done; rm ${go}`;
    const envFrom = [{ configMapRef: { name: 'settings' } }];
    await gone.client.resource('v1', 'Pod').create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'c', image: 'shell', args: ['-c', script], envFrom }],
      },
    });
    const told = async () => await readFile(runs, 'utf8').catch(() => '');
    while ((await told()) !== 'kept\n') await setImmediate();
    await gone[Symbol.asyncDispose]();
    await writeFile(go, '');
    while ((await told()) !== 'kept\nkept\n') await setImmediate();
  } finally {
    await stop(node);
  }
});

test('a node whose cluster is gone ends all the same', async () => {
  await using gone = await startCluster({ nodes: 0 });
  const kubeconfig = join(home.directory, 'gone');
  await gone.writeKubeconfig(kubeconfig);
  const node = await startNode('--name=orphan', `--kubeconfig=${kubeconfig}`);
  await gone[Symbol.asyncDispose]();
  assert.equal(await stop(node), 0);
});

test('one directory serves one node at a time, also in different clusters', async () => {
  const flags = ['--name=alone', '--pod-range=127.63.9.0/24', '--image=shell=/bin/sh'];
  const node = await startNode(...flags);
  try {
    await pods().create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'kept', namespace: 'default' },
      spec: {
        nodeSelector: { 'kubernetes.io/hostname': 'alone' },
        containers: [{ name: 'c', image: 'shell', args: ['-c', 'exec sleep 600'] }],
      },
    });
    for await (const { object } of pods().watch({ namespace: 'default', fieldSelector: 'metadata.name=kept' })) {
      if (object.status?.phase === 'Running') break;
    }
    await using other = await startCluster({ nodes: 0 });
    const kubeconfig = join(home.directory, 'other');
    await other.writeKubeconfig(kubeconfig);
    for (const more of [[], ['--pod-range=127.63.10.0/24', `--kubeconfig=${kubeconfig}`]]) {
      const second = await home.fairlead('node', ...flags, ...more);
      assert.equal(second.code, 1);
      assert.match(
        second.stderr,
        /^error: the data directory \S+\/alone is in use by the node "alone" \(process \d+\), /,
      );
      assert.ok(second.stderr.includes(`(process ${node.child.pid})`));
    }
    const { status } = await pods().get('kept', { namespace: 'default' });
    assert.equal(status?.containerStatuses?.[0]?.restartCount, 0);
    assert.equal(status?.phase, 'Running');
    node.child.kill('SIGKILL');
    await once(node.child, 'close');
    const again = await startNode(...flags);
    await stop(again);
  } finally {
    node.child.kill('SIGKILL');
  }
});

test('the directory of a cluster that runs nodes is not taken for another one', async () => {
  const dataDir = join(home.directory, 'of a cluster');
  await using other = await startCluster({ nodes: 1, name: 'other', dataDir });
  // As `up` marks what is its own.
  await writeFile(join(dataDir, 'fairlead-cluster'), '1\n');
  const kubeconfig = join(home.directory, 'of-other');
  await other.writeKubeconfig(kubeconfig);
  const extra = await home.fairlead('node', '--name=extra', `--data=${dataDir}`, `--kubeconfig=${kubeconfig}`);
  assert.equal(extra.code, 1);
  assert.match(extra.stderr, /^error: the data directory .* is in use by the cluster "other" \(process \d+\), /);
  assert.ok(extra.stderr.includes(`(process ${process.pid})`));
});

test('a node of this name on another machine is not joined', {
  skip: machineId() === '' && 'no machine id here',
}, async () => {
  const nodes = cluster.client.resource('v1', 'Node');
  await nodes.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'twin' } });
  const report = async (status: 'True' | 'False') =>
    nodes.subresource('twin', 'status').patch({
      status: {
        nodeInfo: { machineID: '00000000000000000000000000000000' },
        addresses: [{ type: 'InternalIP', address: '192.0.2.7' }],
        conditions: [{ type: 'Ready', status, reason: 'Test', message: '' }],
      },
    });
  await report('True');
  const second = await home.fairlead('node', '--name=twin');
  assert.equal(second.code, 1);
  assert.match(
    second.stderr,
    /another machine \(192\.0\.2\.7\) runs a node "twin" in this cluster, .*kubectl delete node twin\)\n$/,
  );
  await report('False');
  assert.equal(await stop(await startNode('--name=twin')), 0);
});

test('another CA of clients than the one that the cluster publishes', async () => {
  const clients = await ensureCertificates(undefined);
  const file = join(home.directory, 'client-ca.crt');
  await writeFile(file, clients.ca);
  const node = await startNode('--name=closed', `--client-ca=${file}`);
  try {
    assert.equal(await statusOf(node.kubeletPort, '/pods', cluster.config.tls), 401);
    assert.equal(await statusOf(node.kubeletPort, '/pods', clients.admin), 403);
    assert.equal(await statusOf(node.kubeletPort, '/pods', clients.kubeletClient), 200);
  } finally {
    await stop(node);
  }
});

test('a range of addresses that this machine has, claimed once', async () => {
  const node = await startNode('--name=ranged', '--pod-range=127.63.7.0/24', '--address=127.0.0.2');
  try {
    assert.equal(node.podRange, '127.63.7.0/24');
    assert.match(node.modes, /With a --pod-range outside of 127\.0\.0\.0\/8 they have others\./);
    const { status } = await cluster.client.resource('v1', 'Node').get('ranged');
    assert.equal(status?.addresses?.find(({ type }) => type === 'InternalIP')?.address, '127.0.0.2');
    const second = await home.fairlead('node', '--name=second', '--pod-range=127.63.7.0/24');
    assert.equal(second.code, 1);
    assert.match(second.stderr, /the pod range 127\.63\.7\.0\/24 is another node's on this machine: choose another\n$/);
  } finally {
    await stop(node);
  }
});

test('a stop before it is ready is obeyed without a word', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  assert.ok(typeof address === 'object' && address !== null);
  const args = [entry, 'node', '--name=early', `--server=https://127.0.0.1:${address.port}`];
  const child = spawn(process.execPath, args, { env: home.env, stdio: ['ignore', 'ignore', 'pipe'] });
  const [socket] = await once(silent, 'connection');
  const told = text(child.stderr);
  await stop({ child });
  socket.destroy();
  silent.close();
  assert.equal(child.exitCode, 143);
  assert.equal(await told, '');
});

test('what cannot be is said in one sentence', async () => {
  const notPem = join(home.directory, 'text');
  await writeFile(notPem, 'text');
  const cases: [flags: string[], code: number, told: RegExp][] = [
    [['--name=Worker_1'], 2, /invalid --name "Worker_1": lower-case letters/],
    [['--address=here'], 2, /invalid --address "here": an IP address is needed/],
    [['--image=web'], 2, /invalid --image "web": NAME=COMMAND is needed/],
    [['--tls-cert', notPem], 1, /text is no PEM file: --tls-cert needs one/],
    [['--client-ca=/nowhere'], 1, /cannot read \/nowhere \(ENOENT\): check the path after --client-ca/],
    [
      ['--name=n', '--pod-range=10.1.2'],
      1,
      /invalid pod range "10\.1\.2": an IPv4 range such as 10\.88\.1\.0\/24 is needed/,
    ],
    [
      ['--name=n', '--pod-range=192.0.2.0/29'],
      1,
      /the addresses of 192\.0\.2\.0\/29 are not this machine's: .*ip route add local/,
    ],
    [
      ['--name=worker', '--pod-range=127.63.8.0/24'],
      1,
      /knows a node "worker" with the pod range .*kubectl delete node worker/,
    ],
    [['--name=n', '--server=https://127.0.0.1:1'], 1, /127\.0\.0\.1:1/],
  ];
  for (const [flags, code, told] of cases) {
    const finished = await home.fairlead('node', ...flags);
    assert.equal(finished.code, code, finished.stderr);
    assert.match(finished.stderr, told);
  }
});
