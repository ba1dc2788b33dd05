/** Pods of a real cluster, seen as they change. */
import type { Pod, PodSpec } from '../../src/api/types/core-v1.ts';
import type { ClusterClient } from '../../src/client/cluster-client.ts';
import { openInformer } from '../../src/client/informer.ts';

const namespace = 'default';

/** The pod of the namespace `default` when it is as wanted; undefined stands for its absence. */
export async function podWhen(
  client: ClusterClient,
  name: string,
  isWanted: (pod: Pod | undefined) => boolean,
): Promise<Pod | undefined> {
  const stop = new AbortController();
  const resource = client.resource<Pod>('v1', 'pods');
  const query = { namespace, fieldSelector: `metadata.name=${name}` };
  const informer = openInformer<Pod>({ resource, query, signal: stop.signal });
  try {
    await informer.synced;
    return await new Promise((resolve) => {
      const look = () => {
        const pod = informer.get(`${namespace}/${name}`);
        if (isWanted(pod)) resolve(pod);
      };
      informer.onChange(look);
      look();
    });
  } finally {
    stop.abort();
  }
}

/** Creates a pod and resolves when it is Ready. */
export async function runPod(
  client: ClusterClient,
  name: string,
  spec: PodSpec,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec };
  await client.resource<Pod>('v1', 'pods').create(pod);
  await podWhen(client, name, isReady);
}

function isReady(pod: Pod | undefined): boolean {
  return pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}
