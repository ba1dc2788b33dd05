/** What a peer said before it broke a connection is read, though nothing can be sent to it any more. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;

export interface Sending {
  /** What the first write that failed failed with. */
  readonly failure: Error | undefined;
}

const sendings = new WeakMap<Duplex, Sending>();

/** Whether a write has met a reset or the like: what is read then ends as if it were whole, and is not. After a regular end it is EPIPE. */
export function wasReset(stream: Duplex): boolean {
  const failure = sendings.get(stream)?.failure;
  return failure !== undefined && !('code' in failure && failure.code === 'EPIPE');
}

/**
 * From now on a write that fails ends only what is sent: it and what is written after it go nowhere, and count as written. The
 * socket is still read, and closes at its end or when reading fails. A server that has answered and closed resets whoever still
 * sends, and a socket of Node's is destroyed by the write that meets the reset, with the answer unread in the kernel.
 *
 * The end of what is read may be where it was cut off: whoever reads it must know when it is whole, or ask for the failure, or `wasReset`. A
 * stream that is no socket is left as it is.
 */
export function readOn(stream: Duplex): Sending {
  const sending: { failure: Error | undefined } = { failure: undefined };
  if (!(stream instanceof Socket)) return sending;
  sendings.set(stream, sending);
  const endIfRead = (): void => {
    if (sending.failure !== undefined && stream.readableEnded) stream.end();
  };
  const sparing =
    (done: Done): Done =>
    (error) => {
      if (error == null || stream.destroyed) {
        done(error);
        return;
      }
      sending.failure ??= error;
      done();
      endIfRead();
    };
  const { _write: write, _writev: writeAll, _final: final } = stream;
  stream._write = (chunk, encoding, done) => {
    if (sending.failure !== undefined) done();
    else write.call(stream, chunk, encoding, sparing(done));
  };
  stream._writev = (chunks, done) => {
    if (sending.failure !== undefined || writeAll === undefined) done();
    else writeAll.call(stream, chunks, sparing(done));
  };
  stream._final = (done) => {
    if (sending.failure !== undefined) done();
    else final.call(stream, sparing(done));
  };
  stream.once('end', endIfRead);
  return sending;
}
