/** Which of several pods a scale-down takes first, after `pkg/controller/controller_utils.go` (ActivePodsWithRanks). */
import type { Pod } from '../../api/types/core-v1.ts';
import { isReady, readyCondition } from '../pod-state.ts';

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';
const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** The pods sorted: the first go first. Those that serve least, and among equals the youngest on the fullest node. */
export function rankForDeletion(pods: readonly Pod[], now = Date.now()): Pod[] {
  const perNode = new Map<string, number>();
  for (const { spec } of pods) perNode.set(spec?.nodeName ?? '', (perNode.get(spec?.nodeName ?? '') ?? 0) + 1);
  const neighbours = (pod: Pod) => perNode.get(pod.spec?.nodeName ?? '') ?? 0;
  return [...pods].sort(
    (a, b) =>
      Number((a.spec?.nodeName ?? '') !== '') - Number((b.spec?.nodeName ?? '') !== '') ||
      (phaseOrder[a.status?.phase ?? ''] ?? 0) - (phaseOrder[b.status?.phase ?? ''] ?? 0) ||
      Number(isReady(a)) - Number(isReady(b)) ||
      costOf(a) - costOf(b) ||
      neighbours(b) - neighbours(a) ||
      (isReady(a) && isReady(b)
        ? ageClass(readyCondition(a)?.lastTransitionTime, now) - ageClass(readyCondition(b)?.lastTransitionTime, now)
        : 0) ||
      restarts(b) - restarts(a) ||
      ageClass(a.metadata.creationTimestamp, now) - ageClass(b.metadata.creationTimestamp, now) ||
      ((a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1),
  );
}

function costOf({ metadata }: Pod): number {
  const text = metadata.annotations?.[deletionCost];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : 0;
}

function restarts({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}

/** Ages on a logarithmic scale: among pods of about the same age, which one goes is left to chance (their uid). */
function ageClass(time: string | null | undefined, now: number): number {
  const since = Date.parse(time ?? '');
  return Number.isNaN(since) ? -1 : Math.floor(Math.log2(Math.max(1, now - since)));
}
