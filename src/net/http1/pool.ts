/** `UpstreamPool` over the connections and exchanges of this folder. */
import { Readable } from 'node:stream';
import { bodyFailure, failedBody } from './body-failure.ts';
import type { ConnectionLimits, UpstreamConnection } from './connections.ts';
import { ConnectionPool } from './connections.ts';
import { endpointName } from './dial.ts';
import { Exchange } from './exchange.ts';
import type { ResponseHead } from './head.ts';
import { formatHead, isToken } from './head.ts';
import { headerValue } from './headers.ts';
import { continueMs, mayRetry } from './retry.ts';
import type { UpgradeResult, UpstreamEndpoint, UpstreamPool, UpstreamRequest } from './upstream.ts';
import { UpstreamError } from './upstream.ts';

/** Opens a pool; disposing it closes every connection, busy ones too. */
export function openUpstreamPool(
  limits: Partial<ConnectionLimits> = {},
): UpstreamPool & { readonly connections: ConnectionPool } {
  const connections = new ConnectionPool(limits);
  return {
    connections,
    async request(endpoint, request) {
      const result = await send(connections, endpoint, request, undefined);
      if (result.upgraded)
        throw new UpstreamError('the server switched protocols without being asked to', { sent: true });
      return result;
    },
    upgrade(endpoint, request) {
      const protocol = headerValue(request.headers, 'upgrade');
      if (protocol === undefined) throw new TypeError('a request for an upgrade needs an Upgrade header');
      return send(connections, endpoint, request, protocol.toLowerCase());
    },
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  };
}

async function send(
  connections: ConnectionPool,
  endpoint: UpstreamEndpoint,
  request: UpstreamRequest,
  upgrade: string | undefined,
): Promise<UpgradeResult> {
  const { method, target, body, signal } = request;
  const bodyFailed = body instanceof Readable ? bodyFailure(body) : undefined;
  const head = requestHead(endpoint, request);
  const either = bodyFailed === undefined ? signal : AbortSignal.any([signal, bodyFailed]);
  for (let fresh = request.guard === 'fresh'; ; fresh = true) {
    either.throwIfAborted();
    const connection = await connections.acquire(endpoint, either, { fresh });
    if (either.aborted) {
      connection.release();
      throw either.reason;
    }
    const reused = connection.uses > 0;
    const attempt = new Attempt(connection, request, { upgrade, bodyFailed });
    try {
      return await attempt.start(head);
    } catch (error) {
      if (!reused || !(error instanceof UpstreamError) || (body instanceof Readable && attempt.bodyTouched))
        throw error;
      const { responded } = attempt;
      if (!mayRetry({ method, target, upgrade: upgrade !== undefined, sent: error.sent, responded })) throw error;
    }
  }
}

function withholds({ guard, body }: UpstreamRequest): boolean {
  return guard === 'withhold' && body !== undefined && (body instanceof Readable || body.length > 0);
}

function requestHead(endpoint: UpstreamEndpoint, request: UpstreamRequest): string {
  const { method, target, headers, body } = request;
  if (!isToken(method)) throw new TypeError(`not a method: ${JSON.stringify(method)}`);
  if (!/^(?:\/[\x21-\x7e]*|\*)$/.test(target)) throw new TypeError(`not a path: ${JSON.stringify(target)}`);
  const lines = [...headers];
  if (headerValue(headers, 'host') === undefined) {
    const usual = endpoint.tls === undefined ? 80 : 443;
    lines.unshift([
      'Host',
      endpoint.port === usual ? endpointName(endpoint).replace(/:\d+$/, '') : endpointName(endpoint),
    ]);
  }
  const length = headerValue(headers, 'content-length');
  if (body instanceof Readable) {
    if (length === undefined && headerValue(headers, 'transfer-encoding') === undefined) {
      lines.push(['Transfer-Encoding', 'chunked']);
    }
  } else if (body !== undefined) {
    if (length !== undefined && Number(length) !== body.length)
      throw new TypeError('Content-Length is not the length of the body');
    if (length === undefined) lines.push(['Content-Length', String(body.length)]);
  } else if (length === undefined && (method === 'POST' || method === 'PUT' || method === 'PATCH')) {
    lines.push(['Content-Length', '0']);
  }
  if (withholds(request)) lines.push(['Expect', '100-continue']);
  return formatHead(`${method} ${target} HTTP/1.1`, lines);
}

/** One try of a request on one connection. */
class Attempt {
  responded = false;
  bodyTouched = false;
  readonly #request: UpstreamRequest;
  readonly #exchange: Exchange;
  readonly #answer = Promise.withResolvers<UpgradeResult>();
  #body: ResponseBody | undefined;
  #drained: (() => void) | undefined;
  /** Runs while the body is withheld. */
  #continueTimer: NodeJS.Timeout | undefined;
  readonly #onAbort = (): void => this.#abort(this.#request.signal.reason);
  readonly #bodyFailed: AbortSignal | undefined;
  readonly #onBodyFailed = (): void => this.#failBody(this.#bodyFailed?.reason.cause);

