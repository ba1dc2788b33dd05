/** The real kubectl through the life of an application on the embedded cluster. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { type Finished, Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';

const kubectlPath = peerPath('kubectl');
const skip = existsSync(kubectlPath) ? false : 'kubectl is not built: run npm run test:interop';

let home: Home;
let cluster: RunningFairlead;

before(async () => {
  if (skip !== false) return;
  home = await Home.make();
  cluster = await RunningFairlead.up(home, '--image', 'shell=/bin/sh');
});

after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

function kubectlWith(input: string, ...args: string[]): Promise<Finished> {
  return home.run(kubectlPath, args, input);
}

/** Runs kubectl and expects success; returns what it printed. */
async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectlWith('', ...args);
  assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

test('the first words of kubectl are answered as by Kubernetes', { skip }, async () => {
  assert.match(await kubectl('version'), /Server Version: v1\.36/);
  assert.match(await kubectl('cluster-info'), /control plane.* is running at/);
  assert.match(await kubectl('api-resources'), /deployments +deploy +apps\/v1 +true +Deployment/);
  assert.equal(
    await kubectl('get', 'ns', '-o', 'name'),
    'namespace/default\nnamespace/kube-node-lease\nnamespace/kube-public\nnamespace/kube-system\n',
  );
  assert.match(await kubectl('get', 'nodes'), /Ready/);
  assert.match(await kubectl('auth', 'whoami'), /system:masters/);
  assert.equal(await kubectl('auth', 'can-i', 'delete', 'nodes'), 'yes\n');
  assert.match(await kubectl('explain', 'deployment.spec.strategy'), /rollingUpdate/);
});

test('an application lives: create, roll out, scale, expose, logs, exec, delete', { skip }, async () => {
  await kubectl('create', 'namespace', 'life');
  await kubectl(
    'create',
    'deployment',
    'echo',
    '--image=fairlead.local/echo',
    '--replicas=2',
    '--port=8080',
    '-n',
    'life',
  );
  assert.match(
    await kubectl('rollout', 'status', 'deployment/echo', '-n', 'life', '--timeout=60s'),
    /successfully rolled out/,
  );
  assert.match(await kubectl('get', 'deploy', '-n', 'life'), /echo +2\/2 +2 +2/);
  assert.match(
    await kubectl('get', 'pods', '-n', 'life', '-o', 'wide'),
    /echo-[a-z0-9]+-[a-z0-9]+ +1\/1 +Running +0 +\S+ +127\.\d+\.\d+\.\d+/,
  );

  await kubectl('scale', 'deployment/echo', '--replicas=3', '-n', 'life');
  await kubectl('rollout', 'status', 'deployment/echo', '-n', 'life', '--timeout=60s');
  assert.equal((await kubectl('get', 'pods', '-n', 'life', '-o', 'name')).trim().split('\n').length, 3);

  await kubectl('expose', 'deployment/echo', '--port=80', '--target-port=8080', '-n', 'life');
  assert.match(await kubectl('get', 'svc', 'echo', '-n', 'life'), /echo +ClusterIP +10\.96\.\d+\.\d+ +<none> +80\/TCP/);
  const endpoints = ['--for=create', '--for=jsonpath={.subsets[0].addresses[0].ip}', '--timeout=30s'];
  await kubectl('wait', 'endpoints/echo', ...endpoints, '-n', 'life');
  assert.match(await kubectl('get', '--raw', '/api/v1/namespaces/life/services/echo:80/proxy/hello'), /hello/);

  await kubectl('set', 'env', 'deployment/echo', 'COLOUR=blue', '-n', 'life');
  await kubectl('rollout', 'status', 'deployment/echo', '-n', 'life', '--timeout=60s');
  assert.equal((await kubectl('rollout', 'history', 'deployment/echo', '-n', 'life')).match(/^\d+ /gm)?.length, 2);
  await kubectl('rollout', 'undo', 'deployment/echo', '-n', 'life');
  await kubectl('rollout', 'status', 'deployment/echo', '-n', 'life', '--timeout=60s');

  await kubectl('delete', 'namespace', 'life', '--timeout=60s');
  const gone = await kubectlWith('', 'get', 'deploy', 'echo', '-n', 'life');
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /NotFound/);
});

