/**
 * What the gateway adds to the time of an answer at a fixed rate, beside a real kubectl proxy: the 50th and 99th percentile less
 * those of the server asked directly. Requests are due by the clock, whatever became of those before, and their time counts from
 * when they were due: one that waits for another is not left out.
 */
import type { Socket } from 'node:net';
import { loadWords, openGatewaySubjects } from './gateway-subjects.ts';
import { headOf, keepAsking, onAnswers, open } from './http-load.ts';
import { median, percentile } from './statistics.ts';

const perSecond = 1000;
const connections = 32;
const rounds = 9;
const roundMs = 2000;
const path = '/api/v1/namespaces/default';
/** Of what kubectl proxy adds. */
const limit = 1;

/** Milliseconds from when each request was due until its answer was whole. */
async function measure(port: number): Promise<number[]> {
  const request = headOf({ port, path });
  const times: number[] = [];
  const free: Socket[] = [];
  const waiting: number[] = [];
  const due = new Map<Socket, number>();
  const total = (roundMs / 1000) * perSecond;
  const done = Promise.withResolvers<void>();
  const send = (socket: Socket, at: number) => {
    due.set(socket, at);
    socket.write(request);
  };
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  for (const socket of sockets) {
    free.push(socket);
    onAnswers(socket, () => {
      times.push(performance.now() - (due.get(socket) ?? 0));
      const next = waiting.shift();
      if (next === undefined) free.push(socket);
      else send(socket, next);
      if (times.length === total) done.resolve();
    });
    socket.on('close', () => done.reject(new Error('a connection was closed before the time was over')));
  }
  const began = performance.now();
  let sent = 0;
  const tick = () => {
    for (let now = performance.now(); sent < total; sent++) {
      const at = began + (sent * 1000) / perSecond;
      if (at > now) break;
      const socket = free.shift();
      if (socket === undefined) waiting.push(at);
      else send(socket, at);
      now = performance.now();
    }
    if (sent < total) setTimeout(tick, 1);
  };
  tick();
  await done.promise;
  for (const socket of sockets) socket.destroy();
  return times;
}

/** Prints figures and the ratio. True when the limit is met. */
export async function benchGatewayLatency(): Promise<boolean> {
  await using subjects = await openGatewaySubjects();
  const { direct, kubectl, fairlead } = subjects;
  const all = [direct, kubectl, fairlead];
  for (const { port } of all) await keepAsking({ port, path }, connections, 1500);
  const results = new Map(all.map((subject) => [subject, { half: [] as number[], most: [] as number[] }]));
  for (let round = 0; round < rounds; round++) {
    for (const subject of all) {
      const times = await measure(subject.port);
      results.get(subject)?.half.push(percentile(times, 50));
      results.get(subject)?.most.push(percentile(times, 99));
    }
  }
  console.log(
    `gateway-latency: GET of 1 KiB to a TLS server, ${perSecond} requests per second on ${connections} connections, medians of ${rounds} rounds (${loadWords()})`,
  );
  const words = (milliseconds: number) => `${milliseconds.toFixed(2)} ms`;
  for (const [{ name }, { half, most }] of results)
    console.log(`  ${name.padEnd(14)} 50 %: ${words(median(half))}  99 %: ${words(median(most))}`);
  const added = (subject: (typeof all)[number], of: 'half' | 'most') =>
    median(results.get(subject)?.[of] ?? []) - median(results.get(direct)?.[of] ?? []);
  const met = added(fairlead, 'most') <= limit * added(kubectl, 'most');
  console.log(
    `  added at 50 %: kubectl ${words(added(kubectl, 'half'))}, fairlead ${words(added(fairlead, 'half'))}; ` +
      `at 99 %: kubectl ${words(added(kubectl, 'most'))}, fairlead ${words(added(fairlead, 'most'))}, ratio ${(added(fairlead, 'most') / added(kubectl, 'most')).toFixed(2)} (at most ${limit}): ${met ? 'met' : 'MISSED'}`,
  );
  return met;
}

if (import.meta.main) process.exitCode = (await benchGatewayLatency()) ? 0 : 1;
