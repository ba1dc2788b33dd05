import { isReason } from '../api/status.ts';
import type { ConfigMap } from '../api/types/core-v1.ts';
import type { ClusterClient } from '../client/cluster-client.ts';

/**
 * The CA whose client certificates the API server itself admits, PEM, where it says so to those who may read it. Undefined
 * where it does not. See "Extension apiserver" in the documentation of Kubernetes' aggregation layer.
 */
export async function publishedClientCa(client: ClusterClient, signal: AbortSignal): Promise<string | undefined> {
  try {
    const maps = client.resource<ConfigMap>('v1', 'configmaps');
    const { data } = await maps.get('extension-apiserver-authentication', { namespace: 'kube-system', signal });
    return data?.['client-ca-file'];
  } catch (error) {
    if (isReason(error, 'NotFound') || isReason(error, 'Forbidden')) return undefined;
    throw error;
  }
}
