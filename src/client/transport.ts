/** Requests to the API servers of one cluster with one user's credentials: headers, retries, errors. Knows no resources. */
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyFailure } from '../net/http1/body-failure.ts';
import { headerValue } from '../net/http1/headers.ts';
import { leadsToApplication } from '../net/http1/retry.ts';
import type {
  HeaderLines,
  UpgradeResult,
  UpstreamEndpoint,
  UpstreamPool,
  UpstreamRequest,
  UpstreamResponse,
} from '../net/http1/upstream.ts';
import type { AccessPass } from './api-access.ts';
import { ApiAccess } from './api-access.ts';
import type { ApiServers } from './api-servers.ts';
import type { ClientConfig } from './client-config.ts';
import { ConfigError } from './client-config.ts';
import type { FailureFacts } from './connection-error.ts';
import { ConnectionError, explainFailure } from './connection-error.ts';
import { CredentialError } from './credentials.ts';
import type { FailoverRequest } from './failover.ts';
import { withFailover } from './failover.ts';

export interface TransportRequest {
  method: string;
  /** Path and query below the server's URL. */
  path: string;
  headers?: readonly (readonly [string, string])[];
  body?: Uint8Array | Readable | undefined;
  signal: AbortSignal;
  /** Takes the URL of each server that it is tried at: of several, the last one is that of the answer. */
  tried?: TriedServer;
}

export interface TriedServer {
  server: string;
}

const maxRetries = 10;
const maxRetryAfterMs = 60_000;

export interface TransportUpgrade {
  method: 'GET' | 'POST';
  path: string;
  /** Those of the protocol, `Upgrade` among them. */
  headers: readonly (readonly [string, string])[];
  signal: AbortSignal;
  /** As of a request. */
  tried?: TriedServer;
}

interface Asked extends Omit<FailoverRequest, 'servers'> {
  headers: HeaderLines;
  tried: TriedServer | undefined;
  /** Fires when the request's body has failed. */
  bodyFailed?: AbortSignal;
}

interface Answer {
  status: number;
  headers: HeaderLines;
  body?: Readable;
  stream?: Duplex;
  bodyWithheld?: boolean;
}

type Exchange<T extends Answer> = (endpoint: UpstreamEndpoint, request: Omit<UpstreamRequest, 'body'>) => Promise<T>;

export class Transport {
  /** The configuration's: of several the first one. */
  readonly server: string;
  readonly #pool: UpstreamPool;
  readonly #servers: ApiServers;
  readonly #access: ApiAccess;
  readonly #userAgent: string;

  constructor(config: ClientConfig, servers: ApiServers, pool: UpstreamPool) {
    this.server = config.server;
    this.#pool = pool;
    this.#servers = servers;
    this.#access = new ApiAccess(config, servers.isOverheard);
    this.#userAgent = config.userAgent ?? 'fairlead';
  }

