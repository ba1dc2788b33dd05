/** The gateway of an embedded cluster, with the page that knows it as one. */
import type { ClientConfig } from '../client/client-config.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import type { GatewayChoice } from '../cluster.ts';
import { nameContexts } from '../gateway/contexts.ts';
import { type Gateway, startGateway } from '../gateway/start.ts';
import { type ClusterFacts, uiHandler } from '../ui/server.ts';
import { portError } from './port-error.ts';

interface ClusterGatewayOptions {
  /** The cluster's. */
  name: string;
  apiUrl: string;
  /** Whose rights its users have. */
  config: ClientConfig;
  client: ClusterClient;
  choice: GatewayChoice;
  log(line: string): void;
  signal: AbortSignal;
}

/** Resolves when it listens. */
export async function startClusterGateway(options: ClusterGatewayOptions): Promise<Gateway> {
  const { name, apiUrl, config, client, choice, log, signal } = options;
  const context = choice.context === undefined ? {} : { context: choice.context };
  const facts: ClusterFacts = { cluster: name, server: apiUrl, embedded: true, ...context };
  const named = nameContexts([{ name: choice.context, config, client }]);
  try {
    return await startGateway({
      ...named,
      listen: { host: 'localhost', port: choice.port },
      page: uiHandler({ client, facts, ways: named.contexts[0].ways, signal }),
      signal,
      log,
    });
  } catch (error) {
    throw portError(error, choice.port, '--gateway-port');
  }
}
