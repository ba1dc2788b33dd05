/** One request on a server connection and the answer to it. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { serverPatience } from '../bound-end.ts';
import { cut } from '../cut.ts';
import { lendBounded, writeBounded } from '../write-bounded.ts';
import type { BodyFraming, FramingError } from './body-framing.ts';
import { BodyTracker } from './body-framing.ts';
import type { RequestHead } from './head.ts';
import { formatHead, formatParsedHead } from './head.ts';
import { hasListToken, headerValue } from './headers.ts';
import { reasonPhrase } from './reason-phrases.ts';
import type { HeaderLines } from './upstream.ts';

/** The connection as its exchange sees it. */
export interface ClientConnection {
  readonly socket: Socket;
  /** The server stops: no further exchange is wanted. */
  readonly draining: boolean;
  /** After its half of the connection ended, a client may wait this long without progress. */
  readonly halfOpenMs: number;
  exchangeOver(reusable: boolean): void;
  detach(): Duplex;
}

/** Takes the request's body as it arrived, with its framing. */
export interface RequestBodyReader {
  onChunk(chunk: Buffer): void;
  onEnd(): void;
}

const maxJoined = 16 * 1024;

/** Pieces of a large body (TLS hands it over in pieces of 16 KiB) that come at once leave together, in one system call. */
const bulk = 8 * 1024;

/** How the response's end is marked. `close`: by closing the connection. */
export type ResponseFraming = 'none' | 'length' | 'chunked' | 'close';

