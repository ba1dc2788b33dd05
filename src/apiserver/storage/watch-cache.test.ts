import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CacheEvent } from './cache-watcher.ts';
import { openMemoryStorage } from './memory.ts';
import type { Storage } from './storage.ts';
import { Compacted, FutureRevision, StorageClosed } from './storage.ts';
import type { CacheWatchOptions, WatchCache, WatchCacheOptions } from './watch-cache.ts';
import { openWatchCache } from './watch-cache.ts';

const prefix = '/registry/core/pods/';
const keyOf = (name: string, namespace = 'default'): string => `${prefix}${namespace}/${name}`;

function podJson(name: string, spec: unknown = {}): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }));
}

async function withCache(
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

/** Reads a watch event by event. */
class Reader {
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

describe('a watch cache reads', () => {
  it('gives objects with their revision inside, as bytes and parsed', async () => {
    await withCache(async ({ storage, cache }) => {
      const revision = await storage.create(keyOf('a'), podJson('a', { metadata: {}, text: '"metadata":{' }));
      const item = await cache.get(keyOf('a'));
      assert.ok(item !== undefined);
      assert.equal(item.revision, revision);
      const expected = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a', resourceVersion: `${revision}` },
        spec: { metadata: {}, text: '"metadata":{' },
      };
      assert.deepEqual(JSON.parse(Buffer.from(item.bytes).toString()), expected);
      assert.deepEqual(item.object, expected);
      assert.equal(item.object, item.object);
      assert.equal(await cache.get(keyOf('a')), item, 'one object for everyone');
      assert.equal(await cache.get(keyOf('b')), undefined);
    });
  });

  it('shows every acknowledged write, and writes elsewhere do not hold it up', async () => {
    await withCache(async ({ storage, cache, signal }) => {
      const other = openWatchCache({ storage, prefix: '/registry/core/nodes/', signal });
      for (let n = 0; n < 50; n += 1) {
        const revision = await storage.create(keyOf(`p${n}`), podJson(`p${n}`));
        assert.equal((await cache.get(keyOf(`p${n}`)))?.revision, revision);
        await storage.create(`/registry/core/nodes/n${n}`, podJson(`n${n}`));
        assert.equal((await cache.list({ prefix })).items.length, n + 1);
        assert.equal((await other.list({ prefix: other.prefix })).items.length, n + 1);
      }
    });
  });
});

it('a watch follows', async () => {
  await withCache(async ({ storage, cache, signal }) => {
    const a = await storage.create(keyOf('a'), podJson('a'));
    const reader = new Reader(cache, { prefix, sendInitialEvents: true, signal });
    assert.deepEqual(await reader.brief(2), [`put a ${a}`, `progress end ${a}`]);
    const b = await storage.create(keyOf('b'), podJson('b'));
    const gone = await storage.delete(keyOf('a'), a);
    assert.deepEqual(await reader.brief(2), [`put b ${b}`, `delete a ${gone}`]);
    assert.deepEqual([Compacted, FutureRevision, StorageClosed].length, 3);
  });
});
