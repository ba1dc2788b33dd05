/**
 * The API server beside a real kube-apiserver with its etcd: reading one object, creating ConfigMaps 32 at once, listing all of
 * them. Requests per second and CPU time of the serving processes per request.
 */
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';
import { Home, RunningFairlead } from '../test/fairlead-process.ts';
import { buildPeers } from '../test/peers/build.ts';
import { startRealCluster } from '../test/peers/real-cluster.ts';
import { cpuMicroseconds } from './process-cost.ts';

const atOnce = 32;
const reads = 6000;
const creates = 3000;
const lists = 10;

interface Subject {
  name: string;
  url: string;
  agent: Agent;
  authorization: Record<string, string>;
  processes: readonly number[];
}

interface Figures {
  requestsPerSecond: number;
  cpuMicroseconds: number;
}

function call({ url, agent, authorization }: Subject, method: string, path: string, body?: string): Promise<number> {
  return new Promise((settle, fail) => {
    const headers = {
      ...authorization,
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const asked = request(`${url}${path}`, { agent, method, headers }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () => {
        if ((response.statusCode ?? 0) < 300) settle(bytes);
        else fail(new Error(`${method} ${path} answered ${response.statusCode}`));
      });
      response.on('error', fail);
    });
    asked.on('error', fail);
    asked.end(body);
  });
}

async function measure(
  subject: Subject,
  count: number,
  width: number,
  one: (index: number) => Promise<unknown>,
): Promise<Figures> {
  const cpuOfAll = async () => {
    let sum = 0;
    for (const pid of subject.processes) sum += await cpuMicroseconds(pid);
    return sum;
  };
  const [cpu, started] = [await cpuOfAll(), performance.now()];
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let index = next++; index < count; index = next++) await one(index);
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  return { requestsPerSecond: count / seconds, cpuMicroseconds: ((await cpuOfAll()) - cpu) / count };
}

async function run(subject: Subject): Promise<Record<'read' | 'create' | 'list', Figures>> {
  const collection = '/api/v1/namespaces/default/configmaps';
  const text = 'x'.repeat(600);
  await measure(subject, 500, atOnce, () => call(subject, 'GET', '/api/v1/namespaces/default'));
  const read = await measure(subject, reads, atOnce, () => call(subject, 'GET', '/api/v1/namespaces/default'));
  const create = await measure(subject, creates, atOnce, (index) =>
    call(
      subject,
      'POST',
      collection,
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `bench-${index}` }, data: { text } }),
    ),
  );
  await call(subject, 'GET', collection);
  const list = await measure(subject, lists, 1, () => call(subject, 'GET', collection));
  return { read, create, list };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the process did not start');
  return pid;
}

/** Prints the figures and ratios. There is no limit to miss yet: true unless it fails. */
export async function benchApi(): Promise<boolean> {
  buildPeers(['etcd', 'kube-apiserver']);
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce, rejectUnauthorized: false });
  let real: Awaited<ReturnType<typeof run>>;
  {
    await using peer = await startRealCluster();
    real = await run({
      name: 'real',
      url: peer.apiUrl,
      agent,
      authorization: { authorization: `Bearer ${peer.token}` },
      processes: peer.processes,
    });
  }
  agent.destroy();
  await using home = await Home.make();
  await using cluster = await RunningFairlead.up(home, '--nodes', '0');
  const config: unknown = parse(await readFile(home.kubeconfig, 'utf8'));
  const user = (config as { users: { user: Record<string, string> }[] }).users[0]?.user ?? {};
  const decode = (text = '') => Buffer.from(text, 'base64');
  const identity = { cert: decode(user['client-certificate-data']), key: decode(user['client-key-data']) };
  const ours = await run({
    name: 'fairlead',
    url: cluster.apiUrl,
    agent: new Agent({ keepAlive: true, maxSockets: atOnce, rejectUnauthorized: false, ...identity }),
    authorization: {},
    processes: [pidOf(cluster.child)],
  });
  console.log('API server, beside etcd + kube-apiserver (the client shares the processors):');
  const rows = [
    ['GET one namespace, 32 at once', ours.read, real.read],
    [`create ${creates} ConfigMaps, 32 at once, durable`, ours.create, real.create],
    [`list ${creates} ConfigMaps`, ours.list, real.list],
  ] as const;
  for (const [what, mine, theirs] of rows) {
    console.log(
      `  ${what}: ${mine.requestsPerSecond.toFixed(0)}/s, ${mine.cpuMicroseconds.toFixed(0)} us CPU each; ` +
        `peer ${theirs.requestsPerSecond.toFixed(0)}/s, ${theirs.cpuMicroseconds.toFixed(0)} us: ` +
        `${(mine.requestsPerSecond / theirs.requestsPerSecond).toFixed(1)} times the requests at ${((mine.cpuMicroseconds / theirs.cpuMicroseconds) * 100).toFixed(0)} % of the CPU`,
    );
  }
  return true;
}

if (import.meta.main) await benchApi();
