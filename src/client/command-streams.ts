/** What a command in a container is reached by, in whatever protocol. */
import { type Duplex, type Readable, Writable } from 'node:stream';

/** Which inputs the request asked for; a terminal has a size. */
export interface CommandInputs {
  stdin: boolean;
  tty: boolean;
}

export interface CommandStreams {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Takes the terminal's size, a JSON object in each write. */
  resize: Writable;
  /** Resolves when the server has nothing more to say: the Status that it gave (empty: it was cut off, for this reason). */
  ended: Promise<{ outcome: Buffer; reason: string }>;
  /** Ends it all without a word. */
  terminate(): void;
}

const maxStatusBytes = 64 * 1024;

/** Collects what comes on the stream of the outcome; longer than any Status is no Status. */
export function collectOutcome(stream: Duplex): () => Buffer {
  const pieces: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxStatusBytes) pieces.push(chunk);
  });
  return () => Buffer.concat(pieces);
}

/** One that was not asked for: it may be ended, and a write fails and says why. */
export function closedInput(why: string): Writable {
  const input = new Writable({
    write(_chunk, _encoding, callback) {
      callback(new Error(`nothing can be written: ${why}`));
    },
  });
  // Whoever writes without listening may not be ended by it.
  return input.on('error', () => {});
}