  constructor(
    connection: UpstreamConnection,
    request: UpstreamRequest,
    { upgrade, bodyFailed }: { upgrade: string | undefined; bodyFailed: AbortSignal | undefined },
  ) {
    this.#request = request;
    this.#bodyFailed = bodyFailed;
    this.#exchange = new Exchange(connection, {
      method: request.method,
      ...(upgrade === undefined ? {} : { upgrade }),
      payloadOnly: true,
      listener: {
        onInformational: ({ status }) => {
          if (status === 100) this.#sendBody();
        },
        onHead: (head) => this.#onHead(head),
        onBody: (chunk) => {
          if (this.#body?.push(chunk) === false) this.#exchange.pause();
        },
        onComplete: () => {
          this.#end();
          this.#body?.push(null);
        },
        onUpgrade: (head, stream) => {
          this.#end();
          this.#answer.resolve({ upgraded: true, status: 101, headers: head.headers, stream });
        },
        onFail: (error, responded) => {
          this.responded = responded;
          const { message, cause } = error;
          this.#abort(this.#continueTimer === undefined ? error : new UpstreamError(message, { sent: false, cause }));
        },
        onDrain: () => this.#drained?.(),
      },
    });
    request.signal.addEventListener('abort', this.#onAbort, { once: true });
    bodyFailed?.addEventListener('abort', this.#onBodyFailed, { once: true });
  }

  start(head: string): Promise<UpgradeResult> {
    const { body } = this.#request;
    if (withholds(this.#request)) {
      this.#continueTimer = setTimeout(() => this.#sendBody(), continueMs);
      this.#exchange.write(head);
    } else if (body instanceof Readable) {
      this.#exchange.write(head);
      void this.#writeBody(body);
    } else {
      if (body !== undefined && body.length > 0) {
        this.#exchange.writeWhole(head, body);
      } else this.#exchange.write(head);
      this.#exchange.requestEnd();
    }
    return this.#answer.promise;
  }

  /** The body was withheld, and is no longer. */
  #sendBody(): void {
    if (this.#continueTimer === undefined) return;
    clearTimeout(this.#continueTimer);
    this.#continueTimer = undefined;
    const { body } = this.#request;
    if (body instanceof Readable) void this.#writeBody(body);
    else if (body !== undefined) {
      this.#exchange.write(body);
      this.#exchange.requestEnd();
    }
  }

  async #writeBody(body: Readable): Promise<void> {
    if (this.#exchange.over || this.#exchange.refused) return;
    this.bodyTouched = true;
    const declared = headerValue(this.#request.headers, 'content-length');
    let left = declared === undefined ? Number.POSITIVE_INFINITY : Number(declared);
    try {
      for await (const piece of body) {
        const chunk: Buffer = typeof piece === 'string' ? Buffer.from(piece) : piece;
        if (this.#exchange.over) break;
        if (chunk.length === 0) continue;
        left -= chunk.length;
        if (left < 0) throw new Error('the body is longer than its Content-Length');
        if (declared === undefined) this.#exchange.write(`${chunk.length.toString(16)}\r\n`);
        let more = this.#exchange.write(chunk);
        if (declared === undefined) more = this.#exchange.write('\r\n');
        if (!more && !this.#exchange.over) {
          await new Promise<void>((resolve) => {
            this.#drained = resolve;
          });
        }
      }
      if (this.#exchange.over) return;
      if (declared !== undefined && left > 0) throw new Error('the body is shorter than its Content-Length');
      if (declared === undefined) this.#exchange.write('0\r\n\r\n');
      this.#bodyFailed?.removeEventListener('abort', this.#onBodyFailed);
      this.#exchange.requestEnd();
    } catch (error) {
      this.#failBody(error);
    }
  }

  #failBody(cause: unknown): void {
    if (!this.#exchange.over) this.#abort(failedBody(cause, { sent: this.bodyTouched }));
  }

  #onHead(head: ResponseHead): void {
    this.responded = true;
    const bodyWithheld = this.#continueTimer !== undefined;
    this.#withholdForGood();
    const body = new ResponseBody(this.#exchange, () => this.#end());
    this.#body = body;
    const { status, statusText, headers } = head;
    this.#answer.resolve({
      upgraded: false,
      status,
      statusText,
      headers,
      body,
      ...(bodyWithheld && { bodyWithheld }),
    });
  }

  #withholdForGood(): void {
    clearTimeout(this.#continueTimer);
    this.#continueTimer = undefined;
  }

  #abort(error: unknown): void {
    this.#withholdForGood();
    this.#end();
    this.#exchange.abort();
    this.#body?.destroy(error instanceof Error ? error : new Error(String(error)));
    this.#answer.reject(error);
  }

  /** The exchange is over, whatever its outcome. */
  #end(): void {
    this.#request.signal.removeEventListener('abort', this.#onAbort);
    this.#bodyFailed?.removeEventListener('abort', this.#onBodyFailed);
    this.#drained?.();
    // An early response leaves the rest of the body unread.
    if (this.#request.body instanceof Readable && this.bodyTouched) this.#request.body.destroy();
  }
}

class ResponseBody extends Readable {
  readonly #exchange: Exchange;
  readonly #onGone: () => void;

  constructor(exchange: Exchange, onGone: () => void) {
    super({ highWaterMark: 256 * 1024 });
    this.#exchange = exchange;
    this.#onGone = onGone;
    // A body that nobody listens to any more may fail without ending the process.
    this.on('error', () => {});
  }

  override _read(): void {
    this.#exchange.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#exchange.over) {
      this.#exchange.abort();
      this.#onGone();
    }
    callback(error);
  }
}
