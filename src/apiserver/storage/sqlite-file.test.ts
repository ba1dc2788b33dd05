import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { formatSteps, OpenRefused, openDatabase } from './sqlite/database.ts';
import type { FileProblem } from './sqlite/file-error.ts';
import { StorageFileError, StorageWriteError } from './sqlite/file-error.ts';
import { openSqliteStorage } from './sqlite.ts';
import type { Storage } from './storage.ts';
import { Compacted, StorageClosed } from './storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'fairlead-sqlite-file-'));
after(() => rmSync(directory, { recursive: true }));

let files = 0;
function newFile(): string {
  files += 1;
  return join(directory, `${files}.db`);
}

const lease = '/registry/coordination.k8s.io/leases/kube-node-lease/node';

async function withStorage<T>(file: string, body: (storage: Storage) => Promise<T>): Promise<T> {
  await using storage = await openSqliteStorage({ file });
  return await body(storage);
}

/** Makes a database of ours, and changes it behind the store's back. */
async function madeFile(change?: (database: DatabaseSync) => void): Promise<string> {
  const file = newFile();
  await withStorage(file, async (storage) => {
    for (let n = 0; n < 50; n += 1) await storage.create(`/registry/core/pods/a/${n}`, Buffer.alloc(1000, 'x'));
  });
  if (change !== undefined) {
    const database = new DatabaseSync(file);
    change(database);
    database.close();
  }
  return file;
}

/** What another process says that opens the file. */
function openElsewhere(file: string): string {
  const script = `
    import { openSqliteStorage } from ${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)};
    try {
      await using storage = await openSqliteStorage({ file: process.argv[1] });
      console.log('opened');
    } catch (error) {
      console.log(error.message);
    }`;
  return execFileSync(process.execPath, ['--input-type=module', '--eval', script, file], { encoding: 'utf8' }).trim();
}

/** Why this process cannot open the file; undefined when it can. */
async function refusalOf(file: string): Promise<StorageFileError | undefined> {
  try {
    await using _storage = await openSqliteStorage({ file });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof StorageFileError, String(error));
    return error;
  }
}

async function assertRefused(file: string, problem: FileProblem, words: RegExp): Promise<void> {
  const before = existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined;
  const error = await refusalOf(file);
  assert.ok(error !== undefined, `${file} was opened`);
  assert.equal(error.problem, problem, error.message);
  assert.ok(error.message.startsWith(`${file} `), error.message);
  assert.match(error.message, words);
  if (before !== undefined) assert.ok(before.equals(readFileSync(file)), 'the file is as it was');
}

describe('a SQLite store keeps', () => {
  it('entries, revision and history over a restart', async () => {
    const file = newFile();
    const { a, updated, b, last } = await withStorage(file, async (storage) => {
      const a = await storage.create('/registry/core/pods/a/a', Buffer.from('1'));
      const updated = await storage.update('/registry/core/pods/a/a', Buffer.from('2'), a);
      const b = await storage.create('/registry/core/pods/a/b', Buffer.from('3'));
      return { a, updated, b, last: await storage.delete('/registry/core/pods/a/b', b) };
    });
    await withStorage(file, async (storage) => {
      assert.equal(await storage.currentRevision(), last);
      assert.equal((await storage.get('/registry/core/pods/a/a'))?.revision, updated);
      assert.equal((await storage.list({ prefix: '/registry/', revision: b })).entries.length, 2);
      const watch = storage.watch({ prefix: '/registry/', after: a, signal: new AbortController().signal });
      const { value } = await watch[Symbol.asyncIterator]().next();
      assert.deepEqual(
        value?.map(({ revision }: { revision: number }) => revision),
        [updated, b, last],
      );
      await storage.compact(last);
    });
    await withStorage(file, async (storage) => {
      assert.equal(await storage.currentRevision(), last, 'though the last row is compacted away');
      await assert.rejects(storage.list({ prefix: '/registry/', revision: b }), Compacted);
      assert.equal(await storage.create('/registry/core/pods/a/b', Buffer.from('4')), last + 1);
    });
  });

  it('what was written before disposal without waiting, and leaves no second file', async () => {
    const file = newFile();
    const storage = await openSqliteStorage({ file });
    const writes = Array.from({ length: 2000 }, (_, n) =>
      storage.create(`/registry/core/pods/a/${n}`, Buffer.from('x')),
    );
    await storage[Symbol.asyncDispose]();
    await Promise.all(writes);
    await assert.rejects(storage.create('/registry/core/pods/a/late', Buffer.from('x')), StorageClosed);
    assert.ok(!existsSync(`${file}-wal`) && !existsSync(`${file}-shm`));
    const count = await withStorage(file, async (again) => (await again.list({ prefix: '/registry/' })).entries.length);
    assert.equal(count, 2000);
  });

  it('its files from other users', async () => {
    const file = newFile();
    await using storage = await openSqliteStorage({ file });
    await storage.create(lease, Buffer.from('1'));
    for (const each of [file, `${file}-wal`]) assert.equal(statSync(each).mode & 0o777, 0o600);
  });
});

