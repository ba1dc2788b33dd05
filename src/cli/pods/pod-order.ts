/** Which of several pods is looked at first. After kubectl's `podutils`: the best first, for streams and for logs alike. */
import type { Pod } from '../../api/types/core-v1.ts';

type Rank = (pod: Pod) => number;

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

const unassigned: Rank = ({ spec }) => ((spec?.nodeName ?? '') === '' ? 1 : 0);
const phase: Rank = ({ status }) => ({ Unknown: 1, Pending: 2 })[status?.phase ?? ''] ?? 0;
const unready: Rank = (pod) => (isReady(pod) ? 0 : 1);
const leaving: Rank = ({ metadata }) => (metadata.deletionTimestamp === undefined ? 0 : 1);

function restarts({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}

/** Without a time it comes last among the old. */
function time(text: string | null | undefined): number {
  return text === undefined || text === null ? Number.POSITIVE_INFINITY : Date.parse(text);
}

function readySince({ status }: Pod): string | null | undefined {
  return status?.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'True')?.lastTransitionTime;
}

/** For `exec`, `attach`, `port-forward`: running, ready, staying, long ready, seldom restarted, old. */
export const byActivity = byRanks([
  unassigned,
  phase,
  unready,
  leaving,
  (pod) => time(readySince(pod)),
  restarts,
  (pod) => time(pod.metadata.creationTimestamp),
]);

/** For `logs`: of pods that are not ready the one that restarted most has most to tell. */
export const byLogging = byRanks([
  unassigned,
  phase,
  unready,
  (pod) => time(readySince(pod)),
  (pod) => -restarts(pod),
  (pod) => time(pod.metadata.creationTimestamp),
]);

function byRanks(ranks: readonly Rank[]): (a: Pod, b: Pod) => number {
  return (a, b) => {
    for (const rank of ranks) {
      const [ofA, ofB] = [rank(a), rank(b)];
      if (ofA !== ofB) return ofA < ofB ? -1 : 1;
    }
    return 0;
  };
}
