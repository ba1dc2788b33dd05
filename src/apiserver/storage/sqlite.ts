/**
 * The store in one SQLite file. Writes are committed in groups by the one thread that has the file open; reads go through
 * that thread too, since the watch cache makes them rare.
 */
import { EventFanout } from './event-fanout.ts';
import type { HistoryLimits } from './history.ts';
import { defaultHistoryLimits } from './history.ts';
import type { DatabaseThread } from './sqlite/database-thread.ts';
import { startDatabaseThread } from './sqlite/database-thread.ts';
import type { Write, WriteOutcome } from './sqlite/protocol.ts';
import type { ListOptions, ListResult, Storage, StorageEvent, StoredEntry, WatchOptions } from './storage.ts';
import { KeyExists, RevisionMismatch, StorageClosed } from './storage.ts';

export interface SqliteStorageOptions {
  /** The database file; its directory must exist. `-wal` is appended for a second file beside it. */
  file: string;
  history?: Partial<HistoryLimits>;
  /** The file's size limit in bytes: writes beyond it fail with StorageWriteError. Unlimited unless said. */
  maxBytes?: number;
}

/** Writes that share one commit at most. */
const groupLimit = 512;
const historyBatch = 500;

/** Opens the file for this process alone, creating it if there is none. Throws StorageFileError. */
export async function openSqliteStorage({ file, history = {}, maxBytes = 0 }: SqliteStorageOptions): Promise<Storage> {
  const limits = { ...defaultHistoryLimits, ...history };
  const { thread, revision } = await startDatabaseThread({ file, history: limits, maxBytes });
  return new SqliteStorage(thread, revision);
}

interface QueuedWrite {
  write: Write;
  resolve(revision: number): void;
  reject(reason: unknown): void;
}

class SqliteStorage implements Storage {
  readonly #thread: DatabaseThread;
  readonly #fanout = new EventFanout();
  #queue: QueuedWrite[] = [];
  /** Settles when the queue is empty; undefined when it is. */
  #committing: Promise<void> | undefined;
  #revision: number;
  #closed: StorageClosed | undefined;
  #disposal: Promise<void> | undefined;

  constructor(thread: DatabaseThread, revision: number) {
    this.#thread = thread;
    this.#revision = revision;
    thread.onEnd = (reason) => {
      this.#closed ??= reason;
      this.#fanout.close(this.#disposal === undefined ? reason : undefined);
    };
  }

  async currentRevision(): Promise<number> {
    this.#mustBeOpen();
    return this.#revision;
  }

  async get(key: string): Promise<StoredEntry | undefined> {
    this.#mustBeOpen();
    return this.#thread.call('get', key);
  }

  async list(options: ListOptions): Promise<ListResult> {
    this.#mustBeOpen();
    return this.#thread.call('list', options);
  }

  create(key: string, value: Uint8Array): Promise<number> {
    return this.#write({ type: 'create', key, value: exactBuffer(value) });
  }

  update(key: string, value: Uint8Array, expected: number): Promise<number> {
    return this.#write({ type: 'update', key, value: exactBuffer(value), expected });
  }

  delete(key: string, expected: number): Promise<number> {
    return this.#write({ type: 'delete', key, expected });
  }

  async *watch({ prefix, after, signal }: WatchOptions): AsyncGenerator<StorageEvent[], void, void> {
    this.#mustBeOpen();
    const upTo = this.#revision;
    using live = this.#fanout.subscribe(prefix, signal);
    for (let from = after; from < upTo && !signal.aborted; ) {
      const batch = await this.#thread.call('history', { prefix, after: from, upTo, limit: historyBatch });
      if (batch.length > 0 && !signal.aborted) yield batch;
      from = batch.length < historyBatch ? upTo : (batch.at(-1)?.revision ?? upTo);
    }
    for (let batch = await live.next(); batch !== undefined; batch = await live.next()) {
      const wanted = batch.filter((event) => event.revision > after);
      if (wanted.length > 0) yield wanted;
    }
  }

  async compact(revision: number): Promise<void> {
    this.#mustBeOpen();
    await this.#thread.call('compact', revision);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    this.#closed ??= new StorageClosed();
    await this.#committing;
    this.#fanout.close();
    await this.#thread.close();
  }

  #write(write: Write): Promise<number> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#queue.push({ write, resolve, reject });
    this.#committing ??= this.#commitQueue();
    return promise;
  }

  /** One group is on its way at a time: whatever is written meanwhile is the next one. */
  async #commitQueue(): Promise<void> {
    // Lets writes that are made in the same turn share the first group.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, groupLimit);
      try {
        const outcomes = await this.#thread.call(
          'commit',
          group.map(({ write }) => write),
        );
        this.#settle(group, outcomes);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#committing = undefined;
  }

  #settle(group: readonly QueuedWrite[], outcomes: readonly WriteOutcome[]): void {
    const events = group.flatMap(({ write }, index) => {
      const outcome = outcomes[index];
      return outcome?.done === true ? [eventOf(write, outcome)] : [];
    });
    const last = events.at(-1);
    if (last !== undefined) {
      this.#revision = last.revision;
      this.#fanout.publish(events);
    }
    for (const [index, { write, resolve, reject }] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome?.done === true) resolve(outcome.revision);
      else
        reject(write.type === 'create' ? new KeyExists(write.key) : new RevisionMismatch(write.key, outcome?.current));
    }
  }

  #mustBeOpen(): void {
    if (this.#closed !== undefined) throw this.#closed;
  }
}

function eventOf(write: Write, { revision, previous }: Extract<WriteOutcome, { done: true }>): StorageEvent {
  const { key } = write;
  const before = previous === undefined ? {} : { previous };
  if (write.type !== 'delete') return { type: 'put', key, revision, value: write.value, ...before };
  return { type: 'delete', key, revision, value: previous ?? new Uint8Array(), ...before };
}

/** A message carries the whole buffer behind a view: a small Buffer would take its pool along. */
function exactBuffer(value: Uint8Array): Uint8Array {
  return value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value);
}