const shellPod = `
apiVersion: v1
kind: Pod
metadata: {name: shell, labels: {app: shell}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: shell
    args: ["-c", "for i in 1 2 3; do echo line $i; done; trap 'exit 0' TERM; while :; do sleep 0.1; done"]
`;

test('logs and exec: streams apart, standard input, exit codes', { skip }, async () => {
  const applied = await kubectlWith(shellPod, 'apply', '-f', '-', '--validate=strict');
  assert.equal(applied.stdout, 'pod/shell created\n', applied.stderr);
  await kubectl('wait', '--for=condition=Ready', 'pod/shell', '--timeout=30s');
  // A container that is Ready has yet to say what it says.
  assert.equal(await kubectl('logs', '-f', 'shell', '--limit-bytes=21'), 'line 1\nline 2\nline 3\n');
  assert.equal(await kubectl('logs', 'shell'), 'line 1\nline 2\nline 3\n');
  assert.equal(await kubectl('logs', 'shell', '--tail=1'), 'line 3\n');
  const apart = await kubectlWith('', 'exec', 'shell', '--', '/bin/sh', '-c', 'echo out; echo err >&2; exit 7');
  assert.equal(apart.stdout, 'out\n');
  assert.match(apart.stderr, /^err\n/);
  assert.equal(apart.code, 7);
  const input = await kubectlWith('from here\n', 'exec', '-i', 'shell', '--', '/bin/cat');
  assert.equal(input.stdout, 'from here\n');
  assert.equal(input.code, 0);
  const big = 'x'.repeat(1 << 20);
  assert.equal(
    (await kubectlWith(big, 'exec', '-i', 'shell', '--', '/usr/bin/wc', '-c')).stdout.trim(),
    String(1 << 20),
  );
  await kubectl('delete', 'pod', 'shell', '--timeout=30s');
});

test('logs -f follows until the container ends', { skip }, async () => {
  const go = join(home.directory, 'go');
  const manifest = shellPod
    // It ends when it has been seen to run.
    .replace(/args:.*/, `args: ["-c", "echo one; until [ -e ${go} ]; do sleep 0.02; done; echo two"]`)
    .replaceAll('shell,', 'ends,')
    .replace('name: shell', 'name: ends');
  await kubectlWith(manifest.replace('spec:', 'spec:\n  restartPolicy: Never'), 'apply', '-f', '-');
  await kubectl('wait', '--for=jsonpath={.status.phase}=Running', 'pod/ends', '--timeout=30s');
  const follow = spawn(kubectlPath, ['logs', '-f', 'ends'], { env: home.env, stdio: ['ignore', 'pipe', 'inherit'] });
  const whole = text(follow.stdout);
  await once(follow.stdout, 'data');
  await writeFile(go, '');
  assert.equal(await whole, 'one\ntwo\n');
  await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/ends', '--timeout=30s');
  assert.match(await kubectl('get', 'pod', 'ends'), /0\/1 +Completed/);
});

