/** The node agent and the access half under a real kube-apiserver: real kubectl, and `fairlead proxy`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import type { UnstructuredObject } from '../../src/api/object.ts';
import type { Node, Pod } from '../../src/api/types/core-v1.ts';
import type { EndpointSlice } from '../../src/api/types/discovery-v1.ts';
import { openInformer } from '../../src/client/informer.ts';
import { entry, type Finished, Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { KubectlForward } from '../peers/kubectl-forward.ts';
import { podWhen, runPod } from '../real-cluster/pods.ts';
import { type RealClusterWithNode, startRealClusterWithNode } from '../real-cluster/start.ts';

const isBuilt = (['kubectl', 'etcd', 'kube-apiserver'] as const).every((name) => existsSync(peerPath(name)));
const skip = isBuilt ? false : 'kubectl, kube-apiserver and etcd are not built: run npm run test:interop';
const skipServices =
  skip ||
  (process.getuid?.() === 0 ? false : 'Services of a real cluster reach pods only where root gives them addresses');
const namespace = 'default';

let home: Home;
let cluster: RealClusterWithNode;

before(async () => {
  if (skip !== false) return;
  home = await Home.make();
  cluster = await startRealClusterWithNode({ images: { shell: '/bin/sh' }, log: (line) => console.error(line) });
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

function tryKubectl(
  args: readonly string[],
  input = '',
  variables: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const settings = Object.entries({ KUBECONFIG: cluster.kubeconfig, ...variables });
  const assignments = settings.map(([name, value]) => `${name}=${value}`);
  return home.run('/usr/bin/env', [...assignments, peerPath('kubectl'), ...args], input);
}

/** Runs kubectl and expects success; returns what it printed. */
async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tryKubectl(args);
  assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** kubectl's wait fails where there is no slice yet, or an endpoint less in it. */
async function readyEndpoints(service: string, count: number): Promise<void> {
  const stop = new AbortController();
  const resource = cluster.client.resource<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices');
  const query = { namespace, labelSelector: `kubernetes.io/service-name=${service}` };
  const slices = openInformer<EndpointSlice>({ resource, query, signal: stop.signal });
  await slices.synced;
  await new Promise<void>((resolve) => {
    const look = () => {
      const endpoints = slices.list().flatMap((slice) => slice.endpoints ?? []);
      if (endpoints.filter(({ conditions }) => conditions?.ready === true).length === count) resolve();
    };
    slices.onChange(look);
    look();
  });
  stop.abort();
}

test('the node is one of the cluster, with no more rights than a node has', { skip }, async () => {
  assert.match(await kubectl('get', 'nodes'), /real +Ready +<none> +\S+ +v1\.36/);
  const { spec, status } = await cluster.client.resource<Node>('v1', 'nodes').get('real');
  assert.ok(spec?.podCIDR);
  assert.ok(status?.daemonEndpoints?.kubeletEndpoint?.Port);
  // It is renewed from the time on at which the node is Ready.
  await kubectl('wait', 'lease/real', '-n', 'kube-node-lease', '--for=create', '--timeout=30s');
  const lease = await kubectl('get', 'lease', 'real', '-n', 'kube-node-lease', '-o', 'jsonpath={.spec.holderIdentity}');
  assert.equal(lease, 'real');
});

test('a pod runs, is Ready, shows its log and goes', { skip }, async () => {
  const account = '$FAIRLEAD_ROOT/var/run/secrets/kubernetes.io/serviceaccount';
  await runPod(cluster.client, 'p', {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image: 'shell', args: ['-c', `cut -c1-10 ${account}/token; exec sleep 60`] }],
  });
  const path = `/api/v1/namespaces/${namespace}/pods/p/log?follow=true&limitBytes=11`;
  const { body } = await cluster.client.request({ method: 'GET', path });
  assert.match(await text(body), /^eyJhbGciOi\n$/, 'a token of the real server');
  await cluster.client.resource<Pod>('v1', 'pods').delete('p', { namespace });
  await podWhen(cluster.client, 'p', (pod) => pod === undefined);
});

test('kubectl logs and exec through the real server, over WebSocket and SPDY', { skip }, async () => {
  await runPod(cluster.client, 'shell', {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image: 'shell', args: ['-c', 'echo begun; exec sleep 600'] }],
  });
  // Ready, it has yet to say so.
  assert.equal(await kubectl('logs', '-f', 'shell', '--limit-bytes=6'), 'begun\n');
  assert.equal(await kubectl('logs', 'shell'), 'begun\n');
  for (const variables of [{}, { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }]) {
    const failed = await tryKubectl(
      ['exec', 'shell', '--', '/bin/sh', '-c', 'echo out; echo err >&2; exit 7'],
      '',
      variables,
    );
    assert.deepEqual([failed.stdout, failed.code], ['out\n', 7], failed.stderr);
    assert.match(failed.stderr, /^err\n/);
    const big = 'x'.repeat(3_000_000);
    const copied = await tryKubectl(['exec', '-i', 'shell', '--', 'cat'], big, variables);
    assert.deepEqual([copied.code, copied.stdout.length], [0, big.length], copied.stderr);
    const missing = await tryKubectl(['exec', 'shell', '--', '/no/such/program'], '', variables);
    assert.notEqual(missing.code, 0);
    assert.match(missing.stderr, /no such file/);
  }
});

test('a reader that pauses past the end of a command gets all of it, and its exit code, over SPDY', {
  skip,
}, async () => {
  const command = 'KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false "$0" exec shell -- seq 1 400000; echo "code $?"';
  const args = ['-c', `{ ${command}; } | { sleep 6.5; tail -n 2; }`, peerPath('kubectl')];
  const { stdout } = await home.run('/usr/bin/env', [`KUBECONFIG=${cluster.kubeconfig}`, 'sh', ...args]);
  assert.equal(stdout, '400000\ncode 0\n');
});

