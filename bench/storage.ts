/**
 * How many writes a second the SQLite store makes durable, one after the other and in groups; what opening it costs; and
 * what the watch cache does with many objects and many watches. Under ten seconds.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMemoryStorage } from '../src/apiserver/storage/memory.ts';
import { openSqliteStorage } from '../src/apiserver/storage/sqlite.ts';
import type { Storage } from '../src/apiserver/storage/storage.ts';
import { openWatchCache } from '../src/apiserver/storage/watch-cache.ts';

const value = Buffer.from(JSON.stringify({ kind: 'Pod', metadata: { name: 'p' }, text: 'x'.repeat(1500) }));
const secondsPerRun = 1.5;

/** Commits per second with so many writers, each waiting for its last write before it makes the next. */
async function commitsPerSecond(storage: Storage, writers: number): Promise<number> {
  const start = performance.now();
  let commits = 0;
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; performance.now() - start < secondsPerRun * 1000; n += 1) {
      await storage.create(`/registry/core/pods/bench-${writers}/${writer}-${n}`, value);
      commits += 1;
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  return (commits / (performance.now() - start)) * 1000;
}

async function openMilliseconds(file: string): Promise<number> {
  const start = performance.now();
  const storage = await openSqliteStorage({ file });
  const took = performance.now() - start;
  await storage[Symbol.asyncDispose]();
  return took;
}

const row = (what: string, figure: string): void => console.log(`  ${what.padEnd(48)}${figure.padStart(14)}`);

async function benchCache(objects: number, watches: number): Promise<void> {
  await using storage = openMemoryStorage();
  const stop = new AbortController();
  const prefix = '/registry/core/pods/';
  for (let n = 0; n < objects; n += 1) await storage.create(`${prefix}default/${n}`, value);
  const cache = openWatchCache({ storage, prefix, signal: stop.signal });
  const timed = async (what: string, body: () => Promise<unknown>): Promise<void> => {
    const start = performance.now();
    await body();
    row(what, `${(performance.now() - start).toFixed(1)} ms`);
  };
  await timed(`cache: load ${objects} objects`, () => cache.list({ prefix, limit: 1 }));
  const allBytes = async (): Promise<number> => {
    const { items } = await cache.list({ prefix });
    return items.reduce((sum, item) => sum + item.bytes.byteLength, 0);
  };
  await timed('cache: list them all as bytes, first time', allBytes);
  await timed('cache: list them all as bytes, again', allBytes);
  const after = await storage.currentRevision();
  const writes = 1000;
  await timed(`cache: ${writes} writes seen by ${watches} watches`, async () => {
    const seen = Array.from({ length: watches }, async () => {
      let count = 0;
      for await (const batch of cache.watch({ prefix, after, signal: stop.signal })) {
        count += batch.length;
        if (count >= writes) return;
      }
    });
    for (let n = 0; n < writes; n += 1) await storage.create(`${prefix}new/${n}`, value);
    await Promise.all(seen);
  });
  stop.abort();
}

/** Prints figures; there is no peer and no limit, so that it is always true. */
export async function benchStorage(): Promise<boolean> {
  console.log('storage: SQLite and the watch cache');
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  try {
    const file = join(directory, 'state.db');
    row('open a new file, first thread of the process', `${(await openMilliseconds(file)).toFixed(1)} ms`);
    {
      await using storage = await openSqliteStorage({ file });
      for (const writers of [1, 32]) {
        row(`durable writes, ${writers} at a time`, `${(await commitsPerSecond(storage, writers)).toFixed(0)}/s`);
      }
      const count = (await storage.list({ prefix: '/registry/' })).entries.length;
      const start = performance.now();
      await storage.list({ prefix: '/registry/' });
      row(`list ${count} objects`, `${(performance.now() - start).toFixed(1)} ms`);
    }
    row(`open again (${(statSync(file).size / 1e6).toFixed(1)} MB)`, `${(await openMilliseconds(file)).toFixed(1)} ms`);
    await benchCache(10_000, 100);
  } finally {
    rmSync(directory, { recursive: true });
  }
  return true;
}

if (import.meta.main) await benchStorage();
