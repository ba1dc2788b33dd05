/**
 * All objects of one resource in memory, kept current by the store's watch: get, list and watch are answered from here,
 * with each object held once. Loaded when first asked; writes go to the store directly.
 */

import type { CacheEvent } from './cache-watcher.ts';
import { CacheWatcher, initialEvents } from './cache-watcher.ts';
import { CachedObject } from './cached-object.ts';
import type { ObjectEvent, RingLimits } from './event-ring.ts';
import { EventRing } from './event-ring.ts';
import { SortedMap } from './sorted-map.ts';
import type { Storage, StorageEvent } from './storage.ts';
import { Compacted, StorageClosed } from './storage.ts';
import type { FeedListener, StorageFeed } from './storage-feed.ts';
import { joinFeed } from './storage-feed.ts';

export interface CacheListOptions {
  /** The cache's prefix or a longer one, such as a namespace's. */
  prefix: string;
  /** Absent: everything acknowledged when the call was made. 0: whatever is known. N: see `match`. */
  resourceVersion?: number;
  /** With a resourceVersion above 0: as of exactly that one, or (unless said) not older. */
  match?: 'Exact' | 'NotOlderThan';
  /** At most so many items; 0 or absent: all. */
  limit?: number;
  /** Only keys after this one: the last key of the page before. */
  after?: string;
  /** Only objects for which it is true; `limit` counts those. */
  filter?: (item: CachedObject) => boolean;
}

export interface CacheListResult {
  items: CachedObject[];
  revision: number;
  /** How many items follow the last one. With a filter not counted: 1 when there are more. */
  remaining: number;
}

export interface CacheWatchOptions {
  /** The cache's prefix or a longer one, such as a namespace's. */
  prefix: string;
  /** Events after this revision, above 0. Absent: from now on. With `sendInitialEvents`: the initial state is not older. */
  after?: number;
  /** First all objects as `put` events without `previous`, then a progress event marked `initialEventsEnd`. */
  sendInitialEvents?: boolean;
  /** Whether to send progress events from time to time. */
  progress?: boolean;
  signal: AbortSignal;
}

export interface WatchCacheOptions {
  storage: Storage;
  /** Of one resource, with its slash at the end; see `keyPrefix`. */
  prefix: string;
  /** Ends the cache and everything that reads from it. */
  signal: AbortSignal;
  /** Milliseconds that a read waits for a revision not reached yet before it fails; 3000 unless said. */
  waitMs?: number;
  /** Milliseconds between the progress events of a watch; 30 000 unless said. */
  progressMs?: number;
  /** How much a watch may lag behind or start in the past. */
  ring?: Partial<RingLimits>;
}

const defaultRing: RingLimits = { events: 4096, ageMs: 180_000, bytes: 16 << 20 };
/** What has been loaded: replaced as a whole when events were lost. */
interface Loaded {
  readonly objects: SortedMap<CachedObject>;
  readonly ring: EventRing;
  /** The revision of the list that it began with. */
  readonly listed: number;
  /** No object with the prefix has changed after this revision. */
  changed: number;
}

export function openWatchCache(options: WatchCacheOptions): WatchCache {
  return new WatchCache(options);
}

export class WatchCache {
  readonly prefix: string;
  readonly #storage: Storage;
  readonly #signal: AbortSignal;
  readonly #waitMs: number;
  readonly #progressMs: number;
  readonly #ringLimits: RingLimits;
  readonly #listener: FeedListener;
  readonly #watchers = new Set<CacheWatcher>();
  readonly #reminded = new Set<CacheWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #feed: StorageFeed | undefined;
  #loading: Promise<Loaded> | undefined;
  #loaded: Loaded | undefined;
  /** Events that arrive while the list is being loaded. */
  #early: StorageEvent[] = [];

  constructor({ storage, prefix, signal, waitMs = 3000, progressMs = 30_000, ring = {} }: WatchCacheOptions) {
    this.prefix = prefix;
    this.#storage = storage;
    this.#signal = signal;
    this.#waitMs = waitMs;
    this.#progressMs = progressMs;
    this.#ringLimits = { ...defaultRing, ...ring };
    this.#listener = {
      prefix,
      apply: (events) => {
        if (this.#loaded === undefined) this.#early.push(...events);
        else this.#apply(this.#loaded, events);
      },
      reset: (reason) => this.#reset(reason),
    };
    const leave = (): void => {
      this.#feed?.leave(this.#listener);
      this.#reset(new StorageClosed());
    };
    signal.addEventListener('abort', leave, { once: true });
  }

  /** The object, not older than the revision; without one, not older than what was acknowledged before the call. */
  async get(key: string, atLeast?: number): Promise<CachedObject | undefined> {
    const { objects } = await this.#fresh(atLeast);
    return objects.get(key);
  }

