/**
 * A large body on its way from an upstream to a client: what is read is laid side by side in a slab and leaves in few large writes,
 * without memory of its own for each read.
 */
import type { UpstreamConnection } from './connections.ts';
import type { ServerExchange } from './server-exchange.ts';
import { Slab, slabBytes } from './slabs.ts';
import { type ReadTarget, readBytes } from './socket-reads.ts';

/** A body of which no more comes at once has no use for a slab. */
const minBurst = 32 * 1024;

export interface BulkLaneEnds {
  connection: UpstreamConnection;
  client: ServerExchange;
  /** The client has enough for now. */
  onFull(): void;
}

export class BulkLane implements ReadTarget {
  readonly #ends: BulkLaneEnds;
  readonly #fullRead: number;
  #slab: Slab;
  /** What was read and is not written yet: from here to there. */
  #from = 0;
  #to = 0;
  #burst = 0;
  #flushing: NodeJS.Immediate | undefined;
  #isOver = false;

  /** To be called while a read is being delivered; the next one is the lane's. Undefined where there are none. */
  static open(ends: BulkLaneEnds): BulkLane | undefined {
    const { reads } = ends.connection;
    const slab = reads === undefined ? undefined : Slab.take();
    if (reads === undefined || slab === undefined) return undefined;
    const lane = new BulkLane(ends, slab, readBytes[reads.kind]);
    reads.target = lane;
    return lane;
  }

  private constructor(ends: BulkLaneEnds, slab: Slab, fullRead: number) {
    this.#ends = ends;
    this.#slab = slab;
    this.#fullRead = fullRead;
  }

  /** From the end, or from where it turned out to be of no use. */
  get isOver(): boolean {
    return this.#isOver;
  }

  took(bytes: Buffer): void {
    const { length } = bytes;
    this.#makeRoom(length);
    const at = this.#to;
    bytes.copy(this.#slab.bytes, at);
    this.#burst += length;
    this.#ends.connection.user?.onData(this.#slab.bytes.subarray(at, at + length));
    if (length < this.#fullRead && this.#burst < minBurst) this.end();
  }

  /**
   * A part of the read that is being delivered, later than those before; what lies between is left out. False: it is of a read from
   * before the lane.
   */
  append(part: Buffer): boolean {
    if (part.buffer !== this.#slab.bytes.buffer) return false;
    const start = part.byteOffset - this.#slab.bytes.byteOffset;
    if (start !== this.#to) {
      this.#flush();
      this.#from = start;
    }
    this.#to = start + part.length;
    this.#flushing ??= setImmediate(() => {
      this.#burst = 0;
      this.#flush();
    });
    return true;
  }

  /** Writes what is left; what is read from now on is not the lane's. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#flush();
    const { reads } = this.#ends.connection;
    if (reads?.target === this) reads.target = undefined;
    this.#slab.retire();
  }

  #makeRoom(length: number): void {
    if (this.#to + length > slabBytes) this.#flush();
    if (this.#from === this.#to && !this.#slab.isLent) this.#from = this.#to = 0;
    else if (this.#to + length > slabBytes) {
      this.#slab.retire();
      this.#slab = Slab.take() ?? Slab.more();
      this.#from = this.#to = 0;
    }
  }

  #flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    if (this.#from === this.#to) return;
    const piece = this.#slab.bytes.subarray(this.#from, this.#to);
    this.#from = this.#to;
    if (!this.#ends.client.lend(piece, this.#slab.lend()) && !this.#isOver) this.#ends.onFull();
  }
}
