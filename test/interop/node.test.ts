/** The node agent under a real kube-apiserver: it knows a cluster by the Kubernetes API alone, so any one will do. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import type { Node, Pod } from '../../src/api/types/core-v1.ts';
import type { Finished } from '../fairlead-process.ts';
import { Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { KubectlForward } from '../peers/kubectl-forward.ts';
import type { RealClusterWithNode } from '../peers/real-node.ts';
import { startRealClusterWithNode } from '../peers/real-node.ts';

const isBuilt = (['kube-apiserver', 'etcd', 'kubectl'] as const).every((name) => existsSync(peerPath(name)));
const skip = isBuilt ? false : 'kubectl, kube-apiserver and etcd are not built: run npm run test:interop';
const namespace = 'default';

let home: Home;
let real: RealClusterWithNode;
let env: Record<string, string>;

before(async () => {
  if (skip !== false) return;
  home = await Home.make();
  real = await startRealClusterWithNode(new Map([['sh', 'sh']]));
  env = { ...home.env, KUBECONFIG: real.cluster.kubeconfig };
});

after(async () => {
  await real?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

function kubectl(
  args: readonly string[],
  input = '',
  variables: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const settings = Object.entries({ KUBECONFIG: real.cluster.kubeconfig, ...variables });
  const assignments = settings.map(([name, value]) => `${name}=${value}`);
  return home.run('/usr/bin/env', [...assignments, peerPath('kubectl'), ...args], input);
}

test('a pod runs, is Ready, shows its log and goes', { skip }, async () => {
  const node = await real.client.resource<Node>('v1', 'nodes').get('real');
  assert.equal(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
  const account = '$FAIRLEAD_ROOT/var/run/secrets/kubernetes.io/serviceaccount';
  await real.runPod('p', {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image: 'sh', args: ['-c', `cut -c1-10 ${account}/token; exec sleep 60`] }],
  });
  const path = `/api/v1/namespaces/${namespace}/pods/p/log?follow=true&limitBytes=11`;
  const { body } = await real.client.request({ method: 'GET', path });
  assert.match(await text(body), /^eyJhbGciOi\n$/, 'a token of the real server');
  await real.client.resource<Pod>('v1', 'pods').delete('p', { namespace });
  await real.until('p', (pod) => pod === undefined);
});

test('kubectl logs and exec through the real server, over WebSocket and SPDY', { skip }, async () => {
  await real.runPod('shell', {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image: 'sh', args: ['-c', 'echo begun; exec sleep 600'] }],
  });
  assert.equal((await kubectl(['logs', 'shell'])).stdout, 'begun\n');
  for (const variables of [{}, { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }]) {
    const failed = await kubectl(['exec', 'shell', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'], '', variables);
    assert.deepEqual([failed.stdout, failed.code], ['out\n', 7], failed.stderr);
    assert.match(failed.stderr, /^err\n/);
    const big = 'x'.repeat(3_000_000);
    const copied = await kubectl(['exec', '-i', 'shell', '--', 'cat'], big, variables);
    assert.deepEqual([copied.code, copied.stdout.length], [0, big.length], copied.stderr);
    const missing = await kubectl(['exec', 'shell', '--', '/no/such/program'], '', variables);
    assert.notEqual(missing.code, 0);
    assert.match(missing.stderr, /no such file/);
  }
});

test('kubectl attach through the real server, over WebSocket and SPDY', { skip }, async () => {
  for (const [name, variables] of [
    ['web', {}],
    ['spdy', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }],
  ] as const) {
    await real.runPod(name, {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'c', image: 'sh', args: ['-c', 'cat; echo done >&2'], stdin: true, stdinOnce: true }],
    });
    const attached = await kubectl(['attach', '-i', '--quiet', name], 'typed\n', variables);
    assert.deepEqual([attached.stdout, attached.code], ['typed\n', 0], attached.stderr);
    assert.match(attached.stderr, /^done$/m);
  }
});

test('kubectl port-forward through the real server, over WebSocket and SPDY', { skip }, async () => {
  await real.runPod('echo', {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image: 'fairlead.local/echo', readinessProbe: { tcpSocket: { port: 8080 } } }],
  });
  for (const variables of [{}, { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }]) {
    await using forwarded = await KubectlForward.start({ ...env, ...variables }, 'pod/echo', [8080]);
    const sent = Array.from({ length: 50 }, () => randomBytes(30_000).toString('hex'));
    const received = await Promise.all(sent.map((one) => forwarded.exchange(one)));
    assert.ok(received.every((one, i) => one === sent[i]));
    assert.equal(forwarded.errors, '');
    await using closed = await KubectlForward.start({ ...env, ...variables }, 'pod/echo', [9]);
    await closed.exchange('anyone?').catch(() => {});
    await closed.ended();
    assert.match(closed.errors, /error forwarding port 9 to pod echo.*ECONNREFUSED/);
  }
});
