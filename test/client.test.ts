/** `fairlead/client` as programs use it, against the embedded cluster. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import type { Cluster, ExecSession } from 'fairlead/client';
import { connect, isReason, StatusError } from 'fairlead/client';
import type { Pod, PodSpec } from 'fairlead/client/types/core-v1';
import { openTunnel } from '../examples/tunnel/tunnel.ts';
import { openClusterClient } from '../src/client/cluster-client-http.ts';
import { openPod } from '../src/client/pod.ts';
import { PortForwards } from '../src/client/port-forward/port-forwards.ts';
import { type Cluster as EmbeddedCluster, startCluster } from '../src/cluster.ts';
import { terminalObstacle } from '../src/node/terminal/binding.ts';
import { connectProxy, listening, socksProxy } from './proxy-servers.ts';

let embedded: EmbeddedCluster;
let cluster: Cluster;
let directory: string;
const namespace = 'default';
const { signal } = new AbortController();

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-client-'));
  embedded = await startCluster({
    name: 'client',
    directory,
    storage: 'memory',
    apiPort: 0,
    nodes: 1,
    images: new Map([['sh', 'sh']]),
    log: (line) => console.error(line),
  });
  const { caPem, certPem, keyPem } = embedded.admin;
  const tls = { ca: caPem, cert: certPem, key: keyPem };
  cluster = await connect({ config: { server: embedded.apiUrl, namespace, tls } });
  await embedded.nodesReady;
  // Without it no pod is admitted; a controller makes it soon after the start.
  const accounts = cluster.resource('v1', 'ServiceAccount');
  for await (const { object } of accounts.watch({ namespace })) if (object.metadata.name === 'default') break;
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
  await embedded[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function runPod(name: string, script: string, more: Partial<PodSpec> = {}): Promise<Pod> {
  const pods = cluster.resource('v1', 'Pod');
  await pods.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'sh', args: ['-c', script] }], ...more },
  });
  for await (const { object } of pods.watch({ namespace, fieldSelector: `metadata.name=${name}` })) {
    if (object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) return object;
  }
  throw new Error('the watch ended');
}

test('objects from create to deletion, with pages, selectors and conflicts', async () => {
  const maps = cluster.resource('v1', 'ConfigMap');
  for (const name of ['a', 'b', 'c']) {
    await maps.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels: { made: 'here' } },
      data: { name },
    });
  }
  const found: string[] = [];
  for await (const { kind, data } of maps.list({ namespace, labelSelector: 'made=here', pageSize: 2 })) {
    found.push(`${kind} ${data?.name}`);
  }
  assert.deepEqual(found, ['ConfigMap a', 'ConfigMap b', 'ConfigMap c']);
  const old = await maps.get('a');
  await maps.patch('a', { data: { name: 'changed' } });
  await assert.rejects(maps.update(old), (error) => isReason(error, 'Conflict'));
  await maps.deleteCollection({ namespace, labelSelector: 'made=here' });
  assert.deepEqual(await maps.list({ namespace, labelSelector: 'made=here' }).toArray(), []);
  await assert.rejects(maps.get('a'), (error) => error instanceof StatusError && error.code === 404);
});

test('server-side apply: fields have owners, conflicts are told, what is applied no more goes', async () => {
  const maps = cluster.resource('v1', 'ConfigMap');
  const colours = (data: Record<string, string>) =>
    ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'colours' }, data }) as const;
  const made = await maps.apply(colours({ sky: 'blue', grass: 'green' }), { fieldManager: 'painter' });
  assert.deepEqual(
    made.metadata.managedFields?.map(({ manager, operation }) => [manager, operation]),
    [['painter', 'Apply']],
  );
  await assert.rejects(
    maps.apply(colours({ sky: 'grey' }), { fieldManager: 'weather' }),
    (error) => isReason(error, 'Conflict') && error.status.details?.causes?.[0]?.field === '.data.sky',
  );
  const taken = await maps.apply(colours({ sky: 'grey' }), { fieldManager: 'weather', force: true });
  assert.deepEqual(taken.data, { sky: 'grey', grass: 'green' });
  const left = await maps.apply(colours({}), { fieldManager: 'painter' });
  assert.deepEqual(left.data, { sky: 'grey' });
  const patched = await maps.patch('colours', { data: { sea: 'blue' } });
  const { manager } = patched.metadata.managedFields?.find(({ operation }) => operation === 'Update') ?? {};
  assert.equal(manager, 'fairlead', 'who gives no name is called by the program');

  const deployments = cluster.resource('apps/v1', 'Deployment');
  const labels = { app: 'applied' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'sh' }] } };
  await deployments.apply(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'applied' },
      spec: { paused: true, replicas: 1, selector: { matchLabels: labels }, template },
    },
    { fieldManager: 'me' },
  );
  const scale = deployments.subresource('applied', 'scale');
  const scaled = await scale.apply(
    { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'applied' }, spec: { replicas: 1 } },
    { fieldManager: 'scaler' },
  );
  assert.equal(scaled.metadata.name, 'applied');
  const { metadata } = await deployments.get('applied');
  assert.deepEqual(
    metadata.managedFields
      ?.filter(({ operation }) => operation === 'Apply')
      .map(({ manager: by }) => by)
      .sort(),
    ['me', 'scaler'],
  );
});

test('an informer keeps an index of what a watch tells', async () => {
  const maps = cluster.resource('v1', 'ConfigMap');
  const stop = new AbortController();
  const informer = maps.informer({
    namespace,
    labelSelector: 'shelf',
    indexes: { shelf: ({ metadata }) => [metadata.labels?.shelf ?? ''] },
    signal: stop.signal,
  });
  await informer.synced;
  const added = Promise.withResolvers<void>();
  informer.onChange((next) => next?.metadata.name === 'book' && added.resolve());
  await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'book', labels: { shelf: 'top' } } });
  await added.promise;
  assert.deepEqual(
    informer.byIndex('shelf', 'top').map(({ metadata }) => metadata.name),
    ['book'],
  );
  stop.abort();
  await informer.done;
});

test('logs, commands with exit codes and streams, and a command that cannot be', async () => {
  const pod = await runPod('logger', 'echo one; echo two; exec sleep 600');
  const { name = '' } = pod.metadata;
  const door = cluster.pod(namespace, name);
  const stop = new AbortController();
  const followed: string[] = [];
  await assert.rejects(
    async () => {
      for await (const line of door.logs({ follow: true, signal: stop.signal })) {
        followed.push(line);
        if (line === 'two') stop.abort();
      }
    },
    { name: 'AbortError' },
  );
  assert.deepEqual(followed, ['one', 'two']);
  assert.deepEqual(await Array.fromAsync(door.logs()), ['one', 'two']);
  assert.deepEqual(await Array.fromAsync(door.logs({ tailLines: 1 })), ['two']);

  const session = await door.exec(['sh', '-c', 'cat; echo problem >&2; exit 7'], { stdin: true });
  session.stdin.end('through and through');
  const [out, err] = await Promise.all([text(session.stdout), text(session.stderr)]);
  assert.deepEqual([out, err, await session.exitCode], ['through and through', 'problem\n', 7]);

  const early = await door.exec(['head', '-c', '3'], { stdin: true });
  const source = createReadStream('/dev/zero');
  source.pipe(early.stdin);
  early.stderr.resume();
  assert.deepEqual([await text(early.stdout), await early.exitCode], ['\0\0\0', 0]);
  if (!early.stdin.closed) await once(early.stdin, 'close');
  source.destroy();

  const failed = await door.exec(['sh', '-c', 'cat; exit 5'], { stdin: true });
  failed.stderr.resume();
  const some = (async function* () {
    yield 'some';
    throw new Error('the source failed');
  })();
  await assert.rejects(pipeline(some, failed.stdin), /the source failed/);
  assert.deepEqual([await text(failed.stdout), await failed.exitCode], ['some', 5]);

  const good = await door.exec('true');
  good.stdout.resume();
  good.stderr.resume();
  assert.equal(await good.exitCode, 0);

  await assert.rejects(cluster.pod(namespace, 'nobody').exec('true'), (error) => isReason(error, 'NotFound'));
  await assert.rejects(Array.fromAsync(cluster.pod(namespace, 'nobody').logs()), (error) =>
    isReason(error, 'NotFound'),
  );

  const cut = new AbortController();
  const endless = await door.exec(['sleep', '600'], { signal: cut.signal });
  endless.stdout.resume();
  endless.stderr.resume();
  cut.abort();
  await assert.rejects(endless.exitCode, { name: 'AbortError' });
});

/** Resolves with what was shown once that is among it. */
async function shown(session: ExecSession, pattern: RegExp): Promise<string> {
  let text = '';
  while (!pattern.test(text)) text += String((await once(session.stdout, 'data'))[0]);
  return text;
}

