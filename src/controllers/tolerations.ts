/** Taints of nodes and the tolerations of pods, after `component-helpers/scheduling/corev1`. */
import type { Taint, Toleration } from '../api/types/core-v1.ts';

export function tolerates({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  if (!operator || operator === 'Equal') return (key ?? '') !== '' && (value ?? '') === (taint.value ?? '');
  return false;
}

/** Taints that keep a pod with these tolerations from being placed on the node. */
export function untolerated(taints: readonly Taint[], tolerations: readonly Toleration[]): Taint[] {
  return taints.filter(
    (taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}

/** Milliseconds since 1970 at which the pod must leave the node; undefined: never. */
export function evictionTime(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
  now: number,
): number | undefined {
  let earliest: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== 'NoExecute') continue;
    const matching = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return now;
    const seconds = matching.map(({ tolerationSeconds }) => tolerationSeconds).filter((each) => each !== undefined);
    if (seconds.length === 0) continue;
    const since = Date.parse(taint.timeAdded ?? '');
    const at = (Number.isNaN(since) ? now : since) + Math.max(0, Math.min(...seconds)) * 1000;
    earliest = Math.min(earliest ?? at, at);
  }
  return earliest;
}