  /** Asks to switch protocols. Throws ConnectionError; any answer of the server is a result. */
  async upgrade({ method, path, headers, signal, tried }: TransportUpgrade): Promise<UpgradeResult> {
    return this.#withPass(
      { method, path, headers, signal, tried, isUpgrade: true, hasBody: false, repeatable: true },
      (endpoint, request) => this.#pool.upgrade(endpoint, request),
    );
  }

  /**
   * Sends, and sends again as client-go does: after 429 where the server says when, and reads after 5xx with
   * Retry-After or a connection lost before the answer. A write that may have been carried out is never repeated, nor
   * what an application answered behind the proxy verb.
   * Redirects are answers like others: nothing is followed with credentials. Throws ConnectionError.
   */
  async send(request: TransportRequest): Promise<UpstreamResponse> {
    const { body, signal } = request;
    if (body === undefined || body instanceof Uint8Array) return this.#send(request);
    const bodyFailed = bodyFailure(body);
    try {
      const response = await this.#send(request, bodyFailed);
      if (response.bodyWithheld === true) body.destroy();
      return response;
    } catch (error) {
      // Where it was never begun, nobody else will.
      body.destroy();
      throw error === bodyFailed.reason ? this.failure(error, signal) : error;
    }
  }

  async #send(
    { method, path, headers = [], body, signal, tried }: TransportRequest,
    bodyFailed?: AbortSignal,
  ): Promise<UpstreamResponse> {
    const reading = method === 'GET' || method === 'HEAD';
    const repeatable = bodyFailed === undefined;
    const mayWait = repeatable && !leadsToApplication(path);
    const asked = {
      method,
      path,
      headers,
      signal,
      tried,
      isUpgrade: false,
      hasBody: body !== undefined,
      repeatable,
    };
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      const response = await this.#withPass({ ...asked, ...(bodyFailed && { bodyFailed }) }, (endpoint, request) =>
        this.#pool.request(endpoint, { ...request, ...(body !== undefined && { body }) }),
      );
      const waitMs = mayWait && attempt < maxRetries ? retryAfterMs(response, reading) : undefined;
      if (waitMs === undefined) return response;
      response.body.destroy();
      await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /**
   * One exchange; a second one with other credentials where the first ones were refused, since nothing was carried out. A 401
   * from behind the proxy verb may be an application's, after it has done anything: it says nothing of these credentials
   * either, and one that says it to everybody would have their command run, or a login begun, each time.
   */
  async #withPass<T extends Answer>(asked: Asked, exchange: Exchange<T>): Promise<T> {
    const { headers, signal, repeatable, bodyFailed } = asked;
    const agent = ['User-Agent', this.#userAgent] as const;
    if (headers.some(([name]) => name.toLowerCase() === 'authorization')) {
      return this.#anywhere(asked, undefined, [agent, ...headers], exchange);
    }
    const pass = await this.#access.pass(bodyFailed === undefined ? signal : AbortSignal.any([signal, bodyFailed]));
    const answer = await this.#anywhere(asked, pass, [agent, ...pass.headers, ...headers], exchange);
    if (answer.status !== 401 || !repeatable || leadsToApplication(asked.path)) return answer;
    if (!(await this.#access.renew(pass, signal))) return answer;
    answer.body?.destroy();
    const next = await this.#access.pass(signal);
    return this.#anywhere(asked, next, [agent, ...next.headers, ...headers], exchange);
  }

  /** One exchange, with whichever server. Without a pass: with no client certificate. */
  #anywhere<T extends Answer>(
    asked: Asked,
    pass: AccessPass | undefined,
    headers: HeaderLines,
    exchange: Exchange<T>,
  ): Promise<T> {
    return withFailover(
      { servers: this.#servers, ...asked },
      (server, request) => {
        if (asked.tried !== undefined) asked.tried.server = server.url;
        return exchange(pass === undefined ? server.anonymous : server.endpoint(pass.credentials), {
          ...request,
          headers,
        });
      },
      ({ error, server, ...facts }) => this.failure(error, asked.signal, { server: server.url, ...facts }),
    );
  }

  /** What to throw for an error of an exchange: the signal's reason, a TypeError for what cannot be sent, or a ConnectionError. */
  failure(
    error: unknown,
    signal: AbortSignal,
    { server = this.server, ...facts }: FailureFacts & { server?: string } = {},
  ): unknown {
    if (signal.aborted) return signal.reason;
    const ownKinds = [ConnectionError, ConfigError, CredentialError, TypeError];
    if (ownKinds.some((kind) => error instanceof kind)) return error;
    return explainFailure(server, error, facts);
  }
}

function retryAfterMs(response: UpstreamResponse, reading: boolean): number | undefined {
  const { status } = response;
  if (status !== 429 && !(reading && status >= 500)) return undefined;
  const value = headerValue(response.headers, 'retry-after');
  // As client-go reads it: any integer of seconds, of which those below zero are no wait.
  if (value === undefined || !/^[-+]?\d+$/.test(value)) return undefined;
  return Math.min(Math.max(Number(value) * 1000, 0), maxRetryAfterMs);
}
