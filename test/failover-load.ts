/** A steady stream of reads, writes and a watch on a cluster whose API servers are stopped, killed and started in turn. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../src/client/client.ts';
import type { RealApiServer } from './peers/real-api-server.ts';

export type Disturbance = 'none' | 'stop' | 'kill' | 'start';

export interface FailedCall {
  /** What happened when the call began; `kill` also where a server was killed while it went on. */
  during: Disturbance;
  error: string;
}

export interface FailoverReport {
  reads: number;
  writes: number;
  failedReads: readonly FailedCall[];
  failedWrites: readonly FailedCall[];
  /** Writes that were carried out twice. */
  doubled: number;
  /** Writes that were acknowledged and are not there. */
  missing: number;
  /** Objects that are there and that the watch did not tell, or told twice as new. */
  missedByWatch: number;
  /** The longest time from asking to the answer of a read, by what happened then, in milliseconds. */
  slowestReadMs: Readonly<Record<Disturbance, number>>;
  slowestWriteMs: Readonly<Record<Disturbance, number>>;
}

const namespace = 'default';
const readers = 3;
const writers = 2;

export interface LoadOptions {
  /** Between two calls of one caller. Default 0: as many calls as the machine can; a test's servers start sooner beside fewer. */
  pauseMs?: number;
  /** Told what happens from now on. */
  onDisturbance?: (during: Disturbance) => void;
}

/**
 * Each server in turn is asked to stop, started again, killed, started again, under the load of each of these clients, for each of
 * which there is a report. The watch and the count at the end are that client's too.
 */
export async function loadsWhileServersFail(
  clusters: readonly Cluster[],
  servers: readonly RealApiServer[],
  { pauseMs = 0, onDisturbance = () => {} }: LoadOptions = {},
): Promise<FailoverReport[]> {
  const loads = clusters.map((cluster, index) => beginLoad(cluster, `load-${index}`, pauseMs));
  await Promise.all(loads.map(({ watching }) => watching));
  const disturb = (next: Disturbance): void => {
    for (const { disturb } of loads) disturb(next);
    onDisturbance(next);
  };
  for (const server of servers) {
    for (const how of ['stop', 'kill'] as const) {
      disturb(how);
      await server[how]();
      disturb('start');
      await server.start();
      disturb('none');
    }
  }
  return Promise.all(loads.map(({ end }) => end()));
}

/** As `loadsWhileServersFail`, of one client. */
export async function loadWhileServersFail(
  cluster: Cluster,
  servers: readonly RealApiServer[],
  options: LoadOptions = {},
): Promise<FailoverReport> {
  const [report] = await loadsWhileServersFail([cluster], servers, options);
  if (report === undefined) throw new Error('a load ended without a report');
  return report;
}

interface Load {
  /** Resolves when the watch tells. */
  watching: Promise<void>;
  disturb(next: Disturbance): void;
  /** Ends the calls and counts what became of them. */
  end(): Promise<FailoverReport>;
}

/** `label`: of the objects of this load alone. */
function beginLoad(cluster: Cluster, label: string, pauseMs: number): Load {
  const maps = cluster.resource('v1', 'ConfigMap');
  const generateName = `${label}-`;
  let during: Disturbance = 'none';
  let running = true;
  let [reads, writes, next, kills] = [0, 0, 0, 0];
  const failedReads: FailedCall[] = [];
  const failedWrites: FailedCall[] = [];
  const acknowledged = new Set<string>();
  const [slowestReadMs, slowestWriteMs] = [zero(), zero()];
  const timed = async (
    slowest: Record<Disturbance, number>,
    call: () => Promise<unknown>,
  ): Promise<string | undefined> => {
    const began = performance.now();
    const at = during;
    try {
      await call();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      slowest[at] = Math.max(slowest[at], performance.now() - began);
    }
  };
  const pause = async (): Promise<void> => {
    if (pauseMs > 0) await sleep(pauseMs);
  };
  const read = async (): Promise<void> => {
    for (; running; await pause()) {
      const at = during;
      const error = await timed(slowestReadMs, () => maps.get('kube-root-ca.crt', { namespace }).catch(unlessMissing));
      reads++;
      if (error !== undefined) failedReads.push({ during: at, error });
    }
  };
  const write = async (): Promise<void> => {
    for (; running; await pause()) {
      const id = `w${next++}`;
      const [at, killsBefore] = [during, kills];
      const metadata = { generateName, namespace, labels: { [label]: id } };
      const error = await timed(slowestWriteMs, () => maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata }));
      writes++;
      if (error === undefined) acknowledged.add(id);
      else failedWrites.push({ during: kills > killsBefore ? 'kill' : at, error });
    }
  };

  const told = new Map<string, number>();
  const stopWatch = new AbortController();
  const watching = Promise.withResolvers<void>();
  const watch = (async () => {
    const events = maps.watch({ namespace, labelSelector: label, signal: stopWatch.signal });
    for await (const { type, object } of events) {
      watching.resolve();
      const { name = '' } = object.metadata;
      if (type === 'ADDED') told.set(name, (told.get(name) ?? 0) + 1);
    }
  })().catch((error: unknown) => {
    if (!stopWatch.signal.aborted) throw error;
  });
  const load = [...Array.from({ length: readers }, read), ...Array.from({ length: writers }, write)];

  async function end(): Promise<FailoverReport> {
    running = false;
    await Promise.all(load);
    const there = await maps.list({ namespace, labelSelector: label }).toArray();
    const counts = new Map<string, number>();
    for (const { metadata } of there) {
      const id = metadata.labels?.[label] ?? '';
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    // The watch has told all when it has told an object that was made after all others.
    const mark = await maps.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { generateName, namespace, labels: { [label]: 'last' } },
    });
    while (!told.has(mark.metadata.name ?? '')) await sleep(20);
    stopWatch.abort();
    await watch;
    return {
      reads,
      writes,
      failedReads,
      failedWrites,
      doubled: [...counts.values()].filter((count) => count > 1).length,
      missing: [...acknowledged].filter((id) => !counts.has(id)).length,
      missedByWatch: there.filter(({ metadata }) => told.get(metadata.name ?? '') !== 1).length,
      slowestReadMs,
      slowestWriteMs,
    };
  }

  return {
    watching: watching.promise,
    disturb(next) {
      during = next;
      if (next === 'kill') kills++;
    },
    end,
  };
}

/** What several API servers are for. Of each kind there were at least so many calls. */
export function nothingWasLost(report: FailoverReport, { reads = 500, writes = 100 } = {}): void {
  assert.ok(report.reads > reads && report.writes > writes, `${report.reads} reads, ${report.writes} writes`);
  assert.deepEqual(report.failedReads, []);
  // What was under way on a server that is killed has an outcome that nobody knows.
  assert.deepEqual(
    report.failedWrites.filter(({ during }) => during !== 'kill'),
    [],
  );
  for (const { error } of report.failedWrites) assert.match(error, /not known: look before you repeat it/);
  const { doubled, missing, missedByWatch } = report;
  assert.deepEqual({ doubled, missing, missedByWatch }, { doubled: 0, missing: 0, missedByWatch: 0 });
}

function zero(): Record<Disturbance, number> {
  return { none: 0, stop: 0, kill: 0, start: 0 };
}

/** No controller manager runs, so the object may not be there; that it is not is an answer as good as any. */
export function unlessMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 404)) throw error;
}
