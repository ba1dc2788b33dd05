/** Where a connection or a request is to go: one port of a Service or of a pod, in one context. */
import type { Duplex } from 'node:stream';
import type { LeastInFlight } from '../net/balance/least-in-flight.ts';
import type { Backend, PodDialer } from './backends.ts';
import type { GatewayContext } from './contexts.ts';
import type { Problem } from './problem.ts';
import type { ServiceDirectory } from './service-directory.ts';
import { choosePort } from './service-ports.ts';
import type { Way } from './ways.ts';
import { wayKey } from './ways.ts';

/** What was asked for, however it was said: by a host name, CONNECT, SOCKS5 or a fixed port. */
export type Target = ServiceTarget | PodTarget;

/** How it was asked for: advice is given in the same terms. */
export type AskedBy = 'host-name' | 'proxy' | 'local-port';

export interface ServiceTarget {
  kind: 'service';
  namespace: string;
  name: string;
  /** The port's name or number; undefined: the one that a browser would mean. */
  port: string | undefined;
  /** The context's; undefined: the default one. */
  alias: string | undefined;
}

export interface PodTarget {
  kind: 'pod';
  namespace: string;
  name: string;
  /** Any number, declared or not, or a declared port's name; undefined: the declared one that a browser would mean. */
  port: string | undefined;
  alias: string | undefined;
}

export type Found = { destination: Destination } | { problem: Problem };

/** A raw stream to a pod, counted as busy until it is closed. */
export interface OpenedStream {
  stream: Duplex;
  backend: Backend;
  /** There are pods that were not tried. */
  hasOthers: boolean;
  /** A stream to one of those. Rejects as `open`. */
  other(signal: AbortSignal): Promise<OpenedStream>;
}

interface Reach {
  dialer: PodDialer;
  balance: LeastInFlight;
  directory: Pick<ServiceDirectory, 'peek'>;
  /** Applications that answer only what they take for https. */
  wantTls: Set<string>;
}

const mostWantTls = 10_000;

interface FoundFacts {
  context: GatewayContext;
  target: Target;
  candidates: readonly Backend[];
  verbPath: string;
  port: number;
}

/** Found for one request or connection; the pods are those that were ready then. */
export class Destination {
  readonly context: GatewayContext;
  readonly target: Target;
  /** At least one. */
  readonly candidates: readonly Backend[];
  /** Path of the API server's proxy verb to it, without a slash at the end. */
  readonly verbPath: string;
  /** The Service's, or the pod's. */
  readonly port: number;
  readonly #reach: Reach;

  constructor({ context, target, candidates, verbPath, port }: FoundFacts, reach: Reach) {
    this.context = context;
    this.target = target;
    this.candidates = candidates;
    this.verbPath = verbPath;
    this.port = port;
    this.#reach = reach;
  }

  /** How HTTP gets there, by what was learnt. Raw streams have but one way. */
  get way(): Way {
    return this.context.ways.of(this.#wayKey);
  }

  /** True where its context is known, without asking, to have this service with this port (any, if undefined). */
  knowsService(namespace: string, name: string, port: string | undefined): boolean {
    const service = this.#reach.directory.peek(namespace, name);
    return service !== undefined && (port === undefined || choosePort(service, port).kind === 'port');
  }

  /** The application asked for https; what it gets says from now on that the browser speaks it. */
  get wantsTls(): boolean {
    return this.#reach.wantTls.has(this.#portKey);
  }

  setWantsTls(): void {
    const { wantTls } = this.#reach;
    if (wantTls.size >= mostWantTls) wantTls.clear();
    wantTls.add(this.#portKey);
  }

  get #portKey(): string {
    return `${this.#wayKey}:${this.port}`;
  }

  get whyNotPortForward(): string | undefined {
    return this.context.ways.whyNotPortForward(this.#wayKey);
  }

  /** Learns from a port-forward that failed. True: HTTP is to take the other way now. */
  portForwardFailed(error: unknown): boolean {
    return this.context.ways.portForwardFailed(this.#wayKey, error);
  }

  get #wayKey(): string {
    return wayKey(this.target);
  }

  /** The least busy of `among`. `over` is to be called once when what goes there is over. */
  pick(among: readonly Backend[] = this.candidates): { backend: Backend; over: () => void } | undefined {
    const { balance } = this.#reach;
    const backend = balance.pick(among, backendKey);
    return backend && { backend, over: balance.begin(backendKey(backend)) };
  }

  /**
   * A raw TCP stream to the least busy pod; where no stream can be opened to it, to another one. Rejects with the last
   * failure (StatusError where the API server refused), or the signal's reason. That nothing listens on the port is told
   * later, as the stream's failure (see `settle`).
   */
  open(signal: AbortSignal): Promise<OpenedStream> {
    return this.#openOneOf(this.candidates, signal);
  }

  async #openOneOf(candidates: readonly Backend[], signal: AbortSignal): Promise<OpenedStream> {
    let left = candidates;
    for (;;) {
      const picked = this.pick(left);
      if (picked === undefined) throw new Error('no pod is left to try');
      const { backend, over } = picked;
      try {
        const stream = await this.#reach.dialer.open(backend, signal);
        stream.once('close', over);
        const others = left.filter((other) => other !== backend);
        return {
          stream,
          backend,
          hasOthers: others.length > 0,
          other: (until) => this.#openOneOf(others, until),
        };
      } catch (error) {
        over();
        signal.throwIfAborted();
        this.portForwardFailed(error);
        left = left.filter((other) => other !== backend);
        if (left.length === 0) throw error;
      }
    }
  }

  /** For a connection pool: HTTP to this backend, over TLS where the application speaks it. */
  endpoint(backend: Backend): ReturnType<PodDialer['endpoint']> {
    return this.#reach.dialer.endpoint(backend);
  }
}

function backendKey({ namespace, pod, port }: Backend): string {
  return `${namespace}/${pod}:${port}`;
}
