/** One end of a SPDY/3.1 connection over any duplex stream: streams, flow control, limits, pings, an orderly end. */
import type { Duplex } from 'node:stream';
import { clientPatience, endStream, failurePatience, serverPatience } from '../bound-end.ts';
import { Pings } from '../pings.ts';
import { FrameWriter } from './frame-writer.ts';
import type { SpdyFrame } from './frames.ts';
import {
  encodeGoAway,
  encodePing,
  encodeReset,
  encodeSettings,
  encodeSynReply,
  encodeSynStream,
  encodeWindowUpdate,
  FrameParser,
  goAwayStatus,
  maxStreamId,
  resetStatus,
  SpdyProtocolError,
  settingId,
} from './frames.ts';
import type { SpdyHeaders } from './header-block.ts';
import { HeaderDecoder, HeaderEncoder } from './header-block.ts';
import { initialReceiveWindow, ReceiveWindows } from './receive-windows.ts';
import type { SpdyStreamOptions, StreamOwner } from './stream.ts';
import { SpdyStream } from './stream.ts';

export interface SpdyClose {
  /** Both sides had taken leave of each other before the connection ended. */
  isClean: boolean;
  reason: string;
}

export interface SpdyOptions {
  role: 'client' | 'server';
  /** A stream that the peer opened; it has been answered. Absent: the peer may open none. */
  onStream?(stream: SpdyStream): void;
  /** How many streams the peer may have open at once: it is told, and more are refused. Default 256. */
  maxStreams?: number;
  /** How long it may be quiet until a ping goes out, so that nothing in between takes it for idle. Default: no pings. */
  pingIntervalMs?: number;
  /** Told when slow readers hold up the whole connection (of a peer that does not count), and when it goes on. */
  onHeldUp?(isHeldUp: boolean): void;
}

const maxControlBytes = 64 * 1024;
const defaultWindow = 64 * 1024;
/** Of peers that do not count (Go's spdystream), so many bytes are kept for slow readers; then all streams wait. */
const maxUnreadBytes = 8 * 1024 * 1024;
/** Answers to a peer that asks and does not read are kept up to here; then nothing more is read of it. */
const maxBacklogBytes = 1024 * 1024;

/** Begins to read as soon as it is constructed. Of the session's own window (stream 0), neither side is held to any. */
export class SpdyConnection {
  /** Resolves when the connection is over; every stream is over then. */
  readonly closed: Promise<SpdyClose>;
  readonly #transport: Duplex;
  readonly #writer: FrameWriter;
  readonly #options: SpdyOptions;
  readonly #parser = new FrameParser({ maxControlBytes });
  readonly #encoder = new HeaderEncoder();
  readonly #decoder = new HeaderDecoder();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #owner: StreamOwner;
  readonly #resolveClosed: (close: SpdyClose) => void;
  readonly #windows = new ReceiveWindows();
  readonly #maxPeerStreams: number;
  #peerStreams = 0;
  #nextId: number;
  #nextPingId: number;
  #lastPeerId = 0;
  /** `unknown` until the first frame: those who count windows begin with their settings. */
  #peerCounts: 'unknown' | 'yes' | 'no' = 'unknown';
  #initialWindow = defaultWindow;
  #peerMaxStreams = Number.POSITIVE_INFINITY;
  #unreadBytes = 0;
  #isLeaving = false;
  #over = false;
  #wake: (() => void) | undefined;
  readonly #pongs = new Map<number, () => void>();
  readonly #pings: Pings | undefined;

