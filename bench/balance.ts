/**
 * `fairlead balance` beside HAProxy in tcp mode with one thread (Debian package haproxy), in front of the same TLS servers in one
 * run: new connections per second, requests per second on open ones, a large download, and what 10,000 idle connections take.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { testCertificate } from '../test/certificate.ts';
import { freePort } from '../test/free-port.ts';
import { residentBytesOf } from '../test/peers/real-cluster.ts';
import { connectionsWithin } from './open-files.ts';
import { cpuMicroseconds } from './process-cost.ts';
import { median } from './statistics.ts';
import { stop } from './stop-process.ts';

const root = resolve(import.meta.dirname, '..');
const rounds = 7;
const roundMs = 1500;
/** A balancer runs for days: what counts is how it is once its code is compiled. */
const warmUpMs = 4000;
const atOnce = 32;
const idleConnections = 10_000;
const downloadBytes = 512 * 1024 * 1024;
const limit = 0.75;

interface Balancer {
  name: string;
  child: ChildProcess;
  port: number;
}

interface Figures {
  connectionsPerSecond: number;
  cpuPerConnection: number;
  requestsPerSecond: number;
  cpuPerRequest: number;
  downloadMegabytesPerSecond: number;
}

/** True when the limits are met; also where HAProxy is missing, which is said. */
export async function benchBalance(): Promise<boolean> {
  if (spawnSync('haproxy', ['-v']).error !== undefined) {
    console.log('balance: skipped, HAProxy is missing: install it (on Debian: apt-get install haproxy)');
    return true;
  }
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  const { ca, cert, key } = testCertificate();
  await writeFile(join(directory, 'upstream.json'), JSON.stringify({ cert, key }), { mode: 0o600 });
  await writeFile(join(directory, 'ca.crt'), ca);
  const upstreams = [0, 1].map(() =>
    spawn(process.execPath, [join(import.meta.dirname, 'balance-upstream.ts'), join(directory, 'upstream.json')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  for (const child of upstreams) parts.defer(() => stop(child));
  const ports = await Promise.all(upstreams.map((child) => portOf(child)));
  const ours = spawn(
    join(root, 'fairlead'),
    [
      'balance',
      '--listen=127.0.0.1:0',
      `--certificate-authority=${join(directory, 'ca.crt')}`,
      ...ports.map((port) => `--server=https://127.0.0.1:${port}`),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, KUBECONFIG: '', HOME: directory } },
  );
  parts.defer(() => stop(ours));
  const idle = await connectionsWithin('balance', idleConnections);
  const theirPort = await freePort();
  await writeFile(join(directory, 'haproxy.cfg'), haproxyConfig(theirPort, ports, idle + 100));
  const theirs = spawn('haproxy', ['-db', '-f', join(directory, 'haproxy.cfg')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  parts.defer(() => stop(theirs));
  const fairlead = { name: 'fairlead', child: ours, port: await portOf(ours) };
  const haproxy = { name: 'haproxy', child: theirs, port: theirPort };
  for (const balancer of [fairlead, haproxy]) await untilServing(balancer);
  return await compare(fairlead, haproxy, idle);
}

async function compare(fairlead: Balancer, haproxy: Balancer, idle: number): Promise<boolean> {
  for (const balancer of [haproxy, fairlead]) await measure(balancer, warmUpMs);
  const pairs: { ours: Figures; theirs: Figures }[] = [];
  for (let round = 0; round < rounds; round++) {
    const theirs = await measure(haproxy, roundMs);
    pairs.push({ ours: await measure(fairlead, roundMs), theirs });
  }
  const ratio = (pick: (figures: Figures) => number) =>
    median(pairs.map(({ ours, theirs }) => pick(ours) / pick(theirs)));
  console.log('balance: TCP to two servers, one thread each');
  for (const [name, side] of [
    ['haproxy', 'theirs'],
    ['fairlead', 'ours'],
  ] as const) {
    const middle = (pick: (figures: Figures) => number) => Math.round(median(pairs.map((pair) => pick(pair[side]))));
    console.log(
      `  ${name.padEnd(9)} ${middle((f) => f.connectionsPerSecond)} new connections/s (${middle((f) => f.cpuPerConnection)} us CPU each), ${middle((f) => f.requestsPerSecond)} requests/s (${middle((f) => f.cpuPerRequest)} us each), download ${middle((f) => f.downloadMegabytesPerSecond)} MB/s`,
    );
  }
  const results = {
    'new connections': ratio((figures) => figures.connectionsPerSecond),
    requests: ratio((figures) => figures.requestsPerSecond),
    download: ratio((figures) => figures.downloadMegabytesPerSecond),
  };
  let met = true;
  for (const [what, value] of Object.entries(results)) {
    const isMet = value >= limit;
    met = met && isMet;
    console.log(`  ${what}: ${value.toFixed(2)} of HAProxy's (at least ${limit}): ${isMet ? 'met' : 'MISSED'}`);
  }
  for (const balancer of [haproxy, fairlead]) await holdIdle(balancer, idle);
  return met;
}

async function measure({ child, port }: Balancer, milliseconds: number): Promise<Figures> {
  const pid = child.pid ?? 0;
  const costOf = async (work: () => Promise<number>): Promise<[perSecond: number, cpu: number]> => {
    const [cpu, began] = [await cpuMicroseconds(pid), performance.now()];
    const count = await work();
    const seconds = (performance.now() - began) / 1000;
    return [count / seconds, ((await cpuMicroseconds(pid)) - cpu) / count];
  };
  const [connectionsPerSecond, cpuPerConnection] = await costOf(() => drive(port, milliseconds, true));
  const [requestsPerSecond, cpuPerRequest] = await costOf(() => drive(port, milliseconds, false));
  const [downloadMegabytesPerSecond] = await costOf(() => download(port));
  return { connectionsPerSecond, cpuPerConnection, requestsPerSecond, cpuPerRequest, downloadMegabytesPerSecond };
}

/** Exchanges of one byte that asks and one that answers, on connections of their own each or on open ones. */
async function drive(port: number, milliseconds: number, isNewEach: boolean): Promise<number> {
  let [count, failed, why] = [0, 0, ''];
  const end = performance.now() + milliseconds;
  const one = (): Promise<void> =>
    new Promise((settle) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      // Ports of this machine are used again and again within seconds, which the kernel now and then refuses.
      socket.on('error', ({ message }) => {
        failed++;
        why = message;
      });
      socket.on('connect', () => socket.write('e'));
      socket.on('data', () => {
        count++;
        if (isNewEach || performance.now() > end) socket.end();
        else socket.write('e');
      });
      socket.on('close', () => settle());
    });
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (performance.now() < end) await one();
    }),
  );
  if (failed > 0.01 * count) throw new Error(`${failed} of ${count + failed} connections failed: ${why}`);
  return count;
}

