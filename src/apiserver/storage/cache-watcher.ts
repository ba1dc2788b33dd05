/** One reader that follows a watch cache's ring of events. It owns no queue: one that falls off the ring is ended. */
import type { CachedObject } from './cached-object.ts';
import type { EventRing, ObjectEvent } from './event-ring.ts';
import { Compacted } from './storage.ts';

export interface ProgressEvent {
  type: 'progress';
  /** Every event up to this revision has been delivered. */
  revision: number;
  /** Present on the one that follows the initial events. */
  initialEventsEnd?: true;
}

export type CacheEvent = ObjectEvent | ProgressEvent;

/** Events in one batch. */
const batchSize = 500;

interface WatcherStart {
  prefix: string;
  ring: EventRing;
  /** The number of the ring's event to begin with. */
  cursor: number;
  /** The revision up to which the ring is complete at present. */
  revision: () => number;
  signal: AbortSignal;
}

export class CacheWatcher implements Disposable {
  readonly #prefix: string;
  readonly #ring: EventRing;
  readonly #revision: () => number;
  readonly #signal: AbortSignal;
  #cursor: number;
  /** Whether an event from the cursor on is for this watcher; if none is, the cursor stands at the ring's end. */
  #pending = true;
  #progressDue = false;
  #failure: unknown;
  #wake = (): void => {};

  constructor({ prefix, ring, cursor, revision, signal }: WatcherStart) {
    this.#prefix = prefix;
    this.#ring = ring;
    this.#cursor = cursor;
    this.#revision = revision;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** The ring has grown, from this event on. */
  notice(from: number): void {
    if (this.#pending) return;
    this.#cursor = Math.max(from, this.#cursor);
    for (; this.#cursor < this.#ring.next; this.#cursor += 1) {
      if (this.#ring.at(this.#cursor)?.current.key.startsWith(this.#prefix) !== true) continue;
      this.#pending = true;
      this.#wake();
      return;
    }
  }

  remind(): void {
    this.#progressDue = true;
    this.#wake();
  }

  fail(reason: unknown): void {
    this.#failure ??= reason;
    this.#wake();
  }

  /** A non-empty batch; undefined once the signal has fired. Throws `Compacted` when the reader was too slow. */
  async next(): Promise<CacheEvent[] | undefined> {
    for (;;) {
      if (this.#signal.aborted) return undefined;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#cursor < this.#ring.first) throw new Compacted(this.#ring.floor);
      const batch = this.#take();
      if (batch.length > 0) return batch;
      if (this.#progressDue) {
        this.#progressDue = false;
        return [{ type: 'progress', revision: this.#revision() }];
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  #take(): ObjectEvent[] {
    const batch: ObjectEvent[] = [];
    for (; this.#cursor < this.#ring.next && batch.length < batchSize; this.#cursor += 1) {
      const event = this.#ring.at(this.#cursor);
      if (event?.current.key.startsWith(this.#prefix) === true) batch.push(event);
    }
    this.#pending = this.#cursor < this.#ring.next;
    return batch;
  }

  readonly #onAbort = (): void => this.#wake();
}

/** A state as batches of events that create each object. */
export function* initialEvents(items: readonly CachedObject[]): Generator<CacheEvent[]> {
  for (let at = 0; at < items.length; at += batchSize) {
    yield items.slice(at, at + batchSize).map((current) => ({ type: 'put', current, revision: current.revision }));
  }
}
