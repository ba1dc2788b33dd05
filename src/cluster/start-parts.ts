/** The parts of a cluster that reach it as any client does: controllers, nodes and the gateway. */

import type { Node } from '../api/types/core-v1.ts';
import type { Pki } from '../apiserver/pki/ensure-certificates.ts';
import type { ClientConfig } from '../client/client-config.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { openClusterClient } from '../client/cluster-client-http.ts';
import type { ClusterOptions } from '../cluster.ts';
import { accountSecretController } from '../controllers/account-secret.ts';
import { startControllers } from '../controllers/start.ts';
import { controllerTable } from '../controllers/table.ts';
import type { Gateway } from '../gateway/start.ts';
import type { UpstreamPool } from '../net/http1/upstream.ts';
import { startNode } from '../node/start.ts';
import type { LoopbackRange } from './loopback-range.ts';

interface Environment {
  options: ClusterOptions;
  pki: Pki;
  apiUrl: string;
  pool: UpstreamPool;
  /** Where pods get their addresses; absent without nodes. */
  range: LoopbackRange | undefined;
  signal: AbortSignal;
}

export interface StartedParts extends AsyncDisposable {
  gatewayUrl: string | undefined;
  /** The administrator's. */
  client: ClusterClient;
  nodesReady: Promise<void>;
}

/** Resolves when the gateway (if any) listens; nodes go on starting. What was started is stopped again when a part fails. */
export async function startParts(environment: Environment): Promise<StartedParts> {
  const { options, pki, pool, signal } = environment;
  await using parts = new AsyncDisposableStack();
  const adminConfig = configOf(environment, pki.admin, 'fairlead');
  const client = parts.use(openClusterClient(adminConfig, { pool }));
  const gateway = parts.use(await startGatewayIfAsked(environment, adminConfig, client));
  const controllers = parts.use(
    openClusterClient(configOf(environment, pki.controllers, 'fairlead-controllers'), { pool }),
  );
  const wanted = options.accountTokens === true ? [...controllerTable, accountSecretController] : controllerTable;
  parts.use(
    await startControllers({ client: controllers, caPem: pki.ca, signal, log: options.log, controllers: wanted }),
  );
  const nodes = parts.use(startNodes(environment));
  forgetFormerNodes(client, options.nodes, signal).catch((error: unknown) => {
    if (!signal.aborted) options.log(`former nodes were not removed: ${String(error)}`);
  });
  nodes.ready.catch((error: unknown) => {
    if (!signal.aborted) options.log(`a node did not start: ${error instanceof Error ? error.message : String(error)}`);
  });
  const running = parts.move();
  return {
    gatewayUrl: gateway?.url,
    client,
    nodesReady: nodes.ready,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Its modules are loaded only where there is to be one. */
async function startGatewayIfAsked(
  { options, signal }: Environment,
  config: ClientConfig,
  client: ClusterClient,
): Promise<Gateway | undefined> {
  const { name, gateway, log } = options;
  if (gateway === undefined) return undefined;
  const { startClusterGateway } = await import('./start-gateway.ts');
  return startClusterGateway({ name, config, client, choice: gateway, log, signal });
}

/** `userAgent` is also the name by which it owns the fields that it writes. */
function configOf(
  { pki, apiUrl }: Environment,
  { cert, key }: { cert: string; key: string },
  userAgent: string,
): ClientConfig {
  return { server: apiUrl, namespace: 'default', tls: { ca: pki.ca, cert, key }, userAgent };
}

const nodeName = (index: number): string => (index === 0 ? 'fairlead' : `fairlead-${index + 1}`);

/** Nodes of an earlier start with more of them will not come back: without this their pods would wait to be ended for ever. */
async function forgetFormerNodes(client: ClusterClient, count: number, signal: AbortSignal): Promise<void> {
  const nodes = client.resource<Node>('v1', 'nodes');
  const wanted = new Set(Array.from({ length: count }, (_, index) => nodeName(index)));
  for (const { metadata } of (await nodes.list({ signal })).items) {
    const { name = '' } = metadata;
    if (/^fairlead(-\d+)?$/.test(name) && !wanted.has(name)) await nodes.delete(name, { signal });
  }
}

/** Nodes start beside each other; each is its own client with its own certificate. */
function startNodes(environment: Environment): AsyncDisposable & { ready: Promise<void> } {
  const { options, pool, range, signal } = environment;
  const running = new AsyncDisposableStack();
  const start = async (): Promise<void> => {
    if (range === undefined) return;
    // Loaded only here: nothing else that starts needs it.
    const { claimDirectory } = await import('./claim-directory.ts');
    running.use(await claimDirectory(options.directory, `the cluster "${options.name}"`));
    const numbers = Array.from({ length: options.nodes }, (_, index) => index);
    await Promise.all(
      numbers.map(async (index) => {
        const name = nodeName(index);
        const { serving, client: identity } = await environment.pki.node(name, ['127.0.0.1', '::1']);
        const client = running.use(openClusterClient(configOf(environment, identity, 'fairlead-node'), { pool }));
        running.use(
          await startNode({
            client,
            name,
            dataDir: options.directory,
            pki: { ca: environment.pki.ca, cert: serving.cert, key: serving.key },
            images: options.images,
            apiServerUrl: environment.apiUrl,
            podCIDR: range.nodeCidr(index),
            log: options.log,
            signal,
          }),
        );
      }),
    );
  };
  const ready = start();
  return {
    ready,
    async [Symbol.asyncDispose]() {
      await ready.catch(() => undefined);
      await running.disposeAsync();
    },
  };
}
