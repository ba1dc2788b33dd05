/** A gateway in front of a small cluster, and requests to it under any host name. */

import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ClientConfig } from '../src/client/client-config.ts';
import type { ClusterClient } from '../src/client/cluster-client.ts';
import { openClusterClient } from '../src/client/cluster-client-http.ts';
import { nameContexts } from '../src/gateway/contexts.ts';
import type { GatewayOptions } from '../src/gateway/start.ts';
import { startGateway } from '../src/gateway/start.ts';
import { uiHandler } from '../src/ui/server.ts';
import type { SmallCluster } from './small-cluster.ts';
import { openSmallCluster } from './small-cluster.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface GatewayFixture extends AsyncDisposable {
  cluster: SmallCluster;
  contexts: GatewayOptions['contexts'];
  /** Those of `others`, in order. */
  others: readonly SmallCluster[];
  port: number;
  /** Of `fixedPorts`, in order. */
  fixedPorts: readonly number[];
  /** What the gateway wrote to its log. */
  log: readonly string[];
  /** `host` without the port; default `localhost`. */
  ask(
    path: string,
    options?: { host?: string; method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<Answer>;
}

export async function openGatewayFixture(
  options: Partial<
    Pick<
      GatewayOptions,
      | 'page'
      | 'fixedPorts'
      | 'unusable'
      | 'kubeconfigFile'
      | 'https'
      | 'rules'
      | 'access'
      | 'names'
      | 'tls'
      | 'ownUserOnly'
    >
  > & {
    /** The page is served at `/`, instead of `page`. */
    withPage?: boolean;
    /** Default: any that is free. */
    port?: number;
    /** It listens there instead; `ask` needs the port. */
    unixSocket?: string;
    /** Clusters that are there already, by their contexts' names, in place of those that it starts. */
    clusters?: Readonly<Record<string, SmallCluster>>;
    context?: string;
    config?: Partial<ClientConfig>;
    /** Names of further contexts, each with a cluster of its own. */
    others?: readonly string[];
  } = {},
): Promise<GatewayFixture> {
  await using parts = new AsyncDisposableStack();
  const given = Object.entries(options.clusters ?? {});
  const [, cluster = parts.use(await openSmallCluster())] = given[0] ?? [];
  const config: ClientConfig = { server: cluster.server, namespace: 'default', token: 'ours', ...options.config };
  const client = parts.use(openClusterClient(config));
  const others: { name: string; cluster: SmallCluster; config: ClientConfig; client: ClusterClient }[] = [];
  for (const name of options.others ?? []) {
    const other = options.clusters?.[name] ?? parts.use(await openSmallCluster());
    const otherConfig: ClientConfig = { server: other.server, namespace: 'default', token: `of ${name}` };
    others.push({ name, cluster: other, config: otherConfig, client: parts.use(openClusterClient(otherConfig)) });
  }
  const named = nameContexts([{ name: options.context ?? config.origin?.context, config, client }, ...others]);
  const log: string[] = [];
  const stop = new AbortController();
  const gateway = parts.use(
    await startGateway({
      ...named,
      listen: options.unixSocket ? { unixSocket: options.unixSocket } : { host: 'localhost', port: options.port ?? 0 },
      signal: stop.signal,
      log: (line) => log.push(line),
      ...(options.fixedPorts && { fixedPorts: options.fixedPorts }),
      ...(options.unusable && { unusable: options.unusable }),
      ...(options.https && { https: options.https }),
      ...(options.kubeconfigFile && { kubeconfigFile: options.kubeconfigFile }),
      ...(options.rules && { rules: options.rules }),
      ...(options.access && { access: options.access }),
      ...(options.names && { names: options.names }),
      ...(options.tls && { tls: options.tls }),
      ...(options.ownUserOnly && { ownUserOnly: true }),
      ...(options.page && { page: options.page }),
      ...(options.withPage && {
        page: (sight) =>
          uiHandler({ ...named, unusable: options.unusable ?? [], sight, signal: stop.signal, lingerMs: 0 }),
      }),
    }),
  );
  const running = parts.move();
  const { port } = gateway;
  return {
    cluster,
    contexts: named.contexts,
    others: others.map((each) => each.cluster),
    port,
    fixedPorts: gateway.fixedPorts.map((each) => each.port),
    log,
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
