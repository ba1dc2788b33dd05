/** Asks each server of a pool again and again how it is. */
import { backoffMs } from '../../lib/backoff.ts';
import { patience } from '../../lib/patience.ts';
import type { Observation } from './health.ts';
import type { PoolMember, ServerPool } from './server-pool.ts';

export interface ProbeTiming {
  /** Between probes of a server that is well; up to a fifth less, by chance, so that clients do not ask in step. */
  intervalMs: number;
  /** After a probe that failed; grows up to `intervalMs`. */
  failedIntervalMs: number;
  /** A probe without an outcome after this time has found silence. */
  timeoutMs: number;
  /** Before the first probe of a server. */
  firstAfterMs: number;
}

export interface ProberOptions<T> {
  pool: ServerPool<T>;
  /** Resolves with what it found. What it throws means that the server is down. */
  probe(target: T, signal: AbortSignal): Promise<Observation>;
  timing?: Partial<ProbeTiming>;
}

const usualTiming: ProbeTiming = { intervalMs: 2000, failedIntervalMs: 400, timeoutMs: 2000, firstAfterMs: 0 };
/** Hints may come by the hundred. */
const leastGapMs = 100;

/** A wait that can be cut short. */
class Pause {
  #timer: NodeJS.Timeout | undefined;
  #end: (() => void) | undefined;
  #began = 0;

  wait(ms: number): Promise<void> {
    this.#began = performance.now();
    return new Promise((resolve) => {
      this.#end = resolve;
      this.#timer = setTimeout(resolve, ms).unref();
    });
  }

  /** To `ms` in all. */
  shorten(ms: number): void {
    if (this.#end === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#end, Math.max(0, ms - (performance.now() - this.#began))).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#end?.();
  }
}

interface Loop {
  stop: AbortController;
  pause: Pause;
  done: Promise<void>;
}

/** Probes from its construction on until it is disposed, whoever joins and leaves the pool. Its timers keep no process alive. */
export class Prober<T> implements AsyncDisposable {
  readonly #options: ProberOptions<T>;
  readonly #timing: ProbeTiming;
  readonly #loops = new Map<PoolMember<T>, Loop>();
  readonly #unsubscribe: () => void;

  constructor(options: ProberOptions<T>) {
    this.#options = options;
    this.#timing = { ...usualTiming, ...options.timing };
    this.#unsubscribe = options.pool.subscribe(() => this.#follow());
    this.#follow();
  }

  /** There is a hint that something changed: asks the server now. */
  probeSoon(member: PoolMember<T>): void {
    this.#loops.get(member)?.pause.shorten(leastGapMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    const loops = [...this.#loops.values()];
    this.#loops.clear();
    for (const loop of loops) end(loop);
    await Promise.all(loops.map(({ done }) => done));
  }

  #follow(): void {
    const { members } = this.#options.pool;
    for (const [member, loop] of this.#loops) {
      if (members.includes(member)) continue;
      this.#loops.delete(member);
      end(loop);
    }
    for (const member of members) if (!this.#loops.has(member)) this.#start(member);
  }

  #start(member: PoolMember<T>): void {
    const stop = new AbortController();
    const pause = new Pause();
    this.#loops.set(member, { stop, pause, done: this.#run(member, pause, stop.signal) });
  }

  async #run(member: PoolMember<T>, pause: Pause, signal: AbortSignal): Promise<void> {
    const { intervalMs, failedIntervalMs, firstAfterMs } = this.#timing;
    if (firstAfterMs > 0) await pause.wait(firstAfterMs);
    for (let failures = 0; !signal.aborted; ) {
      const observation = await this.#ask(member.target, signal);
      if (signal.aborted) return;
      member.probes[observation.kind]++;
      this.#options.pool.observe(member, observation);
      failures = observation.kind === 'ready' ? 0 : failures + 1;
      // One that passed its first probe again is soon asked for the next.
      const isWell = failures === 0 && member.health.isUsable;
      const spread = { maxMs: intervalMs, jitter: 0.2 };
      await pause.wait(
        isWell
          ? backoffMs(1, { ...spread, baseMs: intervalMs })
          : backoffMs(failures || 1, { ...spread, baseMs: failedIntervalMs }),
      );
    }
  }

  async #ask(target: T, signal: AbortSignal): Promise<Observation> {
    const limit = new AbortController();
    const onStop = (): void => limit.abort();
    signal.addEventListener('abort', onStop, { once: true });
    const { timeoutMs } = this.#timing;
    let isLate = false;
    const onLate = (): void => {
      isLate = true;
      limit.abort();
    };
    const endPatience = patience(timeoutMs, onLate, { unref: true });
    try {
      return await this.#options.probe(target, limit.signal);
    } catch (error) {
      if (isLate) return { kind: 'down', silent: true, reason: `no answer to a probe within ${timeoutMs / 1000} s` };
      return { kind: 'down', silent: false, reason: error instanceof Error ? error.message : String(error) };
    } finally {
      endPatience();
      signal.removeEventListener('abort', onStop);
    }
  }
}

function end({ stop, pause }: Loop): void {
  stop.abort();
  pause.end();
}
