/** What the gateway tells of itself on the API's own origin, below `/.fairlead/`, and the proxy settings for browsers. */

import { headerValue } from '../net/http1/headers.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import { metricsMediaType } from '../net/prometheus.ts';
import type { GatewayContexts, UnusableContext } from './contexts.ts';
import type { OpenedPort } from './fixed-ports.ts';
import type { GatewayMetrics } from './metrics.ts';
import { pacFile } from './pac-file.ts';

export interface GatewayFacts {
  contexts: GatewayContexts;
  unusable: readonly UnusableContext[];
  fixedPorts: readonly OpenedPort[];
  /** Where a kubeconfig leads through the gateway. */
  kubeconfig: string | undefined;
}

export class OwnPaths {
  readonly #answers: ReadonlyMap<string, { type: string; body(exchange: ServerExchange): string }>;

  constructor(facts: () => GatewayFacts, metrics: GatewayMetrics) {
    this.#answers = new Map([
      [
        '/proxy.pac',
        {
          type: 'application/x-ns-proxy-autoconfig',
          body: ({ head, encrypted: secure }: ServerExchange) =>
            pacFile({ gateway: headerValue(head.headers, 'host') ?? '', secure }, facts().contexts),
        },
      ],
      ['/.fairlead/metrics', { type: metricsMediaType, body: () => metrics.text() }],
      ['/.fairlead/gateway', { type: 'application/json', body: () => `${JSON.stringify(describe(facts()))}\n` }],
    ]);
  }

  has(path: string): boolean {
    return this.#answers.has(path);
  }

  /** For the paths that it has. Host and origin of the request have been checked. */
  answer(exchange: ServerExchange, path: string): void {
    const { method } = exchange.head;
    const answer = this.#answers.get(path);
    const common = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };
    if (answer === undefined || (method !== 'GET' && method !== 'HEAD')) {
      exchange.answer(405, { ...common, Allow: 'GET, HEAD' }, '');
      return;
    }
    exchange.answer(200, { ...common, 'Content-Type': answer.type }, answer.body(exchange));
  }
}

/** What `/.fairlead/gateway` answers. */
export interface GatewayDescription {
  kind: 'FairleadGateway';
  contexts: { name: string | null; alias: string; server: string; trouble?: string }[];
  fixedPorts: readonly OpenedPort[];
  kubeconfig: string | null;
}

function describe({ contexts, unusable, fixedPorts, kubeconfig }: GatewayFacts): GatewayDescription {
  return {
    kind: 'FairleadGateway',
    contexts: [
      ...contexts.map(({ name, alias, config }) => ({ name: name ?? null, alias, server: config.server })),
      ...unusable.map(({ name, alias, why }) => ({ name, alias, server: '', trouble: why })),
    ],
    fixedPorts,
    kubeconfig: kubeconfig ?? null,
  };
}
