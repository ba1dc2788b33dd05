/** A watch for programs: events of one resource for as long as they are read, whatever happens to connections. */
import type { KubeObject } from '../api/object.ts';
import type { WatchEvent } from './cluster-client.ts';
import type { ResourceSource } from './follow.ts';
import { follow, isFinal } from './follow.ts';
import { objectKey } from './object-key.ts';
import type { WatchOptions } from './resource.ts';
import { stoppable } from './stoppable.ts';
import { WatchMalformed } from './watch-stream.ts';

type Options = Omit<WatchOptions, 'onWarning'> & { signal: AbortSignal };

/** Each iteration is a watch of its own. Its `return` also ends a read that waits for the next event. */
export function watchResource<T extends KubeObject>(
  resource: ResourceSource<T>,
  options: Options,
): { [Symbol.asyncIterator](): AsyncIterableIterator<WatchEvent<T>> } {
  return { [Symbol.asyncIterator]: () => stoppable((stop) => watch(resource, options, stop)) };
}

/** Ends without an error when `stop` fires. */
async function* watch<T extends KubeObject>(
  source: ResourceSource<T>,
  { resourceVersion, bookmarks = false, signal, onError, ...query }: Options,
  stop: AbortSignal,
): AsyncGenerator<WatchEvent<T>, undefined> {
  const known = new Map<string, T>();
  let answered = false;
  let told = false;
  const resource: ResourceSource<T> = {
    async list(each) {
      const page = await source.list(each);
      answered = true;
      return page;
    },
    watch: (each) =>
      source.watch({
        ...each,
        onOpen() {
          answered = true;
        },
      }),
  };
  const changes = follow({
    resource,
    query,
    initialEvents: true,
    signal: AbortSignal.any([signal, stop]),
    ...(resourceVersion !== undefined && { from: resourceVersion }),
    onError(error) {
      if (!answered || isFinal(error) || (!told && isMalformed(error))) throw error;
      onError?.(error);
    },
  });
  for await (const change of changes) {
    told = true;
    if (change.type === 'replace') yield* differences(known, change.objects);
    else if (change.type === 'put') {
      known.set(objectKey(change.object), change.object);
      yield { type: change.isNew ? 'ADDED' : 'MODIFIED', object: change.object };
    } else if (change.type === 'delete') {
      known.delete(objectKey(change.object));
      yield { type: 'DELETED', object: change.object };
    } else if (bookmarks) yield { type: 'BOOKMARK', object: change.object };
  }
  signal.throwIfAborted();
}

/** What answers there is probably no API server. */
function isMalformed(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof WatchMalformed;
}

/** Brings `known` to what is there and tells what that changes. */
function* differences<T extends KubeObject>(known: Map<string, T>, objects: readonly T[]): Generator<WatchEvent<T>> {
  const gone = new Map(known);
  for (const object of objects) {
    const key = objectKey(object);
    const before = known.get(key);
    gone.delete(key);
    known.set(key, object);
    const isSameObject = before?.metadata.uid === object.metadata.uid;
    if (before === undefined) yield { type: 'ADDED', object };
    else if (!isSameObject) {
      yield { type: 'DELETED', object: before };
      yield { type: 'ADDED', object };
    } else if (before.metadata.resourceVersion !== object.metadata.resourceVersion) yield { type: 'MODIFIED', object };
  }
  for (const [key, object] of gone) {
    known.delete(key);
    yield { type: 'DELETED', object };
  }
}
