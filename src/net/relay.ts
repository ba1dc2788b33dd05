/** Passes bytes between two streams, both ways, with backpressure and half-close. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { EndPatience } from './bound-end.ts';
import { boundEnd, clientPatience, endStream, failurePatience } from './bound-end.ts';
import { wasReset } from './read-on.ts';
import { passBounded, writeBounded } from './write-bounded.ts';

/**
 * Resolves when both directions are over. Where one fails, what it had said still goes out, and then both streams are destroyed, so
 * that it looks cut off. One that had ended and only takes no more lets the other end in peace, which has the `patience` for that:
 * what it goes on saying is dropped.
 */
export function relay(a: Duplex, b: Duplex, patience: EndPatience = clientPatience): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    const closed = (): void => {
      if (--open === 0) resolve();
    };
    pass(a, b, { patience, closed });
    pass(b, a, { patience, closed });
  });
}

interface Direction {
  patience: EndPatience;
  closed(): void;
}

function pass(from: Duplex, to: Duplex, { patience, closed }: Direction): void {
  const write = from instanceof Socket ? passBounded : writeBounded;
  const isWhole = (): boolean => from.readableEnded && !wasReset(from);
  from.on('data', (chunk: Buffer) => {
    if (!to.destroyed && !write(to, chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => {
    if (isWhole()) to.end();
    else from.destroy();
  });
  from.on('error', () => from.destroy());
  const onClose = (): void => {
    if (!isWhole()) cutOnceOut(to);
    else if (!to.destroyed && !(to.readableEnded && to.writableEnded)) endStream(to, patience);
    closed();
  };
  if (from.destroyed) onClose();
  else from.on('close', onClose);
  if (from.destroyed) return;
  if (from.readableEnded) {
    // It had nothing to say and ended before anybody listened.
    to.end();
  } else from.resume();
}

/** Destroys the stream when what was written is out, or nobody takes it. */
function cutOnceOut(stream: Duplex): void {
  if (stream.destroyed) return;
  if (stream.writableLength === 0) {
    stream.destroy();
    return;
  }
  boundEnd(stream, failurePatience);
  const cut = (): void => void stream.destroy();
  if (stream.writableEnded) stream.once('finish', cut);
  else stream.write('', cut);
}
