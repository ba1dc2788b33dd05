/**
 * Kubernetes' channels on a WebSocket: every message begins with a byte that names its channel.
 * `v4.channel.k8s.io` has no end of a single channel; in `v5.channel.k8s.io` the message `255, CHANNEL` ends one
 * direction of it.
 */
import { Duplex } from 'node:stream';
import type { EndPatience } from '../bound-end.ts';
import { brokenPipe } from '../broken-pipe.ts';
import type { MessagePart, WebSocketClose } from './peer.ts';
import { WebSocketPeer } from './peer.ts';

export const v4Channels = 'v4.channel.k8s.io';
export const v5Channels = 'v5.channel.k8s.io';
/** In the order in which clients should offer them. */
export const channelSubprotocols: readonly string[] = [v5Channels, v4Channels];

const closeSignal = 255;
/** Kubernetes' own limit of a message. Of ours only texts are held to it: others pass as they come. */
const maxTextBytes = 32 * 1024 * 1024;
/** Larger writes go out as several messages, so that channels take turns and no receiver's limit is met. */
const maxPayload = 32 * 1024;

export interface ChannelsOptions {
  role: 'client' | 'server';
  subprotocol: string;
  /** How many channels there are, from 0 on. A message for another one breaks the connection. */
  count: number;
  /** What comes after our own close is there to be read, up to the peer's. Default: no. */
  hearsOut?: boolean;
  pingIntervalMs?: number;
}

/** All channels of one WebSocket. A channel that is not read holds up the others (there is no flow control per channel). */
export class Channels {
  /** Resolves when the WebSocket is closed; code 1000 is the only clean end. */
  readonly closed: Promise<WebSocketClose>;
  readonly #peer: WebSocketPeer;
  readonly #channels: Channel[];
  readonly #hasCloseSignal: boolean;
  /** In the order in which they will go on. */
  readonly #waiting = new Set<Channel>();
  readonly #full = new Set<Channel>();
  /** That of the message whose pieces come. */
  #current: number | undefined;

  constructor(stream: Duplex, { role, subprotocol, count, hearsOut = false, pingIntervalMs }: ChannelsOptions) {
    this.#hasCloseSignal = subprotocol === v5Channels;
    this.#channels = Array.from({ length: count }, (_, number) => new Channel(number, this));
    const { promise, resolve } = Promise.withResolvers<WebSocketClose>();
    this.closed = promise;
    this.#peer = new WebSocketPeer(
      stream,
      {
        role,
        maxMessageBytes: maxTextBytes,
        inPieces: true,
        hearsOut,
        ...(pingIntervalMs === undefined ? {} : { pingIntervalMs }),
      },
      {
        // text and binary messages alike, as kube-apiserver takes them: Python's client sends text
        onMessage: (data, _isText, part) => this.#onMessage(data, part),
        onDrain: () => this.#drain(),
        onClose: (close) => {
          this.#waiting.clear();
          for (const channel of this.#channels) channel.connectionClosed(close);
          resolve(close);
        },
      },
    );
  }

  /** Writes are messages on this channel, reads are its payload; an error when the WebSocket did not end with 1000. */
  channel(number: number): Duplex {
    const channel = this.#channels[number];
    if (channel === undefined) throw new RangeError(`there is no channel ${number}`);
    return channel;
  }

  /** Closes the WebSocket. Anything but 1000 tells the peer that something was cut off. `patience`: that of the peer's `close`. */
  close(code = 1000, reason = '', patience?: EndPatience): void {
    this.#peer.close(code, reason, patience);
  }

  /** Ends the connection without a word. */
  terminate(): void {
    this.#peer.terminate();
  }

  /** False once nothing can be sent any more; the channels are told of the end, if they were not yet. */
  get open(): boolean {
    return this.#peer.open;
  }

