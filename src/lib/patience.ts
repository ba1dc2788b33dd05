/** How many waits one is cut into. */
const parts = 8;

/** Ends it, before its time or after. */
export type EndPatience = () => void;

/**
 * Calls back after that time, as `setTimeout` does, but where this process itself is held up meanwhile (its machine sleeps or is busy,
 * it is stopped) that counts for an eighth of it at most: what has come by then is read before others are found to be too slow.
 */
export function patience(ms: number, onOver: () => void, { unref = false } = {}): EndPatience {
  let left = parts;
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    left--;
    timer = setTimeout(left === 0 ? onOver : wait, ms / parts);
    if (unref) timer.unref();
  };
  wait();
  return () => clearTimeout(timer);
}
