import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pod } from '../../api/types/core-v1.ts';
import { ensureCertificates } from '../../apiserver/pki/ensure-certificates.ts';
import { openUpstreamPool } from '../../net/http1/pool.ts';
import { SpdyConnection } from '../../net/spdy/connection.ts';
import { resetStatus } from '../../net/spdy/frames.ts';
import { spdyUpgradeHeaders } from '../../net/spdy/handshake.ts';
import { Channels } from '../../net/websocket/channels.ts';
import { beginHandshake } from '../../net/websocket/handshake.ts';
import { ContainerRunner } from '../pods/container-runner.ts';
import { openProcessRuntime } from '../runtime/process.ts';
import { terminalObstacle } from '../terminal/binding.ts';
import type { KubeletServer } from './server.ts';
import { startKubeletServer } from './server.ts';

const host = '127.0.0.1';
let start: () => Promise<KubeletServer>;
let server: KubeletServer;
let pki: Awaited<ReturnType<typeof ensureCertificates>>;
let end: () => Promise<void>;

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', uid: 'u' },
  spec: { containers: [{ name: 'c', image: 'i' }] },
  status: { phase: 'Running' },
};

before(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-kubelet-'));
  pki = await ensureCertificates(undefined);
  const { serving } = await pki.node('n1', [host]);
  const runtime = openProcessRuntime();
  const runner = new ContainerRunner({
    spec: { name: 'c', image: 'i' },
    role: 'main',
    graceSeconds: 1,
    waitingReason: 'ContainerCreating',
    host: {
      runtime,
      podName: 'p',
      podIP: () => host,
      prepare: async () => ({
        imageID: 'i',
        logFile: join(directory, '0.log'),
        root: directory,
        launch: {
          podUid: 'u',
          name: 'c',
          argv: ['sh', '-c', 'echo one; echo two >&2; exec sleep 60'],
          environment: { PATH: '/usr/bin:/bin' },
          workingDirectory: directory,
          stdin: false,
          tty: false,
          directory,
        },
      }),
      logFile: () => join(directory, '0.log'),
      restartPolicy: () => 'Never',
      event: () => {},
      changed: () => {},
    },
  });
  void runner.run();
  await runner.started;
  const isTold = async () => /one[\s\S]*two|two[\s\S]*one/.test(await readFile(join(directory, '0.log'), 'utf8'));
  while (!(await isTold())) await sleep(5);
  const handle = { pod, podIP: host, container: (name: string) => (name === 'c' ? runner : undefined) };
  start = () =>
    startKubeletServer({
      host,
      port: 0,
      nodeName: 'n1',
      pki: { ca: pki.ca, ...serving },
      access: {
        pods: () => [pod],
        find: (namespace, name) => (namespace === 'n' && name === 'p' ? handle : undefined),
      },
    });
  server = await start();
  end = async () => {
    await server[Symbol.asyncDispose]();
    await runner.stop(0);
    await runtime.endPod(directory);
    await rm(directory, { recursive: true });
  };
});
after(() => end());

interface Client {
  cert?: string;
  key?: string;
}

async function get(
  path: string,
  client: Client = pki.kubeletClient,
  method = 'GET',
): Promise<{ status: number; body: string }> {
  const agent = new Agent({ ca: pki.ca, ...client });
  const sent = request({ host, port: server.port, path, method, agent });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const body = await text(response);
  agent.destroy();
  return { status: response.statusCode ?? 0, body };
}

test('only the API server is admitted: not everybody, not others of the cluster, not strangers of that name', async () => {
  assert.deepEqual(await get('/healthz'), { status: 200, body: 'ok' });
  assert.equal((await get('/healthz', {})).status, 401);
  assert.equal((await get('/pods', pki.admin)).status, 403);
  const stranger = await ensureCertificates(undefined);
  assert.equal((await get('/pods', stranger.kubeletClient)).status, 401);
  const agent = new Agent({ ca: pki.ca });
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket' };
  const sent = request({ host, port: server.port, path: '/exec/n/p/c?command=id&output=1', agent, headers });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 401);
  response.destroy();
});

