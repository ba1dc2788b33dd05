/** Applications under host names of their own: a request goes to a ready pod by a port-forward stream, or where
 * that is refused through the API server's proxy verb. */
import type { ConnectionPool } from '../net/http1/connections.ts';
import { headerValue } from '../net/http1/headers.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import { splice } from '../net/http1/splice.ts';
import { UpstreamError } from '../net/http1/upstream.ts';
import type { ApiUpstream } from './api-upstream.ts';
import { foreignOriginReason } from './app-browser-check.ts';
import * as problems from './app-problems.ts';
import type { Backend } from './backends.ts';
import type { GatewayContext } from './contexts.ts';
import type { AskedBy, Destination, Target } from './destination.ts';
import type { Destinations } from './destinations.ts';
import { appRequestHead, keepCookiesHome } from './forward-headers.ts';
import type { GatewayNames } from './host.ts';
import { answerProblem } from './problem.ts';
import { mendRedirect } from './redirects.ts';
import { forwardByVerb } from './verb-way.ts';

export interface AppOriginOptions {
  destinations: Destinations;
  connections: ConnectionPool;
  names: GatewayNames;
  upstream(context: GatewayContext): ApiUpstream;
}

export class AppOrigin {
  readonly #options: AppOriginOptions;

  constructor(options: AppOriginOptions) {
    this.#options = options;
  }

  /** Answers every request; never rejects. */
  async handle(exchange: ServerExchange, target: Target, by: AskedBy = 'host-name'): Promise<void> {
    const foreign = foreignOriginReason(exchange.head, exchange.upgrade !== undefined, this.#options.names);
    if (foreign !== undefined) {
      answerProblem(exchange, problems.foreignOrigin(foreign));
      return;
    }
    const at = /:\d+$/.exec(headerValue(exchange.head.headers, 'host') ?? '')?.[0] ?? '';
    const found = await this.#options.destinations.find(target, { at, by });
    if (exchange.over) return;
    if ('problem' in found) answerProblem(exchange, found.problem);
    else if (found.destination.way === 'proxy-verb') this.#byVerb(exchange, found.destination);
    else this.#byPortForward(exchange, found.destination, found.destination.candidates);
  }

  /** Tries one backend; where it cannot be reached and nothing was sent, another one, or the other way. */
  #byPortForward(exchange: ServerExchange, destination: Destination, candidates: readonly Backend[]): void {
    const picked = destination.pick(candidates);
    if (picked === undefined) return;
    const { backend, over } = picked;
    const path = ownPath(exchange.head.target, destination.target);
    splice(exchange, {
      connections: this.#options.connections,
      endpoint: destination.endpoint(backend),
      target: path,
      head: appRequestHead(exchange, path, { tls: destination.wantsTls || exchange.encrypted }),
      rewriteHeaders: (headers) => comeHome(headers, { exchange, destination, names: this.#options.names }),
      onOver: over,
      onFail: (error, canRetry) => {
        const others = candidates.filter((candidate) => candidate !== backend);
        const unsent = error instanceof UpstreamError && !error.sent;
        if (canRetry && unsent && destination.portForwardFailed(error)) this.#byVerb(exchange, destination);
        else if (others.length > 0 && canRetry) this.#byPortForward(exchange, destination, others);
        else answerProblem(exchange, problems.podFailed(backend, error));
      },
    });
  }

  #byVerb(exchange: ServerExchange, destination: Destination): void {
    forwardByVerb(exchange, {
      destination,
      path: ownPath(exchange.head.target, destination.target),
      upstream: this.#options.upstream(destination.context),
      rewriteHeaders: (headers) => comeHome(headers, { exchange, destination, names: this.#options.names }),
    });
  }
}

/** What an application says of itself is put into the terms of its name here. */
function comeHome(
  headers: [string, string][],
  { exchange, destination, names }: { exchange: ServerExchange; destination: Destination; names: GatewayNames },
): void {
  keepCookiesHome(headers);
  const { head, encrypted: secure } = exchange;
  const { target, port } = destination;
  for (const line of headers) {
    if (line[0].length !== 8 || line[0].toLowerCase() !== 'location') continue;
    const host = headerValue(head.headers, 'host') ?? '';
    const { location, onlyAsksForTls } = mendRedirect(line[1], {
      host,
      path: head.target,
      target,
      port,
      secure,
      names,
      knowsService: (namespace, name, wanted) => destination.knowsService(namespace, name, wanted),
    });
    // One that goes on asking would be asked for ever: its redirect stays, for the browser to say that it leads nowhere.
    if (onlyAsksForTls && destination.wantsTls) continue;
    if (onlyAsksForTls) destination.setWantsTls();
    line[1] = location;
  }
}

/**
 * Applications that know of the API's proxy verb link to `/api/v1/namespaces/N/services/S/proxy/…`; on their own
 * origin that is their own root.
 */
function ownPath(requested: string, target: Target): string {
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
