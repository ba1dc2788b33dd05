/** What every storage keeps to, as a suite of tests; each implementation's test file runs it against a factory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Storage, StorageEvent } from './storage.ts';
import { Compacted, FutureRevision, KeyExists, RevisionMismatch, StorageClosed } from './storage.ts';

export interface ConformanceTarget {
  name: string;
  /** A storage with no entry below /registry/. */
  open(): Promise<Storage>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : new TextDecoder().decode(value);
const pod = (name: string): string => `/registry/core/pods/default/${name}`;

/** Describes the suite for one implementation. */
export function describeStorage({ name, open }: ConformanceTarget): void {
  const storageTest = (title: string, body: (storage: Storage, signal: AbortSignal) => Promise<void>): void => {
    it(title, { timeout: 10_000 }, async (context) => {
      await using storage = await open();
      await body(storage, context.signal);
    });
  };

  describe(`${name} reads and writes`, () => {
    storageTest('an empty store has a revision above 0 and no entries', async (storage) => {
      const revision = await storage.currentRevision();
      assert.ok(revision > 0);
      assert.deepEqual(await storage.list({ prefix: '/registry/' }), { entries: [], revision, remaining: 0 });
      assert.equal(await storage.get(pod('a')), undefined);
    });

    storageTest('an entry lives from create over update to delete, each with the next revision', async (storage) => {
      const start = await storage.currentRevision();
      const created = await storage.create(pod('a'), bytes('1'));
      assert.equal(created, start + 1);
      assert.deepEqual(await read(storage, pod('a')), ['1', created]);
      const updated = await storage.update(pod('a'), bytes('2'), created);
      assert.equal(updated, start + 2);
      assert.deepEqual(await read(storage, pod('a')), ['2', updated]);
      const deleted = await storage.delete(pod('a'), updated);
      assert.equal(deleted, start + 3);
      assert.equal(await storage.get(pod('a')), undefined);
      assert.equal(await storage.currentRevision(), deleted);
      assert.equal(await storage.create(pod('a'), bytes('3')), start + 4);
    });

    storageTest('values are kept byte for byte, the empty one and a large one too', async (storage) => {
      const large = new Uint8Array(1 << 20).map((_, index) => index % 251);
      await storage.create(pod('empty'), new Uint8Array());
      await storage.create(pod('large'), large.subarray(1));
      assert.equal((await storage.get(pod('empty')))?.value.byteLength, 0);
      assert.ok(Buffer.from(large.subarray(1)).equals((await storage.get(pod('large')))?.value ?? new Uint8Array()));
    });

    storageTest('create of an existing key is refused and changes nothing', async (storage) => {
      const revision = await storage.create(pod('a'), bytes('1'));
      await assert.rejects(storage.create(pod('a'), bytes('2')), (error) => {
        return error instanceof KeyExists && error.key === pod('a');
      });
      assert.deepEqual(await read(storage, pod('a')), ['1', revision]);
      assert.equal(await storage.currentRevision(), revision);
    });

    storageTest('update and delete with another revision are refused and say what is there', async (storage) => {
      const first = await storage.create(pod('a'), bytes('1'));
      const second = await storage.update(pod('a'), bytes('2'), first);
      const mismatch = (error: unknown): boolean =>
        error instanceof RevisionMismatch &&
        error.key === pod('a') &&
        error.current?.revision === second &&
        text(error.current.value) === '2';
      await assert.rejects(storage.update(pod('a'), bytes('3'), first), mismatch);
      await assert.rejects(storage.delete(pod('a'), first), mismatch);
      assert.deepEqual(await read(storage, pod('a')), ['2', second]);
      assert.equal(await storage.currentRevision(), second);
    });

    storageTest('update and delete of a missing or deleted key are refused', async (storage) => {
      const none = (error: unknown): boolean => error instanceof RevisionMismatch && error.current === undefined;
      await assert.rejects(storage.update(pod('a'), bytes('1'), 1), none);
      const created = await storage.create(pod('a'), bytes('1'));
      await storage.delete(pod('a'), created);
      await assert.rejects(storage.update(pod('a'), bytes('2'), created), none);
      await assert.rejects(storage.delete(pod('a'), created), none);
    });

    storageTest('of many concurrent writers of one key exactly one wins', async (storage) => {
      const creates = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) => storage.create(pod('a'), bytes(`${n}`))),
      );
      const [won, ...more] = creates.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      assert.ok(won !== undefined && more.length === 0);
      const updates = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) => storage.update(pod('a'), bytes(`u${n}`), won)),
      );
      assert.equal(updates.filter((result) => result.status === 'fulfilled').length, 1);
      for (const result of updates) {
        if (result.status === 'rejected') assert.ok(result.reason instanceof RevisionMismatch);
      }
    });

    storageTest('concurrent writes of different keys all succeed with revisions of their own', async (storage) => {
      const start = await storage.currentRevision();
      const revisions = await Promise.all(
        Array.from({ length: 100 }, (_, n) => storage.create(pod(`p${n}`), bytes(`${n}`))),
      );
      assert.deepEqual(
        revisions.toSorted((a, b) => a - b),
        Array.from({ length: 100 }, (_, n) => start + 1 + n),
      );
      assert.equal((await storage.list({ prefix: pod('') })).entries.length, 100);
    });

    storageTest('after disposal everything is refused', async (storage) => {
      await storage[Symbol.asyncDispose]();
      await assert.rejects(async () => storage.get(pod('a')), StorageClosed);
      await assert.rejects(async () => storage.create(pod('a'), bytes('1')), StorageClosed);
      await assert.rejects(async () => storage.currentRevision(), StorageClosed);
    });
  });

  describe(`${name} lists`, () => {
    storageTest('a list shows a prefix in the order of keys and nothing beside it', async (storage) => {
      for (const key of ['b', 'a', 'c/x']) await storage.create(`/registry/core/pods/${key}`, bytes(key));
      await storage.create('/registry/core/podtemplates/a', bytes('other'));
      await storage.create('/registry/apps/pods/a', bytes('other'));
      const { entries, revision, remaining } = await storage.list({ prefix: '/registry/core/pods/' });
      assert.deepEqual(
        entries.map(({ value }) => text(value)),
        ['a', 'b', 'c/x'],
      );
      assert.equal(revision, await storage.currentRevision());
      assert.equal(remaining, 0);
    });

    storageTest('pages by limit and after cover a prefix once', async (storage) => {
      await Promise.all(
        Array.from({ length: 25 }, (_, n) => storage.create(pod(`p${`${n}`.padStart(2, '0')}`), bytes(`${n}`))),
      );
      const seen: number[] = [];
      const remains: number[] = [];
      let after: string | undefined;
      do {
        const page = await storage.list({ prefix: pod(''), limit: 10, ...(after === undefined ? {} : { after }) });
        seen.push(...page.entries.map(({ value }) => Number(text(value))));
        remains.push(page.remaining);
        after = page.remaining > 0 ? page.entries.at(-1)?.key : undefined;
      } while (after !== undefined);
      assert.deepEqual(
        seen,
        Array.from({ length: 25 }, (_, n) => n),
      );
      assert.deepEqual(remains, [15, 5, 0]);
    });

    storageTest('a list as of a past revision shows what was there then', async (storage) => {
      const a = await storage.create(pod('a'), bytes('a1'));
      const b = await storage.create(pod('b'), bytes('b1'));
      const update = await storage.update(pod('a'), bytes('a2'), a);
      await storage.delete(pod('b'), b);
      await storage.create(pod('c'), bytes('c1'));
      const past = async (revision: number): Promise<(string | undefined)[]> =>
        (await storage.list({ prefix: pod(''), revision })).entries.map(({ value }) => text(value));
      assert.deepEqual(await past(a), ['a1']);
      assert.deepEqual(await past(b), ['a1', 'b1']);
      assert.deepEqual(await past(update), ['a2', 'b1']);
      assert.deepEqual(await past(update + 1), ['a2']);
      assert.deepEqual(await past(update + 2), ['a2', 'c1']);
      const page = await storage.list({ prefix: pod(''), revision: b, limit: 1 });
      assert.deepEqual([page.entries.length, page.remaining, page.revision], [1, 1, b]);
    });

    storageTest('a revision that is not reached is refused', async (storage) => {
      const current = await storage.currentRevision();
      await assert.rejects(storage.list({ prefix: pod(''), revision: current + 1 }), (error) => {
        return error instanceof FutureRevision && error.current === current;
      });
      await assert.rejects(storage.compact(current + 1), FutureRevision);
    });
  });

  describe(`${name} watches`, () => {
    storageTest('a watch tells the past after its revision and then what happens', async (storage, signal) => {
      const a = await storage.create(pod('a'), bytes('a1'));
      const updated = await storage.update(pod('a'), bytes('a2'), a);
      await storage.create('/registry/core/nodes/n', bytes('other'));
      const events = collect(storage.watch({ prefix: pod(''), after: a, signal }), 4);
      const deleted = await storage.delete(pod('a'), updated);
      const b = await storage.create(pod('b'), bytes('b1'));
      const again = await storage.create(pod('a'), bytes('a3'));
      assert.deepEqual((await events).map(describeEvent), [
        { type: 'put', key: pod('a'), revision: updated, value: 'a2', previous: 'a1' },
        { type: 'delete', key: pod('a'), revision: deleted, value: 'a2', previous: 'a2' },
        { type: 'put', key: pod('b'), revision: b, value: 'b1', previous: undefined },
        { type: 'put', key: pod('a'), revision: again, value: 'a3', previous: undefined },
      ]);
    });

    storageTest(
      'every watch sees all events in the order of revisions, also of concurrent writers',
      async (storage, signal) => {
        const after = await storage.currentRevision();
        const watches = Array.from({ length: 3 }, () =>
          collect(storage.watch({ prefix: '/registry/', after, signal }), 200),
        );
        const writers = Array.from({ length: 10 }, async (_, writer) => {
          for (let n = 0; n < 20; n += 1) await storage.create(pod(`${writer}-${n}`), bytes('x'));
        });
        await Promise.all(writers);
        for (const watch of watches) {
          assert.deepEqual(
            (await watch).map(({ revision }) => revision),
            Array.from({ length: 200 }, (_, n) => after + 1 + n),
          );
        }
        const late = await collect(storage.watch({ prefix: '/registry/', after, signal }), 200);
        assert.deepEqual(
          late.map(({ revision }) => revision),
          Array.from({ length: 200 }, (_, n) => after + 1 + n),
        );
      },
    );

    storageTest('an event that a watch has told is readable', async (storage, signal) => {
      const after = await storage.currentRevision();
      const checked = (async () => {
        let seen = 0;
        for await (const batch of storage.watch({ prefix: pod(''), after, signal })) {
          const last = batch.at(-1);
          assert.ok(last !== undefined);
          assert.ok((await storage.currentRevision()) >= last.revision);
          assert.equal((await storage.get(last.key))?.revision, last.revision);
          seen += batch.length;
          if (seen === 20) return;
        }
      })();
      for (let n = 0; n < 20; n += 1) await storage.create(pod(`p${n}`), bytes('x'));
      await checked;
    });

    storageTest('a watch ends when its signal fires and when the store is disposed', async (storage) => {
      const after = await storage.currentRevision();
      const stop = new AbortController();
      const stopped = collect(storage.watch({ prefix: '', after, signal: stop.signal }), 100);
      const disposed = collect(storage.watch({ prefix: '', after, signal: new AbortController().signal }), 100);
      await storage.create(pod('a'), bytes('1'));
      stop.abort();
      assert.ok((await stopped).length <= 1);
      await storage[Symbol.asyncDispose]();
      assert.equal((await disposed).length, 1);
    });

    storageTest('a consumer that lags too far behind is told to list again', async (storage, signal) => {
      const after = await storage.currentRevision();
      const watch = storage.watch({ prefix: pod(''), after, signal })[Symbol.asyncIterator]();
      const first = watch.next();
      let revision = await storage.create(pod('a'), bytes('0'));
      assert.equal((await first).value?.length, 1);
      for (let n = 0; n < 110; n += 1) {
        const others = Array.from({ length: 99 }, (_, index) => storage.create(pod(`${n}-${index}`), bytes('1')));
        revision = await storage.update(pod('a'), bytes('x'), revision);
        await Promise.all(others);
      }
      await assert.rejects(async () => {
        for (;;) if ((await watch.next()).done === true) return;
      }, Compacted);
    });
  });

  describe(`${name} compacts`, () => {
    storageTest('what is older than the compacted revision is refused, the rest stays', async (storage, signal) => {
      const a = await storage.create(pod('a'), bytes('a1'));
      const b = await storage.create(pod('b'), bytes('b1'));
      const updated = await storage.update(pod('a'), bytes('a2'), a);
      const deleted = await storage.delete(pod('b'), b);
      const last = await storage.update(pod('a'), bytes('a3'), updated);
      await storage.compact(updated);
      const compacted = (error: unknown): boolean => error instanceof Compacted && error.oldest === updated;
      await assert.rejects(storage.list({ prefix: pod(''), revision: b }), compacted);
      await assert.rejects(collect(storage.watch({ prefix: pod(''), after: b, signal }), 1), compacted);
      const at = await storage.list({ prefix: pod(''), revision: updated });
      assert.deepEqual(
        at.entries.map(({ value }) => text(value)),
        ['a2', 'b1'],
      );
      const events = await collect(storage.watch({ prefix: pod(''), after: updated, signal }), 2);
      assert.deepEqual(events.map(describeEvent), [
        { type: 'delete', key: pod('b'), revision: deleted, value: 'b1', previous: 'b1' },
        { type: 'put', key: pod('a'), revision: last, value: 'a3', previous: 'a2' },
      ]);
      await storage.compact(a);
      assert.equal((await storage.list({ prefix: pod(''), revision: updated })).entries.length, 2);
    });

    storageTest('compacting everything keeps the current entries and the revision', async (storage) => {
      const a = await storage.create(pod('a'), bytes('a1'));
      const b = await storage.create(pod('b'), bytes('b1'));
      await storage.update(pod('a'), bytes('a2'), a);
      const last = await storage.delete(pod('b'), b);
      await storage.compact(last);
      assert.equal(await storage.currentRevision(), last);
      const { entries } = await storage.list({ prefix: pod('') });
      assert.deepEqual(
        entries.map(({ value }) => text(value)),
        ['a2'],
      );
      assert.equal(await storage.create(pod('b'), bytes('b2')), last + 1);
    });
  });
}

async function read(storage: Storage, key: string): Promise<unknown[]> {
  const entry = await storage.get(key);
  return [text(entry?.value), entry?.revision];
}

async function collect(watch: AsyncIterable<StorageEvent[]>, count: number): Promise<StorageEvent[]> {
  const events: StorageEvent[] = [];
  for await (const batch of watch) {
    assert.ok(batch.length > 0);
    events.push(...batch);
    if (events.length >= count) break;
  }
  return events;
}

function describeEvent({ type, key, revision, value, previous }: StorageEvent): Record<string, unknown> {
  return { type, key, revision, value: text(value), previous: text(previous) };
}