describe('a SQLite store is bounded', () => {
  it('by forgetting history: renewing a lease does not make it grow', async () => {
    const file = newFile();
    const size = (): number => statSync(file).size + statSync(`${file}-wal`).size;
    await using storage = await openSqliteStorage({ file, history: { maxRevisions: 100 } });
    let revision = await storage.create(lease, Buffer.alloc(700));
    const renew = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n += 1) {
        // Another key in the same groups, that comes and goes.
        const event = `/registry/core/events/a/${n}`;
        const created = storage.create(event, Buffer.alloc(700));
        revision = await storage.update(lease, Buffer.alloc(700), revision);
        await storage.delete(event, await created);
      }
    };
    await renew(250);
    const first = size();
    await renew(600);
    assert.ok(size() <= first + 400_000, `${first} bytes became ${size()}`);
    await assert.rejects(storage.list({ prefix: '/registry/', revision: revision - 200 }), Compacted);
  });

  it('in its write-ahead log, and gives back what a burst took', async () => {
    const file = newFile();
    await using storage = await openSqliteStorage({ file });
    const value = Buffer.alloc(60_000, 'x');
    const keys = Array.from({ length: 400 }, (_, n) => `/registry/core/configmaps/a/${n}`);
    const revisions = await Promise.all(keys.map((key) => storage.create(key, value)));
    assert.ok(statSync(file).size > 20e6);
    await Promise.all(keys.map((key, n) => storage.delete(key, revisions[n] ?? 0)));
    await storage.compact(await storage.currentRevision());
    for (let n = 0; n < 50; n += 1) await storage.create(`/registry/core/pods/a/${n}`, Buffer.alloc(40_000));
    assert.ok(statSync(file).size < 20e6, `${statSync(file).size} bytes`);
    assert.ok(statSync(`${file}-wal`).size < 5e6, `${statSync(`${file}-wal`).size} bytes of log`);
  });

  it('by a limit: a group that does not fit fails as a whole, shows nothing of itself, and the store goes on', async () => {
    await using storage = await openSqliteStorage({ file: newFile(), maxBytes: 1 << 20 });
    const events: string[] = [];
    const stop = new AbortController();
    const kept = await storage.create('/registry/core/pods/a/first', Buffer.from('1'));
    const watching = (async () => {
      for await (const batch of storage.watch({ prefix: '/', after: kept, signal: stop.signal })) {
        for (const { key } of batch) events.push(key);
      }
    })();
    const group = await Promise.allSettled([
      storage.create('/registry/core/pods/a/small', Buffer.from('1')),
      storage.create('/registry/core/pods/a/first', Buffer.from('refused anyway')),
      storage.create('/registry/core/pods/a/large', Buffer.alloc(2 << 20)),
    ]);
    for (const result of group) assert.ok(result.status === 'rejected' && result.reason instanceof StorageWriteError);
    assert.equal(await storage.currentRevision(), kept);
    assert.equal(await storage.get('/registry/core/pods/a/small'), undefined);
    assert.equal(await storage.create('/registry/core/pods/a/next', Buffer.from('1')), kept + 1);
    stop.abort();
    await watching;
    assert.ok(!events.includes('/registry/core/pods/a/small'));
  });
});

