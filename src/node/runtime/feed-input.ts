import type { Readable, Writable } from 'node:stream';

/** What comes from the source goes to the input; where it `ends`, so does its end, also one by being cut off, now or before. */
export function feedInput(source: Readable, input: Writable, ends: boolean): void {
  source.pipe(input, { end: ends });
  if (!ends) return;
  if (source.destroyed) input.end();
  else source.once('close', () => input.end());
}
