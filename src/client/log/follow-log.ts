/** A log that is followed for as long as its container lives: over lost connections and restarts, without doubles; loss is told. */
import { StatusError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { backoffMs } from '../../lib/backoff.ts';
import type { ClusterClient } from '../cluster-client.ts';
import type { LogOptions } from '../pod-log.ts';
import { comesAgain, containerStatus } from './container-runs.ts';
import { LogReader } from './log-reader.ts';

/** What a reader may want to know besides the lines. */
export type LogIncident =
  /** The stream broke off, or could not be opened again: it is tried until it goes on. */
  | { kind: 'broken'; reason: string }
  | { kind: 'resumed' }
  /** Lines before the one that comes next are no longer kept. */
  | { kind: 'lost' }
  /** The container has not started yet. */
  | { kind: 'waiting'; reason: string }
  | { kind: 'restarted'; restarts: number }
  /** So many runs came and went unseen. */
  | { kind: 'missed'; runs: number };

export interface FollowLogOptions extends Omit<LogOptions, 'follow' | 'previous' | 'limitBytes'> {
  container: string;
  signal: AbortSignal;
  onIncident?: (incident: LogIncident) => void;
  /** Told whenever the server begins to send the log. */
  onOpen?: () => void;
  /** For a container that has yet to start (default 20 s). */
  startTimeoutMs?: number;
}

export interface PodName {
  namespace: string;
  name: string;
}

const reconnect = { baseMs: 200, maxMs: 10_000 };
const poll = { baseMs: 100, maxMs: 3_000 };
/** Looks, ever longer apart and over two seconds in all, at a run whose log has ended: its status tells so after the node has seen it. */
const looksForEnd = 4;
/** A stream that lived this long did not fail at once. */
const healthyMs = 5_000;

/**
 * Yields lines with their ends; of a very long one pieces, and a piece without an end where the log ends so. Ends when the
 * container will not run again, when the pod is gone, and when the signal fires. Throws StatusError for what is refused for
 * good and for a container that did not start in time, ConnectionError where the server was never reached.
 */
export async function* followLog(
  client: ClusterClient,
  pod: PodName,
  options: FollowLogOptions,
): AsyncGenerator<Buffer> {
  const { container, signal, onIncident = () => {}, onOpen = () => {}, startTimeoutMs = 20_000 } = options;
  const began = Date.now();
  const first = await client.resource<Pod>('v1', 'pods').get(pod.name, { namespace: pod.namespace, signal });
  const reader = new LogReader(client, pod, options);
  await reader.prepare();
  let restarts = containerStatus(first, container)?.restartCount ?? 0;
  let broken: 'no' | 'told' | 'untold' = 'no';
  let failures = 0;
  let polls = 0;
  const goesOn = (): void => {
    if (broken !== 'no') onIncident({ kind: 'resumed' });
    broken = 'no';
    polls = 0;
  };

  const breaks = (error: unknown): void => {
    if (broken !== 'told') onIncident({ kind: 'broken', reason: reasonOf(error) });
    broken = 'told';
  };

  const onMissing = (): void => onIncident({ kind: 'lost' });

  while (!signal.aborted) {
    const openedAt = Date.now();
    let failure: unknown;
    try {
      const opened = (): void => {
        onOpen();
        if (broken === 'told') goesOn();
      };
      for await (const line of reader.read({ follow: true }, { onOpen: opened, onMissing })) {
        goesOn();
        failures = 0;
        yield line;
      }
    } catch (error) {
      if (signal.aborted) return;
      const neverOpen = !reader.wasOpen && !(error instanceof StatusError);
      if (neverOpen || (isFinal(error) && !(reader.wasOpen && isGone(error)))) throw error;
      failure = error;
    }
    const waits = failure instanceof StatusError && failure.code === 400;
    if (!waits && failure !== undefined && !isGone(failure) && reader.wasOpen) breaks(failure);
    const endedWell = failure === undefined;
    let now = await look(client, pod, { signal, onFailure: breaks });
    // Opened too early, the next run would be taken for this one.
    for (let looks = 0; looks < looksForEnd && endedWell && standing(now, first, container, restarts) === 'runs'; ) {
      await sleepUnlessAborted(backoffMs(++looks, poll), signal);
      now = await look(client, pod, { signal, onFailure: breaks });
    }
    // Between two runs nothing is to be read.
    while (endedWell && standing(now, first, container, restarts) === 'rests' && !signal.aborted) {
      await sleepUnlessAborted(backoffMs(++polls, poll), signal);
      now = await look(client, pod, { signal, onFailure: breaks });
    }
    if (signal.aborted || now === undefined || now.metadata.uid !== first.metadata.uid) return;
    const status = containerStatus(now, container);
    const runs = status?.restartCount ?? 0;
    if (runs > restarts) {
      const missed = runs - restarts - 1;
      if (missed > 0) onIncident({ kind: 'missed', runs: missed });
      restarts = runs;
      // What the run before wrote after the stream broke off.
      yield* reader.readPrevious({ wasRead: missed === 0, onMissing });
      onIncident({ kind: 'restarted', restarts });
      broken = 'no';
      continue;
    }
    const isRunning = status?.state?.running !== undefined;
    if (failure === undefined && !isRunning) return;
    if (!reader.wasOpen) {
      if (Date.now() - began > startTimeoutMs || !comesAgain(now, container)) throw failure;
      if (polls === 0) onIncident({ kind: 'waiting', reason: reasonOf(failure) });
    }
    if (waits || failure === undefined) {
      // It is about to start; or the server ended a stream for reasons of its own.
      if (broken === 'no' && !waits) broken = 'untold';
      await sleepUnlessAborted(backoffMs(++polls, poll), signal);
      continue;
    }
    // At once after a stream that went well.
    if (Date.now() - openedAt > healthyMs) failures = 0;
    if (failures > 0) await sleepUnlessAborted(backoffMs(failures, reconnect), signal);
    failures++;
  }
}

/**
 * How the run that was read stands as far as its pod's status tells. `rests`: it is over, and another will come. Undefined: another
 * has come, none will, or the pod is not the same.
 */
function standing(now: Pod | undefined, first: Pod, container: string, restarts: number): 'runs' | 'rests' | undefined {
  if (now === undefined || now.metadata.uid !== first.metadata.uid) return undefined;
  const status = containerStatus(now, container);
  if ((status?.restartCount ?? 0) > restarts) return undefined;
  if (status?.state?.running !== undefined) return 'runs';
  return comesAgain(now, container) ? 'rests' : undefined;
}

/** The pod as it is now, asked until there is an answer; undefined when it is gone, or the signal fired. */
async function look(
  client: ClusterClient,
  { namespace, name }: PodName,
  { signal, onFailure }: { signal: AbortSignal; onFailure: (error: unknown) => void },
): Promise<Pod | undefined> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      return await client.resource<Pod>('v1', 'pods').get(name, { namespace, signal });
    } catch (error) {
      if (signal.aborted || isGone(error)) return undefined;
      if (isFinal(error)) throw error;
      onFailure(error);
      await sleepUnlessAborted(backoffMs(++failures, reconnect), signal);
    }
  }
  return undefined;
}

function isGone(error: unknown): boolean {
  return error instanceof StatusError && error.code === 404;
}

/** No further request would be answered otherwise. */
function isFinal(error: unknown): boolean {
  return error instanceof StatusError && [401, 403, 404, 405, 422].includes(error.code);
}

function reasonOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
