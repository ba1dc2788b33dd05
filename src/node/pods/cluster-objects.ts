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

/** An API server that has not answered by then hangs: the next attempt may get to another one, or on another connection. */
const PATIENCE_MS = 10_000;

/** Each read ends with the signal, and when it takes too long. */
export function openClusterObjects(client: ClusterClient, signal: AbortSignal): ClusterObjects {
  const patiently = async <T>(read: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    try {
      return await read(AbortSignal.any([signal, patience]));
    } catch (cause) {
      if (cause !== patience.reason) throw cause;
      throw new Error(`the API server has not answered within ${PATIENCE_MS / 1000} s`, { cause });
    }
  };
  const optional = async <T>(read: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> => {
    try {
      return await patiently(read);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  };
  return {
    configMap: (namespace, name) =>
      optional((ends) => client.resource<ConfigMap>('v1', 'configmaps').get(name, { namespace, signal: ends })),
    secret: (namespace, name) =>
      optional((ends) => client.resource<Secret>('v1', 'secrets').get(name, { namespace, signal: ends })),
    services: (namespace) =>
      patiently(
        async (ends) => (await client.resource<Service>('v1', 'services').list({ namespace, signal: ends })).items,
      ),
    token: (query) => patiently((ends) => requestToken(client, query, ends)),
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
