/** A gateway in front of a small cluster, and requests to it under any host name. */

import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ClientConfig } from '../src/client/client-config.ts';
import { openClusterClient } from '../src/client/cluster-client-http.ts';
import { nameContexts } from '../src/gateway/contexts.ts';
import type { GatewayOptions } from '../src/gateway/start.ts';
import { startGateway } from '../src/gateway/start.ts';
import type { SmallCluster } from './small-cluster.ts';
import { openSmallCluster } from './small-cluster.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface GatewayFixture extends AsyncDisposable {
  cluster: SmallCluster;
  port: number;
  /** `host` without the port; default `localhost`. */
  ask(
    path: string,
    options?: { host?: string; method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<Answer>;
}

export async function openGatewayFixture(
  options: Partial<Pick<GatewayOptions, 'page'>> & { context?: string; config?: Partial<ClientConfig> } = {},
): Promise<GatewayFixture> {
  await using parts = new AsyncDisposableStack();
  const cluster = parts.use(await openSmallCluster());
  const config: ClientConfig = { server: cluster.server, namespace: 'default', token: 'ours', ...options.config };
  const client = parts.use(openClusterClient(config));
  const stop = new AbortController();
  const gateway = parts.use(
    await startGateway({
      contexts: nameContexts([{ name: options.context ?? config.origin?.context, config, client }]),
      listen: { port: 0 },
      signal: stop.signal,
      log: (line) => console.error(line),
      ...(options.page && { page: options.page }),
    }),
  );
  const running = parts.move();
  const { port } = gateway;
  return {
    cluster,
    port,
    ask: (path, { host = 'localhost', method = 'GET', headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const asked = request(
          { host: '127.0.0.1', port, path, method, agent: false, headers: { Host: `${host}:${port}`, ...headers } },
          (response) => {
            const { statusCode: status = 0, headers: received } = response;
            text(response).then((content) => resolve({ status, headers: received, body: content }), reject);
          },
        );
        asked.on('error', reject);
        asked.end(body);
      }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
