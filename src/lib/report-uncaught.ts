/**
 * For errors of functions that a caller gave to be called: the process hears of them as uncaught, as of those of an
 * EventTarget's listeners, and what called the function goes on.
 */
export function reportUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
