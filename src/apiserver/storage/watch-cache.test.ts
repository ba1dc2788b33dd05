import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { CacheEvent } from './cache-watcher.ts';
import type { CachedObject } from './cached-object.ts';
import { openMemoryStorage } from './memory.ts';
import { openSqliteStorage } from './sqlite.ts';
import type { Storage } from './storage.ts';
import { Compacted, FutureRevision, StorageClosed } from './storage.ts';
import type { CacheListResult, CacheWatchOptions, WatchCache, WatchCacheOptions } from './watch-cache.ts';
import { openWatchCache } from './watch-cache.ts';

const prefix = '/registry/core/pods/';
const keyOf = (name: string, namespace = 'default'): string => `${prefix}${namespace}/${name}`;

function podJson(name: string, spec: unknown = {}): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }));
}

function podAt(name: string, spec: unknown, revision: number): unknown {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, resourceVersion: `${revision}` }, spec };
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

/** The store with another way to watch it. */
function withWatch(storage: Storage, watch: Storage['watch']): Storage {
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

  it('shows every acknowledged write, however late its event; and writes elsewhere do not hold it up', async () => {
    await using memory = openMemoryStorage();
    const late = withWatch(memory, async function* (options) {
      for await (const batch of memory.watch(options)) {
        await new Promise(setImmediate);
        yield batch;
      }
    });
    await withCache(
      async ({ storage, cache, signal }) => {
        const other = openWatchCache({ storage, prefix: '/registry/core/nodes/', signal });
        for (let n = 0; n < 50; n += 1) {
          const revision = await storage.create(keyOf(`p${n}`), podJson(`p${n}`));
          assert.equal((await cache.get(keyOf(`p${n}`)))?.revision, revision);
          await storage.create(`/registry/core/nodes/n${n}`, podJson(`n${n}`));
          assert.equal((await cache.list({ prefix })).items.length, n + 1);
          assert.equal((await other.list({ prefix: other.prefix })).items.length, n + 1);
        }
      },
      { storage: late },
    );
  });
});

