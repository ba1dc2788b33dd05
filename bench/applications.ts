/**
 * An application on our node behind a real kube-apiserver, asked through the gateway by its name: requests per second and MiB/s,
 * beside `kubectl port-forward` where port-forward leads there, and beside `kubectl proxy` where the proxy verb does.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Service } from '../src/api/types/core-v1.ts';
import type { ClusterRole, ClusterRoleBinding } from '../src/api/types/rbac-v1.ts';
import { buildPeers, peerPath } from '../test/peers/build.ts';
import { KubectlForward } from '../test/peers/kubectl-forward.ts';
import { runPod } from '../test/real-cluster/pods.ts';
import type { RealClusterWithNode } from '../test/real-cluster/start.ts';
import { startRealClusterWithNode } from '../test/real-cluster/start.ts';
import { loadWords, startProgram } from './gateway-subjects.ts';
import type { Asked } from './http-load.ts';
import { download, keepAsking } from './http-load.ts';
import { cpuMicroseconds } from './process-cost.ts';
import { median } from './statistics.ts';

const root = resolve(import.meta.dirname, '..');
const connections = 32;
const rounds = 5;
const roundMs = 1500;
const mebibytes = 128;
const mebibyte = 1024 * 1024;

/** In the pod: 1 KiB, or as many bytes as the query says. */
const program = `
  const small = Buffer.alloc(1024, 'x');
  const block = Buffer.alloc(256 * 1024, 'x');
  require('node:http').createServer({ keepAliveTimeout: 60000 }, (request, response) => {
    let left = Number(/bytes=(\\d+)/.exec(request.url)?.[1] ?? 0);
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': left || small.length });
    if (left === 0) return response.end(small);
    const fill = () => {
      while (left > 0) {
        const piece = left < block.length ? block.subarray(0, left) : block;
        left -= piece.length;
        if (!response.write(piece)) return;
      }
      response.end();
    };
    response.on('drain', fill);
    fill();
  }).listen(8080, process.env.POD_IP);
`;

/** One way to the application. */
interface Way extends Asked {
  name: string;
  pid: number;
}

interface Result {
  requestsPerSecond: number;
  cpuMicrosecondsPerRequest: number;
  mebibytesPerSecond: number;
}

async function measure(way: Way): Promise<Result> {
  const [cpu, began] = [await cpuMicroseconds(way.pid), performance.now()];
  const answers = await keepAsking(way, connections, roundMs);
  const between = performance.now();
  const spent = (await cpuMicroseconds(way.pid)) - cpu;
  const downloading = performance.now();
  await download({ ...way, path: `${way.path}?bytes=${mebibytes * mebibyte}` }, mebibytes * mebibyte);
  return {
    requestsPerSecond: answers / ((between - began) / 1000),
    cpuMicrosecondsPerRequest: spent / answers,
    mebibytesPerSecond: mebibytes / ((performance.now() - downloading) / 1000),
  };
}

async function compare(what: string, theirs: Way, ours: readonly Way[]): Promise<void> {
  const all = [theirs, ...ours];
  for (const way of all) await keepAsking(way, connections, 1500);
  const results = new Map<Way, Result[]>(all.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) for (const way of all) results.get(way)?.push(await measure(way));
  console.log(`  ${what}:`);
  for (const [way, of] of results) {
    const middle = (pick: (result: Result) => number) => median(of.map(pick)).toFixed(0);
    const ratio = (pick: (result: Result) => number) =>
      median(of.map((own, round) => pick(own) / pick(results.get(theirs)?.[round] ?? own))).toFixed(2);
    const compared =
      way === theirs
        ? ''
        : `  ratios ${ratio((r) => r.requestsPerSecond)}, ${ratio((r) => r.cpuMicrosecondsPerRequest)}, ${ratio((r) => r.mebibytesPerSecond)}`;
    console.log(
      `    ${way.name.padEnd(28)} ${middle((r) => r.requestsPerSecond).padStart(6)} requests/s  ${middle((r) => r.cpuMicrosecondsPerRequest).padStart(5)} us CPU each  ${middle((r) => r.mebibytesPerSecond).padStart(5)} MiB/s${compared}`,
    );
  }
}

