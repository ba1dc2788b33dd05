/** Committed events to the watches that live in this process, through a bounded queue for each. */
import type { StorageEvent } from './storage.ts';
import { Compacted } from './storage.ts';

/** Events that a watch may lag behind before it is ended. */
const queueLimit = 10_000;

export class EventFanout {
  readonly #subscriptions = new Set<Subscription>();

  /** Hands events, in the order of their revisions, to every subscription whose prefix they have. */
  publish(events: readonly StorageEvent[]): void {
    for (const subscription of this.#subscriptions) subscription.offer(events);
  }

  /** Ends every watch once it has delivered what it holds, or at once with the error if there is one. */
  close(failure?: Error): void {
    for (const subscription of this.#subscriptions) subscription.end(failure);
  }

  /** Live events from this very call on, until the subscription is disposed or the signal fires. */
  subscribe(prefix: string, signal: AbortSignal): Subscription {
    const subscription = new Subscription(prefix, signal, () => this.#subscriptions.delete(subscription));
    this.#subscriptions.add(subscription);
    return subscription;
  }
}

export class Subscription implements Disposable {
  readonly #prefix: string;
  readonly #signal: AbortSignal;
  readonly #leave: () => void;
  #queue: StorageEvent[] = [];
  #ended = false;
  #failure: Error | undefined;
  #wake = (): void => {};

  constructor(prefix: string, signal: AbortSignal, leave: () => void) {
    this.#prefix = prefix;
    this.#signal = signal;
    this.#leave = leave;
    if (signal.aborted) this.#ended = true;
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /**
   * The next non-empty batch; undefined at the end. Throws `Compacted` when the queue has overflowed, or what the store
   * failed with.
   */
  async next(): Promise<StorageEvent[] | undefined> {
    for (;;) {
      if (this.#signal.aborted) return undefined;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        return batch;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  offer(events: readonly StorageEvent[]): void {
    if (this.#ended) return;
    for (const event of events) {
      if (event.key.startsWith(this.#prefix)) this.#queue.push(event);
    }
    if (this.#queue.length > queueLimit) this.end(new Compacted(events.at(-1)?.revision ?? 0));
    else if (this.#queue.length > 0) this.#wake();
  }

  end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    if (failure !== undefined) this.#queue = [];
    this.#wake();
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#leave();
  }

  readonly #onAbort = (): void => {
    this.#queue = [];
    this.end();
    this.#leave();
  };
}
