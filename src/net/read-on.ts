/** What a peer said before it broke a connection is read, though nothing can be sent to it any more. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const resets = new WeakSet<Duplex>();

/** Whether a write has met a reset or the like: what is read then ends as if it were whole, and is not. */
export function wasReset(stream: Duplex): boolean {
  return resets.has(stream);
}

type Done = (error?: Error | null) => void;

/**
 * From now on a write that fails ends only what is sent: it and what is written after it go nowhere, and count as written. The
 * socket is still read, and closes at its end or when reading fails. A server that has answered and closed resets whoever still
 * sends, and a socket of Node's is destroyed by the write that meets the reset, with the answer unread in the kernel.
 *
 * Of use where the end of what is read shows whether it is whole, or with `wasReset`. A stream that is no socket is left as it is.
 */
export function readOn(stream: Duplex): void {
  if (!(stream instanceof Socket)) return;
  let isBroken = false;
  const endIfRead = (): void => {
    if (isBroken && stream.readableEnded) stream.end();
  };
  const sparing =
    (done: Done): Done =>
    (error) => {
      if (error == null || stream.destroyed) {
        done(error);
        return;
      }
      isBroken = true;
      // After the peer's regular end it is EPIPE; else what is wrong is told once, and reading ends in peace.
      if (!('code' in error && error.code === 'EPIPE')) resets.add(stream);
      done();
      endIfRead();
    };
  const { _write: write, _writev: writeAll, _final: final } = stream;
  stream._write = (chunk, encoding, done) => {
    if (isBroken) done();
    else write.call(stream, chunk, encoding, sparing(done));
  };
  stream._writev = (chunks, done) => {
    if (isBroken || writeAll === undefined) done();
    else writeAll.call(stream, chunks, sparing(done));
  };
  stream._final = (done) => {
    if (isBroken) done();
    else final.call(stream, sparing(done));
  };
  stream.once('end', endIfRead);
}