test('a terminal: its size, keys, its one output, the exit code', { skip: terminalObstacle() ?? false }, async () => {
  await runPod('terminal', 'exec sleep 600');
  const door = cluster.pod(namespace, 'terminal');
  // It may begin before its size has come, where that took long.
  const script = `until [ "$(stty size)" = '33 91' ]; do :; done; stty size; echo err >&2; exec sh`;
  const session = await door.exec(['sh', '-c', script], { stdin: true, tty: true });
  session.resize({ columns: 91, rows: 33 });
  session.stderr.resume();
  const first = await shown(session, /err/);
  assert.match(first, /^33 91\r\nerr/);
  session.resize({ columns: 40, rows: 10 });
  session.stdin.write("until [ \"$(stty size)\" = '10 40' ]; do :; done; echo it' fits'\n");
  await shown(session, /it fits/);
  session.stdin.write('exit 3\n');
  session.stdout.resume();
  assert.equal(await session.exitCode, 3);

  assert.throws(() => session.resize({ columns: 0, rows: 5 }), /columns are a whole number from 1 to 65535, not 0/);
  assert.throws(() => session.resize({ columns: 80, rows: 70_000 }), /rows are .* not 70000/);

  const cut = new AbortController();
  const left = await door.exec(['sh', '-c', 'echo up; exec sleep 600'], { tty: true, signal: cut.signal });
  await shown(left, /up/);
  cut.abort();
  await assert.rejects(left.exitCode, { name: 'AbortError' });
});

