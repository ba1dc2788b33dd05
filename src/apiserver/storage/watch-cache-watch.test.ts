import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openMemoryStorage } from './memory.ts';
import { openSqliteStorage } from './sqlite.ts';
import { Compacted } from './storage.ts';

import { keyOf, podAt, podJson, prefix, Reader, withCache, withWatch } from './watch-cache-fixture.ts';

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