describe('a database of an older format', () => {
  it('is migrated step by step, once', async () => {
    const file = await madeFile();
    const steps = [...formatSteps, 'CREATE TABLE added (what TEXT) STRICT', "INSERT INTO added VALUES ('last step')"];
    for (let opening = 0; opening < 2; opening += 1) {
      const database = openDatabase(file, 0, steps);
      assert.deepEqual({ ...database.prepare('SELECT * FROM added').get() }, { what: 'last step' });
      assert.equal(database.prepare('SELECT count(*) AS rows FROM log').get()?.rows, 50);
      assert.equal(database.prepare('PRAGMA user_version').get()?.user_version, 3);
      database.close();
    }
    await assertRefused(file, 'newer', /format 3/);
  });

  it('stays as it was when a step fails', async () => {
    const file = await madeFile();
    assert.throws(
      () => openDatabase(file, 0, [...formatSteps, 'CREATE TABLE added (what TEXT)', 'nonsense']),
      OpenRefused,
    );
    await using storage = await openSqliteStorage({ file });
    assert.equal((await storage.list({ prefix: '/registry/' })).entries.length, 50);
  });
});

describe('a SQLite store is refused', () => {
  it('while another one has the file open, in whatever process, until that one is disposed', async () => {
    const file = newFile();
    await using first = await openSqliteStorage({ file });
    // Not by assertRefused: to close a file that one has locked unlocks it (POSIX), and that one reads it.
    assert.equal((await refusalOf(file))?.problem, 'in-use');
    await first.create(lease, Buffer.from('1'));
    assert.equal((await refusalOf(file))?.problem, 'in-use');
    assert.equal(
      openElsewhere(file),
      `${file} is in use by another process: stop that one first, or choose another data directory`,
    );
    await first.create('/registry/core/pods/a/a', Buffer.from('1'));
    await first[Symbol.asyncDispose]();
    assert.equal(openElsewhere(file), 'opened');
    await using second = await openSqliteStorage({ file });
    assert.equal((await second.get(lease))?.revision, 2);
  });

  it('when a newer version wrote the file', async () => {
    const file = await madeFile((database) => database.exec('PRAGMA user_version = 99'));
    await assertRefused(file, 'newer', /newer Fairlead \(format 99; this one knows 1\)/);
  });

  it('when the file is something else', async () => {
    const text = newFile();
    writeFileSync(text, 'some notes of mine, which are longer than a header\n'.repeat(40));
    await assertRefused(text, 'foreign', /not a database of Fairlead .*move the file away/);
    const foreign = newFile();
    const database = new DatabaseSync(foreign);
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE bookmarks (url TEXT)');
    database.close();
    await assertRefused(foreign, 'foreign', /something else/);
    assert.ok(!existsSync(`${foreign}-wal`));
  });

  it('when the file is damaged', async () => {
    const holed = await madeFile();
    const content = readFileSync(holed);
    assert.ok(content.length > 40_000);
    writeFileSync(holed, content.fill(0xa5, 8192, 24_576));
    await assertRefused(holed, 'corrupt', /damaged .*restore a copy/);
    const cut = await madeFile();
    truncateSync(cut, 20_000);
    await assertRefused(cut, 'corrupt', /damaged .*restore a copy/);
  });

  it('when the file cannot be made or written', async () => {
    await assertRefused(join(directory, 'missing', 'state.db'), 'unwritable', /check the directory/);
    const folder = newFile();
    mkdirSync(folder);
    await assertRefused(folder, 'unwritable', /check the directory/);
  });

  it('when the file may not be written', {
    skip: process.getuid?.() === 0 ? 'root may write everything' : false,
  }, async () => {
    const file = await madeFile();
    chmodSync(file, 0o400);
    await assertRefused(file, 'unwritable', /check the directory/);
  });
});