test('pods, metrics, and paths that are not served', async () => {
  const { items } = JSON.parse((await get('/pods')).body) as { items: Pod[] };
  assert.equal(items[0]?.metadata.name, 'p');
  assert.match((await get('/metrics')).body, /^kubelet_running_pods 1$/m);
  const summary = JSON.parse((await get('/stats/summary')).body) as {
    node: { nodeName: string; startTime: string };
    pods: { podRef: { name: string } }[];
  };
  assert.deepEqual([summary.node.nodeName, summary.pods[0]?.podRef.name], ['n1', 'p']);
  // Of the machine, which is older than this process, and the same each time.
  assert.ok(Date.parse(summary.node.startTime) < performance.timeOrigin, summary.node.startTime);
  assert.ok((await get('/stats/summary')).body.includes(summary.node.startTime));
  // What metrics-server and others scrape is not taken for something else.
  const unknown = ['/metrics/resource', '/metrics/cadvisor', '/metrics/probes', '/pods/n', '/healthz/ping', '/stats'];
  for (const path of [...unknown, '/stats/summary/x', '/containerLogs/n/p/c/x', '/run/n/p/c']) {
    assert.equal((await get(path)).status, 404, path);
  }
  assert.equal((await get('/pods', pki.kubeletClient, 'POST')).status, 405);
  assert.equal((await get('/%zz')).status, 400);
});

test('container logs', async () => {
  const lines = async (query: string) => (await get(`/containerLogs/n/p/c${query}`)).body.split('\n').sort();
  assert.deepEqual(await lines(''), ['', 'one', 'two']);
  assert.equal((await lines('?tailLines=1')).length, 2);
  assert.deepEqual(await get('/containerLogs/n/p/other'), {
    status: 404,
    body: 'container other not found in pod p\n',
  });
  assert.equal((await get('/containerLogs/n/q/c')).status, 404);
  assert.equal((await get('/containerLogs/n/p/c?previous=true')).status, 400);
  assert.equal((await get('/containerLogs/n/p/c?tailLines=-1')).status, 422);
});

test('a log that the stop of the node cuts off says so in its last line, and does not end as a whole one', async () => {
  const stopping = await start();
  const agent = new Agent({ ca: pki.ca, ...pki.kubeletClient });
  const sent = request({ host, port: stopping.port, path: '/containerLogs/n/p/c?follow=true', agent }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let told = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    told += chunk;
  });
  while (!(told.includes('one\n') && told.includes('two\n'))) await once(response, 'data');
  const cut = assert.rejects(once(response, 'end'), /aborted/);
  await stopping[Symbol.asyncDispose]();
  await cut;
  assert.match(told, /\nthe stream was cut off: the node is stopping\n$/);
  agent.destroy();
});

async function open(
  path: string,
  subprotocol: string,
  port = server.port,
): Promise<{ status: number; body: string } | Duplex> {
  const pool = openUpstreamPool();
  const tls = { ca: pki.ca, ...pki.kubeletClient };
  const { headers } = beginHandshake([subprotocol]);
  const signal = new AbortController().signal;
  const answer = await pool.upgrade({ host, port, tls }, { method: 'GET', target: path, headers, signal });
  if (answer.upgraded) return answer.stream;
  const refusal = { status: answer.status, body: await text(answer.body) };
  await pool[Symbol.asyncDispose]();
  return refusal;
}

interface ExecResult {
  stdout: string;
  stderr: string;
  status: { status?: string; reason?: string; details?: { causes?: { reason?: string; message?: string }[] } };
  code: number;
}

