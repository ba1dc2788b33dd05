/** HTTP/1.1 server connections on raw sockets: heads are parsed, bodies pass through with their framing. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { boundEnd, serverPatience } from '../bound-end.ts';
import { FramingError, requestFraming } from './body-framing.ts';
import type { RequestHead } from './head.ts';
import { HeadBuffer, HeadError, parseRequestHead } from './head.ts';
import { reasonPhrase } from './reason-phrases.ts';
import type { ClientConnection } from './server-exchange.ts';
import { ServerExchange } from './server-exchange.ts';

export interface Http1ServerOptions {
  onRequest(exchange: ServerExchange): void;
  /** A head must be complete this long after its first byte. */
  headTimeoutMs?: number;
  /** Between two exchanges. */
  keepAliveMs?: number;
  /** A client that ended its half may wait this long for its answer to go on, once it has taken what there is of it. */
  halfOpenMs?: number;
}

/** All HTTP/1.1 connections of one server. The caller listens and hands sockets in. */
export class Http1Server {
  readonly onRequest: (exchange: ServerExchange) => void;
  /** @internal */
  readonly halfOpenMs: number;
  readonly #headTimeoutMs: number;
  readonly #keepAliveMs: number;
  readonly #connections = new Set<ServerConnection>();
  #sweeper: NodeJS.Timeout | undefined;
  #draining: (() => void) | undefined;

  constructor({ onRequest, headTimeoutMs = 30_000, keepAliveMs = 120_000, halfOpenMs = 5000 }: Http1ServerOptions) {
    this.onRequest = onRequest;
    this.halfOpenMs = halfOpenMs;
    this.#headTimeoutMs = headTimeoutMs;
    this.#keepAliveMs = keepAliveMs;
  }

  /** Takes a socket that was accepted with `allowHalfOpen`; `first` was read from it already. */
  accept(socket: Socket, first?: Buffer): void {
    const connection = new ServerConnection(socket, this);
    this.#connections.add(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), Math.min(1000, this.#headTimeoutMs, this.#keepAliveMs)).unref();
    if (first !== undefined) connection.receive(first);
  }

  get draining(): boolean {
    return this.#draining !== undefined;
  }

  /** Ends idle connections, lets exchanges in flight finish for at most `graceMs`, then cuts them. */
  async drain(graceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#draining = resolve;
    for (const connection of this.#connections) connection.endIfIdle();
    if (this.#connections.size > 0) {
      const timer = setTimeout(() => {
        for (const connection of this.#connections) connection.socket.destroy();
      }, graceMs);
      await promise;
      clearTimeout(timer);
    }
    clearInterval(this.#sweeper);
  }

  /** @internal */
  closed(connection: ServerConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    this.#draining?.();
  }

  #sweep(): void {
    const now = Date.now();
    for (const connection of this.#connections) {
      const limit = connection.readingHead ? this.#headTimeoutMs : this.#keepAliveMs;
      if (connection.waitingSince !== undefined && now - connection.waitingSince > limit) connection.timeOut();
    }
  }
}

/** How long we go on reading (and dropping) what a client still sends once the last answer is out. */
const lingerPatience = { ...serverPatience, endMs: 1000 };

export class ServerConnection implements ClientConnection {
  readonly socket: Socket;
  readonly #server: Http1Server;
  readonly #head = new HeadBuffer();
  #exchange: ServerExchange | undefined;
  /** Bytes after the current exchange's request: held back until it is over. */
  #held: Buffer | undefined;
  #clientEnded = false;
  #lingering = false;
  /** Since when the client owes us bytes; undefined during an exchange. */
  waitingSince: number | undefined = Date.now();
  readonly #onData = (chunk: Buffer): void => this.receive(chunk);
  readonly #onEnd = (): void => this.#ended();
  readonly #onDrain = (): void => this.#exchange?.connectionDrained();
  readonly #onClose = (): void => this.#closed();

  constructor(socket: Socket, server: Http1Server) {
    this.socket = socket;
    this.#server = server;
    socket.setNoDelay(true);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('error', () => socket.destroy());
    socket.on('close', this.#onClose);
    socket.resume();
  }

  get readingHead(): boolean {
    return !this.#head.isEmpty;
  }

  get draining(): boolean {
    return this.#server.draining;
  }

  get halfOpenMs(): number {
    return this.#server.halfOpenMs;
  }

  receive(chunk: Buffer): void {
    if (this.#lingering) return;
    const exchange = this.#exchange;
    if (exchange !== undefined) {
      let used: number;
      try {
        used = exchange.receive(chunk);
      } catch (error) {
        if (!(error instanceof FramingError)) throw error;
        exchange.clientBroken(error);
        return;
      }
      if (used < chunk.length && this.#exchange === exchange) this.#hold(chunk.subarray(used));
      return;
    }
    this.#readHead(chunk);
  }

  /** The exchange is over; `reusable` says whether both messages were complete. */
  exchangeOver(reusable: boolean): void {
    this.#exchange = undefined;
    if (this.socket.destroyed) return;
    if (!reusable || this.#clientEnded || this.draining) {
      this.#linger();
      return;
    }
    this.waitingSince = Date.now();
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) this.socket.resume();
    // Not from here: pipelined requests would nest without bound.
    else queueMicrotask(() => this.#goOn(held));
  }

  /** The raw stream after a 101 went out. */
  detach(): Duplex {
    const { socket } = this;
    socket.pause();
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('drain', this.#onDrain);
    this.#exchange = undefined;
    this.waitingSince = undefined;
    if (this.#held !== undefined) socket.unshift(this.#held);
    return socket;
  }

  endIfIdle(): void {
    if (this.#exchange === undefined && this.waitingSince !== undefined) this.#linger();
  }

  timeOut(): void {
    if (this.readingHead) this.#refuse(new HeadError('the request did not arrive in time', 408));
    else this.#linger();
  }

  #goOn(held: Buffer): void {
    this.receive(held);
    if (this.#held === undefined) this.socket.resume();
  }

  #hold(bytes: Buffer): void {
    // Node hands out at most one chunk after pause(), so this stays small.
    this.#held = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes]);
    this.socket.pause();
  }

  #readHead(chunk: Buffer): void {
    if (this.#head.isEmpty) this.waitingSince = Date.now();
    let head: RequestHead;
    let rest: Buffer;
    let exchange: ServerExchange;
    try {
      const found = this.#head.push(chunk);
      if (found === undefined) return;
      head = parseRequestHead(found.text);
      rest = found.rest;
      exchange = new ServerExchange(this, head, requestFraming(head));
    } catch (error) {
      if (!(error instanceof HeadError)) throw error;
      this.#refuse(error);
      return;
    }
    this.waitingSince = undefined;
    this.#exchange = exchange;
    if (rest.length > 0) this.receive(rest);
    this.#server.onRequest(exchange);
  }

  #refuse({ status, message }: HeadError): void {
    const body = `Bad request: ${message}.\n`;
    this.socket.write(
      `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\nConnection: close\r\n` +
        `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    this.#linger();
  }

  /** Ends our side and drops what still comes: a reset could destroy the answer on its way. */
  #linger(): void {
    this.#lingering = true;
    this.waitingSince = undefined;
    this.socket.end(boundEnd(this.socket, lingerPatience));
    this.socket.resume();
  }

  #ended(): void {
    this.#clientEnded = true;
    if (this.#exchange === undefined) this.socket.end();
    else this.#exchange.clientEnded();
  }

  #closed(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.clientGone();
    this.#server.closed(this);
  }
}
