/** One signal out of a caller's and a time limit, without leaving listeners on the caller's. */

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  readonly expired: boolean;
  /** The limit no longer counts; the caller's signal still does. */
  stopClock(): void;
}

/** `limitMs` absent: only the caller's signal. Dispose when the answer is in. */
export function startDeadline(signal: AbortSignal, limitMs: number | undefined): Deadline {
  if (limitMs === undefined) return { signal, expired: false, stopClock: () => {}, [Symbol.dispose]: () => {} };
  const controller = new AbortController();
  const follow = () => controller.abort(signal.reason);
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    controller.abort(new DOMException('the time limit of the request was reached', 'TimeoutError'));
  }, limitMs);
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    stopClock: () => clearTimeout(timer),
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', follow);
    },
  };
}
