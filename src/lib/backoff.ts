/** Waiting times that grow with every failure, spread so that many waiters do not come back at once. */

export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
  /** Share of the time that is left to chance, 0 to 1. */
  jitter?: number;
  /** Numbers in [0, 1); tests give their own. */
  random?: () => number;
}

/** Milliseconds to wait after the n-th failure in a row (from 1 on). */
export function backoffMs(
  failures: number,
  { baseMs, maxMs, jitter = 0.2, random = Math.random }: BackoffOptions,
): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 40));
  return full * (1 - jitter * random());
}
