/** The first of these events, or `late` where none comes in time. Waiting keeps the process: nothing else may. */
export async function within<T>(ms: number, late: T, ...events: readonly Promise<T>[]): Promise<T> {
  const { promise: over, resolve } = Promise.withResolvers<T>();
  const timer = setTimeout(resolve, ms, late);
  try {
    return await Promise.race([...events, over]);
  } finally {
    clearTimeout(timer);
  }
}