/** Of one who may see services and use the proxy verb, but not forward ports. */
async function lesserKubeconfig({ client, apiUrl, caPem, token }: RealClusterWithNode): Promise<string> {
  const metadata = { name: 'lesser' };
  const rbac = 'rbac.authorization.k8s.io/v1';
  await client.resource('v1', 'serviceaccounts').create({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { ...metadata, namespace: 'default' },
  });
  await client.resource<ClusterRole>(rbac, 'clusterroles').create({
    apiVersion: rbac,
    kind: 'ClusterRole',
    metadata,
    rules: [
      { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['services/proxy'], verbs: ['get'] },
    ],
  });
  await client.resource<ClusterRoleBinding>(rbac, 'clusterrolebindings').create({
    apiVersion: rbac,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'lesser' },
    subjects: [{ kind: 'ServiceAccount', name: 'lesser', namespace: 'default' }],
  });
  return `apiVersion: v1
kind: Config
clusters:
- name: bench
  cluster: {server: "${apiUrl}", certificate-authority-data: ${Buffer.from(caPem).toString('base64')}}
users:
- name: bench
  user:
    token: ${token}
    as: system:serviceaccount:default:lesser
contexts:
- name: bench
  context: {cluster: bench, user: bench}
current-context: bench
`;
}

/** Resolves when the application is reached. */
async function untilAnswered(way: Way): Promise<void> {
  for (;;) {
    const isThere = await keepAsking(way, 1, 0).then(
      (answers) => answers > 0,
      () => false,
    );
    if (isThere) return;
    await delay(100);
  }
}

/** Prints figures and ratios; no limits are set. */
export async function benchApplications(): Promise<boolean> {
  buildPeers(['etcd', 'kube-apiserver', 'kubectl']);
  await using parts = new AsyncDisposableStack();
  const real = parts.use(await startRealClusterWithNode({ images: { node: process.execPath } }));
  if (!real.reachesPods) {
    console.log('applications: skipped, pods have addresses of their own only where this runs as root');
    return true;
  }
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  const lesser = join(directory, 'kubeconfig');
  await writeFile(lesser, await lesserKubeconfig(real), { mode: 0o600 });
  await runPod(
    real.client,
    'web',
    { containers: [{ name: 'c', image: 'node', args: ['-e', program], ports: [{ containerPort: 8080 }] }] },
    { app: 'web' },
  );
  await real.client.resource<Service>('v1', 'services').create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  });
  const startProxy = async (name: string, command: string, kubeconfig: string): Promise<Omit<Way, 'path'>> => {
    const { child, ports } = await startProgram(parts, name, command, [
      'proxy',
      `--kubeconfig=${kubeconfig}`,
      '--port=0',
    ]);
    return { name, pid: child.pid ?? 0, port: ports[0] ?? 0 };
  };
  const env = { ...process.env, KUBECONFIG: real.kubeconfig } as Record<string, string>;
  const forward = parts.use(await KubectlForward.start(env, 'pod/web', [8080]));
  const launcher = join(root, 'fairlead');
  const ours = await startProxy('fairlead', launcher, real.kubeconfig);
  const oursByVerb = await startProxy('fairlead, by name', launcher, lesser);
  const theirs = await startProxy('kubectl proxy', peerPath('kubectl'), real.kubeconfig);
  const path = '/api/v1/namespaces/default/services/web:80/proxy/';
  const byName = { path: '/', host: 'web.default.localhost' };
  await untilAnswered({ ...ours, ...byName });
  await untilAnswered({ ...oursByVerb, ...byName });
  await untilAnswered({ ...theirs, path });
  console.log(
    `applications: GET of 1 KiB on ${connections} connections and a download of ${mebibytes} MiB, by a real kube-apiserver (${loadWords()}); ratios of requests, CPU, download`,
  );
  await compare(
    'by port-forward',
    { name: 'kubectl port-forward', pid: forward.pid, port: forward.ports[0] ?? 0, path: '/' },
    [{ ...ours, name: 'fairlead, by name', ...byName }],
  );
  await compare('by the proxy verb', { ...theirs, path }, [
    { ...ours, name: "fairlead, by the API's path", path },
    { ...oursByVerb, ...byName },
  ]);
  return true;
}

if (import.meta.main) process.exitCode = (await benchApplications()) ? 0 : 1;
