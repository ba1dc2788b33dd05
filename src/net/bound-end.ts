/** The end of a connection: what was written still goes out, to a peer that takes it. */
import type { Duplex } from 'node:stream';

export interface EndPatience {
  /** How long the peer may take nothing of what waits in this process. */
  takeMs: number;
  /** How long the peer may take to end its side once all is out. */
  endMs: number;
}

/** After what ended well. Little shows of a reader that pauses: megabytes wait in the kernel, and what waits here is counted by whole writes. */
const takenMs = 5 * 60_000;

/** A server keeps its side until the client has read to the end: what the client still sends would otherwise undo the rest. */
export const serverPatience: EndPatience = { takeMs: takenMs, endMs: takenMs };

/** A client has been told what it wanted to know, and its program may wait for nothing but this. */
export const clientPatience: EndPatience = { takeMs: takenMs, endMs: 5000 };

/** After a failure nobody counts on the rest. */
export const failurePatience: EndPatience = { takeMs: 5000, endMs: 5000 };

/**
 * Destroys a stream whose last bytes were just written, when its peer exhausts the patience. Returns what is to be called once
 * they are out.
 */
export function boundEnd(stream: Duplex, { takeMs, endMs }: EndPatience): () => void {
  let unsent = stream.writableLength;
  const look = (): void => {
    const left = stream.writableLength;
    if (left >= unsent) {
      stream.destroy();
      return;
    }
    unsent = left;
    wait(takeMs);
  };
  let timer: NodeJS.Timeout;
  const wait = (ms: number): void => {
    timer = setTimeout(look, ms).unref();
  };
  wait(takeMs);
  stream.once('close', () => clearTimeout(timer));
  return () => {
    clearTimeout(timer);
    unsent = 0;
    if (!stream.destroyed) wait(endMs);
  };
}

/** Ends the stream; what the peer still sends is read and dropped, so that it gets to read what was written. */
export function endStream(stream: Duplex, patience: EndPatience): void {
  setImmediate(() => stream.resume());
  const isOut = boundEnd(stream, patience);
  stream.end(() => {
    isOut();
    if (stream.readableEnded) stream.destroy();
    else stream.once('end', () => stream.destroy());
  });
}
