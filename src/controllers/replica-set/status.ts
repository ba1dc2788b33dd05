/** `status` of a ReplicaSet, after `pkg/controller/replicaset/replica_set_utils.go`. */
import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { isReady, millisecondsToAvailable, timestamp } from '../pod-state.ts';

export interface ReplicaFailure {
  reason: 'FailedCreate' | 'FailedDelete';
  message: string;
}

/** `nextAvailableMs`: when the next ready pod becomes available, where one waits for minReadySeconds. */
export function replicaSetStatus(
  set: ReplicaSet,
  active: readonly Pod[],
  failure: ReplicaFailure | undefined,
  now = Date.now(),
): { status: ReplicaSetStatus; nextAvailableMs: number } {
  const templateLabels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  let nextAvailableMs = Number.POSITIVE_INFINITY;
  let available = 0;
  for (const pod of active) {
    const wait = millisecondsToAvailable(pod, minReadySeconds, now);
    if (wait === 0) available++;
    else nextAvailableMs = Math.min(nextAvailableMs, wait);
  }
  const labelled = active.filter(({ metadata: { labels } }) => templateLabels.every(([k, v]) => labels?.[k] === v));
  const conditions = withFailure(set.status?.conditions ?? [], failure);
  const status: ReplicaSetStatus = {
    replicas: active.length,
    fullyLabeledReplicas: labelled.length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: available,
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length > 0 && { conditions }),
  };
  return { status, nextAvailableMs };
}

function withFailure(conditions: readonly ReplicaSetCondition[], failure: ReplicaFailure | undefined) {
  const others = conditions.filter(({ type }) => type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  const before = conditions.find(({ type }) => type === 'ReplicaFailure');
  if (before?.reason === failure.reason) return [...conditions];
  return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestamp(), ...failure }];
}

/** Counts that are zero may be absent in what the server sends. */
export function sameReplicaSetStatus(a: ReplicaSetStatus | undefined, b: ReplicaSetStatus): boolean {
  const counts = [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'observedGeneration',
  ] as const;
  return (
    counts.every((field) => (a?.[field] ?? 0) === (b[field] ?? 0)) &&
    JSON.stringify(a?.conditions ?? []) === JSON.stringify(b.conditions ?? [])
  );
}
