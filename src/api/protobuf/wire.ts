/** Protobuf's wire format: tags, varints and length-delimited parts, read from bytes that may lie. */

/** The bytes are not well-formed protobuf. */
export class MalformedProtobuf extends Error {
  override readonly name = 'MalformedProtobuf';
}

export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

export interface Tag {
  number: number;
  type: number;
}

/** Reads one message; `part` gives the reader of a message inside it. Never reads beyond its end. */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  tag(): Tag {
    const value = this.unsigned();
    const number = Math.floor(value / 8);
    if (number === 0 || number > 0x1fffffff) throw new MalformedProtobuf(`field number ${number} is out of range`);
    return { number, type: value % 8 };
  }

  /** An unsigned varint of at most 53 bits: tags, lengths. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 53; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80 && value <= Number.MAX_SAFE_INTEGER) return value;
    }
    throw new MalformedProtobuf('a length or tag is too large');
  }

  /** A signed 64-bit integer; beyond 2^53 the nearest number, as in JSON. */
  int64(): number {
    let low = 0;
    let high = 0n;
    for (let index = 0; index < 10; index++) {
      const byte = this.#byte();
      if (index < 7) low += (byte & 0x7f) * 2 ** (7 * index);
      else high |= BigInt(byte & 0x7f) << BigInt(7 * (index - 7));
      if (byte < 0x80) return index < 7 ? low : Number(BigInt.asIntN(64, (high << 49n) | BigInt(low)));
    }
    throw new MalformedProtobuf('an integer has more than ten bytes');
  }

  double(): number {
    const at = this.#skipBytes(8);
    return this.#bytes.readDoubleLE(at);
  }

  /** A message within this one. */
  part(): WireReader {
    const length = this.unsigned();
    const start = this.#skipBytes(length);
    return new WireReader(this.#bytes, start, start + length);
  }

  text(): string {
    const length = this.unsigned();
    const start = this.#skipBytes(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const length = this.unsigned();
    const start = this.#skipBytes(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Passes over the value of an unknown field. */
  skip(type: number): void {
    if (type === wireType.varint) this.int64();
    else if (type === wireType.fixed64) this.#skipBytes(8);
    else if (type === wireType.bytes) this.#skipBytes(this.unsigned());
    else if (type === wireType.fixed32) this.#skipBytes(4);
    else throw new MalformedProtobuf(`wire type ${type} is not supported`);
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (byte === undefined) throw new MalformedProtobuf('unexpected end');
    this.#at++;
    return byte;
  }

  /** Where the bytes that were passed over begin. */
  #skipBytes(count: number): number {
    const start = this.#at;
    if (count > this.#end - start) throw new MalformedProtobuf('unexpected end');
    this.#at += count;
    return start;
  }
}
