/**
 * A small operator: every namespace with the label `team` gets a ConfigMap `team` that says whose it is. It is given the
 * client by which it reaches a cluster, so a test can give it any.
 */
import type { ClusterClient, KubeObject } from 'fairlead/testing';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

/** Runs until the signal fires. */
export async function runOperator(client: ClusterClient, signal: AbortSignal): Promise<void> {
  const namespaces = client.resource<KubeObject>('v1', 'namespaces');
  while (!signal.aborted) {
    try {
      // Without a version a watch begins with what is there; the server ends it after a while.
      for await (const { type, object } of namespaces.watch({ labelSelector: 'team', signal })) {
        const { name = '', labels = {} } = object.metadata;
        if (type !== 'DELETED') await ensureConfigMap(client, name, labels.team ?? '');
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

async function ensureConfigMap(client: ClusterClient, namespace: string, team: string): Promise<void> {
  const maps = client.resource<ConfigMap>('v1', 'configmaps');
  const query = { namespace, fieldSelector: 'metadata.name=team' };
  const [existing] = (await maps.list(query)).items;
  if (existing === undefined) {
    await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'team', namespace }, data: { team } });
  } else if (existing.data?.team !== team) {
    await maps.patch('team', { data: { team } }, { type: 'application/merge-patch+json', namespace });
  }
}