/** Megabytes that came. */
async function download(port: number): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port });
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  socket.end(`d${downloadBytes}`);
  await once(socket, 'close');
  if (received !== downloadBytes) throw new Error(`${received} bytes came, not ${downloadBytes}`);
  return received / 1e6;
}

async function holdIdle({ name, child, port }: Balancer, count: number): Promise<void> {
  const pid = child.pid ?? 0;
  const before = await residentBytesOf(pid);
  const sockets: Socket[] = [];
  for (let opened = 0; opened < count; opened += 100) {
    const batch = Array.from({ length: Math.min(100, count - opened) }, () => connect({ host: '127.0.0.1', port }));
    await Promise.all(
      batch.map(async (socket) => {
        socket.write('e');
        await once(socket, 'data');
      }),
    );
    sockets.push(...batch);
  }
  await delay(1000);
  const alive = sockets.filter(({ readyState }) => readyState === 'open').length;
  const bytes = await residentBytesOf(pid);
  console.log(
    `  ${name.padEnd(9)} holds ${alive} idle connections in ${(bytes / 1e6).toFixed(0)} MB in all, ${(before / 1e6).toFixed(0)} MB before`,
  );
  for (const socket of sockets) socket.destroy();
  if (alive !== count) throw new Error(`${name} let go ${count - alive} of its connections`);
}

async function untilServing({ name, child, port }: Balancer): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} ended before it served`);
    const socket = connect({ host: '127.0.0.1', port });
    socket.write('e');
    const isServed = await once(socket, 'data').then(
      // A connection to a port that nobody listens on may meet itself.
      () => socket.localPort !== port,
      () => false,
    );
    socket.destroy();
    if (isServed) return;
    await delay(20);
  }
}

async function portOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('its output is not read');
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stdout.resume();
    return Number(port);
  }
  throw new Error('a program ended before it served');
}

function haproxyConfig(port: number, ports: readonly number[], maxConnections: number): string {
  return `global
  maxconn ${maxConnections}
  nbthread 1
defaults
  mode tcp
  balance leastconn
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend in
  bind 127.0.0.1:${port}
  default_backend api
backend api
${ports.map((each, index) => `  server s${index} 127.0.0.1:${each}`).join('\n')}
`;
}

if (import.meta.main) process.exitCode = (await benchBalance()) ? 0 : 1;
