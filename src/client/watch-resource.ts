/** A watch for programs: events of one resource for as long as they are read, whatever happens to connections. */
import type { KubeObject } from '../api/object.ts';
import type { WatchEvent } from './cluster-client.ts';
import type { ResourceSource } from './follow.ts';
import { follow, isFinal } from './follow.ts';
import { objectKey } from './object-key.ts';
import type { WatchOptions } from './resource.ts';

export async function* watchResource<T extends KubeObject>(
  resource: ResourceSource<T>,
  { resourceVersion, bookmarks = false, signal, onError, ...query }: WatchOptions & { signal: AbortSignal },
): AsyncGenerator<WatchEvent<T>> {
  const known = new Map<string, T>();
  let answered = false;
  const stop = new AbortController();
  const changes = follow({
    resource,
    query,
    initialEvents: true,
    signal: AbortSignal.any([signal, stop.signal]),
    ...(resourceVersion !== undefined && { from: resourceVersion }),
    onError(error) {
      if (!answered || isFinal(error)) throw error;
      onError?.(error);
    },
  });
  try {
    for await (const change of changes) {
      answered = true;
      if (change.type === 'replace') yield* differences(known, change.objects);
      else if (change.type === 'put') {
        known.set(objectKey(change.object), change.object);
        yield { type: change.isNew ? 'ADDED' : 'MODIFIED', object: change.object };
      } else if (change.type === 'delete') {
        known.delete(objectKey(change.object));
        yield { type: 'DELETED', object: change.object };
      } else if (bookmarks) yield { type: 'BOOKMARK', object: change.object };
    }
  } finally {
    stop.abort();
  }
  signal.throwIfAborted();
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
