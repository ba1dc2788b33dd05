/** Pods over time: those that a query finds, now and after every change. */
import type { Pod } from '../../api/types/core-v1.ts';
import type { ListQuery } from '../../client/cluster-client.ts';
import { follow, isFinal } from '../../client/follow.ts';
import type { Objects } from '../objects/open-objects.ts';

/**
 * Outlives lost connections, ends without an error when the signal fires, and throws StatusError for what the server
 * refuses for good.
 */
export async function* podStates(
  { reader }: Pick<Objects, 'reader'>,
  query: Pick<ListQuery, 'namespace' | 'labelSelector' | 'fieldSelector'>,
  signal: AbortSignal,
): AsyncGenerator<readonly Pod[]> {
  const pods = new Map<string, Pod>();
  const changes = follow<Pod>({
    resource: reader.client.resource<Pod>('v1', 'pods'),
    query,
    initialEvents: false,
    signal,
    onError(error) {
      if (isFinal(error)) throw error;
    },
  });
  for await (const change of changes) {
    if (change.type === 'replace') {
      pods.clear();
      for (const pod of change.objects) pods.set(pod.metadata.name ?? '', pod);
    } else if (change.type === 'put') pods.set(change.object.metadata.name ?? '', change.object);
    else if (change.type === 'delete') pods.delete(change.object.metadata.name ?? '');
    else continue;
    yield [...pods.values()];
  }
}

/** One pod; undefined while it is not there. */
export async function* podOverTime(
  objects: Pick<Objects, 'reader'>,
  { namespace, name }: { namespace: string; name: string },
  signal: AbortSignal,
): AsyncGenerator<Pod | undefined> {
  for await (const [pod] of podStates(objects, { namespace, fieldSelector: `metadata.name=${name}` }, signal))
    yield pod;
}
