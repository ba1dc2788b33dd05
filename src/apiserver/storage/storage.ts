/**
 * Where objects are kept: one interface, shaped as etcd is, so that etcd itself can implement it.
 * Every implementation passes the same conformance suite.
 *
 * Keys are `/registry/GROUP/RESOURCE/NAMESPACE/NAME` (see `keys.ts`); values are the UTF-8 JSON bytes of the object in
 * its stored version, WITHOUT metadata.resourceVersion (the revision is kept beside the value and set on reading).
 * A revision counts the writes of the whole store and never goes back, not even over a restart. An empty store is at 1,
 * its first write makes 2: so 0 is never a revision and can mean `any`.
 */

export interface StoredEntry {
  key: string;
  value: Uint8Array;
  /** The revision of the entry's last write. */
  revision: number;
}

export interface ListOptions {
  /** All keys that begin with it. */
  prefix: string;
  /** At most so many entries; 0 or absent: all. */
  limit?: number;
  /** Start after this key (for `continue`). */
  after?: string;
  /** Read as of this revision; `Compacted` if it is no longer kept, `FutureRevision` if not reached yet. */
  revision?: number;
}

export interface ListResult {
  entries: StoredEntry[];
  /** The revision that the list shows. */
  revision: number;
  /** How many entries with the prefix follow the last one returned. */
  remaining: number;
}

export interface StorageEvent {
  type: 'put' | 'delete';
  key: string;
  revision: number;
  /** The value written; for a delete, the last value before it. */
  value: Uint8Array;
  /** The value before this write; absent when the write created the key. */
  previous?: Uint8Array;
}

export interface WatchOptions {
  prefix: string;
  /** Events with a revision greater than this one. */
  after: number;
  signal: AbortSignal;
}

export interface Storage extends AsyncDisposable {
  /** The revision of the last committed write. */
  currentRevision(): Promise<number>;
  get(key: string): Promise<StoredEntry | undefined>;
  list(options: ListOptions): Promise<ListResult>;
  /** Resolves with the write's revision after it is durable. Throws `KeyExists`. */
  create(key: string, value: Uint8Array): Promise<number>;
  /** Compare-and-swap on the entry's revision. Throws `RevisionMismatch` (also when the key is gone). */
  update(key: string, value: Uint8Array, expectedRevision: number): Promise<number>;
  /** Compare-and-swap delete. Throws `RevisionMismatch`. Resolves with the revision of the deletion. */
  delete(key: string, expectedRevision: number): Promise<number>;
  /**
   * Committed writes in the order of their revisions, in batches (each batch non-empty).
   * Throws `Compacted` when `after` is older than what is kept. Ends when the signal fires.
   * A consumer too slow for the bounded queue gets `Compacted` too: it must list again.
   */
  watch(options: WatchOptions): AsyncIterable<StorageEvent[]>;
  /** Forgets history older than the revision. */
  compact(revision: number): Promise<void>;
}

export class KeyExists extends Error {
  override readonly name = 'KeyExists';
  readonly key: string;
  constructor(key: string) {
    super(`key ${key} exists`);
    this.key = key;
  }
}

export class RevisionMismatch extends Error {
  override readonly name = 'RevisionMismatch';
  readonly key: string;
  /** What is stored now; absent when the key does not exist. */
  readonly current: StoredEntry | undefined;
  constructor(key: string, current: StoredEntry | undefined) {
    super(`key ${key} is at revision ${current?.revision ?? 'none'}`);
    this.key = key;
    this.current = current;
  }
}

export class Compacted extends Error {
  override readonly name = 'Compacted';
  readonly oldest: number;
  constructor(oldest: number) {
    super(`history before revision ${oldest} is compacted`);
    this.oldest = oldest;
  }
}

export class FutureRevision extends Error {
  override readonly name = 'FutureRevision';
  readonly requested: number;
  readonly current: number;
  constructor(requested: number, current: number) {
    super(`revision ${requested} is not reached yet, current is ${current}`);
    this.requested = requested;
    this.current = current;
  }
}

/** The store has been disposed, or has failed for good: `cause` says why. */
export class StorageClosed extends Error {
  override readonly name = 'StorageClosed';
  constructor(cause?: unknown) {
    super('the store is closed', cause === undefined ? undefined : { cause });
  }
}
