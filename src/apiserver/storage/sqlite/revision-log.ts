/**
 * The store's tables: a log of writes by revision, of which compaction forgets what has been superseded. What a key holds
 * is its row with the greatest revision; a deletion is a row without a value.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ListOptions, ListResult, StorageEvent, StoredEntry } from '../storage.ts';
import { Compacted, FutureRevision } from '../storage.ts';
import type { HistoryOptions, Write, WriteOutcome } from './protocol.ts';

/** Revisions that one transaction of a compaction forgets, so that writes need not wait long for it. */
const compactionStep = 2000;

type Row = ReturnType<StatementSync['get']>;

export class RevisionLog {
  readonly #database: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;
  #revision: number;
  #compacted: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = prepare(database);
    this.#compacted = numberIn(this.#statements.compacted.get(), 'revision');
    // The newest row may have been a deletion that is compacted away.
    this.#revision = Math.max(this.#compacted, numberIn(this.#statements.newest.get(), 'revision'));
  }

  get revision(): number {
    return this.#revision;
  }

  get compacted(): number {
    return this.#compacted;
  }

  /** Durable on return. When it throws, nothing was written and no revision used. */
  commit(writes: readonly Write[]): WriteOutcome[] {
    const before = this.#revision;
    try {
      return this.#transaction(() => writes.map((write) => this.#write(write)));
    } catch (error) {
      this.#revision = before;
      throw error;
    }
  }

  get(key: string): StoredEntry | undefined {
    const row = this.#statements.get.get({ key });
    return row?.value instanceof Uint8Array ? entryOf(row) : undefined;
  }

  list({ prefix, limit = 0, after, revision = this.#revision }: ListOptions): ListResult {
    this.#mustBeKept(revision);
    const range = { end: endOf(prefix), revision };
    // SQLite has no `greater or equal, or greater`: the first possible key after a key is that key and a zero byte.
    const start = after === undefined || after < prefix ? prefix : `${after}\0`;
    const rows = this.#statements.list.all({ ...range, start, limit: limit > 0 ? limit : -1 });
    const entries = rows.map(entryOf);
    const last = entries.at(-1);
    if (limit === 0 || entries.length < limit || last === undefined) return { entries, revision, remaining: 0 };
    const remaining = numberIn(this.#statements.count.get({ ...range, start: `${last.key}\0` }), 'count');
    return { entries, revision, remaining };
  }

  /** Committed events after one revision up to another, oldest first. */
  history({ prefix, after, upTo, limit }: HistoryOptions): StorageEvent[] {
    if (after < this.#compacted) throw new Compacted(this.#compacted);
    return this.#statements.history.all({ start: prefix, end: endOf(prefix), after, upTo, limit }).map(eventOf);
  }

  compact(revision: number): void {
    if (revision > this.#revision) throw new FutureRevision(revision, this.#revision);
    while (this.#compacted < revision) {
      const range = { from: this.#compacted, to: Math.min(revision, this.#compacted + compactionStep) };
      this.#transaction(() => {
        this.#statements.forgetBefore.run(range);
        this.#statements.forgetWithin.run(range);
        this.#statements.forgetDeleted.run(range);
        this.#statements.setCompacted.run({ to: range.to });
      });
      this.#compacted = range.to;
    }
    this.#shrink();
  }

  #transaction<T>(body: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = body();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #write(write: Write): WriteOutcome {
    const { key } = write;
    const current = this.get(key);
    const expected = write.type === 'create' ? undefined : write.expected;
    if (current?.revision !== expected) return { done: false, current };
    const revision = this.#revision + 1;
    const value = write.type === 'delete' ? null : write.value;
    this.#statements.insert.run({ revision, key, deleted: write.type === 'delete' ? 1 : 0, value });
    this.#revision = revision;
    return current === undefined ? { done: true, revision } : { done: true, revision, previous: current.value };
  }

  #mustBeKept(revision: number): void {
    if (revision > this.#revision) throw new FutureRevision(revision, this.#revision);
    if (revision < this.#compacted) throw new Compacted(this.#compacted);
  }

  /** Gives pages back when most of a large file is free. */
  #shrink(): void {
    const free = numberIn(this.#database.prepare('PRAGMA freelist_count').get(), 'freelist_count');
    const all = numberIn(this.#database.prepare('PRAGMA page_count').get(), 'page_count');
    if (free > 1024 && free > all / 2) this.#database.exec(`PRAGMA incremental_vacuum(${free >> 1})`);
  }
}

function prepare(database: DatabaseSync) {
  // `deleted` is that of the row with the maximum: SQLite promises it for a query with one max().
  const latest = `SELECT key, max(revision) AS newest, deleted FROM log
    WHERE key >= :start AND key < :end AND revision <= :revision GROUP BY key HAVING NOT deleted`;
  return {
    compacted: database.prepare('SELECT revision FROM compaction'),
    newest: database.prepare('SELECT coalesce(max(revision), 0) AS revision FROM log'),
    get: database.prepare('SELECT key, revision, value FROM log WHERE key = :key ORDER BY revision DESC LIMIT 1'),
    insert: database.prepare(
      'INSERT INTO log (revision, key, deleted, value) VALUES (:revision, :key, :deleted, :value)',
    ),
    // Limited before the join, so that no value is read that is not returned; CROSS JOIN keeps the order of its left side.
    list: database.prepare(`SELECT log.key, log.revision, log.value FROM
      (${latest} ORDER BY key LIMIT :limit) AS latest CROSS JOIN log ON log.revision = latest.newest`),
    count: database.prepare(`SELECT count(*) AS count FROM (${latest})`),
    history: database.prepare(`SELECT revision, key, deleted, value, (SELECT value FROM log AS older
        WHERE older.key = log.key AND older.revision < log.revision ORDER BY older.revision DESC LIMIT 1) AS previous
      FROM log WHERE revision > :after AND revision <= :upTo AND +key >= :start AND +key < :end
      ORDER BY revision LIMIT :limit`),
    forgetBefore: database.prepare(`DELETE FROM log WHERE revision IN (
      SELECT (SELECT max(older.revision) FROM log AS older WHERE older.key = written.key AND older.revision <= :from)
      FROM (SELECT DISTINCT key FROM log WHERE revision > :from AND revision <= :to) AS written)`),
    forgetWithin: database.prepare(`DELETE FROM log WHERE revision > :from AND revision <= :to AND EXISTS (
      SELECT 1 FROM log AS newer WHERE newer.key = log.key AND newer.revision > log.revision AND newer.revision <= :to)`),
    forgetDeleted: database.prepare('DELETE FROM log WHERE revision > :from AND revision <= :to AND deleted'),
    setCompacted: database.prepare('UPDATE compaction SET revision = :to'),
  };
}

/** Greater than every text that begins with the prefix. */
function endOf(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

function numberIn(row: Row, column: string): number {
  const value = row?.[column];
  return typeof value === 'number' ? value : 0;
}

function bytesIn(row: Row, column: string): Uint8Array | undefined {
  const value = row?.[column];
  return value instanceof Uint8Array ? value : undefined;
}

function entryOf(row: Row): StoredEntry {
  return {
    key: String(row?.key),
    value: bytesIn(row, 'value') ?? new Uint8Array(),
    revision: numberIn(row, 'revision'),
  };
}

function eventOf(row: Row): StorageEvent {
  const previous = bytesIn(row, 'previous');
  const value = bytesIn(row, 'value') ?? previous ?? new Uint8Array();
  return {
    type: numberIn(row, 'deleted') === 0 ? 'put' : 'delete',
    key: String(row?.key),
    revision: numberIn(row, 'revision'),
    value,
    ...(previous === undefined ? {} : { previous }),
  };
}
