import { patience } from './patience.ts';

/** The first of these events, or `late` where none comes in time (as `patience` counts it). Waiting keeps the process: nothing else may. */
export async function within<T>(ms: number, late: T, ...events: readonly Promise<T>[]): Promise<T> {
  const { promise: over, resolve } = Promise.withResolvers<T>();
  const endPatience = patience(ms, () => resolve(late));
  try {
    return await Promise.race([...events, over]);
  } finally {
    endPatience();
  }
}
