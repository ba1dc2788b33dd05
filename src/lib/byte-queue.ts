/** Bytes that wait, in the order in which they came. */

/** Smaller pieces are copied together: each alone would cost a hundred bytes more, and keep what it was read with. */
const smallPiece = 16 * 1024;
const firstSlab = 1024;
const noBytes = Buffer.alloc(0);

/** However small the pieces are in which its bytes come, it takes no more memory than a few times their number. */
export class ByteQueue {
  #pieces: Buffer[] = [];
  #length = 0;
  /** Where small pieces go; what lies from `#begin` to `#end` is the newest piece, which still grows. */
  #slab: Buffer = noBytes;
  #begin = 0;
  #end = 0;

  /** How many bytes wait. */
  get length(): number {
    return this.#length;
  }

  /** A large piece is kept as it is, not copied. */
  push(piece: Buffer): void {
    this.#length += piece.length;
    if (piece.length >= smallPiece) {
      this.#seal();
      this.#pieces.push(piece);
      return;
    }
    if (this.#slab.length - this.#end < piece.length) this.#nextSlab(piece.length);
    this.#end += piece.copy(this.#slab, this.#end);
  }

  /** Takes what came first; undefined when there is nothing. */
  shift(): Buffer | undefined {
    if (this.#pieces.length === 0) this.#seal();
    const piece = this.#pieces.shift();
    this.#length -= piece?.length ?? 0;
    if (this.#length === 0) this.clear();
    return piece;
  }

  /** Takes all, as one. */
  takeAll(): Buffer {
    this.#seal();
    const [first = noBytes] = this.#pieces;
    const all = this.#pieces.length < 2 ? first : Buffer.concat(this.#pieces, this.#length);
    this.clear();
    return all;
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
    this.#slab = noBytes;
    this.#begin = 0;
    this.#end = 0;
  }

  #seal(): void {
    if (this.#end > this.#begin) this.#pieces.push(this.#slab.subarray(this.#begin, this.#end));
    this.#begin = this.#end;
  }

  #nextSlab(atLeast: number): void {
    this.#seal();
    const size = this.#slab.length === 0 ? firstSlab : Math.min(smallPiece, this.#slab.length * 2);
    this.#slab = Buffer.allocUnsafeSlow(Math.max(size, atLeast));
    this.#begin = 0;
    this.#end = 0;
  }
}
