/** Joins a server exchange to an upstream: heads are written anew, bodies pass with their framing and backpressure. */
import type { Duplex } from 'node:stream';
import { relay } from '../relay.ts';
import type { BodyFraming } from './body-framing.ts';
import type { BodyTransform } from './body-transform.ts';
import { BulkLane } from './bulk-lane.ts';
import type { ConnectionPool, UpstreamConnection } from './connections.ts';
import { Exchange } from './exchange.ts';
import type { ResponseHead } from './head.ts';
import { endToEndHeaders, headerValue } from './headers.ts';
import type { Guard } from './retry.ts';
import { continueMs, mayRetry } from './retry.ts';
import type { ServerExchange } from './server-exchange.ts';
import type { HeaderLines, UpstreamEndpoint } from './upstream.ts';
import { UpstreamError } from './upstream.ts';
import { WatchBody } from './watch-body.ts';

export interface Splice {
  connections: ConnectionPool;
  endpoint: UpstreamEndpoint;
  /** The request's target at the upstream; it decides about retries. */
  target: string;
  /** The whole head for the upstream. */
  head: string;
  /** Changes the response's end-to-end headers in place. */
  rewriteHeaders?(headers: [name: string, value: string][], head: ResponseHead): void;
  /** Default `none`. */
  guard?: Guard;
  /** The server turned the request away undone, as this head says and a body that was withheld: it is told as a failure. */
  isTurnedAway?(head: ResponseHead, bodyWithheld: boolean): boolean;
  /** Fires when no answer can be expected any more. */
  lost?: AbortSignal;
  /** Changes the payload of this response. Payloads pass without their framing then. */
  transformBody?(head: ResponseHead): BodyTransform | undefined;
  /** A watch may end cleanly between two events when the upstream is lost. */
  watch?: boolean;
  /** Nothing was passed on to the client: answers in words, or tries elsewhere. `canRetry`: a second try is safe. */
  onFail(error: unknown, canRetry: boolean): void;
  /** The exchange or the upgraded connection is over, whatever the outcome. */
  onOver?(): void;
}

/** So much of a body is kept until its answer begins, in case it turns out that it has reached nobody. */
const maxKept = 16 * 1024;

/** A body of which so much has passed takes a lane of its own. */
const bulkFrom = 128 * 1024;

/** Starts the exchange. Never throws: failures go to `onFail` or cut the client's connection. */
export function splice(client: ServerExchange, options: Splice): void {
  const fresh = options.guard === 'fresh';
  const idle = fresh ? undefined : options.connections.takeIdle(options.endpoint);
  if (idle !== undefined) {
    new SplicedExchange(client, options, idle);
    return;
  }
  void dial(client, options, fresh);
}

async function dial(client: ServerExchange, options: Splice, fresh: boolean): Promise<void> {
  let connection: UpstreamConnection;
  try {
    const signal = options.lost === undefined ? client.signal : AbortSignal.any([client.signal, options.lost]);
    connection = await options.connections.acquire(options.endpoint, signal, { fresh });
  } catch (error) {
    options.onOver?.();
    if (!client.over) options.onFail(error, true);
    return;
  }
  if (client.over) {
    connection.release();
    options.onOver?.();
    return;
  }
  new SplicedExchange(client, options, connection);
}

