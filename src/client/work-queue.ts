/** A queue of keys to be reconciled: each at most once in the queue and in one worker at a time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { backoffMs } from '../lib/backoff.ts';
import { reportUncaught } from '../lib/report-uncaught.ts';

export interface WorkQueueOptions {
  /** Brings what the key names to its wanted state. A throw puts the key back, later each time. */
  process: (key: string, signal: AbortSignal) => Promise<void>;
  /** Keys processed at the same time, a whole number from 1; default 1. */
  workers?: number;
  signal: AbortSignal;
  /** Told of every failure with the count of failures in a row. What it throws is an uncaught error; the queue goes on. */
  onError?: (error: unknown, key: string, failures: number) => void;
  backoff?: { baseMs: number; maxMs: number };
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #signal: AbortSignal;
  readonly #workers: number;
  /** In order of arrival. */
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  /** Added while running: goes round again. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { timer: NodeJS.Timeout; at: number }>();
  #active = 0;
  #idle: (() => void)[] = [];
  /** Listens while there are timers, and no longer: the signal may outlive many queues. */
  readonly #clearTimers = (): void => {
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  };

  /** Throws RangeError. */
  constructor(options: WorkQueueOptions) {
    const { workers = 1 } = options;
    if (!Number.isInteger(workers) || workers < 1) {
      throw new RangeError(`workers is ${workers}: a whole number from 1 is needed`);
    }
    this.#workers = workers;
    this.#options = options;
    this.#signal = options.signal;
  }

  add(key: string): void {
    if (this.#signal.aborted) return;
    if (this.#running.has(key)) {
      this.#again.add(key);
      return;
    }
    if (this.#waiting.has(key)) return;
    this.#waiting.add(key);
    // Not at once: a burst of changes in one turn becomes one pass.
    if (this.#active < this.#workers) {
      this.#active++;
      setImmediate(() => void this.#work());
    }
  }

  /** Adds the key after this time; of several times for one key the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#signal.aborted) return;
    const at = Date.now() + ms;
    const planned = this.#timers.get(key);
    if (planned !== undefined) {
      if (planned.at <= at) return;
      clearTimeout(planned.timer);
    }
    // Timers hold at most 2^31 - 1 ms; what is later comes back early and looks again.
    const timer = setTimeout(
      () => {
        this.#timers.delete(key);
        if (this.#timers.size === 0) this.#signal.removeEventListener('abort', this.#clearTimers);
        this.add(key);
      },
      Math.min(ms, 2 ** 31 - 1),
    );
    if (this.#timers.size === 0) this.#signal.addEventListener('abort', this.#clearTimers, { once: true });
    this.#timers.set(key, { timer, at });
  }

  /** Resolves when nothing runs any more. After the signal that is soon, and nothing new begins. */
  async stopped(): Promise<void> {
    if (this.#active > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #work(): Promise<void> {
    for (const key of this.#waiting) {
      if (this.#signal.aborted) break;
      this.#waiting.delete(key);
      this.#running.add(key);
      await this.#processOne(key);
      this.#running.delete(key);
      if (this.#again.delete(key)) this.#waiting.add(key);
      // Work that waits for nothing would keep timers, signals and connections from having their turn.
      if (this.#waiting.size > 0) await nextTurn();
    }
    this.#active--;
    if (this.#active === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #processOne(key: string): Promise<void> {
    try {
      await this.#options.process(key, this.#signal);
      this.#failures.delete(key);
    } catch (error) {
      if (this.#signal.aborted) return;
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      try {
        this.#options.onError?.(error, key, failures);
      } catch (thrown) {
        reportUncaught(thrown);
      }
      this.addAfter(key, backoffMs(failures, this.#options.backoff ?? { baseMs: 10, maxMs: 60_000 }));
    }
  }
}
