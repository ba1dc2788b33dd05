/**
 * Bytes through a port-forward of a real kube-apiserver to a pod on our node: one big stream, and a hundred connections at
 * once; our client library's tunnel beside `kubectl port-forward`, medians of runs in turn.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buildPeers } from '../test/peers/build.ts';
import { KubectlForward } from '../test/peers/kubectl-forward.ts';
import { runPod } from '../test/real-cluster/pods.ts';
import { startRealClusterWithNode } from '../test/real-cluster/start.ts';
import { cpuMicroseconds } from './process-cost.ts';
import { median } from './statistics.ts';

const rounds = 5;
const mebibyte = 1024 * 1024;
const big = { connections: 1, mebibytes: 256 };
const many = { connections: 100, mebibytes: 2 };
const limit = 1;

type Load = typeof big;

interface Tunnel {
  name: string;
  port: number;
  pid: number;
}

interface Result {
  mebibytesPerSecond: number;
  cpuMillisecondsPerMebibyte: number;
}

/** A server in the pod that sends as many MiB as the first line says. */
const program = `
  const piece = Buffer.alloc(${mebibyte}, 'fairlead ');
  require('node:net').createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (line) => {
      let left = Number(line);
      const fill = () => { while (left > 0) { left--; if (!socket.write(piece)) return; } socket.off('drain', fill); socket.end(); };
      socket.on('drain', fill);
      fill();
    });
  }).listen(8080, process.env.POD_IP);
`;

async function drive(port: number, { connections, mebibytes }: Load): Promise<void> {
  const wanted = mebibytes * mebibyte;
  const one = async (): Promise<void> => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.write(`${mebibytes}\n`);
    await once(socket, 'close');
    if (received !== wanted) throw new Error(`${received} bytes of ${wanted} came through`);
  };
  await Promise.all(Array.from({ length: connections }, one));
}

async function measure({ port, pid }: Tunnel, load: Load): Promise<Result> {
  const [cpu, began] = [await cpuMicroseconds(pid), performance.now()];
  await drive(port, load);
  const seconds = (performance.now() - began) / 1000;
  const total = load.connections * load.mebibytes;
  return {
    mebibytesPerSecond: total / seconds,
    cpuMillisecondsPerMebibyte: ((await cpuMicroseconds(pid)) - cpu) / 1000 / total,
  };
}

/** Prints figures and ratios; false when a limit was missed. */
export async function benchPortForward(): Promise<boolean> {
  buildPeers(['etcd', 'kube-apiserver', 'kubectl']);
  await using real = await startRealClusterWithNode({ images: { node: process.execPath } });
  await runPod(real.client, 'source', { containers: [{ name: 'c', image: 'node', args: ['-e', program] }] });
  const env = { ...process.env, KUBECONFIG: real.kubeconfig } as Record<string, string>;
  await using kubectl = await KubectlForward.start(env, 'pod/source', [8080]);
  await using own = await startOwn(env);
  const tunnels: Tunnel[] = [
    { name: 'kubectl port-forward', port: kubectl.ports[0] ?? 0, pid: kubectl.pid },
    { name: 'fairlead/client', port: own.port, pid: own.child.pid ?? 0 },
  ];
  console.log('port-forward: through a real kube-apiserver to a pod on our node');
  let met = true;
  for (const [what, load] of [
    ['one stream', big],
    [`${many.connections} connections at once`, many],
  ] as const) {
    met = (await compare(what, load, tunnels)) && met;
  }
  return met;
}

async function compare(what: string, load: Load, tunnels: readonly Tunnel[]): Promise<boolean> {
  // Both are tunnels that stay: what counts is how they are once they are warm.
  for (const { port } of tunnels) await drive(port, load);
  const results: Result[][] = tunnels.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, tunnel] of tunnels.entries()) results[i]?.push(await measure(tunnel, load));
  }
  const middle = (i: number, pick: (result: Result) => number) => median((results[i] ?? []).map(pick));
  console.log(`  ${what}, ${load.connections * load.mebibytes} MiB:`);
  for (const [i, { name }] of tunnels.entries()) {
    const rate = middle(i, ({ mebibytesPerSecond }) => mebibytesPerSecond).toFixed(0);
    const cpu = middle(i, ({ cpuMillisecondsPerMebibyte }) => cpuMillisecondsPerMebibyte).toFixed(2);
    console.log(`    ${name.padEnd(21)} ${rate.padStart(5)} MiB/s  ${cpu.padStart(6)} ms CPU per MiB`);
  }
  const ratio = (pick: (result: Result) => number) =>
    median((results[1] ?? []).map((own, round) => pick(own) / pick(results[0]?.[round] ?? own)));
  const throughput = ratio(({ mebibytesPerSecond }) => mebibytesPerSecond);
  const isMet = throughput >= limit;
  console.log(
    `    ratio: ${throughput.toFixed(2)} of its throughput (at least ${limit}), ` +
      `${ratio(({ cpuMillisecondsPerMebibyte }) => cpuMillisecondsPerMebibyte).toFixed(2)} of its CPU: ${isMet ? 'met' : 'MISSED'}`,
  );
  return isMet;
}

interface Own extends AsyncDisposable {
  port: number;
  child: ChildProcess;
}

async function startOwn(env: Record<string, string>): Promise<Own> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'port-forward-subject.ts'), 'source', '8080'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return {
    port: Number(line),
    child,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

if (import.meta.main) process.exitCode = (await benchPortForward()) ? 0 : 1;