class SplicedExchange {
  readonly #client: ServerExchange;
  readonly #options: Splice;
  readonly #upstream: Exchange;
  readonly #reused: boolean;
  readonly #payloadOnly: boolean;
  readonly #connection: UpstreamConnection;
  /** Of the answer's body; since the last lane was over. */
  #passedBytes = 0;
  #lane: BulkLane | undefined;
  #bodyTouched = false;
  /** The body so far; undefined: it is longer than what is kept. */
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;
  /** Payload mode only: how the payload is framed anew. */
  #rechunk = false;
  #watchBody: WatchBody | undefined;
  /** Runs while the request's body is withheld. */
  #continueTimer: NodeJS.Timeout | undefined;
  #transform: BodyTransform | undefined;
  readonly #onLost = (): void => {
    this.#upstream.abort();
    const reason: unknown = this.#options.lost?.reason;
    const message = reason instanceof Error ? reason.message : 'the server has fallen silent';
    this.#onFail(new UpstreamError(message, { sent: true, cause: reason }), false);
  };

  constructor(client: ServerExchange, options: Splice, connection: UpstreamConnection) {
    this.#client = client;
    this.#options = options;
    this.#reused = connection.uses > 0;
    this.#connection = connection;
    this.#payloadOnly = client.head.minor === 0 || options.watch === true || options.transformBody !== undefined;
    client.onGone = () => {
      this.#upstream.abort();
      this.#over();
    };
    client.onDrain = () => this.#upstream.resume();
    this.#upstream = new Exchange(connection, {
      method: client.head.method,
      ...(client.upgrade === undefined ? {} : { upgrade: client.upgrade }),
      payloadOnly: this.#payloadOnly,
      listener: {
        onInformational: ({ status, statusText, headers }) => {
          const isOurs = status === 100 && this.#continueTimer !== undefined;
          if (isOurs) this.#sendBody();
          if (!isOurs || this.#asksItself) client.writeInformational(status, statusText, endToEndHeaders(headers));
        },
        onHead: (head, framing) => this.#onHead(head, framing),
        onBody: (chunk) => {
          if (!this.#write(chunk)) this.#upstream.pause();
        },
        onComplete: () => this.#complete(),
        onUpgrade: (head, stream) => this.#onUpgrade(head, stream),
        onFail: (error, responded) => this.#onFail(error, responded),
        onDrain: () => client.resumeBody(),
      },
    });
    options.lost?.addEventListener('abort', this.#onLost, { once: true });
    const hasBody = client.framing.kind !== 'none';
    if (hasBody && options.guard === 'withhold') {
      this.#continueTimer = setTimeout(() => this.#sendBody(), continueMs);
    }
    this.#upstream.write(
      this.#continueTimer === undefined || this.#asksItself ? options.head : withExpectation(options.head),
    );
    if (!hasBody) this.#upstream.requestEnd();
    else if (!this.#upstream.over && this.#continueTimer === undefined) this.#sendBody();
  }

  /** The client waits for 100 Continue too. */
  get #asksItself(): boolean {
    return headerValue(this.#client.head.headers, 'expect') !== undefined;
  }

  #sendBody(): void {
    this.#endWithholding();
    this.#client.readBody({
      onChunk: (chunk) => {
        this.#bodyTouched = true;
        this.#keep(chunk);
        const upstream = this.#upstream;
        const isTaken = this.#kept === undefined ? upstream.pass(chunk) : upstream.write(chunk);
        if (!isTaken && !upstream.over) this.#client.pauseBody();
      },
      onEnd: () => this.#upstream.requestEnd(),
    });
  }

  #keep(chunk: Buffer): void {
    this.#keptBytes += chunk.length;
    if (this.#keptBytes <= maxKept) this.#kept?.push(chunk);
    else this.#kept = undefined;
  }

  #over(): void {
    this.#endWithholding();
    this.#lane?.end();
    this.#options.lost?.removeEventListener('abort', this.#onLost);
    this.#options.onOver?.();
  }

  #onHead(head: ResponseHead, framing: BodyFraming): void {
    const client = this.#client;
    const bodyWithheld = this.#continueTimer !== undefined;
    this.#endWithholding();
    if (!this.#bodyTouched && this.#options.isTurnedAway?.(head, bodyWithheld) === true) {
      this.#upstream.abort();
      this.#fail(new UpstreamError(`the server turned the request away (${head.status})`, { sent: false }), true);
      return;
    }
    this.#kept = undefined;
    const headers = endToEndHeaders(head.headers);
    this.#options.rewriteHeaders?.(headers, head);
    let kind = framing.kind;
    if (kind !== 'none') this.#transform = this.#options.transformBody?.(head);
    if (this.#transform !== undefined && kind === 'length') {
      removeHeader(headers, 'content-length');
      kind = client.head.minor === 0 ? 'close' : 'chunked';
      if (kind === 'chunked') headers.push(['Transfer-Encoding', 'chunked']);
    }
    if (this.#payloadOnly && kind === 'chunked') {
      if (client.head.minor === 0) {
        kind = 'close';
        removeHeader(headers, 'transfer-encoding');
      } else this.#rechunk = true;
    }
    if (this.#options.watch === true && this.#rechunk && isJson(headers)) this.#watchBody = new WatchBody();
    client.writeHead(head.status, head.statusText, headers, kind);
  }

  #write(chunk: Buffer): boolean {
    const change = this.#transform ?? this.#watchBody;
    if (change === undefined && !this.#rechunk) return this.#pass(chunk);
    const payload = change?.push(chunk) ?? chunk;
    if (payload.length === 0) return true;
    return this.#rechunk ? this.#writeChunk(payload) : this.#client.write(payload);
  }

  #pass(chunk: Buffer): boolean {
    if (this.#lane?.isOver === true) {
      this.#lane = undefined;
      this.#passedBytes = 0;
    }
    if (this.#lane?.append(chunk) === true) return true;
    this.#passedBytes += chunk.length;
    if (this.#lane === undefined && this.#passedBytes >= bulkFrom) {
      const onFull = (): void => this.#upstream.pause();
      this.#lane = BulkLane.open({ connection: this.#connection, client: this.#client, onFull });
    }
    return this.#client.write(chunk);
  }

  #writeChunk(payload: Buffer): boolean {
    this.#client.write(`${payload.length.toString(16)}\r\n`);
    this.#client.write(payload);
    return this.#client.write('\r\n');
  }

  #complete(): void {
    this.#lane?.end();
    const rest = this.#transform?.end() ?? this.#watchBody?.rest;
    if (rest !== undefined && rest.length > 0) {
      if (this.#rechunk) this.#writeChunk(rest);
      else this.#client.write(rest);
    }
    if (this.#rechunk) this.#client.write('0\r\n\r\n');
    this.#client.end();
    this.#over();
  }

  #onUpgrade(head: ResponseHead, upstream: Duplex): void {
    const headers = endToEndHeaders(head.headers);
    this.#options.rewriteHeaders?.(headers, head);
    headers.push(['Connection', 'Upgrade'], ['Upgrade', this.#client.upgrade ?? '']);
    const stream = this.#client.switchProtocols(headers);
    void relay(stream, upstream).then(() => this.#over());
  }

  #onFail(error: UpstreamError, responded: boolean): void {
    const client = this.#client;
    if (client.responseStarted) {
      this.#lane?.end();
      if (this.#watchBody?.mayEnd === true) {
        client.write('0\r\n\r\n');
        client.end();
      } else client.cut();
      this.#over();
      return;
    }
    const sent = error.sent && this.#continueTimer === undefined;
    this.#endWithholding();
    client.onGone = undefined;
    const { method } = client.head;
    const { target } = this.#options;
    const upgrade = client.upgrade !== undefined;
    const bodyIsThere = !this.#bodyTouched || (!sent && this.#kept !== undefined);
    const canRetry = bodyIsThere && mayRetry({ method, target, upgrade, sent, responded });
    if (canRetry && this.#bodyTouched && this.#kept !== undefined) client.returnBody(this.#kept);
    // A connection that was idle may have been closed by the server meanwhile: a new one tells more.
    if (canRetry && this.#reused && this.#options.lost?.aborted !== true) {
      this.#options.lost?.removeEventListener('abort', this.#onLost);
      void dial(client, this.#options, true);
      return;
    }
    this.#fail(error, canRetry);
  }

  #fail(error: UpstreamError, canRetry: boolean): void {
    this.#client.onGone = undefined;
    this.#over();
    this.#options.onFail(error, canRetry);
  }

  #endWithholding(): void {
    clearTimeout(this.#continueTimer);
    this.#continueTimer = undefined;
  }
}

function withExpectation(head: string): string {
  return `${head.slice(0, -2)}Expect: 100-continue\r\n\r\n`;
}

function removeHeader(headers: [string, string][], name: string): void {
  for (let i = headers.length - 1; i >= 0; i--) if (headers[i]?.[0].toLowerCase() === name) headers.splice(i, 1);
}

function isJson(headers: HeaderLines): boolean {
  return headers.some(([name, value]) => name.toLowerCase() === 'content-type' && value.startsWith('application/json'));
}
