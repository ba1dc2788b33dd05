/** Passes bytes between two streams, both ways, with backpressure and half-close. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { passBounded, writeBounded } from './write-bounded.ts';

/** Resolves when both directions are over. A direction's failure destroys both streams, so that it looks cut off. */
export function relay(a: Duplex, b: Duplex): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    const closed = (): void => {
      if (--open === 0) resolve();
    };
    pass(a, b, closed);
    pass(b, a, closed);
  });
}

function pass(from: Duplex, to: Duplex, closed: () => void): void {
  const write = from instanceof Socket ? passBounded : writeBounded;
  from.on('data', (chunk: Buffer) => {
    if (!write(to, chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.on('error', () => from.destroy());
  from.on('close', () => {
    // After its regular end what was written still drains; otherwise the other side is cut as well.
    if (!from.readableEnded || !from.writableFinished) to.destroy();
    closed();
  });
  if (from.destroyed) {
    to.destroy();
    closed();
  } else if (from.readableEnded) {
    // It had nothing to say and ended before anybody listened.
    to.end();
  } else from.resume();
}
