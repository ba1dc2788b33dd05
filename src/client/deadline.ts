/** One signal out of others and a time limit, without leaving listeners on them. */

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  readonly expired: boolean;
  /** The limit no longer counts; the signals still do. */
  stopClock(): void;
}

/** `limitMs` absent: only the signals; `closed` is one beside the caller's. Dispose when the answer is in. */
export function startDeadline(signal: AbortSignal, limitMs: number | undefined, closed = signal): Deadline {
  if (limitMs === undefined && closed === signal) {
    return { signal, expired: false, stopClock: () => {}, [Symbol.dispose]: () => {} };
  }
  const controller = new AbortController();
  const follow = () => controller.abort(signal.aborted ? signal.reason : closed.reason);
  if (signal.aborted || closed.aborted) follow();
  signal.addEventListener('abort', follow);
  closed.addEventListener('abort', follow);
  let expired = false;
  const expire = () => {
    expired = true;
    controller.abort(new DOMException('the time limit of the request was reached', 'TimeoutError'));
  };
  const timer = limitMs === undefined ? undefined : setTimeout(expire, limitMs);
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    stopClock: () => clearTimeout(timer),
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', follow);
      closed.removeEventListener('abort', follow);
    },
  };
}
