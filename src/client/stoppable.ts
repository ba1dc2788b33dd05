/** Iterations that can be stopped at any time. */

/**
 * What `generate` yields, to be iterated once. `return` does not wait for a `next` that is under way, as that of a generator does:
 * it fires `stop` first, upon which `generate` must soon end, without an error.
 */
export function stoppable<T>(
  generate: (stop: AbortSignal) => AsyncGenerator<T, undefined>,
): AsyncIterableIterator<T, undefined> {
  const stop = new AbortController();
  const items = generate(stop.signal);
  return {
    next: () => items.next(),
    return() {
      stop.abort();
      return items.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
