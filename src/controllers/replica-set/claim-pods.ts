/** Which pods belong to a ReplicaSet: adopts strays that match, releases its own that match no longer. */
import { labelSelectorOf, matchesLabels } from '../../api/selectors/label-selector.ts';
import { StatusError } from '../../api/status.ts';
import type { ReplicaSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { ClusterClient, Informer } from '../../client/cluster-client.ts';
import { isNotFound } from '../controller.ts';
import { adoptionPatch, controllerOf, releasePatch } from '../owner.ts';
import { isActive } from '../pod-state.ts';
import { byController, byNamespace } from '../shared-informers.ts';

const type = 'application/strategic-merge-patch+json';

/** All pods of the set, finished and terminating ones too. */
export async function claimPods(
  set: ReplicaSet,
  { client, pods, signal }: { client: ClusterClient; pods: Informer<Pod>; signal: AbortSignal },
): Promise<Pod[]> {
  const selector = labelSelectorOf(set.spec?.selector) ?? [];
  const { uid = '', namespace = '', name = '' } = set.metadata;
  const resource = client.resource<Pod>('v1', 'pods');
  const claimed: Pod[] = [];
  for (const pod of pods.byIndex(byController, uid)) {
    if (matchesLabels(selector, pod.metadata.labels)) claimed.push(pod);
    else if (set.metadata.deletionTimestamp === undefined) {
      await resource
        .patch(pod.metadata.name ?? '', releasePatch(set, pod), { type, namespace, signal })
        .catch(ignoreGone);
    }
  }
  if (set.metadata.deletionTimestamp !== undefined) return claimed;
  const strays = pods
    .byIndex(byNamespace, namespace)
    .filter((pod) => controllerOf(pod) === undefined && isActive(pod) && matchesLabels(selector, pod.metadata.labels));
  if (strays.length === 0) return claimed;
  // The cache may not know yet that the set is being deleted or was replaced: ask before taking anything.
  const fresh = await client.resource<ReplicaSet>('apps/v1', 'replicasets').get(name, { namespace, signal });
  if (fresh.metadata.uid !== uid || fresh.metadata.deletionTimestamp !== undefined) return claimed;
  for (const pod of strays) {
    const adopted = await resource
      .patch(pod.metadata.name ?? '', adoptionPatch(set, pod), { type, namespace, signal })
      .catch(ignoreGone);
    if (adopted !== undefined) claimed.push(adopted);
  }
  return claimed;
}

/** The pod is gone, was replaced (another uid) or was taken by somebody else meanwhile. */
function ignoreGone(error: unknown): undefined {
  if (isNotFound(error) || (error instanceof StatusError && (error.code === 409 || error.code === 422)))
    return undefined;
  throw error;
}