describe('a watch cache lists', () => {
  const names = ({ items }: CacheListResult): string[] => items.map(({ key }) => key.slice(prefix.length));

  it('a namespace, in pages, and what a filter lets through', async () => {
    await withCache(async ({ storage, cache }) => {
      for (const name of ['d', 'b', 'e', 'a', 'c']) await storage.create(keyOf(name), podJson(name));
      await storage.create(keyOf('x', 'other'), podJson('x'));
      const all = await cache.list({ prefix });
      assert.deepEqual(names(all), ['default/a', 'default/b', 'default/c', 'default/d', 'default/e', 'other/x']);
      assert.deepEqual([all.remaining, all.revision], [0, await storage.currentRevision()]);
      const namespace = `${prefix}default/`;
      const first = await cache.list({ prefix: namespace, limit: 2 });
      assert.deepEqual([names(first), first.remaining], [['default/a', 'default/b'], 3]);
      const second = await cache.list({ prefix: namespace, limit: 2, after: keyOf('b') });
      assert.deepEqual([names(second), second.remaining], [['default/c', 'default/d'], 1]);
      const gone = await cache.list({ prefix: namespace, limit: 2, after: keyOf('bb') });
      assert.deepEqual(names(gone), ['default/c', 'default/d']);
      const filter = ({ key }: CachedObject): boolean => !key.endsWith('/b') && !key.endsWith('/c');
      const filtered = await cache.list({ prefix: namespace, limit: 2, filter });
      assert.deepEqual([names(filtered), filtered.remaining], [['default/a', 'default/d'], 1]);
      const last = await cache.list({ prefix: namespace, limit: 2, filter, after: keyOf('d') });
      assert.deepEqual([names(last), last.remaining], [['default/e'], 0]);
    });
  });

  it('as of an exact revision, from the past too', async () => {
    await withCache(async ({ storage, cache }) => {
      const a = await storage.create(keyOf('a'), podJson('a'));
      const b = await storage.create(keyOf('b'), podJson('b'));
      await storage.create('/registry/core/nodes/n', podJson('n'));
      const unchanged = await cache.list({ prefix, resourceVersion: b, match: 'Exact' });
      assert.deepEqual([names(unchanged), unchanged.revision], [['default/a', 'default/b'], b]);
      await storage.delete(keyOf('b'), b);
      const changed = await storage.update(keyOf('a'), podJson('a', 'changed'), a);
      for (const resourceVersion of [a, b]) {
        const past = await cache.list({ prefix, resourceVersion, match: 'Exact' });
        assert.deepEqual(names(past), resourceVersion === a ? ['default/a'] : ['default/a', 'default/b']);
        assert.equal(past.revision, resourceVersion);
        assert.equal(past.items[0]?.object.metadata.resourceVersion, `${a}`);
      }
      const page = await cache.list({ prefix, resourceVersion: b, match: 'Exact', limit: 1 });
      assert.deepEqual([names(page), page.remaining], [['default/a'], 1]);
      const rest = await cache.list({ prefix, resourceVersion: b, match: 'Exact', limit: 1, after: keyOf('a') });
      assert.deepEqual([names(rest), rest.remaining], [['default/b'], 0]);
      const filter = ({ key }: CachedObject): boolean => key.endsWith('/b');
      assert.deepEqual(names(await cache.list({ prefix, resourceVersion: b, match: 'Exact', limit: 1, filter })), [
        'default/b',
      ]);
      const newer = await cache.list({ prefix, resourceVersion: b });
      assert.deepEqual([names(newer), newer.revision], [['default/a'], changed]);
      await storage.compact(changed);
      await assert.rejects(cache.list({ prefix, resourceVersion: b, match: 'Exact' }), Compacted);
    });
  });

  it('what is known for revision 0, and waits for one that is to come', async () => {
    await withCache(async ({ storage, cache }) => {
      const known = await cache.list({ prefix, resourceVersion: 0 });
      assert.deepEqual([known.items, known.revision], [[], await storage.currentRevision()]);
      const next = known.revision + 1;
      const reads = [
        cache.get(keyOf('a'), next),
        cache.list({ prefix, resourceVersion: next }),
        cache.waitFor(next),
      ] as const;
      await storage.create(keyOf('a'), podJson('a'));
      assert.equal((await reads[0])?.revision, next);
      assert.deepEqual(names(await reads[1]), ['default/a']);
      await reads[2];
    });
  });

  it('nothing for a revision that does not come', async () => {
    const options = { waitMs: 20 };
    await withCache(async ({ storage, cache, signal }) => {
      const current = await storage.currentRevision();
      const future = (error: unknown): boolean =>
        error instanceof FutureRevision && error.requested === current + 5 && error.current === current;
      await assert.rejects(cache.get(keyOf('a'), current + 5), future);
      await assert.rejects(cache.list({ prefix, resourceVersion: current + 5 }), future);
      await assert.rejects(cache.list({ prefix, resourceVersion: current + 5, match: 'Exact' }), future);
      await assert.rejects(new Reader(cache, { prefix, after: current + 5, signal }).next(), future);
    }, options);
  });

  it('nothing after its end', async () => {
    await using storage = openMemoryStorage();
    const stop = new AbortController();
    const cache = openWatchCache({ storage, prefix, signal: stop.signal });
    await cache.list({ prefix });
    const waiting = assert.rejects(cache.waitFor(100), StorageClosed);
    stop.abort();
    await waiting;
    await assert.rejects(cache.list({ prefix }), StorageClosed);
    await assert.rejects(cache.get(keyOf('a')), StorageClosed);
    assert.equal(await new Reader(cache, { prefix, signal: new AbortController().signal }).next(), undefined);
  });
});

