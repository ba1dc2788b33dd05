/** The node agent and the access half under a real kube-apiserver: real kubectl, and `fairlead proxy`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import type { Node } from '../../src/api/types/core-v1.ts';
import { type Finished, Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { type RealClusterWithNode, startRealClusterWithNode } from '../real-cluster/start.ts';

const isBuilt = (['kubectl', 'etcd', 'kube-apiserver'] as const).every((name) => existsSync(peerPath(name)));
const skip = isBuilt ? false : 'kubectl, kube-apiserver and etcd are not built: run npm run test:interop';
const skipServices =
  skip ||
  (process.getuid?.() === 0 ? false : 'Services of a real cluster reach pods only where root gives them addresses');
const entry = resolve(import.meta.dirname, '../../bin/fairlead.ts');

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

function tryKubectl(input: string, ...args: string[]): Promise<Finished> {
  return home.run(peerPath('kubectl'), [`--kubeconfig=${cluster.kubeconfig}`, ...args], input);
}

/** Runs kubectl and expects success; returns what it printed. */
async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tryKubectl('', ...args);
  assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

test('the node is one of the cluster, with no more rights than a node has', { skip }, async () => {
  assert.match(await kubectl('get', 'nodes'), /real +Ready +<none> +\S+ +v1\.36/);
  const { spec, status } = await cluster.client.resource<Node>('v1', 'nodes').get('real');
  assert.ok(spec?.podCIDR);
  assert.ok(status?.daemonEndpoints?.kubeletEndpoint?.Port);
  const lease = await kubectl('get', 'lease', 'real', '-n', 'kube-node-lease', '-o', 'jsonpath={.spec.holderIdentity}');
  assert.equal(lease, 'real');
});

const podManifest = `
apiVersion: v1
kind: Pod
metadata: {name: account}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: shell
    args: ["-c", "cut -c1-10 $FAIRLEAD_ROOT/var/run/secrets/kubernetes.io/serviceaccount/token; exec sleep 600"]
`;

test('a pod has a token of the real server, shows its log, obeys exec, and goes', { skip }, async () => {
  const applied = await tryKubectl(podManifest, 'apply', '-f', '-');
  assert.equal(applied.stdout, 'pod/account created\n', applied.stderr);
  await kubectl('wait', '--for=condition=Ready', 'pod/account', '--timeout=30s');
  assert.match(await kubectl('logs', 'account'), /^eyJhbGciOi\n$/);
  const executed = await tryKubectl('', 'exec', 'account', '--', '/bin/sh', '-c', 'echo out; echo err >&2; exit 7');
  assert.equal(executed.stdout, 'out\n');
  assert.match(executed.stderr, /^err\n/);
  assert.equal(executed.code, 7);
  const input = await tryKubectl('from here\n', 'exec', '-i', 'account', '--', '/bin/cat');
  assert.equal(input.stdout, 'from here\n', input.stderr);
  await kubectl('delete', 'pod', 'account', '--timeout=30s');
});

test('a Deployment behind a Service is reached by every proxy verb, and by name through fairlead proxy', {
  skip: skipServices,
}, async () => {
  await kubectl('create', 'deployment', 'hello', '--image=fairlead.local/echo', '--replicas=2', '--port=8080');
  await kubectl('expose', 'deployment', 'hello', '--port=80', '--target-port=8080');
  await kubectl('rollout', 'status', 'deployment/hello', '--timeout=60s');
  await kubectl(
    'wait',
    '--for=jsonpath={.endpoints[1].conditions.ready}=true',
    'endpointslice',
    '-l',
    'kubernetes.io/service-name=hello',
  );
  const pod = (await kubectl('get', 'pods', '-l', 'app=hello', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  const raw = async (path: string) => JSON.parse(await kubectl('get', '--raw', path));
  const namespace = '/api/v1/namespaces/default';
  assert.equal((await raw(`${namespace}/services/hello:80/proxy/by-service`)).path, '/by-service');
  assert.equal((await raw(`${namespace}/pods/${pod}:8080/proxy/by-pod`)).pod, pod);
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
