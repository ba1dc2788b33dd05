/** A bounded number of slabs of memory that bodies pass through, used again and again. */

export const slabBytes = 128 * 1024;
/** In use and spare together. */
const maxSlabs = 64;

const spare: Buffer[] = [];
let count = 0;

export class Slab {
  readonly bytes: Buffer;
  /** Pieces that somebody still has to take. */
  #lent = 0;
  #isRetired = false;

  private constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Undefined: all are in use. */
  static take(): Slab | undefined {
    const bytes = spare.pop();
    if (bytes !== undefined) return new Slab(bytes);
    return count < maxSlabs ? Slab.more() : undefined;
  }

  /** One above their number, if need be. */
  static more(): Slab {
    count++;
    return new Slab(Buffer.allocUnsafeSlow(slabBytes));
  }

  get isLent(): boolean {
    return this.#lent > 0;
  }

  /** The function returned tells that the piece is out; a second call does nothing. */
  lend(): () => void {
    this.#lent++;
    let isOut = false;
    return () => {
      if (isOut) return;
      isOut = true;
      this.#lent--;
      this.#recycle();
    };
  }

  /** Its owner needs it no more. */
  retire(): void {
    this.#isRetired = true;
    this.#recycle();
  }

  #recycle(): void {
    if (!this.#isRetired || this.#lent > 0) return;
    if (count > maxSlabs) count--;
    else spare.push(this.bytes);
  }
}
