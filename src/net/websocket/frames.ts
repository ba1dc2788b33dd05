/** Frames of RFC 6455 section 5: written, and parsed from bytes as they arrive. */
import { randomFillSync } from 'node:crypto';
import { ByteQueue } from '../../lib/byte-queue.ts';

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The peer broke the protocol; `code` goes into our close frame. */
export class WebSocketProtocolError extends Error {
  override readonly name = 'WebSocketProtocolError';
  readonly code: number;
  constructor(message: string, code = 1002) {
    super(message);
    this.code = code;
  }
}

export interface Frame {
  final: boolean;
  opcode: number;
  /** Unmasked. */
  payload: Buffer;
}

const randomPool = Buffer.allocUnsafe(4096);
let randomAt = randomPool.length;

/** Four bytes nobody can foresee, cheaply. */
function newMask(): number {
  if (randomAt >= randomPool.length) {
    randomFillSync(randomPool);
    randomAt = 0;
  }
  const mask = randomPool.readUInt32BE(randomAt);
  randomAt += 4;
  return mask;
}

/** XORs in place; `offset` is the position of the bytes' first in the payload. */
function applyMask(bytes: Buffer, mask: number, offset: number): void {
  const key = [mask >>> 24, (mask >>> 16) & 255, (mask >>> 8) & 255, mask & 255];
  const at = (index: number): number => key[(offset + index) & 3] ?? 0;
  const [k0, k1, k2, k3] = [at(0), at(1), at(2), at(3)];
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    bytes[i] = (bytes[i] ?? 0) ^ k0;
    bytes[i + 1] = (bytes[i + 1] ?? 0) ^ k1;
    bytes[i + 2] = (bytes[i + 2] ?? 0) ^ k2;
    bytes[i + 3] = (bytes[i + 3] ?? 0) ^ k3;
  }
  for (let i = whole; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ at(i);
}

/** One final frame as bytes; `parts` are copied together. A client masks, a server does not. */
export function encodeFrame(code: number, parts: readonly Uint8Array[], masked: boolean): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const lengthBytes = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const start = 2 + lengthBytes + (masked ? 4 : 0);
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = 0x80 | code;
  frame[1] = (masked ? 0x80 : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
  else if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  let at = start;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  if (masked) {
    const mask = newMask();
    frame.writeUInt32BE(mask, start - 4);
    applyMask(frame.subarray(start), mask, 0);
  }
  return frame;
}

export interface FrameParserOptions {
  expectMask: boolean;
  maxPayload: number;
  /**
   * A data frame that comes in pieces is told as so many frames, as its sender might have cut it (RFC 6455, 5.4): no piece is
   * larger than what is pushed at once, and the length of a frame has no limit.
   */
  splits?: boolean;
}

/** Cuts frames out of a stream of bytes. */
export class FrameParser {
  readonly #expectMask: boolean;
  readonly #maxPayload: number;
  readonly #splits: boolean;
  #head: Buffer = Buffer.alloc(0);
  #current: { final: boolean; opcode: number; mask: number | undefined; length: number } | undefined;
  readonly #pieces = new ByteQueue();
  #received = 0;

  constructor({ expectMask, maxPayload, splits = false }: FrameParserOptions) {
    this.#expectMask = expectMask;
    this.#maxPayload = splits ? Number.MAX_SAFE_INTEGER : maxPayload;
    this.#splits = splits;
  }

  /** Calls `onFrame` for each frame that `chunk` completes; stops when it returns false. Throws WebSocketProtocolError. */
  push(chunk: Buffer, onFrame: (frame: Frame) => boolean): void {
    let at = 0;
    for (;;) {
      if (this.#current === undefined) {
        const used = this.#readHead(chunk, at);
        if (used === undefined) return;
        at += used;
        if (this.#current === undefined) return;
      }
      const { final, opcode: code, mask, length } = this.#current;
      const end = Math.min(chunk.length, at + length - this.#received);
      const piece = chunk.subarray(at, end);
      if (mask !== undefined) applyMask(piece, mask, this.#received);
      this.#received += piece.length;
      at = end;
      if (this.#received < length) {
        if (piece.length === 0) return;
        if (this.#splits && code < opcode.close) {
          this.#current.opcode = opcode.continuation;
          onFrame({ final: false, opcode: code, payload: piece });
        } else this.#pieces.push(piece);
        return;
      }
      let payload = piece;
      if (this.#pieces.length > 0) {
        this.#pieces.push(piece);
        payload = this.#pieces.takeAll();
      }
      this.#current = undefined;
      this.#received = 0;
      if (!onFrame({ final, opcode: code, payload })) return;
      if (at >= chunk.length) return;
    }
  }

  /** Bytes of `chunk` that belong to the head, once it is complete; else keeps them and returns undefined. */
  #readHead(chunk: Buffer, at: number): number | undefined {
    const before = this.#head.length;
    const head = before === 0 ? chunk.subarray(at, at + 14) : Buffer.concat([this.#head, chunk.subarray(at, at + 14)]);
    const second = head[1];
    if (second === undefined) {
      this.#head = head;
      return undefined;
    }
    const short = second & 0x7f;
    const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
    const masked = (second & 0x80) !== 0;
    const size = 2 + lengthBytes + (masked ? 4 : 0);
    if (head.length < size) {
      this.#head = head;
      return undefined;
    }
    const length =
      lengthBytes === 0 ? short : lengthBytes === 2 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
    const first = head[0] ?? 0;
    this.#check(first, masked, length, lengthBytes);
    const mask = masked ? head.readUInt32BE(size - 4) : undefined;
    this.#current = { final: (first & 0x80) !== 0, opcode: first & 15, mask, length };
    this.#head = Buffer.alloc(0);
    return size - before;
  }

  #check(first: number, masked: boolean, length: number, lengthBytes: number): void {
    const code = first & 15;
    if ((first & 0x70) !== 0) throw new WebSocketProtocolError('a reserved bit is set');
    if (code > opcode.pong || (code > opcode.binary && code < opcode.close)) {
      throw new WebSocketProtocolError(`opcode ${code} is not known`);
    }
    if (masked !== this.#expectMask) {
      throw new WebSocketProtocolError(masked ? 'a server must not mask' : 'a client must mask');
    }
    if ((lengthBytes === 2 && length < 126) || (lengthBytes === 8 && length < 65536)) {
      throw new WebSocketProtocolError('a length is not encoded in the shortest form');
    }
    if (code >= opcode.close && (length > 125 || (first & 0x80) === 0)) {
      throw new WebSocketProtocolError('a control frame is fragmented or too long');
    }
    if (length > this.#maxPayload)
      throw new WebSocketProtocolError(`a frame is larger than ${this.#maxPayload} bytes`, 1009);
  }
}