test('attached to a container that has a terminal', { skip: terminalObstacle() ?? false }, async () => {
  const script = 'while read -r line; do echo "<$line> $(stty size)"; done';
  const containers = [{ name: 'c', image: 'sh', args: ['-c', script], stdin: true, tty: true }];
  await runPod('seat', '', { containers });
  const session = await cluster.pod(namespace, 'seat').attach({ stdin: true, tty: true });
  session.resize({ columns: 91, rows: 33 });
  session.stdin.write('hello\n');
  await shown(session, /<hello> (33 91|24 80)\r\n/);
  session.stdin.write('again\n');
  await shown(session, /<again> 33 91\r\n/);
  session.stdin.write('\x04');
  session.stdout.resume();
  assert.equal(await session.exitCode, 0);
});

test('attached, and too far behind with the reading: what was cut off says why', async () => {
  const containers = [
    { name: 'c', image: 'sh', args: ['-c', 'read -r line; head -c 60000000 /dev/zero'], stdin: true },
  ];
  await runPod('loud', '', { containers, restartPolicy: 'Never' });
  const session = await cluster.pod(namespace, 'loud').attach({ stdin: true });
  session.stdin.write('go\n');
  const pods = cluster.resource('v1', 'Pod');
  for await (const { object } of pods.watch({ fieldSelector: 'metadata.name=loud' })) {
    if (object.status?.phase === 'Succeeded') break;
  }
  session.stdout.resume();
  session.stderr.resume();
  await assert.rejects(session.exitCode, { name: 'StatusError', message: /the client read too slowly/ });
});