  constructor(transport: Duplex, options: SpdyOptions) {
    this.#transport = transport;
    this.#writer = new FrameWriter(transport);
    this.#options = options;
    this.#maxPeerStreams = options.maxStreams ?? 256;
    this.#nextId = options.role === 'client' ? 1 : 2;
    this.#nextPingId = this.#nextId;
    const { promise, resolve } = Promise.withResolvers<SpdyClose>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#owner = {
      sendData: (stream, payload, fin, done) => this.#writer.data(stream, payload, fin, done),
      sendReset: (id, status) => this.#writer.control(encodeReset(id, status)),
      consumed: (stream, bytes) => this.#consumed(stream, bytes),
      remove: (stream) => this.#remove(stream),
    };
    transport.on('drain', () => this.#wakeIfAble());
    transport.on('error', () => transport.destroy());
    transport.on('close', () => this.#finish(false, 'the connection was lost'));
    this.#writer.control(
      encodeSettings([
        { id: settingId.initialWindowSize, value: initialReceiveWindow },
        ...(options.onStream ? [{ id: settingId.maxConcurrentStreams, value: this.#maxPeerStreams }] : []),
      ]),
    );
    if (options.pingIntervalMs !== undefined) {
      this.#pings = new Pings(options.pingIntervalMs, options.role, {
        isReading: () => this.#wake === undefined,
        // Only who counts windows always reads: another peer may be held up by a slow reader and yet be there.
        isAnswered: () => this.#peerCounts === 'yes' && this.#writer.backlogBytes === 0,
        send: () => void this.#sendPing(),
        giveUp: () => this.destroy(),
      });
    }
    void this.#read();
  }

  /** How many streams are open, of both sides. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /** Whether the peer counts windows: only then does a stream that is not read hold up itself alone. Unknown is no. */
  get peerCounts(): boolean {
    return this.#peerCounts === 'yes';
  }

  /** Bytes that came and were not asked for yet, of all streams. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** Bytes that the transport has not taken yet. */
  get backlogBytes(): number {
    return this.#writer.backlogBytes;
  }

  /** False once either side has taken leave: no stream can be opened any more. */
  get open(): boolean {
    return !this.#over && !this.#isLeaving;
  }

  /** How many more streams the peer takes, as far as it has told. */
  get freeStreams(): number {
    return this.#peerMaxStreams - (this.#streams.size - this.#peerStreams);
  }

  /** Resolves when the peer has answered, or the connection is over. */
  ping(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#over) resolve();
      else this.#pongs.set(this.#sendPing(), resolve);
    });
  }

  /** Opens a stream; it may be written to at once. Throws when the connection takes no more of them. */
  openStream(headers: SpdyHeaders, options: Pick<SpdyStreamOptions, 'isComplete' | 'explain'> = {}): SpdyStream {
    if (!this.open) throw new Error('the SPDY connection takes no more streams');
    if (this.freeStreams < 1 || this.#nextId > maxStreamId) {
      throw new Error('the SPDY connection has as many streams as it can have');
    }
    const id = this.#nextId;
    this.#nextId += 2;
    this.#writer.control(encodeSynStream(id, this.#encoder.encode(headers)));
    const stream = new SpdyStream({ ...options, id, headers, owner: this.#owner, sendWindow: this.#newWindow() });
    this.#streams.set(id, stream);
    return stream;
  }

  /** Takes leave: no more streams, and the connection ends with the last one that is open. */
  close(): void {
    if (!this.open) return;
    this.#leave(goAwayStatus.ok);
    this.#finishIfEmpty();
  }

  /** Takes leave and ends the connection once what was written is out. Streams that are open are cut off. */
  end(): void {
    if (this.#over) return;
    if (!this.#isLeaving) this.#leave(goAwayStatus.ok);
    this.#finish(true, '');
  }

  /** Ends the connection without a word. */
  destroy(): void {
    this.#transport.destroy();
    this.#finish(false, 'the connection was given up');
  }

  async #read(): Promise<void> {
    try {
      const chunks = this.#transport.iterator({ destroyOnReturn: false });
      for await (const chunk of chunks) {
        this.#pings?.heard();
        for (const frame of this.#parser.push(chunk)) {
          if (this.#peerCounts === 'unknown') this.#learn(frame.type === 'settings');
          const pending = this.#onFrame(frame);
          if (pending !== undefined) await pending;
          if (this.#over) break;
        }
        while (this.#mustWait()) {
          this.#options.onHeldUp?.(true);
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#options.onHeldUp?.(false);
        }
        if (this.#over) break;
      }
      this.#finish(this.#isLeaving, 'the peer ended the connection');
    } catch (error) {
      if (error instanceof SpdyProtocolError && !this.#over) this.#leave(goAwayStatus.protocolError);
      this.#finish(false, error instanceof Error ? error.message : String(error));
    }
  }

  #mustWait(): boolean {
    // What a peer that counts may send is bounded by windows: here it would wait behind one reader for the windows of others.
    const isTooMuch = this.#peerCounts !== 'yes' && this.#unreadBytes > maxUnreadBytes;
    return !this.#over && (isTooMuch || this.#writer.backlogBytes > maxBacklogBytes);
  }

  #learn(counts: boolean): void {
    this.#peerCounts = counts ? 'yes' : 'no';
    if (counts) return;
    for (const stream of this.#streams.values()) stream.widenWindow(Number.POSITIVE_INFINITY);
  }

  #newWindow(): number {
    return this.#peerCounts === 'no' ? Number.POSITIVE_INFINITY : this.#initialWindow;
  }

  #onFrame(frame: SpdyFrame): Promise<void> | undefined {
    switch (frame.type) {
      case 'data':
        this.#onData(frame.id, frame.payload, frame.fin);
        return undefined;
      case 'synStream':
        return this.#decoder.decode(frame.block).then((headers) => this.#onSynStream(frame, headers));
      case 'synReply':
      case 'headers':
        return this.#decoder.decode(frame.block).then(() => {
          const stream = this.#streams.get(frame.id);
          if (frame.type === 'synReply') stream?.answered();
          if (frame.fin) stream?.receive(Buffer.alloc(0), true);
        });
      case 'rstStream':
        this.#streams.get(frame.id)?.cutOff(`the peer has reset the stream (status ${frame.status})`);
        return undefined;
      case 'settings':
        this.#onSettings(frame.settings);
        return undefined;
      case 'ping':
        if (frame.id % 2 !== this.#nextPingId % 2) this.#writer.control(encodePing(frame.id));
        else {
          this.#pongs.get(frame.id)?.();
          this.#pongs.delete(frame.id);
        }
        return undefined;
      case 'goAway':
        this.#isLeaving = true;
        this.#finishIfEmpty();
        return undefined;
      case 'windowUpdate': {
        const stream = this.#streams.get(frame.id);
        if (stream?.widenWindow(frame.delta) === false) {
          stream.reset(resetStatus.flowControlError, 'the peer allows more bytes than can be counted');
        }
        return undefined;
      }
    }
  }

  #onData(id: number, payload: Buffer, fin: boolean): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      // Of a stream that is over something may still be under way.
      if (id > (this.#isPeers(id) ? this.#lastPeerId : this.#nextId - 2)) {
        this.#writer.control(encodeReset(id, resetStatus.invalidStream));
      }
      return;
    }
    if (this.#peerCounts === 'yes' && this.#windows.isExceeded(stream, payload.length)) {
      stream.reset(resetStatus.flowControlError, 'the peer sent more than it may');
      return;
    }
    this.#unreadBytes += payload.length;
    if (stream.receive(payload, fin)) return;
    this.#unreadBytes -= payload.length;
    stream.reset(resetStatus.protocolError, 'the peer sent data after its end');
  }

  #onSynStream(
    { id, fin, unidirectional }: { id: number; fin: boolean; unidirectional: boolean },
    headers: SpdyHeaders,
  ): void {
    if (this.#over) return;
    if (!this.#isPeers(id) || id <= this.#lastPeerId) {
      throw new SpdyProtocolError(`the peer may not open stream ${id}`);
    }
    this.#lastPeerId = id;
    const { onStream } = this.#options;
    if (onStream === undefined || this.#isLeaving || this.#peerStreams >= this.#maxPeerStreams) {
      this.#writer.control(encodeReset(id, resetStatus.refusedStream));
      return;
    }
    const sendWindow = this.#newWindow();
    const stream = new SpdyStream({ id, headers, owner: this.#owner, sendWindow, receiveOnly: unidirectional });
    this.#streams.set(id, stream);
    this.#peerStreams += 1;
    if (!unidirectional) this.#writer.control(encodeSynReply(id, this.#encoder.encode(new Map())));
    if (fin) stream.receive(Buffer.alloc(0), true);
    onStream(stream);
  }

  #onSettings(settings: readonly { id: number; value: number }[]): void {
    for (const { id, value } of settings) {
      if (id === settingId.maxConcurrentStreams) this.#peerMaxStreams = value;
      if (id !== settingId.initialWindowSize || this.#peerCounts === 'no') continue;
      if (value > maxStreamId) throw new SpdyProtocolError('the initial window is larger than can be counted');
      const difference = value - this.#initialWindow;
      this.#initialWindow = value;
      for (const stream of this.#streams.values()) stream.widenWindow(difference);
    }
  }

  #isPeers(id: number): boolean {
    return id % 2 !== this.#nextId % 2;
  }

  #consumed(stream: SpdyStream, bytes: number): void {
    this.#unreadBytes -= bytes;
    this.#wakeIfAble();
    // A peer that has sent the end may have closed: its kernel would answer with a reset, and throw away what is unsent.
    if (this.#peerCounts !== 'yes' || stream.hasEnd || stream.destroyed || this.#over) return;
    const allowed = this.#windows.consumed(stream, bytes);
    if (allowed > 0) this.#writer.control(encodeWindowUpdate(stream.id, allowed));
  }

  #remove(stream: SpdyStream): void {
    if (!this.#streams.delete(stream.id)) return;
    this.#windows.forget(stream.id);
    if (this.#isPeers(stream.id)) this.#peerStreams -= 1;
    this.#finishIfEmpty();
  }

  #finishIfEmpty(): void {
    if (this.#isLeaving && this.#streams.size === 0) this.#finish(true, '');
  }

  #wakeIfAble(): void {
    if (this.#wake === undefined || this.#mustWait()) return;
    const wake = this.#wake;
    this.#wake = undefined;
    wake();
  }

  #leave(status: number): void {
    this.#isLeaving = true;
    this.#writer.control(encodeGoAway(this.#lastPeerId, status));
  }

  #finish(isClean: boolean, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#pings?.stop();
    const wasIdle = this.#streams.size === 0;
    for (const stream of [...this.#streams.values()]) stream.cutOff(`the stream was cut off: ${reason}`);
    for (const resolve of this.#pongs.values()) resolve();
    this.#pongs.clear();
    this.#writer.close();
    this.#wakeIfAble();
    this.#decoder[Symbol.dispose]();
    const patience = this.#options.role === 'server' ? serverPatience : clientPatience;
    if (!this.#transport.destroyed) endStream(this.#transport, isClean ? patience : failurePatience);
    this.#resolveClosed({ isClean: isClean && (wasIdle || reason === ''), reason });
  }

  #sendPing(): number {
    const id = this.#nextPingId;
    this.#nextPingId = id + 2 > maxStreamId ? id % 2 || 2 : id + 2;
    this.#writer.control(encodePing(id));
    return id;
  }
}
