/** What a peer that counts may send on each stream: little at first, and more while the stream's reader keeps up. */
import type { SpdyStream } from './stream.ts';

/** Of every stream at first; what the settings of the connection say. */
export const initialReceiveWindow = 256 * 1024;
/** What lies in the buffers of a server between the ends counts too: less would stop a fast peer again and again. */
const largestWindow = 16 * 1024 * 1024;
/** By so much all windows of a connection together may have grown. */
const maxGrowth = 32 * 1024 * 1024;

export class ReceiveWindows {
  readonly #sizes = new Map<number, number>();
  readonly #unacknowledged = new Map<number, number>();
  #growth = 0;

  /** Whether so many bytes are more than the stream's peer may send. */
  isExceeded({ id, queuedBytes }: SpdyStream, bytes: number): boolean {
    return queuedBytes + bytes > this.#sizeOf(id);
  }

  /** How many bytes to allow the peer, after so many were passed on; 0: nothing yet. */
  consumed({ id, queuedBytes }: SpdyStream, bytes: number): number {
    const due = (this.#unacknowledged.get(id) ?? 0) + bytes;
    const size = this.#sizeOf(id);
    if (due < size / 2) {
      this.#unacknowledged.set(id, due);
      return 0;
    }
    this.#unacknowledged.delete(id);
    // The reader keeps up with the peer: it is the window that holds the peer up.
    if (queuedBytes > size / 4 || size >= largestWindow || this.#growth + size > maxGrowth) return due;
    this.#growth += size;
    this.#sizes.set(id, size * 2);
    return due + size;
  }

  forget(id: number): void {
    this.#growth -= this.#sizeOf(id) - initialReceiveWindow;
    this.#sizes.delete(id);
    this.#unacknowledged.delete(id);
  }

  #sizeOf(id: number): number {
    return this.#sizes.get(id) ?? initialReceiveWindow;
  }
}