test('HTTP to a service, and a raw connection to a pod', async () => {
  const server = `require('http').createServer((q, s) => { let b = ''; q.on('data', d => b += d).on('end', () => s.end(q.method + ' ' + q.url + ' ' + b)) }).listen(8080, process.env.POD_IP)`;
  const node = JSON.stringify(process.execPath);
  await runPod('web', `exec ${node} -e "${server}"`, {
    containers: [
      {
        name: 'c',
        image: 'sh',
        args: ['-c', `exec ${node} -e "${server}"`],
        readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
        ports: [{ containerPort: 8080 }],
      },
    ],
  });
  await cluster.resource('v1', 'Pod').patch('web', { metadata: { labels: { app: 'web' } } });
  await cluster.resource('v1', 'Service').create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  });
  const slices = cluster.resource('discovery.k8s.io/v1', 'EndpointSlice');
  for await (const { object } of slices.watch({ namespace, labelSelector: 'kubernetes.io/service-name=web' })) {
    if (object.endpoints?.some(({ conditions }) => conditions?.ready)) break;
  }
  const answer = await cluster.service(namespace, 'web:http').fetch('/a?b=c', { method: 'POST', body: 'hello' });
  assert.deepEqual([answer.status, await answer.text()], [200, 'POST /a?b=c hello']);
  const missing = await cluster.service(namespace, 'nothing').fetch('/');
  assert.deepEqual([missing.status, missing.ok], [404, false]);

  const stream = await cluster.pod(namespace, 'web').portForward(8080);
  stream.end('GET /raw HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  assert.match(await text(stream), /^HTTP\/1.1 200 [\s\S]*GET \/raw/);

  const stop = new AbortController();
  const localPort = await openTunnel(cluster, { namespace, pod: 'web', port: 8080 }, stop.signal);
  const bodies = Array.from({ length: 20 }, async (_, i) => (await fetch(`http://127.0.0.1:${localPort}/${i}`)).text());
  assert.equal((await Promise.all(bodies))[19], 'GET /19 ');

  const held = await cluster.pod(namespace, 'web').portForward(8080, { signal: stop.signal });
  stop.abort();
  await assert.rejects(text(held), { name: 'AbortError' });
  const closed = await cluster.pod(namespace, 'web').portForward(9);
  await assert.rejects(text(closed), /9/);
});

test('streams of every protocol lead through proxies, with TLS and a client certificate', async () => {
  const { caPem, certPem, keyPem } = embedded.admin;
  const api = Number(new URL(embedded.apiUrl).port);
  const seen: string[] = [];
  const echo = { name: 'c', image: 'fairlead.local/echo', readinessProbe: { tcpSocket: { port: 8080 } } };
  await runPod('behind', '', { containers: [echo] });
  await using http = await listening(createServer(connectProxy(api, seen)));
  await using socks = await listening(createServer((socket) => void socksProxy(api, seen, undefined)(socket)));
  for (const [protocol, { port }] of [
    ['http', http],
    ['socks5', socks],
  ] as const) {
    for (const upgrade of ['websocket', 'spdy']) {
      const before = seen.length;
      const tls = { ca: caPem, cert: certPem, key: keyPem };
      const proxy = { protocol, host: '127.0.0.1', port };
      await using client = openClusterClient({ server: embedded.apiUrl, namespace, tls, proxy });
      const openStream: typeof client.openStream = (request) =>
        client.openStream({ ...request, offers: request.offers.filter((offer) => offer.upgrade === upgrade) });
      const session = await openPod({ ...client, openStream }, namespace, 'behind').exec('cat', { stdin: true });
      session.stdin.end(upgrade);
      session.stderr.resume();
      assert.equal(await text(session.stdout), upgrade);
      assert.equal(await session.exitCode, 0);
      const stream = await new PortForwards({ openStream }).connect({ namespace, pod: 'behind', port: 8080, signal });
      stream.end(upgrade);
      assert.equal(await text(stream), upgrade);
      assert.ok(seen.length > before, 'the proxy was asked');
    }
  }
});
