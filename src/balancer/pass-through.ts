/** Bytes between two connections that have no protocol of their own: with backpressure, half-close and resets. */
import type { Socket } from 'node:net';
import { passBounded } from '../net/write-bounded.ts';

/**
 * `net/relay.ts` for what comes by the thousands in a second and lives for some milliseconds: nothing is allocated or listened to
 * that a short connection never needs, and where both have said all a close is all that the second end gets. Both must have
 * listeners for their errors. `over` is called once, when both are closed.
 */
export function passThrough(a: Socket, b: Socket, over: () => void): void {
  let open = 2;
  const closed = (): void => {
    if (--open === 0) over();
  };
  passOneWay(a, b, closed);
  passOneWay(b, a, closed);
}

function passOneWay(from: Socket, to: Socket, closed: () => void): void {
  from.on('data', (chunk: Buffer) => {
    if (passBounded(to, chunk)) return;
    from.pause();
    to.once('drain', () => from.resume());
  });
  from.on('end', () => {
    if (to.readableEnded && to.writableLength === 0 && from.writableFinished) to.destroy();
    else to.end();
  });
  from.on('close', () => {
    // After its regular end what was written still drains; otherwise the other side is cut as well.
    if (!from.readableEnded || !from.writableFinished) to.destroy();
    closed();
  });
  if (from.destroyed) {
    to.destroy();
    closed();
  } else from.resume();
}
