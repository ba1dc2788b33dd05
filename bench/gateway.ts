/**
 * GET of 1 KiB through the gateway to a TLS server, 32 connections, beside a real kubectl proxy, and HAProxy as the limit:
 * requests per second and CPU time per request, medians of runs in turn.
 */
import type { Subject } from './gateway-subjects.ts';
import { loadWords, openGatewaySubjects } from './gateway-subjects.ts';
import { keepAsking } from './http-load.ts';
import { cpuMicroseconds } from './process-cost.ts';
import { median } from './statistics.ts';

const connections = 32;
const rounds = 7;
const roundMs = 1200;
const warmUpMs = 1500;
const limits = { requests: 2.5, cpu: 0.4 };

interface Load {
  requestsPerSecond: number;
  cpuMicroseconds: number;
}

const path = '/api/v1/namespaces/default';

async function measure({ pid, port }: Subject): Promise<Load> {
  const [cpu, began] = [await cpuMicroseconds(pid), performance.now()];
  const answers = await keepAsking({ port, path }, connections, roundMs);
  const seconds = (performance.now() - began) / 1000;
  return { requestsPerSecond: answers / seconds, cpuMicroseconds: ((await cpuMicroseconds(pid)) - cpu) / answers };
}

/** Prints figures and ratios. True when the limits are met. */
export async function benchGateway(): Promise<boolean> {
  await using subjects = await openGatewaySubjects({ haproxy: true });
  const { kubectl, fairlead, haproxy } = subjects;
  const all = [kubectl, fairlead, ...(haproxy ? [haproxy] : [])];
  for (const { port } of all) await keepAsking({ port, path }, connections, warmUpMs);
  const loads = new Map<Subject, Load[]>(all.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round++) {
    for (const subject of all) loads.get(subject)?.push(await measure(subject));
  }
  const ratio = (subject: Subject, pick: (load: Load) => number) =>
    median((loads.get(subject) ?? []).map((load, round) => pick(load) / pick(loads.get(kubectl)?.[round] ?? load)));
  console.log(`gateway: GET of 1 KiB to a TLS server, ${connections} connections (${loadWords()})`);
  for (const [{ name }, of] of loads) {
    const rate = Math.round(median(of.map(({ requestsPerSecond }) => requestsPerSecond)));
    const time = Math.round(median(of.map((load) => load.cpuMicroseconds)));
    console.log(
      `  ${name.padEnd(14)} ${String(rate).padStart(7)} requests/s  ${String(time).padStart(5)} us CPU per request`,
    );
  }
  const requests = ratio(fairlead, ({ requestsPerSecond }) => requestsPerSecond);
  const cpu = ratio(fairlead, ({ cpuMicroseconds: time }) => time);
  if (haproxy)
    console.log(
      `  haproxy: ${ratio(haproxy, ({ requestsPerSecond }) => requestsPerSecond).toFixed(2)} of kubectl's requests, ${ratio(haproxy, ({ cpuMicroseconds: time }) => time).toFixed(2)} of its CPU`,
    );
  const met = requests >= limits.requests && cpu <= limits.cpu;
  console.log(
    `  ratio: ${requests.toFixed(2)} of kubectl's requests (at least ${limits.requests}), ${cpu.toFixed(2)} of its CPU (at most ${limits.cpu}): ${met ? 'met' : 'MISSED'}`,
  );
  return met;
}

if (import.meta.main) process.exitCode = (await benchGateway()) ? 0 : 1;