test('kubectl attach through the real server, over WebSocket and SPDY', { skip }, async () => {
  for (const [name, variables] of [
    ['web', {}],
    ['spdy', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }],
  ] as const) {
    await runPod(cluster.client, name, {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'c', image: 'shell', args: ['-c', 'cat; echo done >&2'], stdin: true, stdinOnce: true }],
    });
    const attached = await tryKubectl(['attach', '-i', '--quiet', name], 'typed\n', variables);
    assert.deepEqual([attached.stdout, attached.code], ['typed\n', 0], attached.stderr);
    assert.match(attached.stderr, /^done$/m);
  }
});

test('kubectl port-forward through the real server, over WebSocket and SPDY', { skip }, async () => {
  await runPod(cluster.client, 'echo', {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image: 'fairlead.local/echo', readinessProbe: { tcpSocket: { port: 8080 } } }],
  });
  for (const variables of [{}, { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }]) {
    await using forwarded = await KubectlForward.start(
      { ...home.env, KUBECONFIG: cluster.kubeconfig, ...variables },
      'pod/echo',
      [8080],
    );
    const sent = Array.from({ length: 50 }, () => randomBytes(30_000).toString('hex'));
    const received = await Promise.all(sent.map((one) => forwarded.exchange(one)));
    assert.ok(received.every((one, i) => one === sent[i]));
    assert.equal(forwarded.errors, '');
    await using closed = await KubectlForward.start(
      { ...home.env, KUBECONFIG: cluster.kubeconfig, ...variables },
      'pod/echo',
      [9],
    );
    await closed.exchange('anyone?').catch(() => {});
    await closed.ended();
    assert.match(closed.errors, /error forwarding port 9 to pod echo.*: connection refused/);
  }
});

test('owners of a kind that came later wait in foreground deletion for what they own', { skip }, async () => {
  const { client } = cluster;
  const definitions = client.resource<UnstructuredObject>('apiextensions.k8s.io/v1', 'customresourcedefinitions');
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  await definitions.create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'stacks.example.org' },
    spec: {
      group: 'example.org',
      scope: 'Namespaced',
      names: { plural: 'stacks', kind: 'Stack' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  });
  await kubectl('wait', '--for=condition=Established', 'crd/stacks.example.org');
  const stacks = client.resource('example.org/v1', 'stacks');
  const maps = client.resource('v1', 'configmaps');
  const owner = await stacks.create({
    apiVersion: 'example.org/v1',
    kind: 'Stack',
    metadata: { name: 's', namespace },
  });
  const { apiVersion, kind, metadata } = owner;
  const ownerReferences = [{ apiVersion, kind, name: 's', uid: metadata.uid ?? '', blockOwnerDeletion: true }];
  await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owned', namespace, ownerReferences } });
  await stacks.delete('s', { namespace, propagationPolicy: 'Foreground' });
  await kubectl('wait', '--for=delete', 'stack/s', '--timeout=30s');
  await assert.rejects(maps.get('owned', { namespace }), /not found/);
});

test('a Deployment behind a Service is reached by every proxy verb, and by name through fairlead proxy', {
  skip: skipServices,
}, async () => {
  await kubectl('create', 'deployment', 'hello', '--image=fairlead.local/echo', '--replicas=2', '--port=8080');
  await kubectl('expose', 'deployment', 'hello', '--port=80', '--target-port=8080');
  await kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s');
  await readyEndpoints('hello', 2);
  const pod = (await kubectl('get', 'pods', '-l', 'app=hello', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  const raw = async (path: string) => JSON.parse(await kubectl('get', '--raw', path));
  const root = '/api/v1/namespaces/default';
  assert.equal((await raw(`${root}/services/hello:80/proxy/by-service`)).path, '/by-service');
  assert.equal((await raw(`${root}/pods/${pod}:8080/proxy/by-pod`)).pod, pod);
  assert.equal(await kubectl('get', '--raw', '/api/v1/nodes/real/proxy/healthz'), 'ok');

  const args = [entry, 'proxy', '--port=0', `--kubeconfig=${cluster.kubeconfig}`];
  const proxy = spawn(process.execPath, args, { env: home.env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = await once(proxy.stdout, 'data');
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(String(line))?.[1]);
    const host = `hello.default.localhost:${port}`;
    const [answer] = await once(get({ host: '127.0.0.1', port, path: '/by-name', headers: { host } }), 'response');
    const seen = JSON.parse(await text(answer));
    assert.equal(seen.path, '/by-name');
    assert.equal(seen.headers.host, host, 'by a port-forward: the proxy verb would have changed it');
  } finally {
    const closed = once(proxy, 'close');
    proxy.kill('SIGTERM');
    await closed;
  }
  await kubectl('delete', 'deployment,service', 'hello');
});

test('run --attach tells once what a program writes meanwhile, several at once', { skip }, async () => {
  const numbers = Array.from({ length: 300 }, (_, number) => `${number}\n`).join('');
  const count = 'i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); sleep 0.001; done; exit 5';
  const flags = ['--image=shell', '--restart=Never', '-q', '--rm', '--attach', `--kubeconfig=${cluster.kubeconfig}`];
  const runs = ['first', 'second', 'third'].map(async (name) => {
    const { code, stdout, stderr } = await home.fairlead('run', name, ...flags, '--', '-c', count);
    assert.deepEqual({ code, stdout }, { code: 5, stdout: numbers }, stderr);
  });
  await Promise.all(runs);
});
