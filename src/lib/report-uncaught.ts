/**
 * For errors of functions that a caller gave to be called: the process hears of them as uncaught, as of those of an
 * EventTarget's listeners, and what called the function goes on. Not by `process.nextTick`: a throw there
 * loses what the callback that Node is in has returned to it.
 */
export function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
