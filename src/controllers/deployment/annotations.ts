/** What a Deployment notes on its ReplicaSets; `kubectl rollout history` and `undo` read the revision. */
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maxAnnotation = 'deployment.kubernetes.io/max-replicas';
const maxHistoryLength = 2000;

/** Of the Deployment's annotations these are its own. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
]);

export function revisionOf(set: ReplicaSet): number {
  return numberOf(set, revisionAnnotation) ?? 0;
}

export function desiredReplicas(set: ReplicaSet): number | undefined {
  return numberOf(set, desiredAnnotation);
}

export function maxReplicas(set: ReplicaSet): number | undefined {
  return numberOf(set, maxAnnotation);
}

function numberOf({ metadata }: ReplicaSet, annotation: string): number | undefined {
  const text = metadata.annotations?.[annotation];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The annotations that say for which size of the Deployment the set was scaled last. */
export function sizeAnnotations(wanted: number, maxSurge: number): Record<string, string> {
  return { [desiredAnnotation]: String(wanted), [maxAnnotation]: String(wanted + maxSurge) };
}

/**
 * The annotations of the set that is the newest now: the Deployment's, and a revision after all others. The
 * revisions the set had before, when a rollback made it the newest again, are remembered.
 */
export function newestSetAnnotations(
  deployment: Deployment,
  current: Readonly<Record<string, string>>,
  revision: number,
): Record<string, string> {
  const next: Record<string, string> = { ...current };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(key)) next[key] = value;
  }
  const before = current[revisionAnnotation];
  if (before === undefined || Number(before) < revision) {
    next[revisionAnnotation] = String(revision);
    if (before !== undefined) {
      const history = current[historyAnnotation];
      let joined = history === undefined ? before : `${history},${before}`;
      while (joined.length > maxHistoryLength) joined = joined.slice(joined.indexOf(',') + 1);
      next[historyAnnotation] = joined;
    }
  }
  return next;
}
