/**
 * Resolves after the time, or at once when the signal fires; never rejects. Keeps the process alive until then, for whoever
 * awaits it may have nothing else that does; `inBackground`: nobody waits for it, and the process may end before.
 */
export function sleepUnlessAborted(
  ms: number,
  signal: AbortSignal,
  { inBackground = false }: { inBackground?: boolean } = {},
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(done, ms);
    if (inBackground) timer.unref();
    signal.addEventListener('abort', done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
