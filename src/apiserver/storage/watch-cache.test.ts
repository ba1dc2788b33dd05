import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CachedObject } from './cached-object.ts';
import { openMemoryStorage } from './memory.ts';
import { Compacted, FutureRevision, StorageClosed } from './storage.ts';
import type { CacheListResult } from './watch-cache.ts';
import { openWatchCache } from './watch-cache.ts';

import { keyOf, podJson, prefix, Reader, withCache, withWatch } from './watch-cache-fixture.ts';

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
