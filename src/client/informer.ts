/** A local cache of one resource, kept by list and watch. */
import type { KubeObject } from '../api/object.ts';
import type { Informer, ListQuery } from './cluster-client.ts';
import type { ResourceSource } from './follow.ts';
import { follow } from './follow.ts';
import { ObjectCache } from './object-cache.ts';
import { objectKey } from './object-key.ts';

/** As a method, like `transform`: what an informer of one kind takes must not keep its `Resource` from being one of any object. */
interface Index<T extends KubeObject> {
  valuesOf(object: T): readonly string[];
}

export interface InformerOptions<T extends KubeObject> {
  resource: ResourceSource<T>;
  /** What is cached: everything, or one namespace, or what selectors match. */
  query?: Pick<ListQuery, 'namespace' | 'labelSelector' | 'fieldSelector'>;
  /** Values under which `byIndex` finds an object. Must not throw. */
  indexes?: Readonly<Record<string, Index<T>['valuesOf']>>;
  /** Changes every object before it is kept, and the last state of one that was deleted before that is told: drops what nobody reads, to save memory. */
  transform?(object: T): T;
  /** Take the first state from the watch (WatchList) where the server can; else, and by default, in pages of a list. */
  initialEvents?: boolean;
  signal: AbortSignal;
  /** Told of failures that are tried again; the cache goes on with what it has. */
  onError?: (error: unknown) => void;
}

/**
 * Starts at once and runs until the signal fires. Watches resume from the last resourceVersion seen; after 410, or
 * where resuming keeps failing, it lists again and tells the differences. What an index function or `onError` throws ends it:
 * `done` rejects with that, `synced` with an Error that has it as its cause.
 */
export function openInformer<T extends KubeObject>(
  options: InformerOptions<T>,
): Informer<T> & { readonly done: Promise<void> } {
  const { signal } = options;
  const cache = new ObjectCache<T>(options.indexes ?? {});
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => {});
  const done = run(options, cache, () => synced.resolve()).then(
    () => synced.reject(signal.reason),
    (cause: unknown) => {
      synced.reject(new Error(`the informer ended: ${cause instanceof Error ? cause.message : cause}`, { cause }));
      throw cause;
    },
  );
  return {
    synced: synced.promise,
    done,
    get: (key) => cache.get(key),
    list: () => cache.list(),
    byIndex: (index, value) => cache.byIndex(index, value),
    onChange: (listener) => cache.onChange(listener),
  };
}

async function run<T extends KubeObject>(
  { resource, query = {}, initialEvents = false, transform, signal, onError }: InformerOptions<T>,
  cache: ObjectCache<T>,
  onSynced: () => void,
): Promise<void> {
  for await (const change of follow({ resource, query, initialEvents, transform, signal, onError })) {
    if (change.type === 'replace') {
      cache.replace(change.objects, objectKey);
      onSynced();
    } else if (change.type === 'put') cache.put(objectKey(change.object), change.object);
    else if (change.type === 'delete') cache.delete(objectKey(change.object), change.object);
  }
}
