import type { PersistentVolumeClaim, Pod } from '../../../api/types/core-v1.ts';
import type { Description } from '../description.ts';
import { describeClaim } from '../persistent-volume-claims.ts';
import type { Related } from '../related.ts';
import { mailTime } from '../times.ts';

const headings = ['Type', 'Status', 'LastProbeTime', 'LastTransitionTime', 'Reason', 'Message'];

export async function describePersistentVolumeClaim(
  claim: PersistentVolumeClaim,
  out: Description,
  related: Related,
): Promise<void> {
  const users = await usersOf(claim, related);
  describeClaim(out, claim, { whole: true });
  out.list('Used By', users);
  const { conditions = [] } = claim.status ?? {};
  if (conditions.length === 0) return;
  out.line(0, 'Conditions:');
  out.line(1, ...headings);
  out.line(1, '----', '------', '-----------------', '------------------', '------', '-------');
  for (const { type, status, lastProbeTime, lastTransitionTime, reason = '', message = '' } of conditions) {
    const times = [mailTime(lastProbeTime), mailTime(lastTransitionTime)];
    out.line(1, ...[type, status, ...times, reason].map((cell) => `${cell} `), message);
  }
}

/** Names of the pods that mount it, and of those that own it. */
async function usersOf({ metadata }: PersistentVolumeClaim, related: Related): Promise<string[]> {
  const { namespace, name, ownerReferences = [] } = metadata;
  const pods = await related.all<Pod>('v1', 'pods', { ...(namespace !== undefined && { namespace }) });
  const owners = ownerReferences.filter(({ kind }) => kind === 'Pod').map(({ uid }) => uid);
  return pods
    .filter(({ metadata: pod, spec }) => {
      const mounts = spec?.volumes?.some(({ persistentVolumeClaim: claim }) => claim?.claimName === name);
      return mounts === true || owners.includes(pod.uid ?? '');
    })
    .map((pod) => pod.metadata.name ?? '')
    .sort();
}
