/** A local cache of one resource, kept by list and watch. */
import type { KubeObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import { sleepUnlessAborted } from '../lib/abortable-sleep.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { Informer, ListQuery, ResourceClient } from './cluster-client.ts';
import { startDeadline } from './deadline.ts';
import { ObjectCache } from './object-cache.ts';

export interface InformerOptions<T extends KubeObject> {
  resource: ResourceClient<T>;
  /** What is cached: everything, or one namespace, or what selectors match. */
  query?: Pick<ListQuery, 'namespace' | 'labelSelector' | 'fieldSelector'>;
  /** Values under which `byIndex` finds an object. */
  indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  /** Changes every object before it is kept: drops what nobody reads, to save memory. */
  transform?: (object: T) => T;
  signal: AbortSignal;
  /** Told of failures that are tried again; the cache goes on with what it has. */
  onError?: (error: unknown) => void;
}

const pageSize = 500;
const restart = { baseMs: 200, maxMs: 30_000 };
/** A watch that lived this long ended for usual reasons. */
const healthyMs = 5_000;
/** A server that has not ended a watch this long after it should have is taken for gone. */
const lateSeconds = 30;
/** Servers end watches after minutes; spread, so that not all come back at once. */
const watchSeconds = () => 300 + Math.floor(Math.random() * 300);

/**
 * Starts at once and runs until the signal fires. Watches resume from the last resourceVersion seen; after 410, or
 * where resuming keeps failing, it lists again and tells the differences. Listeners must not throw.
 */
export function openInformer<T extends KubeObject>(
  options: InformerOptions<T>,
): Informer<T> & { readonly done: Promise<void> } {
  const { signal } = options;
  const cache = new ObjectCache<T>(options.indexes ?? {});
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => {});
  const done = run(options, cache, () => synced.resolve()).finally(() =>
    synced.reject(signal.reason ?? new Error('the informer ended')),
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

/** The key by which an informer knows an object: `namespace/name`, or `name`. */
export function objectKey({ metadata: { namespace, name = '' } }: KubeObject): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

async function run<T extends KubeObject>(
  options: InformerOptions<T>,
  cache: ObjectCache<T>,
  onSynced: () => void,
): Promise<void> {
  const { signal, onError } = options;
  let revision: string | undefined;
  for (let failures = 0; !signal.aborted; ) {
    const startedAt = Date.now();
    try {
      if (revision === undefined) {
        revision = await relist(options, cache);
        onSynced();
      }
      for await (const seen of follow(options, cache, revision)) revision = seen;
      // A clean end: resume. One that comes at once is a failure, lest it spins.
      failures = Date.now() - startedAt > healthyMs ? 0 : failures + 1;
    } catch (error) {
      if (signal.aborted) return;
      failures = Date.now() - startedAt > healthyMs ? 1 : failures + 1;
      if (error instanceof StatusError && error.code === 410) {
        revision = undefined;
        // A list is always younger than what was compacted, so there is nothing to wait for the first time.
        if (failures === 1) continue;
      } else {
        onError?.(error);
        // Refused for good, or a server with another history behind the same address: begin anew.
        if (error instanceof StatusError || failures > 3) revision = undefined;
      }
    }
    if (failures > 0) await sleepUnlessAborted(backoffMs(failures, restart), signal);
  }
}

async function relist<T extends KubeObject>(
  { resource, query, signal, transform }: InformerOptions<T>,
  cache: ObjectCache<T>,
): Promise<string> {
  const found: T[] = [];
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
      found.push(transform === undefined ? item : transform(item));
    }
    next = page.metadata.continue || undefined;
    revision = page.metadata.resourceVersion ?? '';
  } while (next !== undefined);
  cache.replace(found, objectKey);
  return revision;
}

async function* follow<T extends KubeObject>(
  { resource, query, signal, transform }: InformerOptions<T>,
  cache: ObjectCache<T>,
  resourceVersion: string,
): AsyncGenerator<string> {
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
  for await (const { type, object } of events) {
    if (type === 'DELETED') cache.delete(objectKey(object), object);
    else if (type !== 'BOOKMARK') cache.put(objectKey(object), transform === undefined ? object : transform(object));
    if (object.metadata.resourceVersion !== undefined) yield object.metadata.resourceVersion;
  }
}
