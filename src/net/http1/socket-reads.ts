/** Reads of a socket into memory that is used again, in place of Node's own memory for each read. */
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
  /** Gets a copy of each read; false: no more for now. What comes while there is none is dropped, and told by `early`. */
  reader: ((chunk: Buffer) => boolean) | undefined;
  early = false;
  /** Takes the reads instead, until it is undefined again; a change has effect from the next read on, or from within one. */
  target: ReadTarget | undefined;
  #given: ReadTarget | undefined;

  constructor(kind: keyof typeof readBytes) {
    this.kind = kind;
    this.onread = { buffer: () => this.#next(), callback: (bytes, buffer) => this.#took(bytes, buffer) };
  }

  #next(): Buffer {
    this.#given = this.target;
    return this.#given?.next() ?? (this.kind === 'tls' ? tlsLanding : landing);
  }

  #took(bytes: number, buffer: Uint8Array): boolean {
    if (this.#given !== undefined && this.#given === this.target) {
      this.#given.took(bytes);
      return true;
    }
    if (this.reader !== undefined) return this.reader(Buffer.from(buffer.subarray(0, bytes)));
    this.early = true;
    return true;
  }
}
