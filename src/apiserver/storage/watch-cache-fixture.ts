/** A cache before a store in memory, and ways to read it: for the tests of the watch cache. */
import assert from 'node:assert/strict';
import type { CacheEvent } from './cache-watcher.ts';
import { openMemoryStorage } from './memory.ts';
import type { Storage } from './storage.ts';
import type { CacheWatchOptions, WatchCache, WatchCacheOptions } from './watch-cache.ts';
import { openWatchCache } from './watch-cache.ts';

export const prefix = '/registry/core/pods/';
export const keyOf = (name: string, namespace = 'default'): string => `${prefix}${namespace}/${name}`;

export function podJson(name: string, spec: unknown = {}): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }));
}

export function podAt(name: string, spec: unknown, revision: number): unknown {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, resourceVersion: `${revision}` }, spec };
}

export async function withCache(
  body: (parts: { storage: Storage; cache: WatchCache; signal: AbortSignal }) => Promise<void>,
  options: Partial<WatchCacheOptions> = {},
): Promise<void> {
  await using storage = openMemoryStorage();
  const stop = new AbortController();
  try {
    const cache = openWatchCache({ storage, prefix, signal: stop.signal, ...options });
    await body({ storage: options.storage ?? storage, cache, signal: stop.signal });
  } finally {
    stop.abort();
  }
}

/** The store with another way to watch it. */
export function withWatch(storage: Storage, watch: Storage['watch']): Storage {
  return {
    currentRevision: () => storage.currentRevision(),
    get: (key) => storage.get(key),
    list: (options) => storage.list(options),
    create: (key, value) => storage.create(key, value),
    update: (key, value, expected) => storage.update(key, value, expected),
    delete: (key, expected) => storage.delete(key, expected),
    watch,
    compact: (revision) => storage.compact(revision),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}

/** Reads a watch event by event. */
export class Reader {
  readonly #batches: AsyncIterator<CacheEvent[]>;
  #events: CacheEvent[] = [];

  constructor(cache: WatchCache, options: CacheWatchOptions) {
    this.#batches = cache.watch(options)[Symbol.asyncIterator]();
  }

  async next(): Promise<CacheEvent | undefined> {
    while (this.#events.length === 0) {
      const { done, value } = await this.#batches.next();
      if (done === true) return undefined;
      assert.ok(value.length > 0);
      this.#events = value;
    }
    return this.#events.shift();
  }

  /** `put a 3`, or `progress 3`. */
  async brief(count: number): Promise<string[]> {
    const result: string[] = [];
    while (result.length < count) {
      const event = await this.next();
      if (event === undefined) break;
      const what =
        event.type === 'progress' ? (event.initialEventsEnd ? 'end' : '') : event.current.object.metadata.name;
      result.push(`${event.type} ${what} ${event.revision}`);
    }
    return result;
  }
}
