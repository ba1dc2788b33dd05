/** Applications under host names of their own: a request goes to a ready pod by a port-forward stream. */
import { StatusError } from '../api/status.ts';
import type { Pod } from '../api/types/core-v1.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { LeastInFlight } from '../net/balance/least-in-flight.ts';
import type { ConnectionPool } from '../net/http1/connections.ts';
import { headerValue } from '../net/http1/headers.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import { splice } from '../net/http1/splice.ts';
import { UpstreamError } from '../net/http1/upstream.ts';
import { foreignOriginReason } from './app-browser-check.ts';
import * as problems from './app-problems.ts';
import type { Backend } from './backends.ts';
import { backendsOf, PodDialer } from './backends.ts';
import { appRequestHead, keepCookiesHome } from './forward-headers.ts';
import type { HostTarget } from './host.ts';
import { contextAlias } from './host.ts';
import type { Problem } from './problem.ts';
import { answerProblem } from './problem.ts';
import { ServiceDirectory } from './service-directory.ts';
import { choosePort, speaksTls } from './service-ports.ts';

export interface AppOriginOptions {
  client: ClusterClient;
  connections: ConnectionPool;
  /** The context's name, for the alias in full host names. */
  context: string | undefined;
  signal: AbortSignal;
}

type AppTarget = Exclude<HostTarget, { kind: 'api' }>;

export class AppOrigin {
  readonly #options: AppOriginOptions;
  readonly #directory: ServiceDirectory;
  readonly #dialer: PodDialer;
  readonly #balance = new LeastInFlight();

  constructor(options: AppOriginOptions) {
    this.#options = options;
    this.#directory = new ServiceDirectory(options.client, options.signal);
    this.#dialer = new PodDialer(options.client);
  }

  /** Answers every request; never rejects. */
  async handle(exchange: ServerExchange, target: AppTarget): Promise<void> {
    const foreign = foreignOriginReason(exchange.head, exchange.upgrade !== undefined);
    if (foreign !== undefined) {
      answerProblem(exchange, problems.foreignOrigin(foreign));
      return;
    }
    let found: { backends: Backend[] } | { problem: Problem };
    try {
      found = await this.#find(exchange, target);
    } catch (error) {
      found = { problem: problems.clusterFailed(error) };
    }
    if (exchange.over) return;
    if ('problem' in found) answerProblem(exchange, found.problem);
    else this.#forward(exchange, target, found.backends);
  }

  async #find(exchange: ServerExchange, target: AppTarget): Promise<{ backends: Backend[] } | { problem: Problem }> {
    const { context } = this.#options;
    if (target.alias !== undefined && target.alias !== contextAlias(context ?? '')) {
      return { problem: problems.unknownAlias(target.alias, context) };
    }
    if (target.kind === 'pod') return this.#findPod(target);
    const { namespace, name } = target;
    const facts = await this.#directory.find(namespace, name);
    if (facts === undefined) return { problem: problems.noService(namespace, name) };
    const choice = choosePort(facts.service, target.port);
    if (choice.kind !== 'port') {
      const at = /:\d+$/.exec(headerValue(exchange.head.headers, 'host') ?? '')?.[0] ?? '';
      return { problem: problems.noPort(facts.service, choice, { wanted: target.port, at }) };
    }
    const backends = backendsOf(facts, choice.port);
    return backends.length > 0 ? { backends } : { problem: problems.noEndpoints(facts) };
  }

  async #findPod({
    namespace,
    name,
  }: {
    namespace: string;
    name: string;
  }): Promise<{ backends: Backend[] } | { problem: Problem }> {
    let pod: Pod;
    try {
      pod = await this.#options.client.resource<Pod>('v1', 'pods').get(name, { namespace });
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return { problem: problems.noPod(namespace, name) };
      throw error;
    }
    const declared = (pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
    const ports = declared.map(({ name: portName, containerPort, protocol }) => {
      return { port: containerPort, ...(portName && { name: portName }), ...(protocol && { protocol }) };
    });
    const choice = choosePort({ apiVersion: 'v1', kind: 'Service', metadata: {}, spec: { ports } }, undefined);
    const port = choice.kind === 'port' ? choice.port : choice.ports[0];
    if (port === undefined) return { problem: problems.podWithoutPort(namespace, name) };
    const uid = pod.metadata.uid ?? '';
    const serverName = `${name}.${namespace}.pod`;
    return { backends: [{ namespace, pod: name, uid, port: port.port, tls: speaksTls(port), serverName }] };
  }

  /** Tries one backend; where it cannot be reached and nothing was sent, another one. */
  #forward(exchange: ServerExchange, target: AppTarget, candidates: Backend[]): void {
    const backend = this.#balance.pick(candidates, keyOf);
    if (backend === undefined) return;
    const over = this.#balance.begin(keyOf(backend));
    const path = ownPath(exchange.head.target, target);
    splice(exchange, {
      connections: this.#options.connections,
      endpoint: this.#dialer.endpoint(backend),
      target: path,
      head: appRequestHead(exchange, path),
      rewriteHeaders: (headers) => {
        keepCookiesHome(headers);
        if (backend.tls) stayOnHttp(headers, headerValue(exchange.head.headers, 'host'));
      },
      onOver: over,
      onFail: (error, canRetry) => {
        const others = candidates.filter((candidate) => candidate !== backend);
        const unsent = error instanceof UpstreamError && !error.sent;
        if (others.length > 0 && (canRetry || unsent)) this.#forward(exchange, target, others);
        else answerProblem(exchange, problems.podFailed(backend, error));
      },
    });
  }
}

function keyOf({ namespace, pod, port }: Backend): string {
  return `${namespace}/${pod}:${port}`;
}

/**
 * Applications that know of the API's proxy verb link to `/api/v1/namespaces/N/services/S/proxy/…`; on their own
 * origin that is their own root.
 */
function ownPath(requested: string, target: AppTarget): string {
  if (!requested.startsWith('/api/v1/namespaces/')) return requested;
  const kind = target.kind === 'service' ? 'services' : 'pods';
  const match = /^\/api\/v1\/namespaces\/([^/?]+)\/(services|pods)\/([^/?]+)\/proxy(\/[^?]*)?(\?.*)?$/.exec(requested);
  if (match === null || match[1] !== target.namespace || match[2] !== kind) return requested;
  const segment = decodeSegment(match[3] ?? '').split(':');
  const name = segment.length === 3 ? segment[1] : segment[0];
  return name === target.name ? `${match[4] ?? '/'}${match[5] ?? ''}` : requested;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The browser speaks HTTP to us though the application speaks TLS: its redirects to itself must not ask for TLS here. */
function stayOnHttp(headers: [string, string][], host: string | undefined): void {
  for (const line of headers) {
    if (line[0].toLowerCase() !== 'location' || host === undefined) continue;
    const own = `https://${host}`;
    if (line[1] === own || line[1].startsWith(`${own}/`)) line[1] = `http${line[1].slice(5)}`;
  }
}
