/** Bytes of a log cut into its lines. */

/** A line longer than this comes in pieces, so that one without an end does not take the memory. */
const maxPiece = 1024 * 1024;
const newline = 0x0a;

export interface LogPiece {
  bytes: Buffer;
  /** With it the line is over: its last byte is the line's end. */
  ends: boolean;
}

export class LogLines {
  readonly #maxPiece: number;
  #pending: Buffer[] = [];
  #size = 0;

  constructor(pieceBytes = maxPiece) {
    this.#maxPiece = pieceBytes;
  }

  *take(chunk: Buffer): Generator<LogPiece> {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      yield { bytes: this.#with(chunk.subarray(from, end + 1)), ends: true };
      from = end + 1;
    }
    if (from === chunk.length) return;
    this.#pending.push(chunk.subarray(from));
    this.#size += chunk.length - from;
    if (this.#size > this.#maxPiece) yield { bytes: this.#with(), ends: false };
  }

  /** What came after the last line's end; undefined where there is nothing. */
  rest(): Buffer | undefined {
    return this.#size === 0 ? undefined : this.#with();
  }

  #with(last?: Buffer): Buffer {
    if (this.#size === 0 && last !== undefined) return last;
    const whole = Buffer.concat(last === undefined ? this.#pending : [...this.#pending, last]);
    this.#pending = [];
    this.#size = 0;
    return whole;
  }
}
