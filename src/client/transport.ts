/** Requests to one API server with one user's credentials: headers, retries, errors. Knows no resources. */
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { headerValue } from '../net/http1/headers.ts';
import type {
  HeaderLines,
  UpgradeResult,
  UpstreamEndpoint,
  UpstreamPool,
  UpstreamResponse,
} from '../net/http1/upstream.ts';
import { ApiAccess } from './api-access.ts';
import type { ClientConfig } from './client-config.ts';
import { ConfigError } from './client-config.ts';
import { ConnectionError, explainFailure } from './connection-error.ts';
import { CredentialError } from './credentials.ts';

export interface TransportRequest {
  method: string;
  /** Path and query below the server's URL. */
  path: string;
  headers?: readonly (readonly [string, string])[];
  body?: Uint8Array | Readable | undefined;
  signal: AbortSignal;
}

const maxRetries = 10;
const maxRetryAfterMs = 60_000;

export interface TransportUpgrade {
  method: 'GET' | 'POST';
  path: string;
  /** Those of the protocol, `Upgrade` among them. */
  headers: readonly (readonly [string, string])[];
  signal: AbortSignal;
}

export class Transport {
  readonly server: string;
  readonly #pool: UpstreamPool;
  readonly #access: ApiAccess;
  readonly #userAgent: string;

  constructor(config: ClientConfig, pool: UpstreamPool) {
    this.server = config.server;
    this.#pool = pool;
    this.#access = new ApiAccess(config);
    this.#userAgent = config.userAgent ?? 'fairlead';
  }

  /** Asks to switch protocols. Throws ConnectionError; any answer of the server is a result. */
  async upgrade({ method, path, headers, signal }: TransportUpgrade): Promise<UpgradeResult> {
    return this.#withPass(headers, signal, true, (endpoint, lines) =>
      this.#pool.upgrade(endpoint, { method, target: this.#target(path), headers: lines, signal }),
    );
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
      const response = await this.#withPass(request.headers ?? [], signal, repeatable, (endpoint, headers) =>
        this.#pool.request(endpoint, {
          method,
          target: this.#target(request.path),
          headers,
          signal,
          ...(body !== undefined && { body }),
        }),
      );
      const waitMs = repeatable && attempt < maxRetries ? retryAfterMs(response, reading) : undefined;
      if (waitMs === undefined) return response;
      response.body.destroy();
      await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** One exchange; a second one with other credentials where the first ones were refused, since nothing was carried out. */
  async #withPass<T extends { status: number }>(
    own: readonly (readonly [string, string])[],
    signal: AbortSignal,
    repeatable: boolean,
    exchange: (endpoint: UpstreamEndpoint, headers: HeaderLines) => Promise<T & { body?: Readable }>,
  ): Promise<T> {
    const agent = ['User-Agent', this.#userAgent] as const;
    const attempt = (endpoint: UpstreamEndpoint, headers: HeaderLines) =>
      exchange(endpoint, headers).catch((error: unknown) => {
        throw this.failure(error, signal);
      });
    if (own.some(([name]) => name.toLowerCase() === 'authorization')) {
      return attempt(this.#access.anonymous, [agent, ...own]);
    }
    const pass = await this.#access.pass(signal);
    const answer = await attempt(pass.endpoint, [agent, ...pass.headers, ...own]);
    if (answer.status !== 401 || !repeatable || !(await this.#access.renew(pass, signal))) return answer;
    answer.body?.destroy();
    const next = await this.#access.pass(signal);
    return attempt(next.endpoint, [agent, ...next.headers, ...own]);
  }

  /** Path and query as the server sees them. */
  #target(path: string): string {
    return `${this.#access.basePath}${path.startsWith('/') ? path : `/${path}`}`;
  }

  /** What to throw for an error of an exchange: the signal's reason, or a ConnectionError. */
  failure(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof ConnectionError || error instanceof ConfigError || error instanceof CredentialError)
      return error;
    return explainFailure(this.server, error);
  }
}

function retryAfterMs(response: UpstreamResponse, reading: boolean): number | undefined {
  const { status } = response;
  if (status !== 429 && !(reading && status >= 500)) return undefined;
  const value = headerValue(response.headers, 'retry-after');
  if (value === undefined || !/^\d+$/.test(value)) return undefined;
  return Math.min(Number(value) * 1000, maxRetryAfterMs);
}
