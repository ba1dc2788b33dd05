/** Balancing policy for long connections: the candidate that has the fewest; among equals by chance. */
import type { Loaded } from './policy.ts';

/** `random` gives numbers in [0, 1). */
export function leastLoaded<T extends Loaded>(
  candidates: readonly T[],
  random: () => number = Math.random,
): T | undefined {
  let best: T | undefined;
  const start = Math.floor(random() * candidates.length);
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[(start + i) % candidates.length];
    if (candidate !== undefined && (best === undefined || candidate.inFlight < best.inFlight)) best = candidate;
  }
  return best;
}
