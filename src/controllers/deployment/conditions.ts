/** `status` of a Deployment with the conditions that `kubectl rollout status` waits for. */
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../api/types/apps-v1.ts';
import { timestamp } from '../pod-state.ts';
import { replicasOf, rollingLimits, totalOf, totalReplicas } from './rollout-arithmetic.ts';

const maxInt32 = 2 ** 31 - 1;

export function hasProgressDeadline({ spec }: Deployment): boolean {
  const seconds = spec?.progressDeadlineSeconds ?? 600;
  return seconds !== maxInt32;
}

export function conditionOf(status: DeploymentStatus | undefined, type: string): DeploymentCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

type Draft = Pick<DeploymentCondition, 'type' | 'status'> & { reason: string; message: string };

/** Replaces the condition unless status and reason are as they were. */
export function withCondition(status: DeploymentStatus, draft: Draft, refresh = false): DeploymentStatus {
  const before = conditionOf(status, draft.type);
  const same = before?.status === draft.status;
  if (!refresh && same && before?.reason === draft.reason) return status;
  const now = timestamp();
  const lastTransitionTime = same ? (before?.lastTransitionTime ?? now) : now;
  return {
    ...status,
    conditions: [...others(status, draft.type), { ...draft, lastUpdateTime: now, lastTransitionTime }],
  };
}

export function withoutCondition(status: DeploymentStatus, type: string): DeploymentStatus {
  return conditionOf(status, type) === undefined ? status : { ...status, conditions: others(status, type) };
}

function others(status: DeploymentStatus, type: string): DeploymentCondition[] {
  return (status.conditions ?? []).filter((condition) => condition.type !== type);
}

/** Counts and the Available condition. */
export function countedStatus(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): DeploymentStatus {
  const all = newSet === undefined ? old : [...old, newSet];
  const available = totalOf(all, 'availableReplicas');
  const { conditions, collisionCount } = deployment.status ?? {};
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: totalOf(all, 'replicas'),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: totalOf(all, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, totalReplicas(all) - available),
    ...(collisionCount !== undefined && { collisionCount }),
    ...(conditions !== undefined && { conditions }),
  };
  const enough = available >= replicasOf(deployment) - rollingLimits(deployment).maxUnavailable;
  return withCondition(
    status,
    enough
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
  );
}

export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const wanted = replicasOf(deployment);
  return (
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.availableReplicas ?? 0) === wanted &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus | undefined, now: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus | undefined) => (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  const more = (field: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas') =>
    (now[field] ?? 0) > (before?.[field] ?? 0);
  return more('updatedReplicas') || old(now) < old(before) || more('readyReplicas') || more('availableReplicas');
}

/** Milliseconds until a rollout without progress has failed; undefined when none is awaited. */
export function millisecondsToDeadline(
  deployment: Deployment,
  status: DeploymentStatus,
  now = Date.now(),
): number | undefined {
  const condition = conditionOf(status, 'Progressing');
  if (!hasProgressDeadline(deployment) || condition === undefined) return undefined;
  if (condition.reason === 'NewReplicaSetAvailable' || condition.reason === 'ProgressDeadlineExceeded')
    return undefined;
  const seconds = deployment.spec?.progressDeadlineSeconds ?? 600;
  return Date.parse(condition.lastUpdateTime ?? '') + seconds * 1000 - now;
}

/** The whole status while rolling: counts, Available, Progressing and ReplicaFailure. */
export function rolloutStatus(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  now = Date.now(),
): DeploymentStatus {
  let status = countedStatus(deployment, newSet, old);
  if (!hasProgressDeadline(deployment)) status = withoutCondition(status, 'Progressing');
  const before = conditionOf(deployment.status, 'Progressing');
  const settled = status.replicas === status.updatedReplicas && before?.reason === 'NewReplicaSetAvailable';
  if (hasProgressDeadline(deployment) && !settled) {
    const what =
      newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`;
    const type = 'Progressing';
    if (isComplete(deployment, status)) {
      const message = `${what} has successfully progressed.`;
      status = withCondition(status, { type, status: 'True', reason: 'NewReplicaSetAvailable', message });
    } else if (hasProgressed(deployment.status, status)) {
      const message = `${what} is progressing.`;
      status = withCondition(status, { type, status: 'True', reason: 'ReplicaSetUpdated', message }, true);
    } else if ((millisecondsToDeadline(deployment, status, now) ?? 1) <= 0) {
      const message = `${what} has timed out progressing.`;
      status = withCondition(status, { type, status: 'False', reason: 'ProgressDeadlineExceeded', message });
    }
  }
  const failure = [...(newSet === undefined ? [] : [newSet]), ...old]
    .flatMap((set) => set.status?.conditions ?? [])
    .find(({ type }) => type === 'ReplicaFailure');
  if (failure === undefined) return withoutCondition(status, 'ReplicaFailure');
  const { reason = '', message = '' } = failure;
  return withCondition(status, { type: 'ReplicaFailure', status: failure.status, reason, message });
}

const counts = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'collisionCount',
] as const;

/** Zero counts may be absent. */
export function sameStatus(a: DeploymentStatus | undefined, b: DeploymentStatus): boolean {
  return (
    counts.every((field) => (a?.[field] ?? 0) === (b[field] ?? 0)) &&
    JSON.stringify(a?.conditions ?? []) === JSON.stringify(b.conditions ?? [])
  );
}
