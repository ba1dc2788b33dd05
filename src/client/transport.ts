/** Requests to one API server with one user's credentials: headers, retries, errors. Knows no resources. */
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { headerValue } from '../net/http1/headers.ts';
import type { UpstreamEndpoint, UpstreamPool, UpstreamResponse } from '../net/http1/upstream.ts';
import type { ClientConfig } from './client-config.ts';
import { ConfigError } from './client-config.ts';
import { ConnectionError, explainFailure } from './connection-error.ts';

export interface TransportRequest {
  method: string;
  /** Path and query below the server's URL. */
  path: string;
  headers?: readonly (readonly [string, string])[];
  body?: Uint8Array | Readable | undefined;
  signal: AbortSignal;
}

/** Tokens of files are rotated; the API server accepts the old one for some time. */
const tokenFileAgeMs = 10_000;
const maxRetries = 10;
const maxRetryAfterMs = 60_000;

export class Transport {
  readonly server: string;
  readonly endpoint: UpstreamEndpoint;
  readonly pool: UpstreamPool;
  readonly #prefix: string;
  readonly #config: ClientConfig;
  #fileToken: { value: string; readAt: number } | undefined;

  constructor(config: ClientConfig, pool: UpstreamPool) {
    const url = new URL(config.server);
    const secure = url.protocol === 'https:';
    this.server = config.server;
    this.#config = config;
    this.pool = pool;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    this.endpoint = {
      host,
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      ...(secure && { tls: { ...config.tls } }),
    };
  }

  /** Path and query as the server sees them. */
  target(path: string): string {
    return `${this.#prefix}${path.startsWith('/') ? path : `/${path}`}`;
  }

  /** The credentials' and the usual header lines, then `own`. */
  async headers(own: readonly (readonly [string, string])[] = []): Promise<[string, string][]> {
    const lines: [string, string][] = [['User-Agent', this.#config.userAgent ?? 'fairlead']];
    const token = await this.#token();
    if (token !== undefined && !own.some(([name]) => name.toLowerCase() === 'authorization')) {
      lines.push(['Authorization', `Bearer ${token}`]);
    }
    for (const [name, value] of own) lines.push([name, value]);
    return lines;
  }

  /**
   * Sends, and sends again as client-go does: after 429 where the server says when, and reads after 5xx with
   * Retry-After or a connection lost before the answer. A write that may have been carried out is never repeated.
   * Redirects are answers like others: nothing is followed with credentials. Throws ConnectionError.
   */
  async send(request: TransportRequest): Promise<UpstreamResponse> {
    const { method, signal, body } = request;
    const reading = method === 'GET' || method === 'HEAD';
    const repeatable = body === undefined || body instanceof Uint8Array;
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      const headers = await this.headers(request.headers);
      let response: UpstreamResponse;
      try {
        response = await this.pool.request(this.endpoint, {
          method,
          target: this.target(request.path),
          headers,
          signal,
          ...(body !== undefined && { body }),
        });
      } catch (error) {
        throw this.failure(error, signal);
      }
      const waitMs = repeatable && attempt < maxRetries ? retryAfterMs(response, reading) : undefined;
      if (waitMs === undefined) return response;
      response.body.destroy();
      await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** What to throw for an error of the pool: the signal's reason, or a ConnectionError. */
  failure(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    return error instanceof ConnectionError ? error : explainFailure(this.server, error);
  }

  async #token(): Promise<string | undefined> {
    const { token, tokenFile } = this.#config;
    if (tokenFile === undefined) return token;
    if (this.#fileToken !== undefined && Date.now() - this.#fileToken.readAt < tokenFileAgeMs) {
      return this.#fileToken.value;
    }
    try {
      this.#fileToken = { value: (await readFile(tokenFile, 'utf8')).trim(), readAt: Date.now() };
    } catch (error) {
      if (this.#fileToken !== undefined) return this.#fileToken.value;
      throw new ConfigError(
        `Cannot read the token file ${tokenFile}: ${error instanceof Error ? error.message : error}.`,
      );
    }
    return this.#fileToken.value;
  }
}

function retryAfterMs(response: UpstreamResponse, reading: boolean): number | undefined {
  const { status } = response;
  if (status !== 429 && !(reading && status >= 500)) return undefined;
  const value = headerValue(response.headers, 'retry-after');
  if (value === undefined || !/^\d+$/.test(value)) return undefined;
  return Math.min(Number(value) * 1000, maxRetryAfterMs);
}