export class ServerExchange {
  readonly head: RequestHead;
  readonly framing: BodyFraming;
  /** The protocol that the request asks to switch to, in lower case. */
  readonly upgrade: string | undefined;
  /** Called once when the client is gone before the answer was complete. */
  onGone: (() => void) | undefined;
  /** Called once when the exchange is over, whatever its outcome; what it was upgraded to goes on. */
  onOver: (() => void) | undefined;
  /** Of the answer, once its head is written. */
  status: number | undefined;
  /** When its head was written, by the clock of `performance`. */
  answeredAt: number | undefined;
  /** Why the answer is the server's own instead of what was asked for: a word, for counts. */
  failure: string | undefined;
  /** The same in a few words for people; nothing of the request's path, query or headers is in it. */
  failureText: string | undefined;
  /** Called when the client took what was written, after `write` had returned false. */
  onDrain: (() => void) | undefined;
  readonly #connection: ClientConnection;
  readonly #request: BodyTracker;
  #reader: RequestBodyReader | undefined;
  /** Body bytes that came before there was a reader. */
  #early: Buffer | undefined;
  #keepAlive: boolean;
  #response: ResponseFraming | undefined;
  #over = false;
  /** Written by the first body bytes or, where none come at once, alone. */
  #headText = '';
  readonly #flushHead = (): void => {
    const text = this.#headText;
    this.#headText = '';
    if (text !== '') this.#connection.socket.write(text, 'latin1');
  };
  #abort: AbortController | undefined;
  #halfOpen: NodeJS.Timeout | undefined;
  /** When the answer last went on, for a client that has ended its half. */
  #wroteAt = 0;

  constructor(connection: ClientConnection, head: RequestHead, framing: BodyFraming) {
    this.#connection = connection;
    this.head = head;
    this.framing = framing;
    this.#request = new BodyTracker(framing);
    const asked =
      head.minor === 1
        ? !hasListToken(head.headers, 'connection', 'close')
        : hasListToken(head.headers, 'connection', 'keep-alive');
    // What follows a refused CONNECT may be meant for the tunnel: it is no request.
    this.#keepAlive = asked && head.method !== 'CONNECT';
    this.upgrade = upgradeOf(head, framing);
  }

  /** Fires when the client is gone before the answer was complete. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#over && !this.complete) this.#abort.abort();
    return this.#abort.signal;
  }

  /** The answer went out whole. */
  complete = false;

  get over(): boolean {
    return this.#over;
  }

  get responseStarted(): boolean {
    return this.#response !== undefined;
  }

  get requestEnded(): boolean {
    return this.#request.done;
  }

  /** The port that the connection came to; undefined on a unix socket. */
  get localPort(): number | undefined {
    return this.#connection.socket.localPort;
  }

  /** Empty on a unix socket. */
  get remoteAddress(): string {
    return this.#connection.socket.remoteAddress ?? '';
  }

  /** Calls once when the connection is closed; what the exchange was upgraded to is over then. */
  whenClosed(listener: () => void): void {
    this.#connection.socket.once('close', listener);
  }

  /** It came over TLS. */
  get encrypted(): boolean {
    return 'encrypted' in this.#connection.socket;
  }

  /** Begins to deliver the request's body. A later reader takes over. */
  readBody(reader: RequestBodyReader): void {
    this.#reader = reader;
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) reader.onChunk(early);
    if (this.#request.done) reader.onEnd();
    else this.#connection.socket.resume();
  }

  /** Takes back all that a reader has got so far, for the next one; until then the body waits. */
  returnBody(chunks: readonly Buffer[]): void {
    this.#reader = undefined;
    this.#early = Buffer.concat(chunks);
    this.#connection.socket.pause();
  }

  pauseBody(): void {
    if (!this.#over && !this.#request.done) this.#connection.socket.pause();
  }

  resumeBody(): void {
    if (!this.#over && !this.#request.done) this.#connection.socket.resume();
  }

  /** Relays an informational response; clients of HTTP/1.0 know none. */
  writeInformational(status: number, statusText: string, headers: HeaderLines): void {
    if (this.#over || this.#response !== undefined || this.head.minor === 0) return;
    this.#connection.socket.write(formatParsedHead(`HTTP/1.1 ${status} ${statusText}`, headers), 'latin1');
  }

  /** Writes the head. `headers` hold the framing lines that fit `framing`; Connection is added here. */
  writeHead(
    status: number,
    statusText: string,
    headers: readonly (readonly [string, string])[],
    framing: ResponseFraming,
  ): void {
    if (this.#over) return;
    this.#response = framing;
    this.status = status;
    this.answeredAt = performance.now();
    if (framing === 'close' || !this.#request.done || this.#connection.draining || this.upgrade !== undefined)
      this.#keepAlive = false;
    const lines = [...headers];
    if (!this.#keepAlive) lines.push(['Connection', 'close']);
    else if (this.head.minor === 0) lines.push(['Connection', 'keep-alive']);
    this.#headText = formatParsedHead(`HTTP/1.1 ${status} ${statusText}`, lines);
    queueMicrotask(this.#flushHead);
  }

  /** Bytes of the body, framed as the head says. False: wait for `onDrain`. */
  write(bytes: Uint8Array | string): boolean {
    if (!this.#mayWrite()) return true;
    if (this.#headText !== '') {
      const joined = this.#joinHead(bytes);
      if (joined !== undefined) return writeBounded(this.#connection.socket, joined);
      this.#flushHead();
    }
    const { socket } = this.#connection;
    if (bytes.length >= bulk && socket.writableCorked === 0) {
      socket.cork();
      setImmediate(uncork, socket);
    }
    return writeBounded(socket, bytes);
  }

  /** The same for bytes that are the caller's again when `isOut` is called, which may be at once and more than once. */
  lend(bytes: Buffer, isOut: () => void): boolean {
    if (!this.#mayWrite()) {
      isOut();
      return true;
    }
    this.#flushHead();
    return lendBounded(this.#connection.socket, bytes, isOut);
  }

  /** The answer is complete. */
  end(): void {
    if (this.#over) return;
    this.#flushHead();
    this.complete = true;
    this.#finish();
    this.#connection.exchangeOver(this.#keepAlive && this.#request.done);
  }

  /** A whole answer of our own. */
  answer(status: number, headers: Readonly<Record<string, string>>, body: string | Uint8Array): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const lines: [string, string][] = Object.entries(headers);
    // A 304 has no body but would announce another's length.
    if (status !== 304 && status !== 204) lines.push(['Content-Length', String(bytes.length)]);
    formatHead('', lines);
    this.writeHead(status, reasonPhrase(status), lines, bytes.length === 0 ? 'none' : 'length');
    if (this.head.method !== 'HEAD' && bytes.length > 0) this.write(bytes);
    this.end();
  }

  /** The answer cannot be completed: the client must see that it was cut off. */
  cut(): void {
    if (this.#over) return;
    this.#finish();
    // Where the end of the connection would be taken for the end of the body only a reset tells the difference.
    if (this.#response === 'close') cut(this.#connection.socket);
    else this.#connection.socket.destroy();
  }

  /** Switches protocols: writes the head of the 101 and gives the raw stream, what was read already first. */
  switchProtocols(headers: HeaderLines): Duplex {
    this.status = 101;
    this.answeredAt = performance.now();
    this.complete = true;
    this.#finish();
    this.#connection.socket.write(formatParsedHead('HTTP/1.1 101 Switching Protocols', headers), 'latin1');
    return this.#connection.detach();
  }

  /** Answers CONNECT: a 200 without a body, after it the raw stream, what was read already first. */
  openTunnel(): Duplex {
    this.status = 200;
    this.answeredAt = performance.now();
    this.complete = true;
    this.#finish();
    this.#connection.socket.write('HTTP/1.1 200 Connection established\r\n\r\n', 'latin1');
    return this.#connection.detach();
  }

  /** @internal Takes body bytes; returns how many belong to this request. Throws FramingError. */
  receive(chunk: Buffer): number {
    if (this.#request.done) return 0;
    const end = this.#request.advance(chunk, 0);
    const body = end === chunk.length ? chunk : chunk.subarray(0, end);
    if (this.#reader === undefined) {
      this.#early = this.#early === undefined ? body : Buffer.concat([this.#early, body]);
      this.#connection.socket.pause();
    } else {
      this.#reader.onChunk(body);
      if (this.#request.done) this.#reader?.onEnd();
    }
    return end;
  }

  /** @internal The request's body broke its framing. */
  clientBroken(error: FramingError): void {
    const { onGone } = this;
    this.#keepAlive = false;
    if (this.#response === undefined) {
      onGone?.();
      this.answer(400, { 'Content-Type': 'text/plain; charset=utf-8' }, `Bad request: ${error.message}.\n`);
    } else {
      this.cut();
      onGone?.();
    }
  }

  /** @internal */
  clientEnded(): void {
    if (!this.#request.done) this.cutByClient();
    else if (this.#halfOpen === undefined) {
      this.#wroteAt = Date.now();
      this.#halfOpen = setTimeout(() => this.#wentSilent(), this.#connection.halfOpenMs);
    }
  }

  /** @internal The connection is closed. */
  clientGone(): void {
    if (this.#over) return;
    this.#finish();
    this.#abort?.abort();
    this.onGone?.();
  }

  /** @internal */
  connectionDrained(): void {
    this.onDrain?.();
  }

  /** Ends what a client has left. */
  cutByClient(): void {
    this.#connection.socket.destroy();
  }

  #mayWrite(): boolean {
    if (!this.#over && this.#halfOpen !== undefined) {
      this.#wroteAt = Date.now();
      this.#halfOpen.refresh();
    }
    return !this.#over;
  }

  /** Where the answer stands still because the client does not take it, the client may be reading slowly. */
  #wentSilent(): void {
    const waits = this.#connection.socket.writableLength > 0 && Date.now() - this.#wroteAt < serverPatience.takeMs;
    if (waits) this.#halfOpen?.refresh();
    else this.cutByClient();
  }

  /** Head and a small body leave in one piece: one system call and one TCP segment fewer. */
  #joinHead(bytes: Uint8Array | string): Buffer | undefined {
    if (typeof bytes === 'string' || bytes.length > maxJoined) return undefined;
    const head = this.#headText;
    this.#headText = '';
    const joined = Buffer.allocUnsafe(head.length + bytes.length);
    joined.write(head, 0, 'latin1');
    joined.set(bytes, head.length);
    return joined;
  }

  #finish(): void {
    this.#over = true;
    this.#headText = '';
    clearTimeout(this.#halfOpen);
    this.onOver?.();
  }
}

function uncork(socket: Socket): void {
  socket.uncork();
}

/** Only what we can switch to: h2c is not, and a request with a body must be answered in HTTP. */
function upgradeOf({ minor, headers }: RequestHead, framing: BodyFraming): string | undefined {
  if (minor === 0 || framing.kind !== 'none' || !hasListToken(headers, 'connection', 'upgrade')) return undefined;
  const protocol = headerValue(headers, 'upgrade')?.toLowerCase();
  return protocol === undefined || protocol === '' || protocol.includes('h2c') ? undefined : protocol;
}
