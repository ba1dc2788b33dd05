/** Reads of a socket into memory that is used again, in place of Node's own memory for each read. */
import type { OnReadOpts } from 'node:net';
import { markAsUntransferable } from 'node:worker_threads';

/** Where reads go in place of the reader: bytes that are there until it returns. */
export interface ReadTarget {
  took(bytes: Buffer): void;
}

/** What one read brings at most: a record of TLS (RFC 8446, 5.1), or what the operating system is asked for. */
export const readBytes = { tls: 16 * 1024, tcp: 64 * 1024 } as const;

/**
 * Filled and read from within one callback only, so that one is enough for all sockets. It is never exchanged for other memory:
 * where what a read leads to throws in a `process.nextTick`, Node goes on to fill the memory before it and hands out the new one,
 * with whatever lies there.
 */
const landing = Buffer.allocUnsafeSlow(readBytes.tcp);
const landings = { tls: landing.subarray(0, readBytes.tls), tcp: landing } as const;

/** Below it a read is copied apart: a small piece that is kept for long would keep much memory. */
const minSlabPiece = 8 * 1024;
const slabBytes = 128 * 1024;
let slab = Buffer.alloc(0);
let slabUsed = 0;

/** The same bytes in memory that nobody else writes. Large reads share an allocation: one for each costs more than the copy. */
function kept(bytes: Buffer): Buffer {
  if (bytes.length < minSlabPiece) return Buffer.from(bytes);
  if (slabUsed + bytes.length > slab.length) {
    slab = Buffer.allocUnsafeSlow(slabBytes);
    slabUsed = 0;
    // As Node's own pool: whoever hands on one piece's memory must not take the others with it.
    markAsUntransferable(slab.buffer);
  }
  const piece = slab.subarray(slabUsed, slabUsed + bytes.length);
  slabUsed += bytes.copy(piece);
  return piece;
}

/** Goes to `connect` as its option `onread`, before there is a reader. */
export class SocketReads {
  readonly kind: keyof typeof readBytes;
  readonly onread: OnReadOpts;
  /** Gets each read, as memory of its own; false: no more for now. What comes while there is none is dropped, and told by `early`. */
  reader: ((chunk: Buffer) => boolean) | undefined;
  early = false;
  /** Takes the reads instead, until it is undefined again; a change has effect from the next read on. */
  target: ReadTarget | undefined;

  constructor(kind: keyof typeof readBytes) {
    this.kind = kind;
    const buffer = landings[kind];
    this.onread = { buffer, callback: (bytes) => this.#took(buffer.subarray(0, bytes)) };
  }

  #took(bytes: Buffer): boolean {
    if (this.target !== undefined) {
      this.target.took(bytes);
      return true;
    }
    if (this.reader !== undefined) return this.reader(kept(bytes));
    this.early = true;
    return true;
  }
}
