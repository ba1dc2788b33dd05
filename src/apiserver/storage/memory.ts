/** The store without a file: keeps nothing over a restart. */
import { EventFanout } from './event-fanout.ts';
import type { HistoryLimits } from './history.ts';
import { defaultHistoryLimits, History } from './history.ts';
import { SortedMap } from './sorted-map.ts';
import type { ListOptions, ListResult, Storage, StorageEvent, StoredEntry, WatchOptions } from './storage.ts';
import { Compacted, FutureRevision, KeyExists, RevisionMismatch, StorageClosed } from './storage.ts';

/** What a key held from a revision on; no value: it was deleted. */
interface Version {
  revision: number;
  value?: Uint8Array;
}

export interface MemoryStorageOptions {
  history?: Partial<HistoryLimits>;
}

export function openMemoryStorage({ history = {} }: MemoryStorageOptions = {}): Storage {
  return new MemoryStorage({ ...defaultHistoryLimits, ...history });
}

class MemoryStorage implements Storage {
  /** Of each key the versions since the compacted revision and the one that was valid then, oldest first. */
  readonly #versions = new SortedMap<Version[]>();
  /** Every event after the compacted revision. */
  #log: StorageEvent[] = [];
  readonly #history: History;
  readonly #fanout = new EventFanout();
  #revision = 1;
  #compacted = 1;
  #closed = false;

  constructor(limits: HistoryLimits) {
    this.#history = new History(limits, { compacted: 1, current: 1 });
  }

  async currentRevision(): Promise<number> {
    this.#mustBeOpen();
    return this.#revision;
  }

  async get(key: string): Promise<StoredEntry | undefined> {
    this.#mustBeOpen();
    return this.#current(key);
  }

  async list({ prefix, limit = 0, after, revision = this.#revision }: ListOptions): Promise<ListResult> {
    this.#mustBeOpen();
    if (revision > this.#revision) throw new FutureRevision(revision, this.#revision);
    if (revision < this.#compacted) throw new Compacted(this.#compacted);
    const entries: StoredEntry[] = [];
    let remaining = 0;
    for (const [key, versions] of this.#versions.entries(prefix, after)) {
      const version = versions.findLast((candidate) => candidate.revision <= revision);
      if (version?.value === undefined) continue;
      if (limit > 0 && entries.length === limit) remaining += 1;
      else entries.push({ key, value: version.value, revision: version.revision });
    }
    return { entries, revision, remaining };
  }

  async create(key: string, value: Uint8Array): Promise<number> {
    this.#mustBeOpen();
    if (this.#current(key) !== undefined) throw new KeyExists(key);
    return this.#commit({ type: 'put', key, value });
  }

  async update(key: string, value: Uint8Array, expectedRevision: number): Promise<number> {
    const { value: previous } = this.#expect(key, expectedRevision);
    return this.#commit({ type: 'put', key, value, previous });
  }

  async delete(key: string, expectedRevision: number): Promise<number> {
    const { value: previous } = this.#expect(key, expectedRevision);
    return this.#commit({ type: 'delete', key, value: previous, previous });
  }

  async *watch({ prefix, after, signal }: WatchOptions): AsyncGenerator<StorageEvent[], void, void> {
    this.#mustBeOpen();
    if (after < this.#compacted) throw new Compacted(this.#compacted);
    const past = this.#log.filter((event) => event.revision > after && event.key.startsWith(prefix));
    using live = this.#fanout.subscribe(prefix, signal);
    if (past.length > 0 && !signal.aborted) yield past;
    for (let batch = await live.next(); batch !== undefined; batch = await live.next()) {
      const wanted = batch.filter((event) => event.revision > after);
      if (wanted.length > 0) yield wanted;
    }
  }

  async compact(revision: number): Promise<void> {
    this.#mustBeOpen();
    if (revision > this.#revision) throw new FutureRevision(revision, this.#revision);
    this.#forget(revision);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#fanout.close();
  }

  #current(key: string): StoredEntry | undefined {
    const version = this.#versions.get(key)?.at(-1);
    if (version?.value === undefined) return undefined;
    return { key, value: version.value, revision: version.revision };
  }

  #expect(key: string, revision: number): StoredEntry {
    this.#mustBeOpen();
    const current = this.#current(key);
    if (current?.revision !== revision) throw new RevisionMismatch(key, current);
    return current;
  }

  #commit(write: Omit<StorageEvent, 'revision'>): number {
    this.#revision += 1;
    const event = { ...write, revision: this.#revision };
    const version =
      event.type === 'put' ? { revision: event.revision, value: event.value } : { revision: event.revision };
    const versions = this.#versions.get(event.key);
    if (versions === undefined) this.#versions.set(event.key, [version]);
    else versions.push(version);
    this.#log.push(event);
    this.#fanout.publish([event]);
    this.#history.note(event.revision, event.value.byteLength);
    const due = this.#history.due();
    if (due !== undefined) this.#forget(due);
    return event.revision;
  }

  #forget(revision: number): void {
    if (revision <= this.#compacted) return;
    this.#compacted = revision;
    const kept = this.#log.findIndex((event) => event.revision > revision);
    const forgotten = this.#log.splice(0, kept === -1 ? this.#log.length : kept);
    for (const key of new Set(forgotten.map((event) => event.key))) {
      const versions = this.#versions.get(key);
      if (versions === undefined) continue;
      const valid = versions.findLastIndex((version) => version.revision <= revision);
      if (valid > 0) versions.splice(0, valid);
      if (versions.length === 1 && versions[0]?.value === undefined) this.#versions.delete(key);
      else if (
        versions[0]?.revision !== undefined &&
        versions[0].revision <= revision &&
        versions[0].value === undefined
      ) {
        versions.shift();
      }
    }
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StorageClosed();
  }
}
