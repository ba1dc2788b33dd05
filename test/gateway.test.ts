/** The gateway as its users run it: `fairlead proxy` before whole clusters, from a shell and as a pod's sidecar. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { KubeObject } from '../src/api/object.ts';
import type { Pod, Service } from '../src/api/types/core-v1.ts';
import type { ClusterClient } from '../src/client/cluster-client.ts';
import { openInformer } from '../src/client/informer.ts';
import { startCluster } from '../src/testing.ts';
import { entry, Home } from './fairlead-process.ts';
import { freePort } from './free-port.ts';

const namespace = 'default';

interface Proxy extends AsyncDisposable {
  child: ChildProcess;
  port: number;
  /** What it printed until all that was asked for stood. */
  lines: readonly string[];
}

/** `lines` says how many it prints once it serves. */
async function startProxy(
  home: Home,
  { lines, kubeconfig }: { lines: number; kubeconfig: string },
  ...args: readonly string[]
): Promise<Proxy> {
  const child = spawn(process.execPath, [entry, 'proxy', '--port=0', ...args], {
    env: { ...home.env, KUBECONFIG: kubeconfig },
    cwd: home.directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    if (printed.length === lines) break;
  }
  return {
    child,
    lines: printed,
    port: Number(/:(\d+)$/.exec(printed[0] ?? '')?.[1]),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function ask(port: number, host: string, path = '/'): Promise<{ status: number; body: string }> {
  return new Promise((answered, failed) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, headers: { Host: host } }, (response) => {
      text(response).then((body) => answered({ status: response.statusCode ?? 0, body }), failed);
    });
    asked.on('error', failed);
    asked.end();
  });
}

/** A pod that tells its name, and a Service before it; resolves when it is ready. */
async function deployEcho(client: ClusterClient, name: string): Promise<void> {
  const labels = { app: name };
  const ports = [{ containerPort: 8080 }];
  await client.resource<Pod>('v1', 'pods').create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'echo', image: 'fairlead.local/echo', ports }] },
  });
  await client.resource<Service>('v1', 'services').create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'hello', namespace },
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
  });
  await whenReady(client, name);
}

async function whenReady(client: ClusterClient, name: string): Promise<void> {
  const stop = new AbortController();
  const query = { namespace, fieldSelector: `metadata.name=${name}` };
  const pods = openInformer<Pod>({ resource: client.resource<Pod>('v1', 'pods'), query, signal: stop.signal });
  await new Promise<void>((ready) => {
    const look = (pod: Pod | undefined): void => {
      if (pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) ready();
    };
    pods.onChange(look);
    void pods.synced.then(() => look(pods.get(`${namespace}/${name}`)));
  });
  stop.abort();
}

test('one proxy leads to several clusters, for browsers, tools and clients of kubeconfigs', {
  timeout: 60_000,
}, async () => {
  await using home = await Home.make();
  await using one = await startCluster({ name: 'one' });
  await using two = await startCluster({ name: 'two' });
  await Promise.all([deployEcho(one.client.client, 'first'), deployEcho(two.client.client, 'second')]);
  const files = [join(home.directory, 'one'), join(home.directory, 'two')];
  await one.writeKubeconfig(files[0] ?? '');
  await two.writeKubeconfig(files[1] ?? '');
  const out = join(home.directory, 'out.yaml');
  await using proxy = await startProxy(
    home,
    { lines: 4, kubeconfig: files.join(':') },
    '--context=one',
    '--context=two',
    '--forward=two/default/hello:80=0',
    `--kubeconfig-out=${out}`,
  );
  const podOf = ({ body }: { body: string }): string => JSON.parse(body).pod;
  assert.equal(podOf(await ask(proxy.port, `hello.default.localhost:${proxy.port}`)), 'first');
  assert.equal(podOf(await ask(proxy.port, `hello.default.svc.two.localhost:${proxy.port}`)), 'second');
  assert.equal(podOf(await ask(proxy.port, `second.default.pod.two.localhost:${proxy.port}`)), 'second');
  assert.equal(podOf(await ask(proxy.port, 'hello.default.svc', 'http://hello.default.svc/')), 'first', 'as a proxy');
  const fixed = Number(/^Forwarding localhost:(\d+) to two\/default\/hello:80$/.exec(proxy.lines[3] ?? '')?.[1]);
  assert.equal(podOf(await ask(fixed, 'anything')), 'second');

  assert.equal((await stat(out)).mode & 0o777, 0o600);
  const pods = async (context: string): Promise<string> => {
    const { stdout, stderr } = await home.fairlead(
      'get',
      'pods',
      '-o',
      'name',
      '--kubeconfig',
      out,
      '--context',
      context,
    );
    return stdout + stderr;
  };
  assert.deepEqual([await pods('one'), await pods('two')], ['pod/first\n', 'pod/second\n']);

  const env = await home.fairlead('env', `--port=${proxy.port}`, '-o', 'json');
  assert.equal(env.code, 0, env.stderr);
  const settings = JSON.parse(env.stdout);
  assert.equal(settings.http_proxy, `http://localhost:${proxy.port}`);
  assert.equal(settings.ALL_PROXY, `socks5h://localhost:${proxy.port}`);
  assert.equal(settings.KUBECONFIG, out);
  const shell = await home.run('sh', [
    '-c',
    `eval "$1"; echo "$all_proxy $KUBECONFIG"; eval "$2"; echo "[$all_proxy]"`,
    'sh',
    (await home.fairlead('env', `--port=${proxy.port}`)).stdout,
    (await home.fairlead('env', '--unset')).stdout,
  ]);
  assert.equal(shell.stdout, `socks5h://localhost:${proxy.port} ${out}\n[]\n`);

  proxy.child.kill('SIGTERM');
  await once(proxy.child, 'exit');
  await assert.rejects(stat(out), { code: 'ENOENT' });
  const gone = await home.fairlead('env', `--port=${proxy.port}`);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /^error: no gateway answers on localhost:\d+: start one with "fairlead proxy"/);
});

