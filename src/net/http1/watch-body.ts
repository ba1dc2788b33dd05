/** Events of a watch, one JSON text per line: whole lines pass, the beginning of the next is held back. */

const lineFeed = 10;
const maxHeld = 16 * 1024 * 1024;

export class WatchBody {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #passedPart = false;

  /** The bytes up to the last whole event. */
  push(chunk: Buffer): Buffer {
    const end = chunk.lastIndexOf(lineFeed) + 1;
    if (end === 0) {
      this.#hold(chunk);
      return this.#heldBytes > maxHeld ? this.#giveUp() : Buffer.alloc(0);
    }
    const whole =
      this.#held.length === 0 ? chunk.subarray(0, end) : Buffer.concat([...this.#held, chunk.subarray(0, end)]);
    this.#held = [];
    this.#heldBytes = 0;
    this.#passedPart = false;
    if (end < chunk.length) this.#hold(chunk.subarray(end));
    return whole;
  }

  /** What is held back; belongs to the answer when that ends properly. */
  get rest(): Buffer {
    return Buffer.concat(this.#held);
  }

  /** False: the client has the beginning of an event whose end will not come. */
  get mayEnd(): boolean {
    return !this.#passedPart;
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  /** No event is that large: from here to the next line's end bytes pass as they come. */
  #giveUp(): Buffer {
    const all = this.rest;
    this.#held = [];
    this.#heldBytes = 0;
    this.#passedPart = true;
    return all;
  }
}
