/** The end of a pod that somebody had deleted: the node, which it waited for, removes the object itself. */
import { isReason } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';

/** An API server that has not answered by then hangs, and another attempt may reach one that does not. */
const PATIENCE_MS = 10_000;

/** Tries until it is gone, as `isGone` may find out too, or the signal fires. Never rejects. */
export async function deletePod(
  client: ClusterClient,
  { metadata: { name = '', namespace = '', uid } }: Pod,
  { isGone, signal }: { isGone: () => boolean; signal: AbortSignal },
): Promise<void> {
  for (let wait = 100; !isGone() && !signal.aborted; wait = Math.min(wait * 2, 10_000)) {
    try {
      await client.resource<Pod>('v1', 'pods').delete(name, {
        namespace,
        gracePeriodSeconds: 0,
        ...(uid === undefined ? {} : { preconditions: { uid } }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      return;
    } catch (error) {
      if (isReason(error, 'NotFound') || isReason(error, 'Conflict')) return;
      await sleepUnlessAborted(wait, signal);
    }
  }
}
