/** The gateway of an embedded cluster, with the page that knows it as one. */
import type { ClientConfig } from '../client/client-config.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import type { GatewayChoice } from '../cluster.ts';
import { nameContexts } from '../gateway/contexts.ts';
import { type Gateway, startGateway } from '../gateway/start.ts';
import { uiHandler } from '../ui/server.ts';
import { portError } from './port-error.ts';

interface ClusterGatewayOptions {
  /** The cluster's. */
  name: string;
  /** Whose rights its users have. */
  config: ClientConfig;
  client: ClusterClient;
  choice: GatewayChoice;
  log(line: string): void;
  signal: AbortSignal;
}

/** Resolves when it listens. */
export async function startClusterGateway(options: ClusterGatewayOptions): Promise<Gateway> {
  const { name, config, client, choice, log, signal } = options;
  const named = nameContexts([{ name: choice.context, config, client }]);
  try {
    return await startGateway({
      ...named,
      listen: { host: 'localhost', port: choice.port },
      page: (sight) => uiHandler({ contexts: named.contexts, clusterName: name, embedded: true, sight, signal }),
      signal,
      log,
    });
  } catch (error) {
    throw portError(error, choice.port, '--gateway-port');
  }
}
