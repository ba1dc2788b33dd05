/**
 * Balancing policy for many short requests: of two candidates taken by chance the one with less in flight. Several clients
 * that balance on their own do not all run to the same server, as they would with the least loaded of all.
 */
import type { Loaded } from './policy.ts';

/** `random` gives numbers in [0, 1). */
export function leastOfTwo<T extends Loaded>(
  candidates: readonly T[],
  random: () => number = Math.random,
): T | undefined {
  const { length } = candidates;
  if (length < 2) return candidates[0];
  const first = Math.floor(random() * length);
  // One of the others: never the same one twice.
  const second = (first + 1 + Math.floor(random() * (length - 1))) % length;
  const [a, b] = [candidates[first], candidates[second]];
  if (a === undefined || b === undefined) return a ?? b;
  return b.inFlight < a.inFlight ? b : a;
}
