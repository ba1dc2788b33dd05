/** The API servers of one cluster: one, or several among which requests are spread. What asks for them need not know which. */
import type { Observation, ServerState } from '../net/health/health.ts';
import type { HeaderLines } from '../net/http1/upstream.ts';
import type { ApiServer } from './api-server.ts';

export interface ApiServers extends AsyncDisposable {
  /** The server of the next request. */
  lease(): ServerLease;
  /** One is reached in clear text over the network: credentials must stay at home. */
  readonly isOverheard: boolean;
  list(): readonly ServerFacts[];
  /** URLs of servers that were found and are not used, and why (a sentence or a clause). */
  readonly passedOver: ReadonlyMap<string, string>;
  /** Called whenever a server comes, goes or changes its state. Returns what ends it. */
  subscribe(listener: (changed: ServerFacts) => void): () => void;
}

export interface AnsweredRequest {
  onlyReads: boolean;
  bodyWithheld: boolean;
  /** The answer is probably not the server's own. */
  toApplication: boolean;
}

/** One try of one request at one server. Tell what becomes of it. */
export interface ServerLease {
  readonly server: ApiServer;
  /** Requests take the guard that fits them (`guardOf`); else none: there is no other server to turn to. */
  readonly isGuarded: boolean;
  /** Fires when the server has fallen silent: what only reads should be tried elsewhere, or end. */
  readonly lost?: AbortSignal;
  /**
   * The head of an answer came. True when another server may be asked at once: this one has turned away what it did not do, or
   * what only reads.
   */
  answered(status: number, headers: HeaderLines, request: AnsweredRequest): boolean;
  /** There was no answer. */
  failed(error: unknown): void;
  /** The exchange, and what it was upgraded to, is over; absent where nobody counts. May be called again. */
  readonly over?: () => void;
  /** For the same request a server that it was not tried at; undefined when there is none. Begins that lease. */
  next(): ServerLease | undefined;
}

/** For pages and metrics. */
export interface ServerFacts {
  url: string;
  /** `untested` for good where there is one server, which nobody probes. */
  state: ServerState;
  /** When this state began, in milliseconds since 1970. */
  since: number;
  /** Requests, watches and streams that it has now; 0 where there is one server, for which nobody counts. */
  inFlight: number;
  /** How often it was asked for /readyz so far, by what was found. */
  probes: Readonly<Record<Observation['kind'], number>>;
  /** Why it is, or was last, not ready. */
  lastError?: string;
  /** Found through the cluster, not named by the configuration. */
  discovered: boolean;
}
