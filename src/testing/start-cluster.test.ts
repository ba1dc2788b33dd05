import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { startCluster } from 'fairlead/testing';
import type { ConfigMap, Pod } from '../api/types/core-v1.ts';
import { openClusterClient } from '../client/cluster-client-http.ts';
import { loadKubeconfig } from '../client/kubeconfig.ts';

const configMap = (name: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
});

/** The kinds of handles that keep a process alive; those of the test runner are there before. */
const handles = () => process.getActiveResourcesInfo().filter((kind) => !/^(Pipe|TTY|FSReq|Immediate)/.test(kind));

test('clusters side by side know nothing of each other, and leave nothing', async () => {
  const before = handles();
  {
    await using first = await startCluster({ nodes: 0 });
    await using second = await startCluster({ nodes: 0, name: 'other' });
    assert.notEqual(first.apiUrl, second.apiUrl);
    assert.equal(first.gatewayUrl, undefined);
    const maps = first.client.resource('v1', 'ConfigMap');
    await maps.create(configMap('mine'));
    assert.equal((await maps.get('mine', { namespace: 'default' })).metadata.name, 'mine');
    const others = second.client.resource('v1', 'ConfigMap');
    await assert.rejects(others.get('mine', { namespace: 'default' }), { name: 'StatusError' });
  }
  // Sockets are closed in the turn after their end; what is never closed runs into the test's time-out.
  while (!isDeepStrictEqual(handles().sort(), before.sort())) await delay(5);
});

test('a kubeconfig serves any client', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-kubeconfig-'));
  try {
    await using cluster = await startCluster({ nodes: 0, name: 'it' });
    const path = join(directory, 'config');
    await writeFile(path, 'another', { mode: 0o644 });
    await cluster.writeKubeconfig(path);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const config = await loadKubeconfig({ path, env: {} });
    assert.equal(config.origin?.context, 'it');
    await using client = openClusterClient(config);
    const pods = client.resource<Pod>('v1', 'pods');
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    const metadata = { name: 'p', namespace: 'default' };
    const made = await pods.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
    assert.equal(made.status?.phase, 'Pending', 'at once: its service account is there');
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('pods run on its nodes, the gateway leads to it, and its files go with it', async () => {
  // A directory of its own: other tests run at the same time, and make clusters too.
  const temporary = await mkdtemp(join(tmpdir(), 'fairlead-scratch-'));
  const { TMPDIR } = process.env;
  process.env.TMPDIR = temporary;
  try {
    await using cluster = await startCluster({ nodes: 2, images: { sh: '/bin/sh' }, gateway: true });
    await cluster.nodesReady;
    assert.equal((await cluster.client.resource('v1', 'Node').list().toArray()).length, 2);
    const [answer] = await once(get(`${cluster.gatewayUrl}api/v1/nodes/fairlead`), 'response');
    assert.match(await text(answer), /"kind":"Node"/);
    const pods = cluster.client.resource('v1', 'Pod');
    const containers = [{ name: 'c', image: 'sh', args: ['-c', 'echo ran'] }];
    const { metadata } = await pods.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: { restartPolicy: 'Never', containers },
    });
    const query = { namespace: 'default', resourceVersion: metadata.resourceVersion ?? '' };
    for await (const { object } of pods.watch(query)) if (object.status?.phase === 'Succeeded') break;
    assert.deepEqual(await Array.fromAsync(cluster.client.pod('default', 'p').logs()), ['ran']);
    assert.equal((await readdir(temporary)).length, 1);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
  assert.deepEqual(await readdir(temporary), []);
  await rm(temporary, { recursive: true });
});

test('with a directory it goes on where it was', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-kept-'));
  const dataDir = join(directory, 'made', 'where missing');
  try {
    for (const round of ['first', 'second']) {
      await using cluster = await startCluster({ nodes: 0, dataDir });
      const maps = cluster.client.resource('v1', 'ConfigMap');
      if (round === 'first') await maps.create(configMap('kept'));
      else assert.equal((await maps.get('kept', { namespace: 'default' })).metadata.name, 'kept');
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a value that cannot be is refused, and an option that is none', async () => {
  await assert.rejects(startCluster({ nodes: -1 }), /nodes is -1: a whole number from 0 to 63 is needed/);
  await assert.rejects(startCluster({ nodes: 1.5 }), RangeError);
  await assert.rejects(startCluster({ name: '' }), /^RangeError: name is empty: contexts of a kubeconfig need a name$/);
  // As programs without types may have it.
  const mistyped = { nodes: 0, nodse: 0 };
  await assert.rejects(startCluster(mistyped), /^TypeError: startCluster has no option "nodse"$/);
});

const program = `
  import { startCluster } from ${JSON.stringify(import.meta.resolve('fairlead/testing'))};
  await using cluster = await startCluster({ nodes: 1, images: { sh: '/bin/sh' } });
  await cluster.nodesReady;
  const metadata = { name: 'p', namespace: 'default' };
  const spec = { nodeName: 'fairlead', containers: [{ name: 'c', image: 'sh', args: ['-c', 'exec sleep 600'] }] };
  const pods = cluster.client.resource('v1', 'Pod');
  const made = await pods.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
  const query = { namespace: 'default', resourceVersion: made.metadata.resourceVersion };
  for await (const { object } of pods.watch(query)) if (object.status?.phase === 'Running') break;
  process.stdout.write('running\\n');
  if (process.argv[1] === 'wait') await new Promise((resolve) => setTimeout(resolve, 60_000));
`;

/** Clusters in processes of their own, with a temporary directory that is theirs. */
function run(temporary: string, ...args: string[]) {
  return spawn(process.execPath, ['--input-type=module-typescript', '-e', program, ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

test('a process ends by itself when its cluster is disposed; what a killed one left goes with the next', async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'fairlead-processes-'));
  try {
    const killed = run(temporary, 'wait');
    await once(killed.stdout, 'data');
    killed.kill('SIGKILL');
    await once(killed, 'close');
    assert.equal((await readdir(temporary)).length, 1);
    const children = [run(temporary), run(temporary)];
    const ended = await Promise.all(
      children.map((child) => once(child.stdout.resume(), 'end').then(() => once(child, 'close'))),
    );
    assert.deepEqual(
      ended.map(([code]) => code),
      [0, 0],
    );
    assert.deepEqual(await readdir(temporary), []);
  } finally {
    await rm(temporary, { recursive: true });
  }
});