async function exec(query: string, subprotocol: string, stdin?: string, size?: string): Promise<ExecResult> {
  const stream = await open(`/exec/n/p/c?${query}`, subprotocol);
  if ('status' in stream) throw new Error(`${stream.status} ${stream.body}`);
  const channels = new Channels(stream, { role: 'client', subprotocol, count: 5 });
  if (size !== undefined) channels.channel(4).write(size);
  if (stdin !== undefined) channels.channel(0).end(stdin);
  const [stdout, stderr, status] = await Promise.all([1, 2, 3].map((number) => text(channels.channel(number))));
  const { code } = await channels.closed;
  return { stdout: stdout ?? '', stderr: stderr ?? '', status: JSON.parse(status ?? '{}'), code };
}

test('exec: streams apart, exit code in the status, input ended by the close signal of v5', async () => {
  const command = (script: string) => `command=sh&command=-c&command=${encodeURIComponent(script)}`;
  const failed = await exec(`${command('echo out; echo err >&2; exit 3')}&output=1&error=1`, 'v4.channel.k8s.io');
  assert.deepEqual([failed.stdout, failed.stderr, failed.code], ['out\n', 'err\n', 1000]);
  assert.equal(failed.status.reason, 'NonZeroExitCode');
  assert.deepEqual(failed.status.details?.causes, [{ reason: 'ExitCode', message: '3' }]);
  const big = 'x'.repeat(1_000_000);
  const copied = await exec('command=cat&input=1&output=1', 'v5.channel.k8s.io', big);
  assert.equal(copied.stdout, big);
  assert.equal(copied.status.status, 'Success');
  const missing = await exec('command=no-such-program&output=1', 'v5.channel.k8s.io');
  assert.equal(missing.status.reason, 'InternalError');
});

/** What a client of the older protocol gets; as client-go it ends none of the streams that it only reads, but the connection. */
async function execOverSpdy(
  query: string,
  types: readonly string[],
  stdin?: string,
  size?: string,
): Promise<ExecResult> {
  const pool = openUpstreamPool();
  const tls = { ca: pki.ca, ...pki.kubeletClient };
  const headers = spdyUpgradeHeaders(['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io']);
  const { signal } = new AbortController();
  const target = `/exec/n/p/c?${query}`;
  const answer = await pool.upgrade({ host, port: server.port, tls }, { method: 'POST', target, headers, signal });
  if (!answer.upgraded) throw new Error(`${answer.status} ${await text(answer.body)}`);
  const connection = new SpdyConnection(answer.stream, { role: 'client' });
  const streams = new Map(types.map((type) => [type, connection.openStream(new Map([['streamtype', type]]))] as const));
  streams.get('resize')?.write(size);
  if (stdin === 'reset')
    streams
      .get('stdin')
      ?.on('error', () => {})
      .reset(resetStatus.cancel, 'not needed');
  else streams.get('stdin')?.end(stdin);
  const read = async (type: string) => {
    const stream = streams.get(type);
    let all = '';
    if (stream === undefined) return all;
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      all += chunk;
    });
    await once(stream, 'end');
    return all;
  };
  const [stdout = '', stderr = '', status = ''] = await Promise.all(['stdout', 'stderr', 'error'].map(read));
  connection.end();
  const { isClean } = await connection.closed;
  await pool[Symbol.asyncDispose]();
  return { stdout, stderr, status: JSON.parse(status), code: isClean ? 1000 : 1006 };
}

test('exec over SPDY: streams apart, exit code in the status, input ended', async () => {
  const command = (script: string) => `command=sh&command=-c&command=${encodeURIComponent(script)}`;
  const types = ['error', 'stdout', 'stderr'];
  const failed = await execOverSpdy(`${command('echo out; echo err >&2; exit 3')}&output=1&error=1`, types);
  assert.deepEqual([failed.stdout, failed.stderr], ['out\n', 'err\n']);
  assert.deepEqual(failed.status.details?.causes, [{ reason: 'ExitCode', message: '3' }]);
  const big = 'x'.repeat(1_000_000);
  const copied = await execOverSpdy('command=cat&input=1&output=1', ['error', 'stdin', 'stdout'], big);
  assert.equal(copied.stdout, big);
  assert.equal(copied.status.status, 'Success');
  // An input that is reset as soon as it is there has an end too.
  const reset = await execOverSpdy('command=cat&input=1&output=1', ['stdin', 'error', 'stdout'], 'reset');
  assert.equal(reset.status.status, 'Success');
  const missing = await execOverSpdy('command=no-such-program&output=1', ['error', 'stdout']);
  assert.equal(missing.status.reason, 'InternalError');
});