test('a second signal ends a proxy at once, and its kubeconfig goes with it', { timeout: 30_000 }, async () => {
  await using home = await Home.make();
  await using cluster = await startCluster({ nodes: 0 });
  const kubeconfig = join(home.directory, 'config');
  await cluster.writeKubeconfig(kubeconfig);
  const out = join(home.directory, 'out.yaml');
  await using proxy = await startProxy(home, { lines: 2, kubeconfig }, `--kubeconfig-out=${out}`);
  const [watch]: IncomingMessage[] = await once(
    request({ host: '127.0.0.1', port: proxy.port, path: '/api/v1/pods?watch=true' }).end(),
    'response',
  );
  watch?.on('error', () => {}).resume();
  proxy.child.kill('SIGINT');
  const refused = () =>
    ask(proxy.port, 'localhost').then(
      () => false,
      () => true,
    );
  while (!(await refused())) await new Promise((turn) => setImmediate(turn));
  assert.ok((await stat(out)).isFile());
  proxy.child.kill('SIGINT');
  const [code] = await once(proxy.child, 'exit');
  assert.equal(code, 130);
  await assert.rejects(stat(out), { code: 'ENOENT' });
});

test('the kubeconfig of a gateway that runs is not taken from it, and one that a killed gateway left is replaced', {
  timeout: 30_000,
}, async () => {
  await using home = await Home.make();
  await using cluster = await startCluster({ nodes: 0 });
  const kubeconfig = join(home.directory, 'config');
  await cluster.writeKubeconfig(kubeconfig);
  const out = join(home.directory, 'out.yaml');
  const args = ['proxy', '--port=0', `--kubeconfig=${kubeconfig}`, `--kubeconfig-out=${out}`];
  await using first = await startProxy(home, { lines: 2, kubeconfig }, `--kubeconfig-out=${out}`);
  const written = await readFile(out, 'utf8');
  const second = await home.fairlead(...args);
  assert.equal(second.code, 1);
  assert.equal(
    second.stderr,
    `error: ${out} is not replaced: it belongs to a gateway that runs (process ${first.child.pid}). Stop that one, or name another file for the kubeconfig.\n`,
  );
  assert.equal(await readFile(out, 'utf8'), written);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  await using third = await startProxy(home, { lines: 2, kubeconfig }, `--kubeconfig-out=${out}`);
  assert.notEqual(await readFile(out, 'utf8'), written);
  assert.equal((await home.fairlead('get', 'nodes', '--kubeconfig', out)).code, 0);
  await rm(out);
  const env = await home.fairlead('env', `--port=${third.port}`);
  assert.equal(env.code, 0);
  assert.match(
    env.stderr,
    /^warning: KUBECONFIG is not set: .*out\.yaml, which the gateway names, is not there any more/,
  );
});

test('in a pod it is a sidecar with the rights of the pod, and numbers for Prometheus', {
  timeout: 60_000,
}, async () => {
  const port = await freePort();
  const metrics = await freePort();
  const command = `${process.execPath} ${entry} proxy --port ${port} --metrics-address 127.0.0.1:${metrics}`;
  await using cluster = await startCluster({ images: { sidecar: command } });
  const { client } = cluster.client;
  await deployEcho(client, 'app');
  const rules = [
    { apiGroups: [''], resources: ['pods', 'services'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['pods/portforward'], verbs: ['create'] },
  ];
  const metadata = { name: 'sidecar', namespace };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  await client
    .resource<KubeObject & { rules: typeof rules }>(apiVersion, 'roles')
    .create({ apiVersion, kind: 'Role', metadata, rules });
  await client.resource<KubeObject & { roleRef: object; subjects: object[] }>(apiVersion, 'rolebindings').create({
    apiVersion,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'sidecar' },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
  });
  // Ready once it listens: where the probe goes.
  const probe = { tcpSocket: { host: '127.0.0.1', port }, periodSeconds: 1 };
  await client.resource<Pod>('v1', 'pods').create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'proxy', image: 'sidecar', readinessProbe: probe }],
    },
  });
  await whenReady(client, 'sidecar');
  assert.equal(JSON.parse((await ask(port, 'hello.default.localhost')).body).pod, 'app');
  assert.equal((await ask(port, 'localhost', '/api/v1/namespaces/default/pods')).status, 200);
  assert.equal(
    (await ask(port, 'localhost', '/api/v1/namespaces/kube-system/pods')).status,
    403,
    'no more than the pod may',
  );
  const { body } = await ask(metrics, 'localhost', '/metrics');
  assert.match(body, /^fairlead_gateway_requests_total\{part="app",code="200"\} 1$/m);
  assert.match(body, /^fairlead_gateway_api_server_ready\{context="",server="https:\/\/127\.0\.0\.1:\d+"\} 1$/m);
  assert.equal((await ask(metrics, 'localhost', '/api/v1/pods')).status, 404);
  assert.equal((await ask(metrics, 'anything', '/metrics')).status, 403, 'no name that somebody bound to this machine');
});
