/** A stream of bytes carried in the binary messages of a WebSocket, whose borders mean nothing. */
import { Duplex } from 'node:stream';
import type { WebSocketOptions } from './peer.ts';
import { WebSocketPeer } from './peer.ts';

/** Ends when the WebSocket is closed with 1000, fails with any other end. It has no half-close: ending it closes all. */
export class WebSocketByteStream extends Duplex {
  readonly #peer: WebSocketPeer;
  /** Of the write that waits until more may be sent. */
  #onDrain: ((error?: Error) => void) | undefined;
  #isClosed = false;

  constructor(stream: Duplex, options: WebSocketOptions) {
    super({ allowHalfOpen: false, highWaterMark: 64 * 1024 });
    this.#peer = new WebSocketPeer(
      stream,
      { ...options, inPieces: true },
      {
        onMessage: (data, isText) => {
          if (isText) this.#peer.close(1003, 'text messages are not part of this protocol');
          else if (data.length > 0 && !this.push(data)) this.#peer.pause();
        },
        onDrain: () => this.#drained(),
        onClose: ({ code, reason }) => {
          this.#isClosed = true;
          if (code === 1000) this.push(null);
          else this.destroy(new Error(`the WebSocket was cut off: ${reason === '' ? `close code ${code}` : reason}`));
          this.#drained(new Error('the WebSocket is closed'));
        },
      },
    );
    // A stream that nobody listens to may fail without ending the process.
    this.on('error', () => {});
  }

  override _read(): void {
    if (!this.#isClosed) this.#peer.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#send([chunk], callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#peer.close(1000);
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#drained(error ?? new Error('the stream was destroyed'));
    if (!this.#isClosed && (error !== null || !this.writableFinished)) this.#peer.terminate();
    callback(error);
  }

  /** What cannot be sent any more fails: were it taken, whoever writes as long as it is taken would never come to an end. */
  #send(parts: readonly Buffer[], callback: (error?: Error | null) => void): void {
    if (this.#isClosed) callback(new Error('the WebSocket is closed'));
    else if (this.#peer.open && this.#peer.send(...parts)) callback();
    else this.#onDrain = callback;
  }

  #drained(error?: Error): void {
    const resume = this.#onDrain;
    this.#onDrain = undefined;
    resume?.(error);
  }
}
