import type { ObjectMeta } from '../../api/object.ts';
import type { LabelSelectorObject } from '../../api/selectors/label-selector.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Related } from './related.ts';
import { selectorText } from './selectors.ts';

/** How many pods of a workload are in which phase: `1 Running / 0 Waiting / 0 Succeeded / 0 Failed`. */
export async function podCounts(
  { namespace, uid }: ObjectMeta,
  selector: LabelSelectorObject | undefined,
  related: Related,
): Promise<string> {
  const pods = await related.all<Pod>('v1', 'pods', {
    ...(namespace !== undefined && { namespace }),
    labelSelector: selectorText(selector),
  });
  const owned = pods.filter(({ metadata }) =>
    metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid),
  );
  const count = (phase: string): number => owned.filter(({ status }) => status?.phase === phase).length;
  const waiting = count('Pending');
  return `${count('Running')} Running / ${waiting} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}