test('apply is idempotent and shows what it changed; strict validation names unknown fields', { skip }, async () => {
  const file = join(home.directory, 'cm.yaml');
  const manifest = (value: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: ${value}}\n`;
  await writeFile(file, manifest('blue'));
  assert.equal(await kubectl('apply', '-f', file), 'configmap/settings created\n');
  assert.equal(await kubectl('apply', '-f', file), 'configmap/settings unchanged\n');
  await writeFile(file, manifest('green'));
  assert.equal(await kubectl('apply', '-f', file), 'configmap/settings configured\n');
  assert.equal(await kubectl('get', 'cm', 'settings', '-o', 'jsonpath={.data.colour}'), 'green');
  const wrong = await kubectlWith(
    manifest('red').replace('\ndata:', '\ndta:'),
    'apply',
    '--validate=strict',
    '-f',
    '-',
  );
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /unknown field "dta"/);
  const dryRun = await kubectlWith(manifest('red'), 'apply', '--dry-run=server', '-f', '-');
  assert.equal(dryRun.stdout, 'configmap/settings configured (server dry run)\n');
  assert.equal(await kubectl('get', 'cm', 'settings', '-o', 'jsonpath={.data.colour}'), 'green');
});

test('a List is checked by kubectl itself, with the OpenAPI 2 document, and applied', { skip }, async () => {
  const list = (data: string) => `
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: listed}, ${data}: {a: b}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: listed}}
`;
  const wrong = await kubectlWith(list('datum'), 'apply', '-f', '-');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /unknown field "datum" in io\.k8s\.api\.core\.v1\.ConfigMap/);
  const right = await kubectlWith(list('data'), 'apply', '-f', '-');
  assert.equal(right.stdout, 'configmap/listed created\nserviceaccount/listed created\n', right.stderr);
});

test('get -w shows a pod as it comes and goes', { skip }, async () => {
  const watch = spawn(kubectlPath, ['get', 'pods', '-w', '--no-headers', '-l', 'app=watched'], { env: home.env });
  let seen = '';
  watch.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    seen += chunk;
  });
  const sees = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(seen)) await once(watch.stdout, 'data');
  };
  try {
    // What is listed comes before what is watched: from then on it misses nothing.
    await kubectl('run', 'before', '--image=fairlead.local/echo', '-l', 'app=watched');
    await sees(/before /);
    await kubectl('run', 'watched', '--image=fairlead.local/echo', '-l', 'app=watched');
    await kubectl('wait', '--for=condition=Ready', 'pod/watched', '--timeout=30s');
    await kubectl('delete', 'pod', 'before', 'watched', '--timeout=60s');
    for (const state of ['Pending', 'Running', 'Terminating']) await sees(new RegExp(`watched .*${state}`));
  } finally {
    const ended = once(watch, 'exit');
    watch.kill('SIGTERM');
    await ended;
  }
});

test('an image that resolves to nothing waits and says how to provide it', { skip }, async () => {
  await kubectl('run', 'nowhere', '--image=example.com/nowhere:1');
  await kubectl(
    'wait',
    '--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff',
    'pod/nowhere',
    '--timeout=60s',
  );
  const asked = ['events', '--field-selector', 'involvedObject.name=nowhere', '-o', 'jsonpath={.items[*].message}'];
  // Events are written in their own time, of which the last is about the reason that was waited for.
  let events = '';
  while (!events.includes('Error: ImagePullBackOff')) events = await kubectl('get', ...asked);
  assert.match(events, /--image example\.com\/nowhere:1=COMMAND/);
  await kubectl('delete', 'pod', 'nowhere', '--timeout=30s');
});

test('rights: a service account may only what RBAC gives it', { skip }, async () => {
  const token = (await kubectl('create', 'token', 'default')).trim();
  const asAccount = (...args: string[]) =>
    home.run(kubectlPath, [
      '--kubeconfig=/dev/null',
      `--server=${cluster.apiUrl}`,
      `--token=${token}`,
      '--insecure-skip-tls-verify',
      ...args,
    ]);
  const refused = await asAccount('get', 'pods', '-n', 'default');
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"/,
  );
  await kubectl('create', 'rolebinding', 'view', '--clusterrole=view', '--serviceaccount=default:default');
  assert.equal((await asAccount('get', 'pods', '-n', 'default')).code, 0);
  assert.equal((await asAccount('get', 'secrets', '-n', 'default')).code, 1);
});