describe('a watch of a cache', () => {
  it('begins with the state, marks its end, and goes on', async () => {
    await withCache(async ({ storage, cache, signal }) => {
      const a = await storage.create(keyOf('a'), podJson('a'));
      const reader = new Reader(cache, { prefix, sendInitialEvents: true, signal });
      assert.deepEqual(await reader.brief(2), [`put a ${a}`, `progress end ${a}`]);
      const b = await storage.create(keyOf('b'), podJson('b'));
      const gone = await storage.delete(keyOf('a'), a);
      assert.deepEqual(await reader.brief(2), [`put b ${b}`, `delete a ${gone}`]);
    });
  });

  it('begins with nothing where there is nothing, and the end is marked all the same', async () => {
    await withCache(async ({ storage, cache, signal }) => {
      const revision = await storage.create('/registry/core/nodes/n', podJson('n'));
      const reader = new Reader(cache, { prefix, sendInitialEvents: true, signal });
      assert.deepEqual(await reader.brief(1), [`progress end ${revision}`]);
    });
  });

  it('begins after a revision, or now, and shows one namespace', async () => {
    await withCache(async ({ storage, cache, signal }) => {
      const { revision } = await cache.list({ prefix });
      const a = await storage.create(keyOf('a'), podJson('a'));
      const x = await storage.create(keyOf('x', 'other'), podJson('x'));
      const past = new Reader(cache, { prefix, after: revision, signal });
      const later = new Reader(cache, { prefix, after: a, signal });
      const namespace = new Reader(cache, { prefix: `${prefix}default/`, after: revision, signal });
      const now = new Reader(cache, { prefix, signal });
      const first = now.brief(1);
      assert.deepEqual(await past.brief(2), [`put a ${a}`, `put x ${x}`]);
      assert.deepEqual(await later.brief(1), [`put x ${x}`]);
      assert.deepEqual(await namespace.brief(1), [`put a ${a}`]);
      const b = await storage.create(keyOf('b'), podJson('b'));
      assert.deepEqual(await first, [`put b ${b}`]);
      assert.deepEqual(await namespace.brief(1), [`put b ${b}`]);
      assert.deepEqual(await later.brief(1), [`put b ${b}`]);
    });
  });

  it('tells what was before; a deleted object carries the revision of its deletion', async () => {
    await withCache(async ({ storage, cache, signal }) => {
      const a = await storage.create(keyOf('a'), podJson('a', 1));
      const reader = new Reader(cache, { prefix, after: (await cache.list({ prefix })).revision, signal });
      const updated = await storage.update(keyOf('a'), podJson('a', 2), a);
      const gone = await storage.delete(keyOf('a'), updated);
      const [put, remove] = [await reader.next(), await reader.next()];
      assert.ok(put?.type === 'put' && remove?.type === 'delete');
      assert.deepEqual([put.previous?.object, put.current.object], [podAt('a', 1, a), podAt('a', 2, updated)]);
      assert.deepEqual([remove.previous?.object, remove.current.object], [podAt('a', 2, updated), podAt('a', 2, gone)]);
      assert.equal(remove.previous, put.current, 'held once');
    });
  });

  it('begun at any moment of a storm misses nothing and repeats nothing', async () => {
    await withCache(async ({ storage, cache, signal }) => {
      const writers = Array.from({ length: 10 }, async (_, writer) => {
        for (let n = 0; n < 30; n += 1) {
          const revision = await storage.create(keyOf(`${writer}-${n}`), podJson('p'));
          if (n % 3 === 0) await storage.delete(keyOf(`${writer}-${n}`), revision);
        }
      });
      const finished = Promise.all(writers);
      const seen: Map<string, number>[] = [];
      const readers = Array.from({ length: 20 }, async (_, index) => {
        for (let turn = 0; turn < index * 3; turn += 1) await Promise.resolve();
        const state = new Map<string, number>();
        let last = 0;
        for await (const batch of cache.watch({ prefix, sendInitialEvents: true, signal })) {
          let done = false;
          for (const event of batch) {
            if (event.type === 'progress') last = event.revision;
            else if (event.type === 'delete') assert.ok(state.delete(event.current.key));
            else {
              assert.ok(last === 0 || event.revision > last);
              assert.equal(state.get(event.current.key), event.previous?.revision);
              state.set(event.current.key, event.revision);
            }
            if (last > 0) last = event.revision;
            done ||= last === 1 + 300 + 100;
          }
          if (done) break;
        }
        seen.push(state);
      });
      await finished;
      await Promise.all(readers);
      const final = new Map((await cache.list({ prefix })).items.map(({ key, revision }) => [key, revision]));
      assert.equal(final.size, 200);
      for (const state of seen) assert.deepEqual(new Map([...state].sort()), new Map([...final].sort()));
    });
  });

  it('that is too old or too slow is told to list again, and holds up nobody', async () => {
    await withCache(
      async ({ storage, cache, signal }) => {
        const { revision } = await cache.list({ prefix });
        const slow = new Reader(cache, { prefix, sendInitialEvents: true, signal });
        const quick = new Reader(cache, { prefix, after: revision, signal });
        // Sees nothing of what happens, so it never lags.
        const idle = new Reader(cache, { prefix: `${prefix}other/`, after: revision, signal });
        assert.deepEqual(await slow.brief(1), [`progress end ${revision}`]);
        const patient = idle.brief(1);
        for (let n = 0; n < 30; n += 1) {
          const created = await storage.create(keyOf(`p${n}`), podJson(`p${n}`));
          assert.deepEqual(await quick.brief(1), [`put p${n} ${created}`]);
        }
        await assert.rejects(slow.brief(30), Compacted);
        await assert.rejects(new Reader(cache, { prefix, after: revision, signal }).next(), Compacted);
        const last = await storage.create(keyOf('x', 'other'), podJson('x'));
        assert.deepEqual(await patient, [`put x ${last}`]);
      },
      { ring: { events: 10 } },
    );
  });

  it('is sent progress when it asks, never ahead of an event', async () => {
    await withCache(
      async ({ storage, cache, signal }) => {
        const { revision } = await cache.list({ prefix });
        const reader = new Reader(cache, { prefix, after: revision, progress: true, signal });
        assert.deepEqual(await reader.brief(1), [`progress  ${revision}`]);
        const other = await storage.create('/registry/core/nodes/n', podJson('n'));
        while ((await reader.brief(1))[0] !== `progress  ${other}`);
        const a = await storage.create(keyOf('a'), podJson('a'));
        let told = await reader.brief(1);
        while (told[0] === `progress  ${other}`) told = await reader.brief(1);
        assert.deepEqual(told, [`put a ${a}`]);
        assert.deepEqual(await reader.brief(1), [`progress  ${a}`]);
      },
      { progressMs: 5 },
    );
  });

  it('ends when its own signal fires', async () => {
    await withCache(async ({ storage, cache }) => {
      const stop = new AbortController();
      const reader = new Reader(cache, { prefix, sendInitialEvents: true, signal: stop.signal });
      await reader.brief(1);
      const next = reader.next();
      stop.abort();
      assert.equal(await next, undefined);
      await storage.create(keyOf('a'), podJson('a'));
      assert.equal((await cache.list({ prefix })).items.length, 1);
    });
  });
});