test('exec in a terminal over both protocols: one output, the size before it, the exit code', {
  skip: terminalObstacle() ?? false,
}, async () => {
  const script = encodeURIComponent('stty size; echo err >&2; read -r line; exit 3');
  // What is asked of stderr counts for nothing: a terminal has one output.
  const query = `command=sh&command=-c&command=${script}&input=1&output=1&error=1&tty=1`;
  const types = ['error', 'stdin', 'stdout', 'resize'];
  const size = '{"Width":91,"Height":33}\n';
  for (const result of [
    await exec(query, 'v4.channel.k8s.io', 'typed\n', size),
    await exec(query, 'v5.channel.k8s.io', 'typed\n', size),
    await execOverSpdy(query, types, 'typed\n', size),
  ]) {
    // Keys are echoed by the terminal, whenever they come.
    assert.deepEqual(result.stdout.replace('typed\r\n', ''), '33 91\r\nerr\r\n');
    assert.equal(result.stderr, '');
    assert.deepEqual(result.status.details?.causes, [{ reason: 'ExitCode', message: '3' }]);
  }
  const missing = await exec('command=no-such-program&output=1&tty=1', 'v5.channel.k8s.io');
  assert.equal(missing.status.reason, 'InternalError');
});

test('exec is refused by name for what is not supported', async () => {
  const refused = async (path: string, subprotocol = 'v4.channel.k8s.io') => {
    const answer = await open(path, subprotocol);
    return 'status' in answer ? `${answer.status} ${answer.body}` : 'upgraded';
  };
  assert.match(await refused('/exec/n/p/c?command=sh&output=1', 'v3.channel.k8s.io'), /^400 .*v5.channel.k8s.io/);
  assert.match(await refused('/exec/n/p/c?output=1'), /^400 .*command/);
  assert.match(await refused('/exec/n/p/c?command=sh'), /^400 .*stdin, stdout, stderr/);
  assert.match(await refused('/exec/n/q/c?command=sh&output=1'), /^404 pod n\/q is not on this node/);
  assert.match(await refused('/attach/n/p/c'), /^400 .*stdin, stdout, stderr/);
  assert.match(await refused('/run/n/p/c'), /^404/);
});

test('a node that stops does not wait for the client of a command that has ended', async () => {
  const stopping = await start();
  const stream = await open('/exec/n/p/c?command=true&output=1', 'v5.channel.k8s.io', stopping.port);
  if ('status' in stream) throw new Error(`${stream.status} ${stream.body}`);
  const ended = Promise.withResolvers<void>();
  const closeFrame = 0x88;
  // The close frame is not answered.
  stream.on('data', (chunk: Buffer) => chunk.includes(closeFrame) && ended.resolve()).resume();
  await ended.promise;
  await stopping[Symbol.asyncDispose]();
  stream.destroy();
});

test('nor for one that has paused amid what its command writes', async (t) => {
  const stopping = await start();
  const stream = await open('/exec/n/p/c?command=yes&output=1', 'v5.channel.k8s.io', stopping.port);
  if ('status' in stream) throw new Error(`${stream.status} ${stream.body}`);
  t.after(() => stream.destroy());
  await once(stream.resume(), 'data');
  stream.pause();
  // Until all there is in between is full.
  await sleep(500);
  await stopping[Symbol.asyncDispose]();
});
