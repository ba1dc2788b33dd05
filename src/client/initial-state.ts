/** The two ways to learn what a resource holds: pages of a list, or a watch that begins with it (WatchList). */
import type { KubeObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import type { Change } from './change.ts';
import { changeOf } from './change.ts';
import { startDeadline } from './deadline.ts';
import type { FollowOptions } from './follow.ts';

/** The server does not know WatchList: take the list. */
export class InitialEventsUnsupported extends Error {
  override readonly name = 'InitialEventsUnsupported';
}

type Source<T extends KubeObject> = Pick<FollowOptions<T>, 'resource' | 'query' | 'signal' | 'transform'>;

const pageSize = 500;
const lateSeconds = 30;
/** Servers before 1.27 ignore the wish and fall silent after the objects: after this time without an event that is taken so. */
const silentMs = 5_000;
const endAnnotation = 'k8s.io/initial-events-end';

export async function listByPages<T extends KubeObject>({
  resource,
  query,
  signal,
  transform,
}: Source<T>): Promise<Extract<Change<T>, { type: 'replace' }>> {
  const objects: T[] = [];
  let next: string | undefined;
  let revision = '';
  do {
    const page = await resource.list({
      ...query,
      limit: pageSize,
      signal,
      ...(next !== undefined && { continue: next }),
    });
    // Items of typed lists carry no kind of their own.
    const kind = page.kind.replace(/List$/, '');
    for (const item of page.items) {
      item.apiVersion ??= page.apiVersion;
      item.kind ??= kind;
      objects.push(transform === undefined ? item : transform(item));
    }
    next = page.metadata.continue || undefined;
    revision = page.metadata.resourceVersion ?? '';
  } while (next !== undefined);
  return { type: 'replace', objects, revision };
}

/** `replace`, then the changes that the same watch goes on with. Throws InitialEventsUnsupported before anything is told. */
export async function* listByWatch<T extends KubeObject>(
  { resource, query, signal, transform }: Source<T>,
  timeoutSeconds: number,
): AsyncGenerator<Change<T>> {
  using deadline = startDeadline(signal, (timeoutSeconds + lateSeconds) * 1000);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silentMs);
  const objects: T[] = [];
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
      else if (change.type === 'put') {
        objects.push(change.object);
        timer.refresh();
      } else if (change.type === 'progress' && event.object.metadata.annotations?.[endAnnotation] === 'true') {
        clearTimeout(timer);
        isComplete = true;
        // A copy, so that this generator does not keep the objects alive.
        yield { type: 'replace', objects: objects.splice(0), revision };
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

/** 422 is what servers say whose feature is off. */
function isUnknownParameter(error: unknown): boolean {
  return error instanceof StatusError && (error.code === 422 || error.code === 400);
}
