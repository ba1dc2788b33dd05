/** Reads of a socket into memory that is used again where it can be, in place of Node's own memory for each read. */
import type { OnReadOpts } from 'node:net';

/** Where reads go: `next` gives room for one, `took` is called with how much of it was filled. */
export interface ReadTarget {
  next(): Buffer;
  took(bytes: number): void;
}

/** What one read brings at most: a record of TLS (RFC 8446, 5.1), or what the operating system is asked for. */
export const readBytes = { tls: 16 * 1024, tcp: 64 * 1024 } as const;

/** Filled and read from within one callback only, so that one is enough for all sockets. */
const landing = Buffer.allocUnsafeSlow(readBytes.tcp);
const tlsLanding = landing.subarray(0, readBytes.tls);

/** Goes to `connect` as its option `onread`, before there is a reader. */
export class SocketReads {
  readonly kind: keyof typeof readBytes;
  readonly onread: OnReadOpts;
  /** Gets each read, as memory of its own; false: no more for now. What comes while there is none is dropped, and told by `early`. */
  reader: ((chunk: Buffer) => boolean) | undefined;
  early = false;
  /** Takes the reads instead, until it is undefined again; a change has effect from the next read on, or from within one. */
  target: ReadTarget | undefined;
  #given: ReadTarget | undefined;
  /** Of the reads of a burst each has memory of its own, which goes to the reader as it is. */
  #own: Buffer | undefined;
  #isBurst = false;

  constructor(kind: keyof typeof readBytes) {
    this.kind = kind;
    this.onread = { buffer: () => this.#next(), callback: (bytes, buffer) => this.#took(bytes, buffer) };
  }

  #next(): Buffer {
    this.#given = this.target;
    if (this.#given !== undefined) return this.#given.next();
    this.#own = this.#isBurst ? Buffer.allocUnsafeSlow(readBytes[this.kind]) : undefined;
    return this.#own ?? (this.kind === 'tls' ? tlsLanding : landing);
  }

  #took(bytes: number, buffer: Uint8Array): boolean {
    if (this.#given !== undefined && this.#given === this.target) {
      this.#given.took(bytes);
      return true;
    }
    this.#isBurst = bytes >= readBytes[this.kind] / 2;
    const chunk =
      buffer === this.#own && this.#isBurst ? this.#own.subarray(0, bytes) : Buffer.from(buffer.subarray(0, bytes));
    if (this.reader !== undefined) return this.reader(chunk);
    this.early = true;
    return true;
  }
}
