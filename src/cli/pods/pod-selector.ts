/** Which pods belong to an object, as a label selector. After kubectl's `polymorphichelpers`. */
import type { UnstructuredObject } from '../../api/object.ts';
import { isRecord } from '../../lib/is-record.ts';
import { CommandError } from '../command.ts';
import { records } from '../get/resource-types.ts';

const withLabelSelector: readonly string[] = [
  'apps/v1 Deployment',
  'apps/v1 ReplicaSet',
  'apps/v1 StatefulSet',
  'apps/v1 DaemonSet',
  'batch/v1 Job',
];

/** Throws CommandError for what has no pods, and for a Service that selects none. */
export function podSelector(object: UnstructuredObject): string {
  const { kind, apiVersion, metadata } = object;
  const spec = isRecord(object.spec) ? object.spec : {};
  const what = `${apiVersion} ${kind}`;
  if (what === 'v1 Service' || what === 'v1 ReplicationController') {
    const labels = equalities(spec.selector);
    if (labels.length > 0) return labels.join(',');
    throw new CommandError(
      `the ${kind.toLowerCase()} "${metadata.name}" has no selector, so it leads to no pods by itself`,
    );
  }
  if (withLabelSelector.includes(what)) return formatSelector(isRecord(spec.selector) ? spec.selector : {});
  throw new CommandError(
    `a ${kind} has no pods of its own: name a pod, or a deployment, statefulset, daemonset, replicaset, job or service`,
  );
}

function equalities(labels: unknown): string[] {
  return Object.entries(isRecord(labels) ? labels : {}).map(([key, value]) => `${key}=${value}`);
}

function formatSelector(selector: Record<string, unknown>): string {
  const expressions = records(selector.matchExpressions).map(({ key, operator, values }) => {
    const among = `(${Array.isArray(values) ? values.join(',') : ''})`;
    switch (operator) {
      case 'In':
        return `${key} in ${among}`;
      case 'NotIn':
        return `${key} notin ${among}`;
      case 'Exists':
        return `${key}`;
      case 'DoesNotExist':
        return `!${key}`;
    }
    throw new CommandError(`the selector has the operator "${operator}", which nobody knows`);
  });
  return [...equalities(selector.matchLabels), ...expressions].join(',');
}
