/**
 * From process start to the first good answer of /readyz, until every node is Ready, and the memory then: Fairlead with an empty
 * and with an existing data directory, beside a real etcd and kube-apiserver, medians of several runs in turn.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../test/free-port.ts';
import { buildPeers } from '../test/peers/build.ts';
import { residentBytesOf, startRealCluster } from '../test/peers/real-cluster.ts';
import { median } from './statistics.ts';

const root = resolve(import.meta.dirname, '..');
const runs = 5;
const limits = { empty: 500, existing: 400, nodeReady: 1000, residentMegabytes: 130 };

interface Start {
  ready: number;
  /** After `ready`. */
  nodeReady: number;
  residentMegabytes: number;
}

/** Status code and body; undefined while nothing listens. */
function get(
  port: number,
  path: string,
  credentials: { cert?: string; key?: string } = {},
): Promise<{ status: number; body: string } | undefined> {
  return new Promise((settle) => {
    const asked = request(
      { host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false, ...credentials },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => settle({ status: response.statusCode ?? 0, body }));
        response.on('error', () => settle(undefined));
      },
    );
    asked.on('error', () => settle(undefined));
    asked.end();
  });
}

async function startFairlead(directory: string): Promise<Start> {
  const port = await freePort();
  const kubeconfig = join(directory, 'kubeconfig');
  const started = performance.now();
  const child = spawn(
    join(root, 'fairlead'),
    [
      'up',
      '--name',
      'bench',
      '--data',
      join(directory, 'data'),
      '--api-port',
      String(port),
      '--gateway-port',
      '0',
      '--kubeconfig',
      kubeconfig,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, XDG_DATA_HOME: directory } },
  );
  try {
    while ((await get(port, '/readyz'))?.body !== 'ok') await delay(2);
    const ready = performance.now() - started;
    const credentials = await clientCertificate(kubeconfig);
    while (
      !/"type":"Ready","status":"True"|"status":"True","type":"Ready"|"type":"Ready"[^}]*"status":"True"|"status":"True"[^}]*"type":"Ready"/.test(
        (await get(port, '/api/v1/nodes', credentials))?.body ?? '',
      )
    )
      await delay(10);
    const nodeReady = performance.now() - started - ready;
    // What was read and compiled for the start is collected by now or never.
    await delay(3000);
    return { ready, nodeReady, residentMegabytes: (await residentBytesOf(child.pid ?? 0)) / 1e6 };
  } finally {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
}

async function clientCertificate(kubeconfig: string): Promise<{ cert: string; key: string }> {
  for (;;) {
    const text = await readFile(kubeconfig, 'utf8').catch(() => '');
    const cert = /client-certificate-data: (\S+)/.exec(text)?.[1];
    const key = /client-key-data: (\S+)/.exec(text)?.[1];
    if (cert !== undefined && key !== undefined) {
      return { cert: Buffer.from(cert, 'base64').toString(), key: Buffer.from(key, 'base64').toString() };
    }
    await delay(5);
  }
}

/** Prints the figures and their limits. Returns whether all limits were met. */
export async function benchStartup(): Promise<boolean> {
  buildPeers(['etcd', 'kube-apiserver']);
  const [empty, existing]: [Start[], Start[]] = [[], []];
  const real: { ready: number; residentMegabytes: number }[] = [];
  for (let run = 0; run <= runs; run++) {
    const directory = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
    const first = await startFairlead(directory);
    const second = await startFairlead(directory);
    await rm(directory, { recursive: true, force: true });
    // The first run fills the compile cache: figures hold from the second start on.
    if (run === 0) continue;
    empty.push(first);
    existing.push(second);
    if (real.length < 3) {
      await using peer = await startRealCluster();
      real.push({ ready: peer.readyMilliseconds, residentMegabytes: (await peer.residentBytes()) / 1e6 });
    }
  }
  const figures = {
    empty: median(empty.map((start) => start.ready)),
    existing: median(existing.map((start) => start.ready)),
    nodeReady: median([...empty, ...existing].map((start) => start.nodeReady)),
    residentMegabytes: median([...empty, ...existing].map((start) => start.residentMegabytes)),
  };
  const peer = {
    ready: median(real.map((start) => start.ready)),
    resident: median(real.map((start) => start.residentMegabytes)),
  };
  const row = (what: string, value: number, limit: number, unit: string, other?: number) => {
    const beside =
      other === undefined
        ? ''
        : `, etcd + kube-apiserver ${other.toFixed(0)} ${unit}: ${(other / value).toFixed(1)} times`;
    console.log(`  ${what}: ${value.toFixed(0)} ${unit} (limit ${limit})${value <= limit ? '' : ' MISSED'}${beside}`);
    return value <= limit;
  };
  console.log(`Start-up, medians of ${runs}:`);
  return [
    row('process start to /readyz, empty data directory', figures.empty, limits.empty, 'ms', peer.ready),
    row('process start to /readyz, existing data directory', figures.existing, limits.existing, 'ms', peer.ready),
    row('from there to Node Ready', figures.nodeReady, limits.nodeReady, 'ms'),
    row(
      'resident memory, three seconds later',
      figures.residentMegabytes,
      limits.residentMegabytes,
      'MB',
      peer.resident,
    ),
  ].every(Boolean);
}

if (import.meta.main) process.exitCode = (await benchStartup()) ? 0 : 1;
