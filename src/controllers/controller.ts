/** What every controller gets, and the loop they share. A controller is one file and one row in `table.ts`. */
import { StatusError } from '../api/status.ts';
import type { ClusterClient, Informer } from '../client/cluster-client.ts';
import type { EventRecorder } from '../client/record-events.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { SharedInformers } from './shared-informers.ts';

export interface ControllerContext {
  client: ClusterClient;
  informers: SharedInformers;
  /** PEM of the authorities that clients of this cluster trust. */
  caPem: string;
  /** Events in the name of this controller. */
  recorder(component: string): EventRecorder;
  log(line: string): void;
  /** A cache could not be kept up and tries again; the same trouble is told once in a while. */
  watchFailed(what: string, error: unknown): void;
  signal: AbortSignal;
  /** Work to wait for when stopping. */
  onStop(stopped: () => Promise<void>): void;
}

export interface Controller {
  name: string;
  /** Subscribes to what the controller needs and returns; work begins as caches fill. */
  start(context: ControllerContext): void;
}

/**
 * A queue whose keys are reconciled once all `needs` are filled. Conflicts are tried again silently: the cache was behind.
 * Other failures are told from the third in a row on.
 */
export function reconcileLoop(
  context: ControllerContext,
  options: {
    name: string;
    needs: readonly Pick<Informer<never>, 'synced'>[];
    workers?: number;
    process: (key: string, signal: AbortSignal) => Promise<void>;
  },
): WorkQueue {
  const { name, needs, workers = 2, process } = options;
  const { signal, log } = context;
  const ready = Promise.all(needs.map(({ synced }) => synced));
  ready.catch(() => {});
  const queue = new WorkQueue({
    workers,
    signal,
    async process(key) {
      await ready;
      await process(key, signal);
    },
    onError(error, key, failures) {
      if (error instanceof StatusError && error.reason === 'Conflict' && failures < 10) return;
      if (failures === 3) log(`controller ${name}: ${key}: ${error instanceof Error ? error.message : String(error)}`);
    },
  });
  context.onStop(() => queue.stopped());
  return queue;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'NotFound';
}

/** The namespace is going away: creating in it is refused for good, and nobody needs it. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  return error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true;
}
