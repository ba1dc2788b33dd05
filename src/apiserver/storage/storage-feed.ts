/**
 * One watch of the whole store, shared by all its watch caches. Since it hears every write, every cache knows exactly up to
 * which revision it is complete, also when the writes were none of its own.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Storage, StorageEvent } from './storage.ts';
import { Compacted, FutureRevision, StorageClosed } from './storage.ts';

/** Who listens: a watch cache. */
export interface FeedListener {
  readonly prefix: string;
  /** Events with the listener's prefix, in order. */
  apply(events: readonly StorageEvent[]): void;
  /** Events have been lost: what is known must be loaded anew. */
  reset(reason: unknown): void;
}

interface Waiter {
  revision: number;
  resolve(): void;
  reject(reason: unknown): void;
}

const retryAfterMs = 250;
const feeds = new WeakMap<Storage, StorageFeed>();

/** Joins the feed of this store, starting it for the first listener; it stops after the last one left. */
export function joinFeed(storage: Storage, listener: FeedListener): StorageFeed {
  let feed = feeds.get(storage);
  if (feed === undefined) {
    feed = new StorageFeed(storage);
    feeds.set(storage, feed);
  }
  feed.add(listener);
  return feed;
}

export class StorageFeed {
  readonly #storage: Storage;
  readonly #listeners = new Set<FeedListener>();
  readonly #waiters = new Set<Waiter>();
  readonly #stop = new AbortController();
  #revision = 0;
  #closed: unknown;
  readonly #started = Promise.withResolvers<void>();

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#started.promise.catch(() => {});
    void this.#run();
  }

  /** Every event up to this revision has been handed out. */
  get revision(): number {
    return this.#revision;
  }

  /** False once it has ended: then nothing is handed out any more. */
  get open(): boolean {
    return this.#closed === undefined;
  }

  /** Resolves when events are being heard: what a later list does not show will be handed out. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  add(listener: FeedListener): void {
    this.#listeners.add(listener);
  }

  leave(listener: FeedListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    if (feeds.get(this.#storage) === this) feeds.delete(this.#storage);
    this.#stop.abort();
  }

  /** Resolves once every event up to the revision has been handed out; `FutureRevision` after so many milliseconds. */
  async waitFor(revision: number, timeoutMs: number): Promise<void> {
    if (revision <= this.#revision) return;
    if (this.#closed !== undefined) throw this.#closed;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { revision, resolve, reject };
    const timer = setTimeout(() => reject(new FutureRevision(revision, this.#revision)), timeoutMs);
    this.#waiters.add(waiter);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let lost: Error | undefined;
    while (!signal.aborted && this.#closed === undefined) {
      try {
        if (this.#revision === 0 || lost !== undefined) {
          const revision = await this.#storage.currentRevision();
          // Whoever lists from here on sees that revision; so the order matters.
          if (lost !== undefined) this.#reset(lost);
          lost = undefined;
          this.#advance(revision);
          this.#started.resolve();
        }
        for await (const events of this.#storage.watch({ prefix: '', after: this.#revision, signal }))
          this.#hand(events);
        this.#closed = new StorageClosed();
      } catch (error) {
        if (error instanceof Compacted) lost = error;
        else if (error instanceof StorageClosed || this.#revision === 0) this.#closed = error;
        else await delay(retryAfterMs, undefined, { signal }).catch(() => {});
      }
    }
    this.#close(this.#closed ?? new StorageClosed());
  }

  #close(reason: unknown): void {
    this.#closed = reason;
    if (feeds.get(this.#storage) === this) feeds.delete(this.#storage);
    this.#started.reject(reason);
    for (const waiter of this.#waiters) waiter.reject(reason);
    this.#reset(reason);
  }

  #reset(reason: unknown): void {
    for (const listener of this.#listeners) listener.reset(reason);
  }

  #hand(events: readonly StorageEvent[]): void {
    for (const listener of this.#listeners) {
      const own = events.filter((event) => event.key.startsWith(listener.prefix));
      if (own.length > 0) listener.apply(own);
    }
    const last = events.at(-1);
    if (last !== undefined) this.#advance(last.revision);
  }

  #advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    for (const waiter of this.#waiters) {
      if (waiter.revision <= this.#revision) waiter.resolve();
    }
  }
}
