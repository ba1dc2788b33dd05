/** The client's half of one HTTP/1.1 exchange on an upstream connection, by callbacks. */
import type { Duplex } from 'node:stream';
import { ForwardError } from '../forward-error.ts';
import { passBounded, writeBounded } from '../write-bounded.ts';
import type { BodyFraming } from './body-framing.ts';
import { BodyTracker, FramingError, responseFraming } from './body-framing.ts';
import type { ConnectionUser, UpstreamConnection } from './connections.ts';
import type { ResponseHead } from './head.ts';
import { HeadBuffer, HeadError, parseResponseHead } from './head.ts';
import { hasListToken, headerValue } from './headers.ts';
import { UpstreamError } from './upstream.ts';

/** Responses of a Kubernetes API server may carry large heads (Warning lines); still bounded. */
const maxResponseHeadBytes = 256 * 1024;
const maxInformational = 32;

/** Told in this order: informational*, head, body*, then one of complete, fail; or upgraded, or fail. */
export interface ExchangeListener {
  onInformational?(head: ResponseHead): void;
  onHead(head: ResponseHead, framing: BodyFraming): void;
  /** With its chunk framing, or the payload alone, as `payloadOnly` says. */
  onBody(chunk: Buffer): void;
  onComplete(): void;
  onUpgrade?(head: ResponseHead, stream: Duplex): void;
  /** `responded`: bytes of the final response came before. */
  onFail(error: UpstreamError, responded: boolean): void;
  /** The connection takes more of the request's body. */
  onDrain?(): void;
}

export interface ExchangeOptions {
  method: string;
  /** The protocol that the request asked to switch to, in lower case. */
  upgrade?: string;
  payloadOnly: boolean;
  listener: ExchangeListener;
}

/** Begins when constructed; the caller writes the request by `write` and tells its end by `requestEnd`. */
export class Exchange implements ConnectionUser {
  readonly #connection: UpstreamConnection;
  readonly #options: ExchangeOptions;
  readonly #listener: ExchangeListener;
  readonly #onPayload: ((payload: Buffer) => void) | undefined;
  #heads: HeadBuffer | undefined = new HeadBuffer(maxResponseHeadBytes);
  #body: BodyTracker | undefined;
  #head: ResponseHead | undefined;
  #informational = 0;
  #requestEnded = false;
  #over = false;
  #anyByte = false;
  #refused = false;
  sent = false;

  constructor(connection: UpstreamConnection, options: ExchangeOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#listener = options.listener;
    this.#onPayload = options.payloadOnly ? (payload) => this.#listener.onBody(payload) : undefined;
    connection.user = this;
    connection.uses++;
    connection.socket.resume();
  }

  /** True from the response's end, failure or abort on. */
  get over(): boolean {
    return this.#over;
  }

  /** The operating system has taken nothing of the request, since the connection was reset before: `onFail` follows. */
  get refused(): boolean {
    return this.#refused;
  }

