/** What the node agent reads from the cluster to make containers: ConfigMaps, Secrets, Services, tokens. */
import { isReason, StatusError } from '../../api/status.ts';
import type { ConfigMap, Secret, Service } from '../../api/types/core-v1.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';

export interface ServiceAccountToken {
  token: string;
  expires: Date;
}

export interface TokenQuery {
  namespace: string;
  serviceAccount: string;
  /** Absent: the API server's own. */
  audience?: string;
  expirationSeconds: number;
  pod: { name: string; uid: string };
}

export interface ClusterObjects {
  /** Undefined when there is none. */
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  services(namespace: string): Promise<readonly Service[]>;
  token(query: TokenQuery): Promise<ServiceAccountToken>;
}

export function openClusterObjects(client: ClusterClient, signal: AbortSignal): ClusterObjects {
  const optional = async <T>(get: Promise<T>): Promise<T | undefined> => {
    try {
      return await get;
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  };
  return {
    configMap: (namespace, name) =>
      optional(client.resource<ConfigMap>('v1', 'configmaps').get(name, { namespace, signal })),
    secret: (namespace, name) => optional(client.resource<Secret>('v1', 'secrets').get(name, { namespace, signal })),
    services: async (namespace) => (await client.resource<Service>('v1', 'services').list({ namespace, signal })).items,
    token: (query) => requestToken(client, query, signal),
  };
}

async function requestToken(
  client: ClusterClient,
  query: TokenQuery,
  signal: AbortSignal,
): Promise<ServiceAccountToken> {
  const { namespace, serviceAccount, audience, expirationSeconds, pod } = query;
  const response = await client.request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: Buffer.from(
      JSON.stringify({
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { name: serviceAccount, namespace },
        spec: {
          audiences: audience === undefined ? [] : [audience],
          expirationSeconds,
          boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod.name, uid: pod.uid },
        },
      }),
    ),
    signal,
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response.body) chunks.push(chunk as Buffer);
  const answer = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
    message?: string;
    status?: { token?: string; expirationTimestamp?: string };
  };
  const { token, expirationTimestamp } = answer.status ?? {};
  if (response.status >= 300 || token === undefined) {
    const message = `no token for service account ${namespace}/${serviceAccount}: ${answer.message ?? response.status}`;
    throw new StatusError({ code: response.status, reason: '', message });
  }
  const expires = new Date(expirationTimestamp ?? Date.now() + expirationSeconds * 1000);
  return { token, expires };
}
