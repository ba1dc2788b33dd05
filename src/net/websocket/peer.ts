/** One end of a WebSocket over any duplex stream: messages, control frames, the closing handshake, limits. */
import { isUtf8 } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { ByteQueue } from '../../lib/byte-queue.ts';
import type { EndPatience } from '../bound-end.ts';
import { boundEnd, clientPatience, failurePatience, serverPatience } from '../bound-end.ts';
import { Pings } from '../pings.ts';
import type { Frame } from './frames.ts';
import { encodeFrame, FrameParser, opcode, WebSocketProtocolError } from './frames.ts';

export interface WebSocketClose {
  /** The peer's code; 1005 when its close frame had none, 1006 when the connection ended without one. */
  code: number;
  reason: string;
}

/** Of a message that comes in pieces, `first` and `last` are two; nothing but the last piece is empty. */
export type MessagePart = 'whole' | 'first' | 'middle' | 'last';

export interface WebSocketHandlers {
  /** A whole message, or a piece of one that is binary where they come `inPieces`. The buffer is the receiver's to keep. */
  onMessage(data: Buffer, isText: boolean, part: MessagePart): void;
  /** Once, whatever the cause. Only code 1000 is a clean end. */
  onClose(close: WebSocketClose): void;
  /** More may be sent, after `send` had returned false. */
  onDrain?(): void;
}

export interface WebSocketOptions {
  role: 'client' | 'server';
  /** A larger message that is put together here is refused with 1009. Default 4 MiB. */
  maxMessageBytes?: number;
  /** What comes of binary messages is told at once: nothing is put together, and they may be of any size. */
  inPieces?: boolean;
  /** Messages are told until the peer's close frame, those too that come after our own. Default: no. */
  hearsOut?: boolean;
  /** How long it may be quiet until a ping goes out; the connection ends where those are not answered. Default: no pings. */
  pingIntervalMs?: number;
}

/** How long the connection may take to end once the peer has sent its close frame, or broken the protocol. */
const closedMs = 2000;

/** Begins to read as soon as it is constructed. */
export class WebSocketPeer {
  readonly #stream: Duplex;
  readonly #masks: boolean;
  readonly #maxMessageBytes: number;
  readonly #parser: FrameParser;
  readonly #inPieces: boolean;
  readonly #hearsOut: boolean;
  readonly #handlers: WebSocketHandlers;
  /** Of a message that comes in several frames. */
  readonly #pieces = new ByteQueue();
  #messageIsText: boolean | undefined;
  /** A piece of the message was told. */
  #hasBegun = false;
  /** Of a ping that came while the peer did not read. */
  #owedPong: Buffer | undefined;
  #closeSent = false;
  #close: WebSocketClose | undefined;
  #told = false;
  readonly #pings: Pings | undefined;