it('a cache that lost events loads anew, and its watches are told', async () => {
  await using memory = openMemoryStorage();
  const lose = new AbortController();
  let losses = 0;
  // The first watch is cut off as a slow one is.
  const storage = withWatch(memory, async function* ({ signal, ...options }) {
    yield* memory.watch({ ...options, signal: losses === 0 ? AbortSignal.any([signal, lose.signal]) : signal });
    losses += 1;
    if (!signal.aborted) throw new Compacted(await memory.currentRevision());
  });
  await withCache(
    async ({ cache, signal }) => {
      await storage.create(keyOf('a'), podJson('a'));
      const reader = new Reader(cache, { prefix, sendInitialEvents: true, signal });
      await reader.brief(2);
      lose.abort();
      const b = await storage.create(keyOf('b'), podJson('b'));
      await assert.rejects(reader.next(), Compacted);
      assert.equal((await cache.get(keyOf('b')))?.revision, b);
      const again = new Reader(cache, { prefix, sendInitialEvents: true, signal });
      assert.equal((await again.brief(3)).at(-1), `progress end ${b}`);
      const c = await storage.create(keyOf('c'), podJson('c'));
      assert.deepEqual(await again.brief(1), [`put c ${c}`]);
      assert.equal(losses, 1);
    },
    { storage },
  );
});

it('a cache in front of SQLite shows what was there before it and what comes', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-cache-'));
  try {
    await using storage = await openSqliteStorage({ file: join(directory, 'state.db') });
    await Promise.all(Array.from({ length: 100 }, (_, n) => storage.create(keyOf(`p${n}`), podJson(`p${n}`))));
    await withCache(
      async ({ cache, signal }) => {
        assert.equal((await cache.list({ prefix })).items.length, 100);
        const reader = new Reader(cache, { prefix, signal });
        const next = reader.brief(1);
        const revision = await storage.create(keyOf('new'), podJson('new'));
        assert.equal((await cache.get(keyOf('new')))?.object.metadata.resourceVersion, `${revision}`);
        assert.deepEqual(await next, [`put new ${revision}`]);
      },
      { storage },
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
