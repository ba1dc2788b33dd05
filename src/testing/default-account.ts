import { isReason } from '../api/status.ts';
import type { ServiceAccount } from '../api/types/core-v1.ts';
import type { ClusterClient } from '../client/cluster-client.ts';

/** Makes the service account without which no pod may be made in the namespace `default`, unless a controller was first. */
export async function ensureDefaultAccount(client: ClusterClient): Promise<void> {
  const account: ServiceAccount = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'default' },
  };
  try {
    await client.resource<ServiceAccount>('v1', 'serviceaccounts').create(account);
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}