  /** @internal Sends one message. False: the channel waits until it is told to go on. */
  send(channel: Channel, number: number, payload: Uint8Array): boolean {
    if (this.#peer.send(Uint8Array.of(number), payload)) return true;
    this.#waiting.add(channel);
    return false;
  }

  /** This side's direction of the channel is over; before version 5 there is no word for that. */
  sendEnd(number: number): void {
    if (this.#hasCloseSignal) this.#peer.send(Uint8Array.of(closeSignal, number));
  }

  /** @internal A full channel stops the reading of all. */
  setFull(channel: Channel, full: boolean): void {
    if (full) {
      this.#full.add(channel);
      this.#peer.pause();
    } else if (this.#full.delete(channel) && this.#full.size === 0) this.#peer.resume();
  }

  #onMessage(data: Buffer, part: MessagePart): void {
    let payload = data;
    if (part === 'whole' || part === 'first') {
      this.#current = data[0];
      payload = data.subarray(1);
    }
    const number = this.#current;
    // Servers open a connection with empty messages; they mean nothing.
    if (number === undefined) return;
    if (number === closeSignal && this.#hasCloseSignal) {
      // The channel's number may be a piece of its own.
      if (payload.length === 0 && part !== 'whole' && part !== 'last') return;
      this.#current = undefined;
      const ended = this.#channels[payload[0] ?? closeSignal];
      if (ended === undefined) this.#peer.close(1002, 'a close signal names no channel');
      else ended.peerEnded();
      return;
    }
    const channel = this.#channels[number];
    if (channel === undefined) this.#peer.close(1002, `there is no channel ${number}`);
    else if (payload.length > 0) channel.receive(payload);
  }

  #drain(): void {
    const channels = [...this.#waiting];
    this.#waiting.clear();
    for (const channel of channels) channel.sendOn();
  }
}

class Channel extends Duplex {
  readonly #number: number;
  readonly #owner: Channels;
  #ended = false;
  /** Of the write that is under way. */
  #unsent: Buffer = Buffer.alloc(0);
  #onWritten: ((error?: Error) => void) | undefined;

  constructor(number: number, owner: Channels) {
    super({ allowHalfOpen: true, highWaterMark: 64 * 1024 });
    this.#number = number;
    this.#owner = owner;
    // A channel that nobody listens to may fail without ending the process.
    this.on('error', () => {});
  }

  receive(payload: Buffer): void {
    if (this.#ended || this.destroyed) return;
    if (!this.push(payload)) this.#owner.setFull(this, true);
  }

  peerEnded(): void {
    if (this.#ended || this.destroyed) return;
    this.#ended = true;
    this.push(null);
  }

  connectionClosed({ code, reason }: WebSocketClose): void {
    if (code !== 1000) {
      const why = reason === '' ? `close code ${code}` : reason;
      this.destroy(new Error(`the stream was cut off: ${why}`));
      return;
    }
    this.peerEnded();
    // What came is there to be read before a write that nobody takes any more fails.
    if (this.readableEnded) this.#endWriting();
    else this.once('end', () => this.#endWriting());
  }

  /** More may be sent. A loop: whole megabytes may be taken at once. */
  sendOn(): void {
    while (this.#unsent.length > 0 && this.#owner.open) {
      const piece = this.#unsent.subarray(0, maxPayload);
      this.#unsent = this.#unsent.subarray(maxPayload);
      if (!this.#owner.send(this, this.#number, piece)) return;
    }
    // One that the end of the WebSocket left unsent waits until that is told.
    if (this.#unsent.length === 0) this.#written();
  }

  override _read(): void {
    this.#owner.setFull(this, false);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#unsent = chunk;
    this.#onWritten = callback;
    this.sendOn();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#owner.sendEnd(this.#number);
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#owner.setFull(this, false);
    this.#unsent = Buffer.alloc(0);
    this.#written(error ?? new Error('the stream was destroyed'));
    callback(error);
  }

  #written(error?: Error): void {
    const callback = this.#onWritten;
    this.#onWritten = undefined;
    callback?.(error);
  }

  /** As a child process's stdin: it closes when there is nobody to read it, and what is left to write is a broken pipe. */
  #endWriting(): void {
    // What was sent whole and only waited its turn is written.
    this.sendOn();
    this.destroy(this.writableLength > 0 ? brokenPipe() : undefined);
  }
}
