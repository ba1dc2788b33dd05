/**
 * GET of 1 KiB through the gateway to a TLS upstream, 32 connections, beside a real kubectl proxy in the same run: requests per
 * second and CPU time per request, medians of runs in turn.
 */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { testCertificate } from '../test/certificate.ts';
import { buildPeers, peerPath } from '../test/peers/build.ts';
import { cpuMicroseconds } from './process-cost.ts';
import { median } from './statistics.ts';

const root = resolve(import.meta.dirname, '..');
const connections = 32;
const rounds = 3;
const roundMs = 1200;
const warmUpMs = 700;
const limits = { requests: 2.5, cpu: 0.33 };

interface Proxy {
  name: string;
  child: ChildProcess;
  port: number;
}

interface Load {
  requestsPerSecond: number;
  cpuMicroseconds: number;
}

/** Starts a program and resolves with the port in the first line of its output that ends with one. */
async function start(name: string, command: string, args: readonly string[]): Promise<Proxy> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) {
      child.stdout.resume();
      return { name, child, port: Number(port) };
    }
  }
  throw new Error(`${name} ended before it served`);
}

async function stop({ child }: Proxy): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Keep-alive GETs, one at a time on each connection; counts the answers. */
async function drive(port: number, milliseconds: number): Promise<number> {
  const request = Buffer.from(
    `GET /api/v1/namespaces/default HTTP/1.1\r\nHost: localhost:${port}\r\nAccept: application/json\r\n\r\n`,
  );
  let answers = 0;
  let running = true;
  const drivers = Array.from({ length: connections }, async () => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    let missing = 0;
    socket.on('data', (chunk: Buffer) => {
      missing -= chunk.length;
      if (missing < 0) missing += answerLength(chunk);
      if (missing !== 0) return;
      answers++;
      if (running) socket.write(request);
      else socket.end();
    });
    socket.write(request);
    await once(socket, 'close');
  });
  setTimeout(() => {
    running = false;
  }, milliseconds);
  await Promise.all(drivers);
  return answers;
}

function answerLength(head: Buffer): number {
  const text = head.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(text);
  if (end === -1 || length === null || !text.startsWith('HTTP/1.1 200'))
    throw new Error(`not the answer expected: ${text.slice(0, 200)}`);
  return end + 4 + Number(length[1]);
}

async function measure({ child, port }: Proxy): Promise<Load> {
  const pid = child.pid ?? 0;
  const [cpu, began] = [await cpuMicroseconds(pid), performance.now()];
  const answers = await drive(port, roundMs);
  const seconds = (performance.now() - began) / 1000;
  return { requestsPerSecond: answers / seconds, cpuMicroseconds: ((await cpuMicroseconds(pid)) - cpu) / answers };
}

/** True when the limits are met. */
export async function benchGateway(): Promise<boolean> {
  buildPeers(['kubectl']);
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  const { ca, cert, key } = testCertificate();
  const upstreamFile = join(directory, 'upstream.json');
  await writeFile(upstreamFile, JSON.stringify({ cert, key }), { mode: 0o600 });
  const running: Proxy[] = [];
  try {
    const upstream = await start('upstream', process.execPath, [
      join(import.meta.dirname, 'gateway-upstream.ts'),
      upstreamFile,
    ]);
    running.push(upstream);
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigFor(upstream.port, ca), { mode: 0o600 });
    const fairlead = await start('fairlead', process.execPath, [
      join(root, 'bin', 'fairlead.ts'),
      'proxy',
      `--kubeconfig=${kubeconfig}`,
      '--port=0',
    ]);
    running.push(fairlead);
    const kubectl = await start('kubectl', peerPath('kubectl'), ['proxy', `--kubeconfig=${kubeconfig}`, '--port=0']);
    running.push(kubectl);
    return await compare(fairlead, kubectl);
  } finally {
    for (const proxy of running) await stop(proxy);
    await rm(directory, { recursive: true, force: true });
  }
}

async function compare(fairlead: Proxy, kubectl: Proxy): Promise<boolean> {
  for (const proxy of [fairlead, kubectl]) await drive(proxy.port, warmUpMs);
  const loads: { ours: Load; theirs: Load }[] = [];
  for (let round = 0; round < rounds; round++) {
    const theirs = await measure(kubectl);
    loads.push({ ours: await measure(fairlead), theirs });
  }
  const middle = (value: (pair: { ours: Load; theirs: Load }) => number): number => median(loads.map(value));
  const requests = middle(({ ours, theirs }) => ours.requestsPerSecond / theirs.requestsPerSecond);
  const cpu = middle(({ ours, theirs }) => ours.cpuMicroseconds / theirs.cpuMicroseconds);
  const line = (name: string, pick: (pair: { ours: Load; theirs: Load }) => Load): string => {
    const rate = Math.round(middle((pair) => pick(pair).requestsPerSecond));
    const time = Math.round(middle((pair) => pick(pair).cpuMicroseconds));
    return `  ${name.padEnd(14)} ${String(rate).padStart(7)} requests/s  ${String(time).padStart(5)} us CPU per request`;
  };
  console.log(`gateway: GET of 1 KiB to a TLS upstream, ${connections} connections`);
  console.log(line('kubectl proxy', ({ theirs }) => theirs));
  console.log(line('fairlead', ({ ours }) => ours));
  const met = requests >= limits.requests && cpu <= limits.cpu;
  console.log(
    `  ratio: ${requests.toFixed(2)} of its requests (at least ${limits.requests}), ${cpu.toFixed(2)} of its CPU (at most ${limits.cpu}): ${met ? 'met' : 'MISSED'}`,
  );
  return met;
}

function kubeconfigFor(port: number, ca: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: bench
  cluster: {server: "https://127.0.0.1:${port}", certificate-authority-data: ${Buffer.from(ca).toString('base64')}}
users:
- name: bench
  user: {token: bench}
contexts:
- name: bench
  context: {cluster: bench, user: bench}
current-context: bench
`;
}

if (import.meta.main) process.exitCode = (await benchGateway()) ? 0 : 1;
