/** One stream of a SPDY connection: a Duplex whose two directions end apart; destroying it early resets it. */
import { Duplex } from 'node:stream';
import { ByteQueue } from '../../lib/byte-queue.ts';
import { brokenPipe } from '../broken-pipe.ts';
import { resetStatus } from './frames.ts';
import type { SpdyHeaders } from './header-block.ts';

/** Smaller than what a peer may send, so that streams take turns. */
const maxPayload = 32 * 1024;
const maxWindow = 0x7fffffff;

/** What a stream asks of its connection. */
export interface StreamOwner {
  /** Sends one data frame in this stream's turn; calls back when the next may be given. */
  sendData(stream: SpdyStream, payload: Buffer, fin: boolean, done: () => void): void;
  sendReset(id: number, status: number): void;
  /** Bytes that came for the stream have left the connection's care. */
  consumed(stream: SpdyStream, bytes: number): void;
  /** The stream is over. */
  remove(stream: SpdyStream): void;
}

export interface SpdyStreamOptions {
  id: number;
  headers: SpdyHeaders;
  owner: StreamOwner;
  /** Bytes that may be sent before the peer has allowed more; Infinity where it does not count. */
  sendWindow: number;
  /** The peer wants no data from us. */
  receiveOnly?: boolean;
  /**
   * True once all there is to say was said: a reset or a lost connection is the end of what came, then, and no failure.
   * (Servers in Go reset the streams that they have done with.)
   */
  isComplete?(): boolean;
  /** What its failure is told as when the peer resets it, where more is known of it than that. */
  explain?(): Error | undefined;
}

export class SpdyStream extends Duplex {
  readonly id: number;
  /** Those of the SYN_STREAM that opened it. */
  readonly headers: SpdyHeaders;
  readonly #owner: StreamOwner;
  readonly #queue = new ByteQueue();
  #isWanted = false;
  #peerEnded = false;
  #ended: boolean;
  #resetWith: number | undefined = resetStatus.cancel;
  readonly #isComplete: () => boolean;
  readonly #explain: () => Error | undefined;
  readonly #answered = Promise.withResolvers<void>();
  #sendWindow: number;
  #onWindow: (() => void) | undefined;
  /** Writes wait for the end of what is to be read, and fail. */
  #holdsWrites = false;
  #held: ((error: Error) => void) | undefined;

  constructor(options: SpdyStreamOptions) {
    const { id, headers, owner, sendWindow, receiveOnly = false } = options;
    super({ allowHalfOpen: true, highWaterMark: 64 * 1024 });
    this.id = id;
    this.headers = headers;
    this.#owner = owner;
    this.#sendWindow = sendWindow;
    this.#ended = receiveOnly;
    this.#isComplete = options.isComplete ?? (() => false);
    this.#explain = options.explain ?? (() => undefined);
    // A stream that nobody listens to may fail without ending the process.
    this.on('error', () => {});
    if (receiveOnly) this.end();
  }

  /** Resolves when the peer has answered the opening of the stream, or the stream is over. */
  get opened(): Promise<void> {
    return this.#answered.promise;
  }

  /** Bytes that came and were not asked for yet. */
  get queuedBytes(): number {
    return this.#queue.length;
  }

  /** Whether all has come that will. */
  get hasEnd(): boolean {
    return this.#peerEnded;
  }

  /** Destroys the stream; the peer is told this reason. */
  reset(status: number, reason: string): void {
    if (this.destroyed) return;
    this.#resetWith = status;
    this.destroy(new Error(reason));
  }

  /** @internal Data of the peer. False when it had ended its direction. */
  receive(payload: Buffer, fin: boolean): boolean {
    if (this.#peerEnded) return false;
    if (fin) this.#peerEnded = true;
    if (this.#isWanted && this.#queue.length === 0 && payload.length > 0) this.#give(payload);
    else this.#queue.push(payload);
    if (this.#isWanted || this.#queue.length === 0) this.#pass();
    return true;
  }

  /** @internal The peer has answered the opening. */
  answered(): void {
    this.#answered.resolve();
  }

  /**
   * @internal The peer has reset the stream, or the connection is lost: nothing more can be sent. What the peer had sent
   * in full is still there to read: its end and that of the connection may come in one piece. The stream closes after that,
   * and what waits to be sent fails.
   */
  cutOff(reason: string): void {
    this.#resetWith = undefined;
    const isComplete = this.#isComplete();
    const isUnread = this.#queue.length > 0 || this.readableLength > 0 || this.readableFlowing !== null;
    // Where nobody waits for more than its end, a write that waits has to be told.
    const isWhole = this.#peerEnded && (isUnread || this.writableLength === 0);
    if (!isWhole && !isComplete) {
      this.destroy(this.#explain() ?? new Error(reason));
      return;
    }
    this.#ended = true;
    this.#holdsWrites = !isComplete;
    const resume = this.#onWindow;
    this.#onWindow = undefined;
    resume?.();
    if (isComplete) this.end();
    else if (this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
    this.receive(Buffer.alloc(0), true);
  }

  /** @internal The peer takes more. False when it allows more than can be counted. */
  widenWindow(bytes: number): boolean {
    this.#sendWindow += bytes;
    if (this.#sendWindow > maxWindow && this.#sendWindow !== Number.POSITIVE_INFINITY) return false;
    const resume = this.#onWindow;
    if (this.#sendWindow > 0 && resume !== undefined) {
      this.#onWindow = undefined;
      resume();
    }
    return true;
  }

  override _read(): void {
    this.#isWanted = true;
    this.#pass();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#send(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.#ended) {
      callback();
      return;
    }
    this.#ended = true;
    this.#owner.sendData(this, Buffer.alloc(0), true, callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!(this.#peerEnded && this.#ended) && this.#resetWith !== undefined) {
      this.#owner.sendReset(this.id, this.#resetWith);
    }
    const dropped = this.#queue.length;
    this.#queue.clear();
    this.#onWindow = undefined;
    this.#held?.(error ?? brokenPipe());
    this.#answered.resolve();
    if (dropped > 0) this.#owner.consumed(this, dropped);
    this.#owner.remove(this);
    callback(error);
  }

  /** Hands over what was asked for. */
  #pass(): void {
    while (this.#isWanted) {
      const piece = this.#queue.shift();
      if (piece === undefined) break;
      this.#give(piece);
    }
    if (this.#peerEnded && this.#queue.length === 0) {
      this.#isWanted = false;
      this.push(null);
    }
  }

  #give(piece: Buffer): void {
    this.#isWanted = this.push(piece);
    this.#owner.consumed(this, piece.length);
  }

  #send(chunk: Buffer, callback: (error?: Error | null) => void): void {
    if (this.#holdsWrites && !this.destroyed) {
      this.#held = callback;
      return;
    }
    // What is written to a stream that was cut off goes nowhere.
    if (this.destroyed || this.#resetWith === undefined) {
      callback();
      return;
    }
    if (this.#sendWindow <= 0) {
      this.#onWindow = () => this.#send(chunk, callback);
      return;
    }
    const piece = chunk.subarray(0, Math.min(maxPayload, this.#sendWindow));
    const rest = chunk.subarray(piece.length);
    this.#sendWindow -= piece.length;
    this.#owner.sendData(this, piece, false, rest.length === 0 ? callback : () => this.#send(rest, callback));
  }
}