  constructor(stream: Duplex, options: WebSocketOptions, handlers: WebSocketHandlers) {
    this.#stream = stream;
    this.#masks = options.role === 'client';
    this.#maxMessageBytes = options.maxMessageBytes ?? 4 * 1024 * 1024;
    this.#inPieces = options.inPieces === true;
    this.#hearsOut = options.hearsOut === true;
    this.#parser = new FrameParser({
      expectMask: !this.#masks,
      maxPayload: this.#maxMessageBytes,
      splits: this.#inPieces,
    });
    this.#handlers = handlers;
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('drain', () => {
      this.#payPong();
      this.#handlers.onDrain?.();
    });
    stream.on('end', () => this.#onGone());
    stream.on('error', () => stream.destroy());
    stream.on('close', () => this.#onGone());
    // A stream that comes out of an upgrade is paused, and a listener alone would not start it.
    stream.resume();
    if (options.pingIntervalMs === undefined) return;
    this.#pings = new Pings(options.pingIntervalMs, options.role, {
      isReading: () => !stream.isPaused(),
      isAnswered: () => true,
      send: () => void this.#write(opcode.ping, []),
      giveUp: () => void stream.destroy(),
    });
  }

  /** False once a close frame was sent or the connection is gone: what is sent then is dropped. */
  get open(): boolean {
    return !this.#closeSent && this.#close === undefined && !this.#stream.destroyed;
  }

  /** One message, its parts joined. False: wait for `onDrain` before sending more. */
  send(...parts: Uint8Array[]): boolean {
    return this.#write(opcode.binary, parts);
  }

  /** One text message; `parts` are joined and must be UTF-8. False: wait for `onDrain` before sending more. */
  sendText(...parts: readonly (string | Uint8Array)[]): boolean {
    return this.#write(
      opcode.text,
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)),
    );
  }

  /** Stops reading, so that the peer is slowed down. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /**
   * Begins the closing handshake; the connection ends when the peer has answered. It may read what was sent before first, for
   * minutes if need be, where the code is 1000 (`patience` says how long; default: the role's).
   */
  close(code = 1000, reason = '', patience: EndPatience = this.#masks ? clientPatience : serverPatience): void {
    if (!this.open) return;
    const payload = Buffer.allocUnsafe(2);
    payload.writeUInt16BE(code);
    const frame = encodeFrame(opcode.close, [payload, Buffer.from(reason).subarray(0, 123)], this.#masks);
    this.#closeSent = true;
    // Nothing more is asked of the peer than to read.
    this.#pings?.stop();
    const isOut = boundEnd(this.#stream, code === 1000 ? patience : failurePatience);
    // A server's side of TCP ends with the frame, as the kubelet's does: there are clients that look for more only when more comes.
    if (this.#masks) this.#stream.write(frame, isOut);
    else this.#stream.end(frame, isOut);
    this.#stream.resume();
  }

  /** Ends the connection without a close frame: the peer sees that it was cut off. */
  terminate(): void {
    this.#stream.destroy();
  }

  #write(code: number, parts: readonly Uint8Array[]): boolean {
    if (!this.open) return true;
    return this.#stream.write(encodeFrame(code, parts, this.#masks));
  }

  #onData(chunk: Buffer): void {
    if (this.#close !== undefined) return;
    this.#pings?.heard();
    try {
      this.#parser.push(chunk, (frame) => {
        this.#onFrame(frame);
        return this.#close === undefined;
      });
    } catch (error) {
      if (!(error instanceof WebSocketProtocolError)) throw error;
      this.close(error.code, error.message);
      this.#finish({ code: 1006, reason: error.message });
    }
  }

  #onFrame({ final, opcode: code, payload }: Frame): void {
    if (code === opcode.ping) this.#onPing(payload);
    else if (code === opcode.close) this.#onCloseFrame(payload);
    else if (code !== opcode.pong) this.#onDataFrame(final, code, payload);
  }

  /** A peer that asks and does not read is owed one answer, that to its last ping (RFC 6455, 5.5.3). */
  #onPing(payload: Buffer): void {
    if (!this.#stream.writableNeedDrain) this.#write(opcode.pong, [payload]);
    else this.#owedPong = Buffer.from(payload);
  }

  #payPong(): void {
    const payload = this.#owedPong;
    this.#owedPong = undefined;
    if (payload !== undefined) this.#write(opcode.pong, [payload]);
  }

  #onDataFrame(final: boolean, code: number, payload: Buffer): void {
    if ((code === opcode.continuation) !== (this.#messageIsText !== undefined)) {
      throw new WebSocketProtocolError('a continuation frame is missing or out of place');
    }
    this.#messageIsText ??= code === opcode.text;
    if (this.#inPieces && !this.#messageIsText) this.#onPiece(final, payload);
    else this.#gather(final, payload, this.#messageIsText);
    if (final) this.#messageIsText = undefined;
  }

  #onPiece(final: boolean, payload: Buffer): void {
    const hadBegun = this.#hasBegun;
    this.#hasBegun = !final && (hadBegun || payload.length > 0);
    if (final) this.#tellMessage(payload, false, hadBegun ? 'last' : 'whole');
    else if (payload.length > 0) this.#tellMessage(payload, false, hadBegun ? 'middle' : 'first');
  }

  #gather(final: boolean, payload: Buffer, isText: boolean): void {
    if (this.#pieces.length + payload.length > this.#maxMessageBytes) {
      throw new WebSocketProtocolError(`a message is larger than ${this.#maxMessageBytes} bytes`, 1009);
    }
    if (!final || this.#pieces.length > 0) this.#pieces.push(payload);
    if (!final) return;
    const data = this.#pieces.length > 0 ? this.#pieces.takeAll() : payload;
    if (isText && !isUtf8(data)) throw new WebSocketProtocolError('a text message is not UTF-8', 1007);
    this.#tellMessage(data, isText, 'whole');
  }

  #tellMessage(data: Buffer, isText: boolean, part: MessagePart): void {
    if (!this.#closeSent || this.#hearsOut) this.#handlers.onMessage(data, isText, part);
  }

  #onCloseFrame(payload: Buffer): void {
    if (payload.length === 1) throw new WebSocketProtocolError('a close frame has half a code');
    const code = payload.length === 0 ? 1005 : payload.readUInt16BE(0);
    const reason = payload.subarray(2);
    if (payload.length > 0 && !mayBeSent(code)) throw new WebSocketProtocolError(`close code ${code} is not allowed`);
    if (!isUtf8(reason)) throw new WebSocketProtocolError('the reason of a close frame is not UTF-8', 1007);
    if (!this.#closeSent) {
      this.#stream.write(encodeFrame(opcode.close, [payload.subarray(0, 2)], this.#masks));
      this.#closeSent = true;
    }
    this.#finish({ code, reason: reason.toString() });
  }

  #finish(close: WebSocketClose): void {
    this.#close ??= close;
    this.#pings?.stop();
    // The stream goes on being read so that its end is seen; the server ends TCP first (RFC 6455 7.1.1).
    this.#stream.resume();
    this.#stream.end();
    const timer = setTimeout(() => this.#stream.destroy(), closedMs).unref();
    this.#stream.once('close', () => clearTimeout(timer));
    this.#tell();
  }

  #onGone(): void {
    this.#pings?.stop();
    this.#close ??= { code: 1006, reason: '' };
    if (!this.#stream.destroyed) this.#stream.end();
    this.#tell();
  }

  #tell(): void {
    if (this.#told || this.#close === undefined) return;
    this.#told = true;
    this.#handlers.onClose(this.#close);
  }
}

/** Close codes that may stand in a frame (RFC 6455 section 7.4 and the IANA registry). */
function mayBeSent(code: number): boolean {
  return (
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code < 5000)
  );
}
