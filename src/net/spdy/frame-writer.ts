/**
 * The way out of a SPDY connection: control frames at once, data frames of the streams in turn as the transport takes them.
 * What is written in one turn of the event loop, of whichever streams, leaves as one piece: over TLS and in a WebSocket each
 * piece has a price.
 */
import type { Duplex } from 'node:stream';
import { encodeDataHead } from './frames.ts';
import type { SpdyStream } from './stream.ts';

/** Up to here a copy is cheaper than two writes. */
const smallPayload = 4096;

export class FrameWriter {
  readonly #transport: Duplex;
  readonly #turns: (() => void)[] = [];
  #isFull = false;
  #isClosed = false;

  constructor(transport: Duplex) {
    this.#transport = transport;
    transport.on('drain', () => {
      this.#isFull = false;
      this.#takeTurns();
    });
  }

  /** How many bytes the transport has not taken yet. */
  get backlogBytes(): number {
    return this.#transport.writableLength;
  }

  control(frame: Buffer): void {
    if (this.#isClosed || this.#transport.destroyed || this.#transport.writableEnded) return;
    if (this.#transport.writableCorked === 0) {
      this.#transport.cork();
      setImmediate(uncork, this.#transport);
    }
    if (!this.#transport.write(frame)) this.#isFull = true;
  }

  /** Calls back when the stream may give its next frame; what is for a stream that is gone is dropped. */
  data(stream: SpdyStream, payload: Buffer, fin: boolean, done: () => void): void {
    // A transport that is lost takes nothing, and will say so soon: until then, whoever writes waits.
    if ((this.#isFull || this.#transport.destroyed) && !this.#isClosed) {
      this.#turns.push(() => this.data(stream, payload, fin, done));
      return;
    }
    if (!this.#isClosed && !stream.destroyed) {
      const head = encodeDataHead(stream.id, payload.length, fin);
      if (payload.length <= smallPayload) this.control(payload.length === 0 ? head : Buffer.concat([head, payload]));
      else {
        this.control(head);
        this.control(payload);
      }
    }
    done();
  }

  /** Nothing more goes out; who waits for a turn is called back. */
  close(): void {
    this.#isClosed = true;
    this.#isFull = false;
    this.#takeTurns();
  }

  #takeTurns(): void {
    while (!this.#isFull && (this.#isClosed || !this.#transport.destroyed)) {
      const turn = this.#turns.shift();
      if (turn === undefined) return;
      turn();
    }
  }
}

function uncork(transport: Duplex): void {
  transport.uncork();
}
