/**
 * Values that at most one object may have: the seam behind which cluster addresses and node ports are given out.
 * The stored objects are the record; what is remembered besides is only what writes under way have taken. So nothing needs
 * repair after a crash, and an implementation for several API servers need only make the taking exclusive among them.
 */

export interface UniqueValues<T> {
  /** Takes this value; false when another object has it. */
  take(value: T): Promise<boolean>;
  /** Takes the first free one of these; undefined when none is. */
  takeFirst(candidates: Iterable<T>): Promise<T | undefined>;
  /** After the write that the value was taken for has been stored or given up. */
  release(value: T): void;
}

/** `stored` reads the values of all stored objects, at least as new as the last acknowledged write. */
export function uniqueValues<T>(stored: () => Promise<ReadonlySet<T>>): UniqueValues<T> {
  const pending = new Set<T>();
  let tail: Promise<unknown> = Promise.resolve();

  /** One at a time: what is pending is noted before reading, so that a write that ends meanwhile is seen in one or the other. */
  const alone = <R>(work: (taken: ReadonlySet<T>) => R): Promise<R> => {
    const result = tail.then(async () => {
      const underWay = new Set(pending);
      const taken = await stored();
      for (const value of taken) underWay.add(value);
      return work(underWay);
    });
    tail = result.catch(() => undefined);
    return result;
  };

  return {
    take: (value) =>
      alone((taken) => {
        if (taken.has(value)) return false;
        pending.add(value);
        return true;
      }),
    takeFirst: (candidates) =>
      alone((taken) => {
        for (const value of candidates) {
          if (taken.has(value)) continue;
          pending.add(value);
          return value;
        }
        return undefined;
      }),
    release: (value) => {
      pending.delete(value);
    },
  };
}

/**
 * All numbers from `first` up to `end`, the upper part first and from a random place in it: the lower part stays free
 * for those who ask for a value by name.
 */
export function* dynamicFirst(first: number, end: number, reserved: number): Iterable<number> {
  const start = Math.min(first + reserved, end - 1);
  const size = end - start;
  const offset = Math.floor(Math.random() * size);
  for (let index = 0; index < size; index++) yield start + ((offset + index) % size);
  for (let value = first; value < start; value++) yield value;
}
