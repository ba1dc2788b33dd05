/** Reading a file that somebody named, whatever it is: bounded in size, and in time where it is a pipe. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** How long a pipe's writer may say nothing, and how often it is asked. */
const PIPE_SILENCE_MILLISECONDS = 10_000;
const PIPE_POLL_MILLISECONDS = 10;
const PIECE_BYTES = 64 * 1024;

/**
 * At most a piece more than `most` bytes, so that the caller sees that there are more. Rejects with the system's error, or
 * with one whose `code` is `SILENT` for a pipe into which nothing is written: opened in the ordinary way it would wait for
 * ever, and hold up the end of the process too. Rejects with the signal's reason while it waits for a pipe.
 */
export async function readBounded(file: string, most: number, signal?: AbortSignal): Promise<Buffer> {
  // To load what Node has for doing this in the background takes longer than reading the file.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await readAll(descriptor, most, signal);
  } finally {
    closeSync(descriptor);
  }
}

/** At most a byte more than `most`, at once, of an ordinary file; undefined for what is none or cannot be read. */
export function readFileNow(file: string, most: number): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(descriptor);
    if (!status.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(status.size, most + 1));
    return bytes.subarray(0, readSync(descriptor, bytes));
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

async function readAll(descriptor: number, most: number, signal: AbortSignal | undefined): Promise<Buffer> {
  const isPipe = fstatSync(descriptor).isFIFO();
  const chunks: Buffer[] = [];
  let length = 0;
  let heard = Date.now();
  while (length <= most) {
    signal?.throwIfAborted();
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const bytesRead = readPiece(descriptor, piece);
    if (bytesRead === 0) break;
    if (bytesRead !== undefined) {
      heard = Date.now();
      chunks.push(piece.subarray(0, bytesRead));
      length += bytesRead;
    } else if (Date.now() - heard > PIPE_SILENCE_MILLISECONDS) throw silent();
    else await new Promise((resolve) => setTimeout(resolve, PIPE_POLL_MILLISECONDS));
  }
  if (isPipe && length === 0) throw silent();
  return Buffer.concat(chunks);
}

/** Undefined: the pipe has a writer that has written nothing more yet. */
function readPiece(descriptor: number, piece: Buffer): number | undefined {
  try {
    return readSync(descriptor, piece);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined;
    throw error;
  }
}

function silent(): Error {
  return Object.assign(new Error('nothing was written into the pipe'), { code: 'SILENT' });
}
