/** What a resource holds and every change of it, over list and watch, for as long as it is wanted. */
import type { KubeObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import { sleepUnlessAborted } from '../lib/abortable-sleep.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { Change } from './change.ts';
import { changeOf } from './change.ts';
import type { ListQuery, ResourceClient } from './cluster-client.ts';
import { startDeadline } from './deadline.ts';
import { InitialEventsUnsupported, lateSeconds, listByPages, listByWatch } from './initial-state.ts';

/** The part of a resource that can be read as a whole. */
export type ResourceSource<T extends KubeObject> = Pick<ResourceClient<T>, 'list' | 'watch'>;

export interface FollowOptions<T extends KubeObject> {
  resource: ResourceSource<T>;
  query: Pick<ListQuery, 'namespace' | 'labelSelector' | 'fieldSelector'>;
  /** Changes after this resourceVersion; absent: begins with everything there is. */
  from?: string;
  /** Take the first state from the watch itself where the server can (WatchList), else in pages. */
  initialEvents: boolean;
  transform?: ((object: T) => T) | undefined;
  signal: AbortSignal;
  /** Told of failures that will be tried again. What it throws ends the iteration. */
  onError?: ((error: unknown) => void) | undefined;
}

const restart = { baseMs: 200, maxMs: 30_000 };
/** A watch that lived this long ended for usual reasons. */
const healthyMs = 5_000;
/** Servers end watches after minutes; spread, so that not all come back at once. */
const watchSeconds = () => 300 + Math.floor(Math.random() * 300);

/**
 * Watches resume from the last resourceVersion seen; after 410, or where resuming keeps failing, everything is told
 * again by `replace`. Ends without an error when the signal fires.
 */
export async function* follow<T extends KubeObject>(options: FollowOptions<T>): AsyncGenerator<Change<T>> {
  const { signal, onError } = options;
  let revision = options.from;
  let initialEvents = options.initialEvents;
  for (let failures = 0; !signal.aborted; ) {
    const startedAt = Date.now();
    try {
      if (revision === undefined && initialEvents) {
        for await (const change of listByWatch(options, watchSeconds())) {
          revision = change.revision;
          yield change;
        }
      } else {
        if (revision === undefined) {
          let all: Change<T> | undefined = await listByPages(options);
          revision = all.revision;
          yield all;
          // Not kept alive by the watch that follows.
          all = undefined;
        }
        for await (const change of watchOnce(options, revision)) {
          revision = change.revision;
          yield change;
        }
      }
      // A clean end: resume. One that comes at once is a failure, lest it spins.
      failures = Date.now() - startedAt > healthyMs ? 0 : failures + 1;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof InitialEventsUnsupported) {
        initialEvents = false;
        continue;
      }
      failures = Date.now() - startedAt > healthyMs ? 1 : failures + 1;
      if (error instanceof StatusError && error.code === 410) {
        revision = undefined;
        // A list is always younger than what was compacted, so there is nothing to wait for the first time.
        if (failures === 1) continue;
      } else {
        onError?.(error);
        // Refused for good, or a server with another history behind the same address: begin anew.
        if ((error instanceof StatusError && !passes(error)) || failures > 3) revision = undefined;
      }
    }
    if (failures > 0) await sleepUnlessAborted(backoffMs(failures, restart), signal);
  }
}

async function* watchOnce<T extends KubeObject>(
  { resource, query, signal, transform }: FollowOptions<T>,
  resourceVersion: string,
): AsyncGenerator<Change<T>> {
  const timeoutSeconds = watchSeconds();
  // A connection that died without a word would otherwise be watched for ever.
  using deadline = startDeadline(signal, (timeoutSeconds + lateSeconds) * 1000);
  const events = resource.watch({
    ...query,
    resourceVersion,
    allowWatchBookmarks: true,
    timeoutSeconds,
    signal: deadline.signal,
  });
  for await (const event of events) yield changeOf(event, resourceVersion, transform);
}

/**
 * What another try may mend, on another server or later: one that stops, is overloaded, or has not yet heard of the
 * resourceVersion that a server which is ahead of it gave (504 with ResourceVersionTooLarge).
 */
function passes({ code }: StatusError): boolean {
  return code === 429 || code === 500 || code === 503 || code === 504;
}

/** What trying again does not mend; 410 is dealt with before, 429 asks for another try. */
export function isFinal(error: unknown): boolean {
  return error instanceof StatusError && error.code >= 400 && error.code < 500 && error.code !== 429;
}