  /**
   * Throws `FutureRevision` for a revision that is not reached in time, `Compacted` for an exact one that is no longer kept,
   * `StorageClosed` at the end.
   */
  async list(options: CacheListOptions): Promise<CacheListResult> {
    const { prefix, resourceVersion, match = 'NotOlderThan', limit = 0, after, filter } = options;
    const loaded = await this.#fresh(resourceVersion);
    const exact =
      match === 'Exact' && resourceVersion !== undefined && resourceVersion > 0 ? resourceVersion : undefined;
    if (exact !== undefined && exact < loaded.changed) return this.#listPast(options, exact, loaded);
    const page = takePage(loaded.objects.entries(prefix, after), limit, filter);
    return { ...page, revision: exact ?? this.#revisionOf(loaded) };
  }

  /**
   * Events in order, in non-empty batches; ends when the signal fires. Throws `Compacted` when `after` is older than what is
   * kept or the reader too slow, `FutureRevision` when `after` is not reached in time.
   */
  async *watch(options: CacheWatchOptions): AsyncGenerator<CacheEvent[], void, void> {
    const { prefix, after, sendInitialEvents = false, progress = false } = options;
    const signal = AbortSignal.any([options.signal, this.#signal]);
    if (signal.aborted) return;
    let loaded = await this.#fresh(after);
    while (loaded !== this.#loaded) loaded = await this.#fresh(after);
    const { ring, objects } = loaded;
    const cursor = sendInitialEvents || after === undefined ? ring.next : ring.seek(after);
    if (cursor === undefined) throw new Compacted(ring.floor);
    const revision = (): number => this.#revisionOf(loaded);
    using watcher = new CacheWatcher({ prefix, ring, cursor, revision, signal });
    // On abort too: a reader may have left without ending the iteration.
    const leave = (): void => this.#forget(watcher);
    signal.addEventListener('abort', leave, { once: true });
    this.#watchers.add(watcher);
    try {
      if (sendInitialEvents) {
        const end: CacheEvent = { type: 'progress', revision: revision(), initialEventsEnd: true };
        for (const batch of initialEvents([...objects.entries(prefix)].map(([, object]) => object))) {
          if (signal.aborted) return;
          yield batch;
        }
        yield [end];
      }
      if (progress) this.#remind(watcher);
      for (let batch = await watcher.next(); batch !== undefined; batch = await watcher.next()) yield batch;
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }

  /** Resolves when the cache shows the revision; throws `FutureRevision` when it is not reached in time. */
  async waitFor(revision: number): Promise<void> {
    await this.#fresh(revision);
  }

  async #fresh(atLeast?: number): Promise<Loaded> {
    const revision = atLeast ?? (await this.#storage.currentRevision());
    for (;;) {
      const loaded = await this.#load();
      if (revision <= this.#revisionOf(loaded)) return loaded;
      await this.#feed?.waitFor(revision, this.#waitMs);
      if (loaded === this.#loaded) return loaded;
    }
  }

  #revisionOf(loaded: Loaded): number {
    return Math.max(loaded.listed, this.#feed?.revision ?? 0);
  }

  #load(): Promise<Loaded> {
    if (this.#loaded !== undefined) return Promise.resolve(this.#loaded);
    this.#loading ??= this.#listAll().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #listAll(): Promise<Loaded> {
    await this.#join().started;
    for (;;) {
      const early: StorageEvent[] = [];
      this.#early = early;
      const { entries, revision } = await this.#storage.list({ prefix: this.prefix });
      if (this.#signal.aborted) throw new StorageClosed();
      // Another array here means that events were lost meanwhile.
      if (early !== this.#early) continue;
      const objects = new SortedMap<CachedObject>();
      for (const entry of entries) objects.set(entry.key, new CachedObject(entry.key, entry.value, entry.revision));
      this.#loaded = { objects, ring: new EventRing(revision, this.#ringLimits), listed: revision, changed: revision };
      this.#apply(this.#loaded, early);
      this.#early = [];
      return this.#loaded;
    }
  }

  #join(): StorageFeed {
    if (this.#signal.aborted) throw new StorageClosed();
    if (this.#feed?.open !== true) this.#feed = joinFeed(this.#storage, this.#listener);
    return this.#feed;
  }

  #apply(loaded: Loaded, events: readonly StorageEvent[]): void {
    const from = loaded.ring.next;
    for (const event of events) {
      if (event.revision <= loaded.listed) continue;
      loaded.ring.push(applyEvent(loaded.objects, event));
      loaded.changed = event.revision;
    }
    for (const watcher of this.#watchers) watcher.notice(from);
  }

  #reset(reason: unknown): void {
    this.#loaded = undefined;
    this.#early = [];
    for (const watcher of this.#watchers) watcher.fail(reason);
  }

  async #listPast(options: CacheListOptions, revision: number, { objects }: Loaded): Promise<CacheListResult> {
    const { prefix, limit = 0, after, filter } = options;
    const result = await this.#storage.list({
      prefix,
      revision,
      ...(after === undefined ? {} : { after }),
      ...(filter === undefined ? { limit } : {}),
    });
    const entries = result.entries.map((entry): [string, CachedObject] => {
      const known = objects.get(entry.key);
      const same = known?.revision === entry.revision;
      return [entry.key, same ? known : new CachedObject(entry.key, entry.value, entry.revision)];
    });
    const page = takePage(entries, limit, filter);
    return { items: page.items, remaining: page.remaining + result.remaining, revision };
  }

  #remind(watcher: CacheWatcher): void {
    this.#reminded.add(watcher);
    this.#timer ??= setInterval(() => {
      for (const each of this.#reminded) each.remind();
    }, this.#progressMs);
  }

  #forget(watcher: CacheWatcher): void {
    this.#watchers.delete(watcher);
    this.#reminded.delete(watcher);
    if (this.#reminded.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function applyEvent(objects: SortedMap<CachedObject>, { type, key, value, revision }: StorageEvent): ObjectEvent {
  const previous = objects.get(key);
  const current = new CachedObject(key, value, revision);
  if (type === 'put') objects.set(key, current);
  else objects.delete(key);
  return { type, current, ...(previous === undefined ? {} : { previous }), revision };
}

function takePage(
  entries: Iterable<[key: string, object: CachedObject]>,
  limit: number,
  filter: CacheListOptions['filter'],
): Pick<CacheListResult, 'items' | 'remaining'> {
  const items: CachedObject[] = [];
  let remaining = 0;
  for (const [, object] of entries) {
    const full = limit > 0 && items.length === limit;
    if (full && filter === undefined) remaining += 1;
    else if (filter !== undefined && !filter(object)) continue;
    else if (full) return { items, remaining: 1 };
    else items.push(object);
  }
  return { items, remaining };
}
