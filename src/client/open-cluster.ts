/** `Cluster` over a `ClusterClient`: kinds by their names, and the doors to pods and services. */
import type { KubeObject } from '../api/object.ts';
import type { ClientConfig } from './client-config.ts';
import type { PartialObject } from './cluster-client.ts';
import { openClusterClient } from './cluster-client-http.ts';
import type { Cluster } from './connect.ts';
import { KindResolver } from './kind-names.ts';
import { openPod } from './pod.ts';
import { openService } from './service.ts';
import { typedResource } from './typed-resource.ts';
import type { FailureHandler } from './watch-failures.ts';
import { warnOfFailures } from './watch-failures.ts';

export interface OpenClusterOptions {
  onWarning?: ((text: string) => void) | undefined;
  onError?: FailureHandler | undefined;
  exactIntegers?: boolean;
}

/** Options as for `connect`. */
export function openCluster(
  config: ClientConfig,
  { onWarning, onError = warnOfFailures(), exactIntegers = false }: OpenClusterOptions = {},
): Cluster {
  const client = openClusterClient(config, { exactIntegers });
  const kinds = new KindResolver(client);
  const closing = new AbortController();
  const typed = <T extends KubeObject>(
    apiVersion: string,
    kind: string,
    open: (plural: string) => ReturnType<typeof client.resource<T>>,
  ) =>
    typedResource<T>({
      apiVersion,
      kind,
      names: (signal) => kinds.resolve(apiVersion, kind, signal),
      open,
      defaultNamespace: config.namespace,
      onWarning,
      onError: (error) => onError(error, { apiVersion, kind }),
      closed: closing.signal,
    });
  return {
    server: config.server,
    servers: client.servers,
    namespace: config.namespace,
    client,
    resource: <T extends KubeObject>(apiVersion: string, kind: string) =>
      typed<T>(apiVersion, kind, (plural) => client.resource<T>(apiVersion, plural)),
    metadata: (apiVersion, kind) =>
      typed<PartialObject>(apiVersion, kind, (plural) => client.metadata(apiVersion, plural)),
    pod: (namespace, name) => openPod(client, namespace, name),
    service: (namespace, service) => openService(client, namespace, service),
    request: (request) => client.request(request),
    async [Symbol.asyncDispose]() {
      closing.abort(new DOMException('the cluster was closed', 'AbortError'));
      await client[Symbol.asyncDispose]();
    },
  };
}
