/** Calls one after the other while something happens to the cluster, and what became of them. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Failure {
  /** What happened while the call went on. */
  during: ReadonlySet<string>;
  error: string;
}

/** Between two calls: the load is to be steady, not heavy. */
const pauseMs = 150;

/** What happens now, and what has happened since somebody asked. */
export class Happenings {
  #now = 'none';
  readonly #listeners = new Set<(now: string) => void>();

  set(now: string): void {
    this.#now = now;
    for (const listener of this.#listeners) listener(now);
  }

  /** Everything that happens from now until the result is disposed. */
  record(): { seen: Set<string> } & Disposable {
    const seen = new Set([this.#now]);
    const add = (now: string): void => void seen.add(now);
    this.#listeners.add(add);
    return { seen, [Symbol.dispose]: () => void this.#listeners.delete(add) };
  }
}

export class SteadyLoad {
  readonly name: string;
  readonly failures: Failure[] = [];
  calls = 0;
  /** Failed calls in a row, at most. */
  longestStreak = 0;
  /** From the first failure to the next success, at most, in milliseconds. */
  longestOutageMs = 0;
  readonly #call: (signal: AbortSignal) => Promise<void>;

  /** `call` rejects when it failed; it should end soon when the signal fires, which counts for nothing. */
  constructor(name: string, call: (signal: AbortSignal) => Promise<void>) {
    this.name = name;
    this.#call = call;
  }

  async run(happenings: Happenings, signal: AbortSignal): Promise<void> {
    let [streak, since] = [0, 0];
    while (!signal.aborted) {
      using record = happenings.record();
      try {
        await this.#call(signal);
        if (streak > 0) this.longestOutageMs = Math.max(this.longestOutageMs, performance.now() - since);
        streak = 0;
      } catch (error) {
        if (signal.aborted) break;
        if (streak === 0) since = performance.now();
        streak++;
        this.longestStreak = Math.max(this.longestStreak, streak);
        this.failures.push({ during: record.seen, error: error instanceof Error ? error.message : String(error) });
      }
      this.calls++;
      await delay(pauseMs);
    }
  }

  /** One line for the reader of the test's output. */
  get summary(): string {
    const { name, calls, failures, longestStreak, longestOutageMs } = this;
    const outage = failures.length > 0 ? `, ${longestStreak} in a row, at most ${Math.round(longestOutageMs)} ms` : '';
    return `${name}: ${calls} calls, ${failures.length} failed${outage}`;
  }
}