  /** False: wait for `onDrain`. */
  write(bytes: Buffer | Uint8Array | string): boolean {
    const isFirst = !this.sent;
    if (!this.#mayWrite()) return true;
    const isTaken = writeBounded(this.#connection.socket, bytes);
    if (isFirst) this.#lookForReset();
    return isTaken;
  }

  /** A request whole, as one write. */
  writeWhole(head: string, body: Uint8Array): void {
    if (!this.#mayWrite()) return;
    const { socket } = this.#connection;
    socket.cork();
    writeBounded(socket, head);
    writeBounded(socket, body);
    socket.uncork();
    this.#lookForReset();
  }

  /** The same for a piece that came from a socket and is nobody else's. */
  pass(piece: Buffer): boolean {
    return !this.#mayWrite() || passBounded(this.#connection.socket, piece);
  }

  /** The request is out whole: only then may the connection be used again. */
  requestEnd(): void {
    this.#requestEnded = true;
  }

  pause(): void {
    if (!this.#over) this.#connection.socket.pause();
  }

  resume(): void {
    if (!this.#over) this.#connection.socket.resume();
  }

  /** Gives the exchange up and closes the connection; nothing is told to the listener any more. */
  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection.destroy();
  }

  onDrain(): void {
    this.#listener.onDrain?.();
  }

  onData(chunk: Buffer): void {
    this.#anyByte = true;
    try {
      let rest: Buffer = chunk;
      while (this.#heads !== undefined && !this.#over) {
        const found = this.#heads.push(rest);
        if (found === undefined) return;
        rest = found.rest;
        this.#onHead(parseResponseHead(found.text), rest);
        if (rest.length === 0) break;
      }
      if (!this.#over && this.#body !== undefined && rest.length > 0) this.#onBody(this.#body, rest);
    } catch (error) {
      if (error instanceof HeadError || error instanceof FramingError) {
        this.#fail(`the server sent a response that is not valid HTTP: ${error.message}`, error);
      } else throw error;
    }
  }

  onEnd(): void {
    if (this.#body?.end() === true) this.#complete(false);
    else
      this.#fail(
        this.#head === undefined ? 'the server closed the connection without a response' : 'the response was cut off',
      );
  }

  onClose(error: Error | undefined): void {
    const what = this.#head === undefined ? 'the connection was lost before a response' : 'the response was cut off';
    this.#fail(error === undefined ? what : `${what} (${error.message})`, error);
  }

  /**
   * Right after the first write to a connection that was well before it: Node tries that at once, and says then and there that the
   * operating system refused all of it. Where a part was taken the failure of the rest comes later.
   */
  #lookForReset(): void {
    const failure = this.#connection.sendingFailure;
    if (failure === undefined) return;
    const isOfWrite = 'syscall' in failure && failure.syscall === 'write';
    this.#refused = isOfWrite && 'code' in failure && (failure.code === 'ECONNRESET' || failure.code === 'EPIPE');
  }

  #mayWrite(): boolean {
    if (this.#over || this.#refused) return false;
    if (!this.sent && !this.#connection.usable) {
      this.#fail('the connection was closed by the server');
      return false;
    }
    this.sent = true;
    return true;
  }

  #onHead(head: ResponseHead, rest: Buffer): void {
    const { upgrade, method } = this.#options;
    if (head.status === 101) {
      const answered = headerValue(head.headers, 'upgrade')?.toLowerCase();
      const agreed =
        upgrade !== undefined && answered === upgrade && hasListToken(head.headers, 'connection', 'upgrade');
      if (!agreed || this.#listener.onUpgrade === undefined) {
        this.#fail('the server switched protocols without being asked to');
        return;
      }
      this.#over = true;
      this.#listener.onUpgrade(head, this.#connection.detach(rest));
      return;
    }
    const framing = responseFraming(head, method);
    if (head.status < 200) {
      if (++this.#informational > maxInformational) this.#fail('the server sent informational responses without end');
      else this.#listener.onInformational?.(head);
      return;
    }
    this.#head = head;
    this.#heads = undefined;
    this.#body = new BodyTracker(framing);
    this.#listener.onHead(head, framing);
    if (this.#body.done && !this.#over) this.#complete(rest.length === 0);
  }

  #onBody(body: BodyTracker, chunk: Buffer): void {
    const end = body.advance(chunk, 0, this.#onPayload);
    if (this.#over) return;
    if (this.#onPayload === undefined && end > 0)
      this.#listener.onBody(end === chunk.length ? chunk : chunk.subarray(0, end));
    if (body.done && !this.#over) this.#complete(end === chunk.length);
  }

  #complete(clean: boolean): void {
    this.#over = true;
    const head = this.#head;
    const reusable = clean && this.#requestEnded && head !== undefined && this.#body?.framing.kind !== 'close';
    if (reusable && staysOpen(head)) this.#connection.release(announcedIdle(head));
    else this.#connection.destroy();
    this.#listener.onComplete();
  }

  #fail(message: string, cause?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection.destroy();
    const sent = this.sent && !this.#refused && !(cause instanceof ForwardError && cause.code === 'ECONNREFUSED');
    const error = new UpstreamError(`${this.#connection.name}: ${message}`, { sent, cause });
    this.#listener.onFail(error, this.#anyByte);
  }
}

function staysOpen(head: ResponseHead): boolean {
  return head.minor === 1
    ? !hasListToken(head.headers, 'connection', 'close')
    : hasListToken(head.headers, 'connection', 'keep-alive');
}

/** `Keep-Alive: timeout=N`, less a second so that we close before the server does. */
function announcedIdle(head: ResponseHead): number {
  const value = headerValue(head.headers, 'keep-alive');
  const seconds = value === undefined ? null : /(?:^|[\s,])timeout=(\d+)/i.exec(value);
  return seconds === null ? Number.POSITIVE_INFINITY : Math.max(0, Number(seconds[1]) * 1000 - 1000);
}
