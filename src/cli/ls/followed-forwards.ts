/** The forwards that lead somewhere, as they come, go and fail. */
import { isDeepStrictEqual } from 'node:util';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { workingForwards } from '../forward/working-forwards.ts';
import type { RecordedForward } from '../proxy/running-gateways.ts';

/** Their processes tell nobody of themselves: they are asked, which takes some files and a question to each. */
const everyMs = 2000;

export class FollowedForwards {
  #now: readonly RecordedForward[];
  readonly #listeners = new Set<(before: readonly RecordedForward[]) => void>();

  constructor(first: readonly RecordedForward[]) {
    this.#now = first;
  }

  get now(): readonly RecordedForward[] {
    return this.#now;
  }

  /** `listener` is told when they are others, and what they were; calling what is returned ends it. */
  watch(listener: (before: readonly RecordedForward[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Until the signal fires. */
  async follow(env: Readonly<Record<string, string | undefined>>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleepUnlessAborted(everyMs, signal);
      if (signal.aborted) return;
      const next = await workingForwards(env);
      const before = this.#now;
      if (isDeepStrictEqual(next, before)) continue;
      this.#now = next;
      for (const listener of this.#listeners) listener(before);
    }
  }
}
