/** The numbers of a rollout, after `pkg/controller/deployment/util/deployment_util.go`. Pure functions. */
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import { desiredReplicas, maxReplicas } from './annotations.ts';

/** `25%` of `total`, or a plain number. */
export function resolveIntOrPercent(
  value: number | string | undefined,
  total: number,
  round: (n: number) => number,
): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value ?? '')?.[1];
  return percent === undefined ? 0 : round((Number(percent) * total) / 100);
}

export function replicasOf({ spec }: Deployment | ReplicaSet): number {
  return spec?.replicas ?? 1;
}

export function isRollingUpdate({ spec }: Deployment): boolean {
  return spec?.strategy?.type !== 'Recreate';
}

/** How many pods may be there beyond the wanted ones, and how many may be missing, while rolling. */
export function rollingLimits(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const replicas = replicasOf(deployment);
  if (!isRollingUpdate(deployment) || replicas === 0) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge, maxUnavailable } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = resolveIntOrPercent(maxSurge ?? '25%', replicas, Math.ceil);
  const unavailable = resolveIntOrPercent(maxUnavailable ?? '25%', replicas, Math.floor);
  // Both zero, by rounding, would stand still for ever.
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) };
}

export function totalReplicas(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + replicasOf(set), 0);
}

export function totalOf(
  sets: readonly ReplicaSet[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas',
): number {
  return sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
}

export function active(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => replicasOf(set) > 0);
}

/** The size the new set may have now: the wanted one, as far as surge leaves room beside the old sets. */
export function newSetSize(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const wanted = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return wanted;
  const room = wanted + rollingLimits(deployment).maxSurge - totalReplicas(all);
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

/**
 * The new sizes of the old sets (by name; unchanged ones are left out): first pods that do not work anyway, then as
 * many as are available beyond the wanted minimum. `old` in any order; the oldest shrink first.
 */
export function shrinkOldSets(
  deployment: Deployment,
  newSet: ReplicaSet,
  old: readonly ReplicaSet[],
): ReadonlyMap<string, number> {
  const minAvailable = replicasOf(deployment) - rollingLimits(deployment).maxUnavailable;
  const newUnavailable = replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0);
  const spare = totalReplicas([...old, newSet]) - minAvailable - newUnavailable;
  const changed = new Map<string, number>();
  if (spare <= 0) return changed;
  const sorted = oldestFirst(active(old));
  const sizes = new Map(sorted.map((set) => [set.metadata.name ?? '', replicasOf(set)]));
  const shrink = (set: ReplicaSet, by: number) => {
    const name = set.metadata.name ?? '';
    const size = (sizes.get(name) ?? 0) - by;
    sizes.set(name, size);
    changed.set(name, size);
  };
  let unhealthy = spare;
  for (const set of sorted) {
    const by = Math.min(unhealthy, replicasOf(set) - (set.status?.availableReplicas ?? 0));
    if (by <= 0) continue;
    shrink(set, by);
    unhealthy -= by;
  }
  let surplus = totalOf([...old, newSet], 'availableReplicas') - minAvailable;
  for (const set of sorted) {
    const by = Math.min(surplus, sizes.get(set.metadata.name ?? '') ?? 0);
    if (by <= 0) continue;
    shrink(set, by);
    surplus -= by;
  }
  return changed;
}

/** When a Deployment is scaled in the middle of a rollout: every active set grows or shrinks by its share. */
export function proportionalSizes(deployment: Deployment, sets: readonly ReplicaSet[]): ReadonlyMap<string, number> {
  const wanted = replicasOf(deployment);
  const allowed = wanted === 0 ? 0 : wanted + rollingLimits(deployment).maxSurge;
  const toAdd = allowed - totalReplicas(sets);
  const sorted = [...sets].sort(
    (a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? compareAge(b, a) : compareAge(a, b)),
  );
  const sizes = new Map<string, number>();
  let added = 0;
  for (const set of sorted) {
    const share = toAdd === 0 || toAdd === added ? 0 : shareOf(deployment, set, toAdd - added);
    sizes.set(set.metadata.name ?? '', replicasOf(set) + share);
    added += share;
  }
  const largest = sorted[0]?.metadata.name;
  if (largest !== undefined) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
  return sizes;
}

function shareOf(deployment: Deployment, set: ReplicaSet, left: number): number {
  const wanted = replicasOf(deployment);
  const size = replicasOf(set);
  let share = -size;
  if (wanted > 0) {
    const before = maxReplicas(set) || (deployment.status?.replicas ?? 0);
    if (before === 0) return 0;
    share = Math.round((size * (wanted + rollingLimits(deployment).maxSurge)) / before) - size;
  }
  return left > 0 ? Math.min(share, left) : Math.max(share, left);
}

/** The new set holds every wanted pod, and all of them are available. */
export function isSaturated(deployment: Deployment, set: ReplicaSet | undefined): boolean {
  if (set === undefined) return false;
  const wanted = replicasOf(deployment);
  return (
    desiredReplicas(set) === wanted && replicasOf(set) === wanted && (set.status?.availableReplicas ?? 0) === wanted
  );
}

export function oldestFirst(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return [...sets].sort(compareAge);
}

function compareAge(a: ReplicaSet, b: ReplicaSet): number {
  return (
    Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '') ||
    ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1)
  );
}
