/** The two ways to learn what a resource holds: pages of a list, or a watch that begins with it (WatchList). */
import type { KubeObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import type { Change } from './change.ts';
import { changeOf } from './change.ts';
import type { ListQuery } from './cluster-client.ts';
import { startDeadline } from './deadline.ts';
import type { FollowOptions } from './follow.ts';
import { listWhole } from './list-pages.ts';
import { objectKey } from './object-key.ts';

/** The server does not know WatchList: take the list. */
export class InitialEventsUnsupported extends Error {
  override readonly name = 'InitialEventsUnsupported';
}

type Source<T extends KubeObject> = Pick<FollowOptions<T>, 'resource' | 'query' | 'signal' | 'transform'>;

const pageSize = 500;
/** A server that has not ended a watch this long after it should have is taken for gone. */
export const lateSeconds = 30;
/** Servers before 1.27 ignore the wish and fall silent after the objects: after this time without an event that is taken so. */
const silentMs = 5_000;
const endAnnotation = 'k8s.io/initial-events-end';

export async function listByPages<T extends KubeObject>({
  resource,
  query,
  signal,
  transform,
}: Source<T>): Promise<Extract<Change<T>, { type: 'replace' }>> {
  const ask = (page: Pick<ListQuery, 'limit' | 'continue'>) => resource.list({ ...query, ...page, signal });
  return { type: 'replace', ...(await listWhole(ask, { pageSize, keep: transform })) };
}

/** `replace`, then the changes that the same watch goes on with. Throws InitialEventsUnsupported before anything is told. */
export async function* listByWatch<T extends KubeObject>(
  { resource, query, signal, transform }: Source<T>,
  timeoutSeconds: number,
): AsyncGenerator<Change<T>> {
  using deadline = startDeadline(signal, (timeoutSeconds + lateSeconds) * 1000);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silentMs);
  // What changes meanwhile is told among the first events: an object may come again, and go.
  const objects = new Map<string, T>();
  let isComplete = false;
  try {
    const events = resource.watch({
      ...query,
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: true,
      timeoutSeconds,
      signal: AbortSignal.any([deadline.signal, silence.signal]),
    });
    let revision = '';
    for await (const event of events) {
      const change = changeOf(event, revision, transform);
      revision = change.revision;
      if (isComplete) yield change;
      else if (change.type !== 'progress') {
        if (change.type === 'put') objects.set(objectKey(change.object), change.object);
        else objects.delete(objectKey(change.object));
        timer.refresh();
      } else if (event.object.metadata.annotations?.[endAnnotation] === 'true') {
        clearTimeout(timer);
        isComplete = true;
        yield { type: 'replace', objects: takeAll(objects), revision };
      }
    }
    if (!isComplete) throw new InitialEventsUnsupported('the watch ended before its initial events did');
  } catch (error) {
    if (!isComplete && (silence.signal.aborted || isUnknownParameter(error))) {
      throw new InitialEventsUnsupported('the server does not send initial events', { cause: error });
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The map does not keep them alive any longer. */
function takeAll<T>(objects: Map<string, T>): T[] {
  const all = [...objects.values()];
  objects.clear();
  return all;
}

/** 422 is what servers say whose feature is off. */
function isUnknownParameter(error: unknown): boolean {
  return error instanceof StatusError && (error.code === 422 || error.code === 400);
}
